import { CB_REGIONS, FLAG_BY_LIST, VM_MANAGED } from '../assembly/shared/layout.ts';
import { Change } from './change.ts';
import type { ChangeReport } from './change.ts';
import { DISPOSE, Origin } from './dispose.ts';
import { DueList } from './due.ts';
import { ATTENTION_DISPOSED } from './engine/core.ts';
import type { Core } from './engine/core.ts';
import { sharedMemoryAvailable } from './engine/memory.ts';
import { pagesWalk } from './engine/page-walk.ts';
import type { PageRow } from './engine/page-walk.ts';
import { picksWrite, wantedWrite } from './engine/picks.ts';
import { engineStart } from './engine/start.ts';
import { statisticsKept } from './engine/statistics.ts';
import type { Started } from './engine/start.ts';
import type { EngineParts } from './engine-parts.ts';
import { checkSalt, commonCreate, scanAcross } from './common-memory.ts';
import type { ScanAcrossReport } from './common-memory.ts';
import { checkComparePolicy } from './compare-policy.ts';
import { checkEngineOptions } from './engine-options.ts';
import type { CheckedOptions, EngineOptions, Handover } from './engine-options.ts';
import { InvalidOptionError } from './errors.ts';
import { Image } from './image/image.ts';
import { imagesStart } from './image/start.ts';
import type { ImageSource } from './image/source.ts';
import { Events } from './events/events.ts';
import type { EventListener, EventName } from './events/event-map.ts';
import { inspectionMake } from './inspect.ts';
import type { EngineInspection } from './inspect.ts';
import { checkFields, checkInteger } from './options.ts';
import { expandSelectionOf } from './policy/selection-settings.ts';
import type { Move } from './reconfiguration/moves.ts';
import type { ReconfigureOptions } from './reconfiguration/options.ts';
import type { Reconfiguration } from './reconfiguration/reconfiguration.ts';
import { reconfigurationAt } from './reconfiguration/request.ts';
import { Replica } from './replica.ts';
import { Reserve } from './reserve/reserve.ts';
import { RESERVE_PAGES } from './reserve/options.ts';
import type { ReserveSettings } from './reserve/options.ts';
import { expandWanted } from './selection.ts';
import { Vm } from './vm.ts';
import type { RightsSettings } from './request-options.ts';
import { parseTimeNs } from './units.ts';
import type { Quantity } from './units.ts';
import { checkVmOptions } from './vm-options.ts';
import type { CheckedVmOptions, VmOptions } from './vm-options.ts';
import { replicasMake } from './vm-replicas.ts';

/** A range of pages: `from … to-1`. */
export interface PageRange {
  readonly from?: number;
  readonly to?: number;
}

/** In the rights table, and in events; no VM can be called so where there is a reserve. */
const RESERVE_NAME = 'reserve';

/** One virtual-machine memory: a pool of frames in regions, the rights to them, swap, and the VMs that share all this. */
export class Engine {
  readonly handover: Handover;
  /** Only `reconfigure` changes memory: reduce, expand and cancel through the handles of VMs and changes fail with OPERATOR_ONLY ([0435]). */
  readonly isOperatorOnly: boolean;
  readonly isShared: boolean;
  /** @internal */
  readonly core: Core;
  readonly #parts: EngineParts;
  readonly #events: Events;
  readonly #regionBytes: number;
  readonly #vms = new Map<number, Vm>();
  readonly #changes: (Change | undefined)[];
  #vmsMade = 0;

  private constructor(
    { core, bridge, judges, config }: Started,
    { rights, selection, reserve, commonRegions }: CheckedOptions,
    isShared: boolean,
  ) {
    this.core = core;
    this.handover = rights.handover;
    this.isOperatorOnly = rights.isOperatorOnly;
    this.isShared = isShared;
    this.#regionBytes = config.regionBytes;
    this.#changes = new Array<Change | undefined>(config.changes + 1).fill(undefined);
    this.#events = new Events(core, {
      regionBytes: config.regionBytes,
      vmOf: (handle) => this.#vmOf(handle)!,
      vmOfOrNone: (handle) => this.#vmOf(handle),
      changeOf: (handle) => this.#changes[handle]!,
    });
    this.#parts = {
      core,
      nowNs: () => this.virtualNs,
      bridge,
      events: this.#events,
      regionBytes: config.regionBytes,
      judges,
      rights,
      selection,
      due: new DueList(),
      reserve: undefined,
      vmOf: (handle) => this.#vmOf(handle),
      changeMake: (vm, handle) => (this.#changes[handle] = new Change(this.#parts, vm, handle)),
      createVm: (options) => this.createVm(options),
      vmRemove: (vm) => this.#vmRemove(vm),
    };
    if (reserve !== null) this.#reserveCreate(reserve);
    if (commonRegions > 0) commonCreate(core, commonRegions);
  }

  /**
   * Makes an engine. Errors: INVALID_OPTION, ENGINE_TOO_LARGE, MODULE_LOAD_FAILED, SHARED_MEMORY_UNAVAILABLE, and what the swap store throws when it
   * is attached.
   */
  static async create(options: EngineOptions): Promise<Engine> {
    const origin = new Origin(Engine.create);
    const checked = checkEngineOptions(options);
    const { shared, module, store, configOf } = checked;
    const isShared = shared ?? (module === undefined && sharedMemoryAvailable());
    return new Engine(await engineStart({ shared: isShared, module, store, origin, configOf }), checked, isShared);
  }

  // ---- figures -----------------------------------------------------------------------------------------------------------

  get pageBytes(): number {
    return this.core.pageBytes;
  }
  get regionBytes(): number {
    return this.#regionBytes;
  }
  get regions(): number {
    this.core.check();
    return this.core.word(CB_REGIONS);
  }
  get frames(): number {
    return (this.regions * this.#regionBytes) / this.core.pageBytes;
  }
  /** Regions without manager: what expansions can get. */
  get regionsFree(): number {
    this.core.check();
    return this.core.vmWord(0, VM_MANAGED); // record 0 is the pool
  }
  /** The latest clock of all VMs. */
  get virtualNs(): number {
    this.core.check();
    return Math.max(0, ...this.vms.map((vm) => vm.timeNs));
  }
  get isDisposed(): boolean {
    return (this.core.attention & ATTENTION_DISPOSED) !== 0;
  }
  /** Living VMs in the order of their creation. */
  get vms(): readonly Vm[] {
    return [...this.#vms.values()];
  }

  // ---- VMs ---------------------------------------------------------------------------------------------------------------

  /**
   * Pages of contents that never change, for VMs of this engine to start from (`createVm({ image })`, `replica.mapImage()`): bytes, which are not copied, or a
   * source that is read when pages are first touched (in Node: fileImage). Errors: INVALID_OPTION.
   */
  image(source: Uint8Array<ArrayBufferLike> | ImageSource): Image {
    this.core.begin('engine.image');
    return new Image(this.#parts, source, this.image);
  }

  /** A VM with its first memory and its replicas. Errors: INVALID_OPTION, NOT_ENOUGH_MEMORY, TOO_LITTLE_LEFT, TABLES_FULL, POLICY_FAILED. */
  createVm(options: VmOptions): Vm {
    const { core } = this;
    core.begin('engine.createVm');
    const checked = checkVmOptions(options, core.pageBytes, this.#regionBytes, statisticsKept(core));
    for (const { image } of checked.images) image.slotFor(this.#parts);
    const compare = checked.compare === undefined ? null : checkComparePolicy('compare', checked.compare, core);
    const salt = checked.salt === undefined ? 0 : checkSalt('salt', checked.salt, core);
    const vm = this.#vmMake(checked);
    if (salt !== 0) core.require(core.exports.vmSalt(vm.handle, salt));
    if (compare !== null) vm.comparePolicySet(compare);
    for (const [name, process] of checked.writers) vm.writerDefine(name, process);
    imagesStart(this.#parts, vm, checked.images);
    if (checked.replicas > 1) replicasMake(vm, checked.replicas);
    return vm;
  }

  #vmMake(checked: CheckedVmOptions): Vm {
    const { core } = this;
    const name = this.#nameOf(checked.name);
    const { regions, addressSpacePages, eviction, seek, evictBatch } = checked;
    const selection = expandSelectionOf('selection', checked.selection, this.#parts.selection);
    try {
      const wanted = expandWanted(this.#parts, { vm: null, regions, flags: checked.flags, selection });
      const { count, flags } = wantedWrite(core, wanted, checked.flags);
      const handle = core.requireIndex(core.exports.vmCreate(count, addressSpacePages, eviction, seek, evictBatch, flags));
      core.vmNames.set(handle, name);

      const vm = new Vm(this.#parts, name, handle, this.createVm);
      this.#vms.set(handle, vm);
      this.#vmsMade += 1;
      vm.releaseBy(checked.release);
      if (checked.earlyRelease !== null) vm.policySet(checked.earlyRelease);
      return vm;
    } finally {
      core.end();
    }
  }

  /**
   * Moves memory between VMs in one request (5th embodiment, JP 2009-26117A Figs. 17 and 18): amounts, ranges of machine addresses, ranges of real memory, as one
   * likes. It is split into requests for single VMs, which are issued in the order chosen; by default all reductions, then the expansions. What can be known is
   * checked before any right moves. All of it is done when this returns, at the times that it takes on the virtual clock.
   * Errors: INVALID_OPTION, OVERLAPPING_REQUEST, NOT_ENOUGH_MEMORY, TOO_LITTLE_LEFT, NOT_MANAGED, NOT_SELECTABLE, SLOT_TAKEN, POLICY_FAILED, TABLES_FULL,
   * RESERVE_EXHAUSTED: nothing was changed. SWAP_FULL, SWAP_WRITE_FAILED under 'eager', with 'managerPreferred', and with a reserve that waits: requests that
   * had been answered stand, which the details count (`answered`, `unissued`).
   */
  reconfigure(moves: readonly Move[], options: ReconfigureOptions = {}): Reconfiguration {
    const reconfiguration = reconfigurationAt(this, this.virtualNs, moves, options);
    while (reconfiguration.dueNs !== null) reconfiguration.step();
    return reconfiguration;
  }

  /**
   * One pass over all pages in frames of the VMs that have a salt: equal ones of VMs of one salt that have not changed since the pass before become one page in
   * the engine's common memory, which no VM uses; whoever stores to it gets a copy of its own. Loads of such a page are never cached. Errors: INVALID_OPTION on an
   * engine without `commonMemory`.
   */
  scan(): ScanAcrossReport {
    return scanAcross(this.core);
  }

  // ---- the virtual clock -----------------------------------------------------------------------------------------------

  /** When `advance` has something to do next; null: never, as things are. */
  get dueNs(): number | null {
    this.core.check();
    return this.#parts.due.dueNs;
  }

  /**
   * Carries out what the virtual clock has brought up to `until` (by default up to now, `virtualNs`), in order of time: sweeps of VMs with a release
   * condition that are due, comparisons of replicas at intervals, and the refill of a reserve. No VM's clock moves, but for pages that have to be read. How many
   * things were done. Errors: POLICY_FAILED, SWAP_READ_FAILED; the next call goes on behind what failed.
   */
  advance(until?: Quantity): number {
    const { core } = this;
    core.begin('engine.advance');
    return this.#parts.due.advance(until === undefined ? this.virtualNs : parseTimeNs('until', until));
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------

  /** All tables as plain data; the rows of VMs have page tables by range (`vms[0].pageTable({ from, to })`). Changes no counter and no time. */
  inspect(): EngineInspection {
    this.core.check();
    const { core, pageBytes, regionBytes, virtualNs, vms } = this;
    const reserve = this.#parts.reserve?.row(virtualNs) ?? null;
    return inspectionMake({ core, pageBytes, regionBytes, virtualNs, vms, changes: this.#changesOpen(), reserve });
  }

  /** The pages of a replica in a range that were ever touched, protected or made a device, ascending. The engine must not change while one iterates. */
  pages(replica: Replica, range: PageRange = {}): IterableIterator<PageRow> {
    this.core.check();
    if (!(replica instanceof Replica) || !this.owns(replica.vm))
      throw new InvalidOptionError('replica', replica, 'a replica of this engine');
    if (replica.isDisposed) throw replica.disposed();
    checkFields('range', range, ['from', 'to']);
    const pages = replica.addressSpaceBytes / this.pageBytes;
    const to = checkInteger('range.to', range.to ?? pages, 0, pages);
    return pagesWalk(this.core, replica.handle, checkInteger('range.from', range.from ?? 0, 0, to), to);
  }

  /** Calls `listener` for every event of that name, after the operation that caused it; what comes back ends it. Listeners may use the engine. */
  on<Name extends EventName>(name: Name, listener: EventListener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /** Walks the whole state of the engine. InvariantError (code INVARIANT) names the first thing that does not hold. */
  validate(): void {
    this.core.check();
    this.core.require(this.core.exports.engineValidate());
  }

  // ---- the end -----------------------------------------------------------------------------------------------------------

  /** The engine ends with all that it made; its swap store is closed, its memory can be reclaimed. */
  dispose(): void {
    const { core } = this;
    if (this.isDisposed) return;
    core.begin('engine.dispose');
    for (const change of this.#changes) change?.freeze();
    for (const vm of this.#vms.values()) vm.detach();
    this.#parts.reserve?.vm.detach();
    this.#vms.clear();
    core.release();
    this.#parts.bridge.close();
  }

  [DISPOSE](): void {
    this.dispose();
  }

  // ---- for the bindings ---------------------------------------------------------------------------------------------------

  /** @internal */
  get rights(): RightsSettings {
    return this.#parts.rights;
  }

  /** @internal */
  owns(vm: Vm): boolean {
    return vm.belongsTo(this.#parts);
  }

  /** @internal */
  get parts(): EngineParts {
    return this.#parts;
  }

  /** A living VM, or the record of the reserve's pool. */
  #vmOf(handle: number): Vm | undefined {
    const { reserve } = this.#parts;
    return handle === reserve?.vm.handle ? reserve.vm : this.#vms.get(handle);
  }

  /** The pool gets the last regions of real memory. */
  #reserveCreate(settings: ReserveSettings): void {
    const { core } = this;
    const first = core.word(CB_REGIONS) - settings.regions;
    const regions = Array.from({ length: settings.regions }, (_, index) => first + index);
    picksWrite(core, regions);
    const handle = core.requireIndex(core.exports.vmCreate(regions.length, RESERVE_PAGES, 0, 0, 1, FLAG_BY_LIST));
    core.vmNames.set(handle, RESERVE_NAME);
    this.#parts.reserve = new Reserve(this.#parts, new Vm(this.#parts, RESERVE_NAME, handle, Engine.create), regions, settings);
    this.#parts.due.add(this.#parts.reserve);
  }

  #vmRemove(vm: Vm): void {
    if (this.#vms.get(vm.handle) !== vm) return; // a listener has already made another one with this handle
    this.#vms.delete(vm.handle);
    this.core.vmNames.delete(vm.handle);
  }

  #nameOf(name: string | undefined): string {
    const taken = new Set(this.core.vmNames.values());
    if (name === undefined) {
      let number = this.#vmsMade + 1;
      while (taken.has(`vm${number}`)) number += 1;
      return `vm${number}`;
    }
    if (taken.has(name)) {
      const isPools = name === RESERVE_NAME && this.#parts.reserve !== undefined;
      throw new InvalidOptionError(
        'name',
        name,
        isPools ? "another name: it is the reserve's" : 'a name that no living VM of the engine has',
      );
    }
    return name;
  }

  #changesOpen(): readonly ChangeReport[] {
    const open: ChangeReport[] = [];
    const pool = this.#parts.reserve?.vm;
    for (const change of this.#changes) if (change?.isOpen === true && change.vm !== pool) open.push(change.report());
    return open;
  }
}
