import {
  ADVICE_DISCARDABLE,
  ADVICE_LOCKED,
  ADVICE_NORMAL,
  ADVICE_UNUSED,
  ADVICE_WILL_NEED,
  PROTECTION_DEVICE,
  PROTECTION_NO_DEVICE,
  PROTECTION_NONE,
  PROTECTION_READ,
  PROTECTION_READ_WRITE,
  REPLICA_IN_STEP,
  REPLICA_PAGES,
} from '../assembly/shared/layout.ts';
import type { DeviceMap } from './device.ts';
import type { DeviceHandlers } from './device.ts';
import { DISPOSE, disposedError, Origin } from './dispose.ts';
import { digestAsync, digestNow } from './digest.ts';
import { addressError, misalignedError } from './engine/failure.ts';
import { peekInto } from './engine/peek.ts';
import { InvalidOptionError } from './errors.ts';
import type { DisposedError } from './errors.ts';
import type { EngineParts } from './engine-parts.ts';
import { GuestMemory } from './guest-memory.ts';
import { checkBoolean, checkChoice, checkFields, checkFunction, checkInteger } from './options.ts';
import type { SignalOption } from './signal.ts';
import type { Vm } from './vm.ts';

/**
 * What a guest says of its pages: `unused` reads zero at once; `discardable` reads the old content until dropped, then zero; `willNeed` comes in now;
 * `locked` binds the VM's own eviction; `normal` takes `locked` and `discardable` back.
 */
export type Advice = 'normal' | 'unused' | 'discardable' | 'willNeed' | 'locked';
export type Protection = 'none' | 'read' | 'readWrite';

const ADVICE: Readonly<Record<Advice, number>> = {
  normal: ADVICE_NORMAL,
  unused: ADVICE_UNUSED,
  discardable: ADVICE_DISCARDABLE,
  willNeed: ADVICE_WILL_NEED,
  locked: ADVICE_LOCKED,
};
const PROTECTIONS: Readonly<Record<Protection, number>> = {
  none: PROTECTION_NONE,
  read: PROTECTION_READ,
  readWrite: PROTECTION_READ_WRITE,
};

/** One address space of a VM. Addresses and lengths are bytes; those of advice, protection and devices are multiples of the page size. */
export class Replica {
  readonly vm: Vm;
  readonly memory: GuestMemory;
  /** @internal */
  readonly devices: DeviceMap;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #addressSpaceBytes: number;
  #handle: number;

  /** @internal */
  constructor(parts: EngineParts, vm: Vm, handle: number, devices: DeviceMap, maker: (...args: never[]) => unknown) {
    const { core } = parts;
    this.vm = vm;
    this.devices = devices;
    this.#parts = parts;
    this.#handle = handle;
    this.#origin = new Origin(maker);
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

  /** Whether vm.compare() compares it with the others of its VM that are in step. */
  get isInStep(): boolean {
    if (this.#handle === 0) throw this.disposed();
    return this.#parts.core.replicaWord(this.#handle, REPLICA_IN_STEP) !== 0;
  }
  set isInStep(isInStep: boolean) {
    checkBoolean('isInStep', isInStep);
    this.#begin('replica.isInStep');
    this.#parts.core.require(this.#parts.core.exports.replicaStep(this.#handle, isInStep ? 1 : 0));
  }

  /** Tells the VM's memory manager about whole pages. A failure (it may have to bring pages in) carries `bytesDone`. */
  advise(address: number, length: number, advice: Advice): void {
    const code = ADVICE[checkChoice('advice', advice, ADVICE)];
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
    const code = PROTECTIONS[checkChoice('protection', protection, PROTECTIONS)];
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

  /** A second replica of the same VM with the same pages, protection and devices; pages are shared until one of them is written. */
  fork(): Replica {
    const { core } = this.#parts;
    this.#begin('replica.fork');
    try {
      const handle = core.requireIndex(core.exports.replicaFork(this.#handle));

      const replica = new Replica(this.#parts, this.vm, handle, this.devices.clone(), this.fork);
      this.vm.replicaAdd(replica);
      return replica;
    } finally {
      core.end();
    }
  }

  /** Makes this replica's pages, protection and devices those of `from`, a replica of the same VM. */
  restore(from: Replica): void {
    if (!(from instanceof Replica) || from.vm !== this.vm) throw new InvalidOptionError('from', from, 'a replica of the same VM');
    const { core } = this.#parts;
    this.#begin('replica.restore');
    if (from.isDisposed) throw from.disposed();
    try {
      core.require(core.exports.replicaRestore(this.#handle, from.#handle));
      this.devices.copyFrom(from.devices);
    } finally {
      core.end();
    }
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
      this.vm.replicaRemove(this);
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
