import * as layout from '../assembly/shared/layout.ts';
import type { Change } from './change.ts';
import { DeviceMap } from './device.ts';
import { DISPOSE, disposedError, Origin } from './dispose.ts';
import type { EngineParts } from './engine-parts.ts';
import { InvalidOptionError } from './errors.ts';
import type { DisposedError } from './errors.ts';
import { picksWrite } from './engine/picks.ts';
import { checkFields, checkInteger } from './options.ts';
import { Replica } from './replica.ts';
import { expandFlags, operatorOnly, reduceFlags } from './request-options.ts';
import type { ReduceOptions, RequestOptions } from './request-options.ts';
import { parseBytes } from './units.ts';
import type { Quantity } from './units.ts';

/** A range of machine addresses. */
export interface MachineRange {
  readonly from: number;
  readonly bytes: Quantity;
}

/** Counted since the VM was made. */
export interface VmCounters {
  readonly accesses: number;
  /** Accesses to pages without a frame. */
  readonly faults: number;
  /** Pages read from and written to swap. */
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly evictions: number;
  /** Regions taken from another user. */
  readonly takeOvers: number;
  /** Pages copied on a write because they were shared. */
  readonly copies: number;
  /** Virtual time spent waiting for swap. */
  readonly ioWaitNs: number;
}

/** A holder of rights: memory that it manages, memory that it uses, and the replicas that live in it. */
export class Vm {
  readonly name: string;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #handle: number;
  #replicas: readonly Replica[];
  #disposed = false;

  /** @internal */
  constructor(parts: EngineParts, name: string, handle: number, maker: (...args: never[]) => unknown) {
    const { core } = parts;
    this.name = name;
    this.#parts = parts;
    this.#handle = handle;
    this.#origin = new Origin(maker);
    this.#replicas = [new Replica(parts, this, core.exports.vmReplica(handle), new DeviceMap(core), maker)];
  }

  /** @internal */
  get handle(): number {
    return this.#handle;
  }
  get isDisposed(): boolean {
    return this.#disposed;
  }
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }
  /** The first replica: the only one, of a VM that was not forked. */
  get replica(): Replica {
    const [first] = this.#replicas;
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
  /** Pages that are only in swap. */
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
    const { core } = this.#parts;
    const count = (offset: number): number => core.vmNumber(this.#handle, offset);
    return {
      accesses: count(layout.VM_ACCESSES),
      faults: count(layout.VM_FAULTS),
      pageIns: count(layout.VM_PAGE_INS),
      pageOuts: count(layout.VM_PAGE_OUTS),
      evictions: count(layout.VM_EVICTIONS),
      takeOvers: count(layout.VM_TAKE_OVERS),
      copies: count(layout.VM_COPIES),
      ioWaitNs: count(layout.VM_IO_WAIT_NS),
    };
  }

  // ---- changes -----------------------------------------------------------------------------------------------------------

  /**
   * Gives up management rights (S101-S106): so many bytes, from high machine addresses down, or a range of machine addresses. Granted when it
   * returns; settled when nothing of it is used by this VM any more. With `useRight: 'managerPreferred'` granted at the end of the page-outs of other users.
   * Errors: NOT_ENOUGH_MEMORY, NOT_MANAGED, TOO_LITTLE_LEFT, OPERATOR_ONLY; under the handover 'eager' and with 'managerPreferred' also SWAP_FULL and
   * SWAP_WRITE_FAILED.
   */
  reduce(amount: Quantity | MachineRange, options?: ReduceOptions): Change {
    const requestNs = this.timeNs;
    const { rights } = this.#parts;
    if (rights.isOperatorOnly) throw operatorOnly('vm.reduce');
    const flags = options === undefined ? rights.reduceFlags : reduceFlags(options, rights);
    if (typeof amount !== 'object') return this.reduceAt(this.#regionsOf('amount', amount), layout.SLOT_BY_POLICY, flags, requestNs);
    const { regions, firstSlot } = this.#slotsOf(amount);
    return this.reduceAt(regions, firstSlot, flags, requestNs);
  }

  /**
   * Asks for management rights (S101, S107-S111): so many bytes, at the lowest free machine addresses, or a range of machine addresses, each of which is
   * free or holds a region that this VM gave up and still uses. Granted when it returns; settled when this VM uses all of it.
   * Errors: NOT_ENOUGH_MEMORY, OPERATOR_ONLY; for a range also SLOT_TAKEN and TABLES_FULL.
   */
  expand(amount: Quantity | MachineRange, options?: RequestOptions): Change {
    const requestNs = this.timeNs;
    if (this.#parts.rights.isOperatorOnly) throw operatorOnly('vm.expand');
    const flags = options === undefined ? 0 : expandFlags(options);
    if (typeof amount === 'object') return this.#expandRange(amount, flags, requestNs);
    return this.expandAt(this.#regionsOf('amount', amount), flags, requestNs, requestNs);
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

  #slotsOf(amount: MachineRange): { regions: number; firstSlot: number } {
    const { regionBytes } = this.#parts;
    const range = checkFields('range', amount, ['from', 'bytes']);
    const from = checkInteger('range.from', range['from'], 0);
    if (from % regionBytes !== 0) throw new InvalidOptionError('range.from', from, `a multiple of the region size, ${regionBytes} bytes`);
    return { regions: this.#regionsOf('range.bytes', range['bytes']), firstSlot: from / regionBytes };
  }

  #expandRange(amount: MachineRange, flags: number, requestNs: number): Change {
    const { core, regionBytes } = this.#parts;
    const { regions, firstSlot } = this.#slotsOf(amount);
    if ((firstSlot + regions) * regionBytes > 2 ** 32) throw new InvalidOptionError('range', amount, 'a range that ends at 4 GiB or below');
    core.begin('vm.expand');
    try {
      const handle = core.requireIndex(core.exports.rightsExpandRange(this.#handle, regions, firstSlot, flags, requestNs));
      return this.#parts.changeMake(this, handle);
    } finally {
      core.end();
    }
  }

  // ---- for the bindings ---------------------------------------------------------------------------------------------------

  /**
   * @internal At a time of the caller's choosing, with all flags (reduceFlags). `regions`: how many, from `firstSlot` up or (-1) by the selection policy; or
   * the regions themselves, in the order in which they are dealt with.
   */
  reduceAt(regions: number | readonly number[], firstSlot: number, flags: number, requestNs: number): Change {
    const { core } = this.#parts;
    core.begin('vm.reduce');
    const isList = typeof regions !== 'number';
    if (isList) picksWrite(core, regions);
    const count = isList ? regions.length : regions;
    const allFlags = isList ? flags | layout.FLAG_BY_LIST : flags;
    try {
      const handle = core.requireIndex(core.exports.rightsReduce(this.#handle, count, firstSlot, allFlags, requestNs));
      return this.#parts.changeMake(this, handle);
    } finally {
      core.end();
    }
  }

  /** @internal The same for an expansion. */
  expandAt(regions: number | readonly number[], flags: number, requestNs: number, grantNs: number): Change {
    const { core } = this.#parts;
    core.begin('vm.expand');
    const isList = typeof regions !== 'number';
    if (isList) picksWrite(core, regions);
    const count = isList ? regions.length : regions;
    const allFlags = isList ? flags | layout.FLAG_BY_LIST : flags;
    try {
      const handle = core.requireIndex(core.exports.rightsExpand(this.#handle, count, allFlags, requestNs, grantNs));
      return this.#parts.changeMake(this, handle);
    } finally {
      core.end();
    }
  }

  /** @internal */
  belongsTo(parts: EngineParts): boolean {
    return this.#parts === parts;
  }
  /** @internal */
  replicaAdd(replica: Replica): void {
    this.#replicas = [...this.#replicas, replica];
  }
  /** @internal */
  replicaRemove(replica: Replica): void {
    this.#replicas = this.#replicas.filter((other) => other !== replica);
  }
  /** @internal The engine's record is gone. */
  detach(): void {
    this.#disposed = true;
    for (const replica of this.#replicas) replica.detach();
    this.#replicas = [];
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

  /** Whole regions, at least one. */
  #regionsOf(field: string, amount: unknown): number {
    const { regionBytes } = this.#parts;
    const bytes = typeof amount === 'number' ? amount : parseBytes(field, amount);
    const regions = bytes / regionBytes;
    if (regions >= 1 && Number.isInteger(regions) && regions < 2 ** 31) return regions;
    throw new InvalidOptionError(field, amount, `a multiple of the region size (${regionBytes} bytes), at least one region`);
  }
}
