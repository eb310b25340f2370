import * as layout from '../assembly/shared/layout.ts';
import type { Change } from './change.ts';
import { checkComparePolicy, COMPARE_POLICY_DEFAULT } from './compare-policy.ts';
import type { CheckedComparePolicy, ComparePolicy } from './compare-policy.ts';
import { ComparisonInterval } from './comparison-interval.ts';
import { comparisonMake, differencesFind } from './comparison.ts';
import type { PageDifference, ReplicaComparison } from './comparison.ts';
import { DeviceMap } from './device.ts';
import { DISPOSE, disposedError, Origin } from './dispose.ts';
import { checkEarlyRelease } from './early-release/check.ts';
import type { ReleasePolicy } from './early-release/check.ts';
import { accessFiguresAll } from './early-release/figures.ts';
import type { AccessFigures } from './early-release/figures.ts';
import type { EarlyRelease } from './early-release/options.ts';
import { ReleaseWatch } from './early-release/watch.ts';
import { statisticsKept } from './engine/statistics.ts';
import type { EngineParts } from './engine-parts.ts';
import { InvalidOptionError, ReentrantError } from './errors.ts';
import type { DisposedError } from './errors.ts';
import { Holders } from './holders.ts';
import { memoryInformation } from './information.ts';
import type { MemoryInformation } from './information.ts';
import { Lockstep } from './lockstep/lockstep.ts';
import type { LockstepOptions } from './lockstep/types.ts';
import { checkMachineRange, checkRegions } from './machine-range.ts';
import type { MachineRange } from './machine-range.ts';
import { checkChoice, checkInteger } from './options.ts';
import { expandSelectionOf, releaseSelectionOf } from './policy/selection-settings.ts';
import { RELEASE_WAYS } from './policy/release-way.ts';
import type { ReleaseWay } from './policy/release-way.ts';
import { OutsideWrites } from './outside/outside.ts';
import type { OutsideWriteOptions } from './outside/outside.ts';
import type { OutsideWrite } from './outside/outside-write.ts';
import type { WriterProcess } from './outside/writer.ts';
import { pageTableRows } from './page-table.ts';
import type { PageTableRange, PageTableRow } from './page-table.ts';
import type { Replica } from './replica.ts';
import { expandFlags, operatorOnly, reduceFlags, selectionOfRange } from './request-options.ts';
import type { ReduceOptions, RequestOptions } from './request-options.ts';
import { scrubMake } from './scrub.ts';
import type { ScrubReport } from './scrub.ts';
import { scanMake, sharingOf } from './sharing.ts';
import type { ScanReport, SharingCounters } from './sharing.ts';
import type { Snapshot } from './snapshot.ts';
import { snapshotLoad } from './snapshot/load.ts';
import type { LoadOptions } from './snapshot/load.ts';
import type { Quantity } from './units.ts';
import { vmCounters } from './vm-counters.ts';
import { VmRequests } from './vm-requests.ts';
import type { VmCounters } from './vm-counters.ts';

/** A holder of rights: memory that it manages, memory that it uses, and the replicas that live in it. */
export class Vm {
  readonly name: string;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #handle: number;
  readonly #watch: ReleaseWatch;
  /** @internal Its changes of memory, at times of the caller's choosing. */
  readonly requests: VmRequests;
  /** @internal */
  readonly holders: Holders;
  /** @internal */
  readonly comparisonInterval: ComparisonInterval;
  /** @internal Writes that no replica makes: a lockstep holds them while its replicas are apart. */
  readonly outside: OutsideWrites;
  #comparePolicy: Required<ComparePolicy> = COMPARE_POLICY_DEFAULT;
  #fullScans = 0;
  #lockstep: Lockstep | undefined;
  #disposed = false;

  /** @internal */
  constructor(parts: EngineParts, name: string, handle: number, maker: (...args: never[]) => unknown) {
    const { core } = parts;
    this.name = name;
    this.#parts = parts;
    this.#handle = handle;
    this.#origin = new Origin(maker);
    this.#watch = new ReleaseWatch(parts, handle, name);
    this.comparisonInterval = new ComparisonInterval(parts, handle, () => this.compare());
    this.requests = new VmRequests(parts, this);
    this.holders = new Holders(parts, this);
    this.outside = new OutsideWrites(core, this);
    this.holders.replicaAdd(core.exports.vmReplica(handle), new DeviceMap(core), null, maker);
  }

  /** @internal */
  get handle(): number {
    return this.#handle;
  }
  get isDisposed(): boolean {
    return this.#disposed;
  }
  get replicas(): readonly Replica[] {
    return this.holders.replicas;
  }
  /** The replica with this number, as page tables and locksteps tell it (VMID); undefined: it has ended, or none had it. Errors: INVALID_OPTION. */
  replicaOf(number: number): Replica | undefined {
    return this.holders.replicaOf(checkInteger('number', number, 1));
  }
  /** The first replica: the only one, of a VM that was not forked. */
  get replica(): Replica {
    const { first } = this.holders;
    if (first === undefined) throw this.disposed();
    return first;
  }

  // ---- figures ---------------------------------------------------------------------------------------------------------

  /** Bytes of the regions whose management right it holds. */
  get managedBytes(): number {
    return this.#word(layout.VM_MANAGED) * this.#parts.regionBytes;
  }
  /** Bytes of the regions whose use right it holds. */
  get usedBytes(): number {
    return this.#word(layout.VM_USED) * this.#parts.regionBytes;
  }
  /** Bytes of the regions that it manages, uses, or both. */
  get usableBytes(): number {
    return (this.#word(layout.VM_MANAGED) + this.#word(layout.VM_USED) - this.#word(layout.VM_OWN)) * this.#parts.regionBytes;
  }
  /** Pages in frames. */
  get residentPages(): number {
    return this.#word(layout.VM_RESIDENT);
  }
  /** Pages that are only in swap or in an image. */
  get outPages(): number {
    return this.#word(layout.VM_OUT);
  }
  /** The VM's virtual clock. */
  get timeNs(): number {
    this.#check();
    return this.#parts.core.vmNumber(this.#handle, layout.VM_TIME_NS);
  }
  get counters(): VmCounters {
    this.#check();
    return vmCounters(this.#parts.core, this.#handle);
  }

  /** What its memory holds ([0145]); counted now, which takes a look at each of its pages. */
  information(): MemoryInformation {
    this.#check();
    return memoryInformation(this.#parts.core, this.#handle);
  }

  /**
   * What it has done with each region that it uses and no longer manages, by ascending machine address ([0359]). Changes nothing. Errors: INVALID_OPTION on
   * an engine that keeps no statistics.
   */
  accessFigures(): readonly AccessFigures[] {
    const { timeNs, name } = this;
    const { core, regionBytes } = this.#parts;
    if (!statisticsKept(core)) throw new InvalidOptionError('statistics', false, 'true, for figures of accesses to regions');
    return accessFiguresAll({ core, regionBytes, vm: this.#handle, name }, timeNs);
  }

  // ---- policies ---------------------------------------------------------------------------------------------------------

  /** When it releases regions that it no longer manages before their managers ask for them; null: never (3rd embodiment). */
  get earlyRelease(): EarlyRelease | null {
    this.#check();
    return this.#watch.options;
  }

  /** Another release condition, or none, from now on; statistics begin anew. Errors: INVALID_OPTION. */
  releaseEarly(options: EarlyRelease | null): void {
    const { core } = this.#parts;
    core.begin('vm.releaseEarly');
    this.#check();
    this.policySet(options === null ? null : checkEarlyRelease('earlyRelease', options, statisticsKept(core)));
  }

  /** What happens to pages of a region that it releases. */
  get release(): ReleaseWay {
    return this.#word(layout.VM_MOVES_FIRST) === 0 ? 'pageOut' : 'moveFirst';
  }

  /** Another way from now on. Errors: INVALID_OPTION. */
  releaseBy(way: ReleaseWay): void {
    const movesFirst = RELEASE_WAYS[checkChoice('release', way, RELEASE_WAYS)];
    const { core } = this.#parts;
    core.begin('vm.releaseBy');
    this.#check();
    core.require(core.exports.vmMovesFirst(this.#handle, movesFirst ? 1 : 0));
  }

  // ---- changes -----------------------------------------------------------------------------------------------------------

  /**
   * Gives up management rights (S101-S106): so many bytes, by default from high machine addresses down, or a range of machine addresses. Granted when
   * it returns; settled when nothing of it is used by this VM any more. With `useRight: 'managerPreferred'` granted at the end of the page-outs of other users.
   * Errors: NOT_ENOUGH_MEMORY, NOT_MANAGED, TOO_LITTLE_LEFT, OPERATOR_ONLY, POLICY_FAILED; under the handover 'eager' and with 'managerPreferred' also
   * SWAP_FULL and SWAP_WRITE_FAILED.
   */
  reduce(amount: Quantity | MachineRange, options?: ReduceOptions): Change {
    const requestNs = this.timeNs;
    const { rights } = this.#parts;
    if (rights.isOperatorOnly) throw operatorOnly('vm.reduce');
    const flags = options === undefined ? rights.reduceFlags : reduceFlags(options, rights);
    if (typeof amount !== 'object') {
      const selection = releaseSelectionOf('options.selection', options?.selection, this.#parts.selection);
      return this.requests.reduceAt(
        checkRegions('amount', amount, this.#parts.regionBytes),
        layout.SLOT_BY_POLICY,
        flags,
        requestNs,
        selection,
      );
    }
    if (options?.selection !== undefined) throw selectionOfRange(options.selection);
    const { regions, firstSlot } = checkMachineRange(amount, this.#parts.regionBytes);
    return this.requests.reduceAt(regions, firstSlot, flags, requestNs);
  }

  /**
   * Asks for management rights (S101, S107-S111): so many bytes, at the lowest free machine addresses, or a range of machine addresses, each of which is
   * free or holds a region that this VM gave up and still uses. Granted when it returns; settled when this VM uses all of it.
   * Errors: NOT_ENOUGH_MEMORY, OPERATOR_ONLY, POLICY_FAILED; for a range also SLOT_TAKEN and TABLES_FULL.
   */
  expand(amount: Quantity | MachineRange, options?: RequestOptions): Change {
    const requestNs = this.timeNs;
    if (this.#parts.rights.isOperatorOnly) throw operatorOnly('vm.expand');
    const flags = options === undefined ? 0 : expandFlags(options);
    if (typeof amount === 'object') {
      if (options?.selection !== undefined) throw selectionOfRange(options.selection);
      return this.#expandRange(amount, flags, requestNs);
    }
    const selection = expandSelectionOf('options.selection', options?.selection, this.#parts.selection);
    return this.requests.expandAt(checkRegions('amount', amount, this.#parts.regionBytes), flags, requestNs, requestNs, selection);
  }

  /** Fig. 9 for a named region: takes the region at this machine address into use. Errors: ACCESS_REFUSED, SWAP_FULL, SWAP_WRITE_FAILED. */
  touch(machineAddress: number): void {
    const { core, regionBytes } = this.#parts;
    checkInteger('machineAddress', machineAddress, 0, 2 ** 32 - 1);
    core.begin('vm.touch');
    this.#check();
    try {
      core.require(core.exports.rightsTouch(this.#handle, Math.floor(machineAddress / regionBytes)));
    } finally {
      core.end();
    }
  }

  // ---- replicas in step ------------------------------------------------------------------------------------------------------

  /** How its replicas in step are compared. */
  get comparePolicy(): Required<ComparePolicy> {
    this.#check();
    return this.#comparePolicy;
  }

  /** Another policy from now on; what is left out is as by default. Errors: INVALID_OPTION. */
  compareBy(policy: ComparePolicy): void {
    const { core } = this.#parts;
    const checked = checkComparePolicy('policy', policy, core);
    core.begin('vm.compareBy');
    this.#check();
    this.comparePolicySet(checked);
  }

  /**
   * Compares the replicas in step (US 9,063,868 S31, S21-S23, S11-S15): areas of a page whose contents are equal become one, and its other frames are free.
   * Looks at what they do not share, and nothing else. Errors: SWAP_READ_FAILED; what was merged before it stands.
   */
  compare(): ReplicaComparison {
    this.#check();
    const comparison = comparisonMake(this.#parts, this.#handle);
    this.comparisonInterval.compared();
    return comparison;
  }

  /** The pages in which the replicas in step differ, ascending, and how. Pages that are out may have to be read for it. */
  differences(): IterableIterator<PageDifference> {
    this.#check();
    return differencesFind(
      this.#parts,
      this.#handle,
      this.holders.replicas.filter((replica) => replica.isInStep),
    );
  }

  /**
   * The page table of US 9,063,868 Fig. 2, a row for each replica and page, page by page: of pages that some replica has touched. Made while it is iterated, and
   * valid as long as nothing of the VM changes. Errors: INVALID_OPTION.
   */
  pageTable(range: PageTableRange = {}): IterableIterator<PageTableRow> {
    this.#check();
    return pageTableRows(this.#parts.core, this, range);
  }

  // ---- sharing --------------------------------------------------------------------------------------------------------------

  /** What its replicas and snapshots share, counted now: looks at each page table once, however many replicas it serves. Changes nothing. */
  sharing(): SharingCounters {
    this.#check();
    return sharingOf(this.#parts.core, this.#handle, this.#fullScans);
  }

  /**
   * One pass over all pages in frames, whatever address they have: equal ones that have not changed since the pass before become one, copied again by the next
   * store. Not locked or discardable ones. Errors: INVALID_OPTION on an engine without `scan: true`.
   */
  scan(): ScanReport {
    this.#check();
    const report = scanMake(this.#parts.core, this.#handle);
    this.#fullScans += 1;
    return report;
  }

  /**
   * Hashes its pages in frames, and compares with what the scrub before kept where nobody has stored since: a page that differs has changed by itself, for all
   * who share it. A page is not watched while it is out, and from a store to the next scrub (with `compareOnWrite` it is, while stores to it are compared).
   */
  scrub(): ScrubReport {
    this.#check();
    return scrubMake(this.#parts.core, this);
  }

  // ---- snapshots ----------------------------------------------------------------------------------------------------------------

  /** Living snapshots of its replicas, in the order in which they were made. */
  get snapshots(): readonly Snapshot[] {
    return this.holders.snapshots;
  }

  /**
   * A snapshot from the bytes that `snapshot.save` made, of a VM with the same address space on an engine with the same page size; with `base` where it was saved
   * with one. Its pages are written as by a guest, and count as such. Errors: SNAPSHOT_CORRUPT, SNAPSHOT_MISMATCH, INVALID_OPTION, DISPOSED, TABLES_FULL,
   * TOO_LITTLE_LEFT, those of writes; an abort's reason: nothing is left behind.
   */
  async loadSnapshot(bytes: Uint8Array, options: LoadOptions = {}): Promise<Snapshot> {
    this.#parts.core.begin('vm.loadSnapshot');
    this.#check();
    return snapshotLoad(this.#parts, this, bytes, options, this.loadSnapshot);
  }

  // ---- writes from outside -------------------------------------------------------------------------------------------------

  /**
   * A write by something that is none of its replicas: a device, the host (US 9,063,868, variation 2). It reaches all replicas in step at the same point of the
   * program, at once or, while a lockstep runs them, when they meet at the next check point; pages that they share stay shared. Where no replica is in step
   * it reaches the first one. All or nothing. A write to one replica, which is that replica's own, is `replica.memory.write()`.
   * Pages take a frame more each until all of it is written, and a page table that only one replica has takes a replica record (`maxReplicas`).
   * Errors, thrown here unless it waits: INVALID_OPTION, POLICY_FAILED (the writer's process), and those of stores.
   */
  write(address: number, bytes: Uint8Array<ArrayBufferLike>, options?: OutsideWriteOptions): OutsideWrite {
    return this.outside.write(address, bytes, options);
  }

  /** Defines what the writes of a writer do, in advance; by default a writer has to be defined before it writes, but for 'host', which writes as asked. */
  writerDefine(name: string, process: WriterProcess): void {
    this.#check();
    this.outside.writers.define('process', name, process);
  }

  /**
   * Runs one program on the replicas in step (US 9,063,868, 2nd to 4th embodiment); nothing happens before its `run`. A VM has one at a time. Errors: INVALID_OPTION, REENTRANT; what
   * making the programs fails with (TABLES_FULL: traces need `maxPlayers`).
   */
  lockstep(options: LockstepOptions): Lockstep {
    this.#check();
    if (this.#lockstep?.isDisposed === false)
      throw new ReentrantError(`VM '${this.name}' is in a lockstep; dispose of that first.`, { operation: 'vm.lockstep' });
    return (this.#lockstep = new Lockstep(this.#parts, this, options, this.lockstep));
  }

  /** The VM ends: its pages, slots and replicas go; its regions are left without manager and user, nothing is paged out; changes of its own are abandoned. */
  dispose(): void {
    if (this.#disposed) return;
    const { core } = this.#parts;
    core.begin('vm.dispose');
    try {
      core.require(core.exports.vmDispose(this.#handle));
      this.detach();
    } finally {
      core.end();
    }
    this.#parts.vmRemove(this);
  }

  [DISPOSE](): void {
    this.dispose();
  }

  #expandRange(amount: MachineRange, flags: number, requestNs: number): Change {
    const { regionBytes } = this.#parts;
    const { regions, firstSlot } = checkMachineRange(amount, regionBytes);
    if ((firstSlot + regions) * regionBytes > 2 ** 32) throw new InvalidOptionError('range', amount, 'a range that ends at 4 GiB or below');
    return this.requests.expandRangeAt(regions, firstSlot, flags, requestNs);
  }

  // ---- for the bindings ---------------------------------------------------------------------------------------------------

  /** @internal A policy that was checked. */
  comparePolicySet({ policy, trigger, keep, flags, every }: CheckedComparePolicy): void {
    const { core } = this.#parts;
    core.require(core.exports.vmComparePolicy(this.#handle, trigger, keep, flags));
    this.#comparePolicy = policy;
    this.comparisonInterval.set(every);
  }

  /** @internal Whether a lockstep runs its program on it. */
  runsInLockstep(replica: Replica): boolean {
    return this.#lockstep?.has(replica) ?? false;
  }

  /** @internal A release condition that was checked. */
  policySet(policy: ReleasePolicy | null): void {
    this.#watch.set(policy, this.#parts.nowNs());
  }

  /** @internal */
  belongsTo(parts: EngineParts): boolean {
    return this.#parts === parts;
  }
  /** @internal The engine's record is gone. */
  detach(): void {
    this.#disposed = true;
    this.outside.release();
    this.#watch.end();
    this.comparisonInterval.end();
    this.holders.detach();
  }
  /** @internal */
  disposed(): DisposedError {
    return disposedError(`VM '${this.name}'`, this.#origin);
  }

  #check(): void {
    if (this.#disposed) throw this.disposed();
  }

  #word(offset: number): number {
    this.#check();
    return this.#parts.core.vmWord(this.#handle, offset);
  }
}
