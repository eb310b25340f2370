import {
  PROTECTION_DEVICE,
  PROTECTION_NO_DEVICE,
  PROTECTION_READ_WRITE,
  REPLICA_IN_STEP,
  REPLICA_PAGES,
} from '../assembly/shared/layout.ts';
import type { DeviceMap } from './device.ts';
import type { DeviceHandlers } from './device.ts';
import { pagesDirty } from './changed-pages.ts';
import type { PageAddress } from './changed-pages.ts';
import { DISPOSE, disposedError } from './dispose.ts';
import type { Origin } from './dispose.ts';
import { digestAsync, digestNow } from './digest.ts';
import type { Core } from './engine/core.ts';
import { addressError, misalignedError } from './engine/failure.ts';
import { peekInto } from './engine/peek.ts';
import { InvalidOptionError } from './errors.ts';
import type { DisposedError } from './errors.ts';
import type { EngineParts } from './engine-parts.ts';
import { GuestMemory } from './guest-memory.ts';
import { Image } from './image/image.ts';
import { checkPlace, imageMap } from './image/mapping.ts';
import { checkBoolean, checkChoice, checkFields, checkFunction, checkInteger } from './options.ts';
import { ADVICE_CODES, PROTECTION_CODES } from './page-control.ts';
import type { Advice, Protection } from './page-control.ts';
import type { PageHolder } from './page-holder.ts';
import { checkQuota, quotaBytes } from './quota.ts';
import type { ForkOptions } from './quota.ts';
import type { SignalOption } from './signal.ts';
import { checkSnapshotOptions, Snapshot } from './snapshot.ts';
import type { SnapshotOptions } from './snapshot.ts';
import { vmFork } from './snapshot/fork-vm.ts';
import type { ForkVmOptions } from './snapshot/fork-vm.ts';
import type { Quantity } from './units.ts';
import type { Vm } from './vm.ts';

/** What a replica is made of. */
export interface ReplicaParts {
  readonly number: number;
  readonly devices: DeviceMap;
  /** The snapshot that it is the same as, or was last. */
  readonly base: Snapshot | null;
  readonly origin: Origin;
}

/** One address space of a VM. Addresses and lengths are bytes; those of advice, protection and devices are multiples of the page size. */
export class Replica implements PageHolder {
  readonly vm: Vm;
  /** VMID of US 9,063,868 within its VM: from 1, in the order in which replicas are made; never given again. */
  readonly number: number;
  readonly memory: GuestMemory;
  /** @internal */
  readonly devices: DeviceMap;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #addressSpaceBytes: number;
  #handle: number;
  #base: Snapshot | null;

  /** @internal */
  constructor(parts: EngineParts, vm: Vm, handle: number, { number, devices, base, origin }: ReplicaParts) {
    const { core } = parts;
    this.vm = vm;
    this.number = number;
    this.devices = devices;
    this.#parts = parts;
    this.#handle = handle;
    this.#base = base;
    this.#origin = origin;
    this.#addressSpaceBytes = core.replicaWord(handle, REPLICA_PAGES) * core.pageBytes;
    this.memory = new GuestMemory(core, this);
  }

  get addressSpaceBytes(): number {
    return this.#addressSpaceBytes;
  }
  get isDisposed(): boolean {
    return this.#handle === 0;
  }
  /** @internal */
  get handle(): number {
    return this.#handle;
  }
  /** @internal */
  get core(): Core {
    return this.#parts.core;
  }

  /**
   * Whether vm.compare() compares it with the others of its VM that are in step. One that runs in a lockstep cannot be told to be out of step: INVALID_OPTION; take it
   * out with `lockstep.fail(replica, { dispose: false })`.
   */
  get isInStep(): boolean {
    if (this.#handle === 0) throw this.disposed();
    return this.#parts.core.replicaWord(this.#handle, REPLICA_IN_STEP) !== 0;
  }
  set isInStep(isInStep: boolean) {
    checkBoolean('isInStep', isInStep);
    if (!isInStep && !this.isDisposed && this.vm.runsInLockstep(this))
      throw new InvalidOptionError(
        'isInStep',
        isInStep,
        'true while it runs in a lockstep: lockstep.fail(replica, { dispose: false }) takes it out',
      );
    this.#begin('replica.isInStep');
    this.#parts.core.require(this.#parts.core.exports.replicaStep(this.#handle, isInStep ? 1 : 0));
  }

  /** Tells the VM's memory manager about whole pages. A failure (it may have to bring pages in) carries `bytesDone`. */
  advise(address: number, length: number, advice: Advice): void {
    const code = ADVICE_CODES[checkChoice('advice', advice, ADVICE_CODES)];
    const [page, pages] = this.#pageRange('replica.advise', address, length);
    const { core } = this.#parts;
    try {
      const status = core.exports.advise(this.#handle, page, pages, code);
      if (status !== 0) throw core.failure(status, { bytesDone: core.pagesDone * core.pageBytes });
    } finally {
      core.end();
    }
  }

  /** What accesses may do with whole pages; contents stay. */
  protect(address: number, length: number, protection: Protection): void {
    const code = PROTECTION_CODES[checkChoice('protection', protection, PROTECTION_CODES)];
    const [page, pages] = this.#pageRange('replica.protect', address, length);
    this.#protect(page, pages, code);
  }

  /**
   * Turns whole pages into a device: scalar accesses that lie wholly inside go to the callbacks; all others that touch it fail with DEVICE_PAGE. The
   * function that comes back makes the pages ordinary memory again, with the content they had.
   */
  mapDevice(address: number, length: number, handlers: DeviceHandlers): () => void {
    checkFields('handlers', handlers, ['load', 'store']);
    checkFunction('handlers.load', handlers.load);
    checkFunction('handlers.store', handlers.store);
    const [page, pages] = this.#pageRange('replica.mapDevice', address, length);
    if (pages === 0) throw new InvalidOptionError('length', length, 'at least one page');
    if (this.devices.overlaps(address, length))
      throw new InvalidOptionError('address', address, 'a range in which no device is mapped yet');
    this.#protect(page, pages, PROTECTION_DEVICE);
    const range = this.devices.add(address, length, handlers);
    return () => {
      if (this.#handle === 0 || !this.devices.remove(range)) return;
      this.#parts.core.begin('replica.mapDevice');
      this.#protect(page, pages, PROTECTION_NO_DEVICE);
    };
  }

  /**
   * The image's pages become this replica's from `address` on (a multiple of the page size), which must be untouched pages; forks that are made later share
   * them. Only the tables grow: a page is read when it is touched. Errors: INVALID_OPTION, TABLES_FULL: nothing has changed.
   */
  mapImage(image: Image, address = 0): void {
    if (!(image instanceof Image)) throw new InvalidOptionError('image', image, 'an Image, made by engine.image()');
    this.#begin('replica.mapImage');
    const parts = this.#parts;
    imageMap(parts, this.#handle, checkPlace('address', image, address, parts.core.pageBytes, this.#addressSpaceBytes));
  }

  /**
   * A second replica of the same VM with the same pages, protection and devices; pages are shared until one of them is written. Costs a record, however large
   * the address space is. Errors: TABLES_FULL, TOO_LITTLE_LEFT, INVALID_OPTION.
   */
  fork(options?: ForkOptions): Replica {
    this.#begin('replica.fork');
    return this.vm.holders.fork(this, options, this.fork);
  }

  /**
   * A new VM with memory of its own whose one replica has the contents and the protection that this one has now; devices stay behind. The options are those of
   * createVm. The pages are written there as by its guest. Errors: those of createVm and of writes, TABLES_FULL, TOO_LITTLE_LEFT; an abort's reason: nothing is
   * left behind.
   */
  async forkVm(options: ForkVmOptions): Promise<Vm> {
    const now = this.snapshot();
    try {
      return await vmFork(this.#parts, now, options);
    } finally {
      now.dispose();
    }
  }

  /** A snapshot of its pages, protection and devices as they are. Costs a record. Errors: TABLES_FULL, TOO_LITTLE_LEFT, INVALID_OPTION. */
  snapshot(options?: SnapshotOptions): Snapshot {
    this.#begin('replica.snapshot');
    const state = checkSnapshotOptions(options);
    this.#base = this.vm.holders.snapshotTake(this, state, this.snapshot);
    return this.#base;
  }

  /** The snapshot that it was the same as last: taken of it, restored to it, or forked from it or from what it was forked from; null: it began empty. */
  get base(): Snapshot | null {
    return this.#base;
  }

  /** Makes this replica's pages, protection and devices those of `from`, a replica or snapshot of the same VM. Costs the pages that differ. */
  restore(from: Replica | Snapshot): void {
    this.#begin('replica.restore');
    this.#restore(this.vm.holders.check('from', from));
  }

  /** Back to `base`; without one, to an address space without pages, protection and devices. Costs the pages that differ. Errors: DISPOSED, for a base that has ended. */
  reset(): void {
    this.#begin('replica.reset');
    if (this.#base !== null) {
      this.#restore(this.vm.holders.check('base', this.#base));
      return;
    }
    const { core } = this.#parts;
    try {
      core.require(core.exports.replicaClear(this.#handle));
      this.devices.clear();
    } finally {
      core.end();
    }
  }

  /**
   * The pages that are not those of a snapshot of the VM: the ones written since, if it was taken of this replica. Ascending; costs what differs. Errors:
   * INVALID_OPTION, DISPOSED.
   */
  dirtyPages(since: Snapshot): IterableIterator<PageAddress> {
    this.#begin('replica.dirtyPages');
    return pagesDirty(this.#parts.core, this, this.vm.holders.checkSnapshot('since', since));
  }

  /** Most bytes of pages of its own; null: any. */
  get quotaBytes(): number | null {
    if (this.#handle === 0) throw this.disposed();
    return quotaBytes(this.#parts.core, this.#handle);
  }

  /** Another quota from now on, a multiple of the page size, or none. Pages that it has stay, also where they are more. Errors: INVALID_OPTION. */
  limit(quota: Quantity | null): void {
    const { core } = this.#parts;
    const pages = quota === null ? 0 : checkQuota('quota', quota, core.pageBytes);
    this.#begin('replica.limit');
    core.require(core.exports.replicaQuota(this.#handle, pages));
  }

  /** Copies bytes out without any trace: no access is counted, no time passes, nothing moves. Protection does not count, device pages read as the memory under them. */
  peek(address: number, into: Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBufferLike> {
    if (!(into instanceof Uint8Array)) throw new InvalidOptionError('into', into, 'a Uint8Array');
    checkInteger('address', address, 0);
    this.#begin('replica.peek');
    if (address + into.length > this.#addressSpaceBytes) throw addressError(address, into.length, this.#addressSpaceBytes);
    peekInto(this.#parts.core, this.#parts.bridge, this.#handle, address, into);
    return into;
  }

  /** SHA-256 (hex) of the whole address space. Changes no counter and no time. It pauses for the host now and then: let nobody write meanwhile. */
  digest(options: SignalOption = {}): Promise<string> {
    return digestAsync(this, options);
  }

  /** The same in one go. */
  digestSync(): string {
    return digestNow(this);
  }

  /** The replica ends; its VM goes on, unless it was the last one: that ends with the VM. */
  dispose(): void {
    if (this.#handle === 0) return;
    const { core } = this.#parts;
    this.#begin('replica.dispose');
    try {
      core.require(core.exports.replicaDispose(this.#handle));
      this.vm.holders.remove(this);
      this.detach();
    } finally {
      core.end();
    }
  }

  [DISPOSE](): void {
    this.dispose();
  }

  /** @internal The engine's record is gone. */
  detach(): void {
    this.#handle = 0;
    this.memory.detach();
  }

  /** @internal */
  disposed(): DisposedError {
    const { core } = this.#parts;
    return this.vm.isDisposed
      ? this.vm.disposed()
      : disposedError(`The replica of VM '${this.vm.name}'`, this.#handle === 0 ? this.#origin : core.origin);
  }

  /** @internal No page is protected or a device's. */
  protectionClear(): void {
    const pages = this.#addressSpaceBytes / this.#parts.core.pageBytes;
    this.#begin('replica.protect');
    this.#protect(0, pages, PROTECTION_READ_WRITE);
    this.#protect(0, pages, PROTECTION_NO_DEVICE);
  }

  #restore(from: Replica | Snapshot): void {
    const { core } = this.#parts;
    try {
      core.require(core.exports.replicaRestore(this.#handle, from.handle));
      this.devices.copyFrom(from.devices);
      this.#base = from instanceof Snapshot ? from : from.base;
    } finally {
      core.end();
    }
  }

  #begin(operation: string): void {
    this.#parts.core.begin(operation);
    if (this.#handle === 0) throw this.disposed();
  }

  #protect(page: number, pages: number, code: number): void {
    const { core } = this.#parts;
    try {
      core.require(core.exports.protect(this.#handle, page, pages, code));
    } finally {
      core.end();
    }
  }

  #pageRange(operation: string, address: number, length: number): readonly [page: number, pages: number] {
    const { pageBytes } = this.#parts.core;
    checkInteger('address', address, 0);
    checkInteger('length', length, 0);
    this.#begin(operation);
    if (address % pageBytes !== 0 || length % pageBytes !== 0) throw misalignedError(address, length, pageBytes);
    if (address + length > this.#addressSpaceBytes) throw addressError(address, length, this.#addressSpaceBytes);
    return [address / pageBytes, length / pageBytes];
  }
}
