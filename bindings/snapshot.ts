import { REPLICA_PAGES } from '../assembly/shared/layout.ts';
import { pagesDiffer } from './changed-pages.ts';
import type { PageChange } from './changed-pages.ts';
import type { DeviceMap } from './device.ts';
import { digestAsync, digestNow } from './digest.ts';
import { DISPOSE, disposedError } from './dispose.ts';
import type { Origin } from './dispose.ts';
import { addressError } from './engine/failure.ts';
import { peekInto } from './engine/peek.ts';
import type { EngineParts } from './engine-parts.ts';
import { InvalidOptionError } from './errors.ts';
import type { DisposedError } from './errors.ts';
import { checkFields, checkInteger } from './options.ts';
import type { PageHolder } from './page-holder.ts';
import type { ForkOptions } from './quota.ts';
import type { Replica } from './replica.ts';
import type { SignalOption } from './signal.ts';
import { vmFork } from './snapshot/fork-vm.ts';
import type { ForkVmOptions } from './snapshot/fork-vm.ts';
import { snapshotSave } from './snapshot/save.ts';
import type { SaveOptions } from './snapshot/save.ts';
import type { Vm } from './vm.ts';

export interface SnapshotOptions {
  /** What the guest wants to have kept with its memory, for instance the state of its processor; the bytes are copied. */
  readonly state?: Uint8Array;
}

/** The state of a guest that is kept with a snapshot, copied; null: none. */
export function checkSnapshotOptions(options: SnapshotOptions | undefined): Uint8Array | null {
  if (options === undefined) return null;
  checkFields('options', options, ['state']);
  if (options.state === undefined) return null;
  if (!(options.state instanceof Uint8Array)) throw new InvalidOptionError('options.state', options.state, 'a Uint8Array');
  return options.state.slice();
}

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly handle: number;
  readonly devices: DeviceMap;
  readonly state: Uint8Array | null;
  readonly origin: Origin;
}

/**
 * A saved state of a replica (US 9,063,868, background: a backup to resume from): its pages, their protection, its devices. It holds pages as a
 * fork does and nobody writes to it. Snapshots of a VM end in any order, the last with the VM.
 */
export class Snapshot implements PageHolder {
  readonly vm: Vm;
  readonly addressSpaceBytes: number;
  /** @internal */
  readonly devices: DeviceMap;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #state: Uint8Array | null;
  #handle: number;
  #identity: string | undefined;

  /** @internal */
  constructor(parts: EngineParts, vm: Vm, { handle, devices, state, origin }: SnapshotParts) {
    const { core } = parts;
    this.vm = vm;
    this.addressSpaceBytes = core.replicaWord(handle, REPLICA_PAGES) * core.pageBytes;
    this.devices = devices;
    this.#parts = parts;
    this.#handle = handle;
    this.#state = state;
    this.#origin = origin;
  }

  get isDisposed(): boolean {
    return this.#handle === 0;
  }
  /** @internal */
  get handle(): number {
    return this.#handle;
  }
  /** What the guest wanted to have kept with it, a copy; null: nothing. */
  get state(): Uint8Array | null {
    return this.#state?.slice() ?? null;
  }

  /** A replica of the VM in this state. Costs as much as `replica.fork()`. Errors: TABLES_FULL, TOO_LITTLE_LEFT, INVALID_OPTION, DISPOSED. */
  fork(options?: ForkOptions): Replica {
    this.#begin('snapshot.fork');
    return this.vm.holders.fork(this, options, this.fork);
  }

  /** A new VM with memory of its own whose replica has these contents; see `replica.forkVm`. */
  async forkVm(options: ForkVmOptions): Promise<Vm> {
    this.#begin('snapshot.forkVm');
    return vmFork(this.#parts, this, options);
  }

  /**
   * The pages whose contents are not those of another snapshot or replica of the VM, ascending, with the bytes that differ. Looks only at pages that the two do
   * not share. Errors: INVALID_OPTION, DISPOSED, SWAP_READ_FAILED.
   */
  diff(other: Snapshot | Replica): IterableIterator<PageChange> {
    this.#begin('snapshot.diff');
    return pagesDiffer(this.#parts.core, this, this.vm.holders.check('other', other));
  }

  /**
   * The snapshot as bytes, for `vm.loadSnapshot`: contents, protection and the guest's state, with a checksum; devices are callbacks and stay behind. With `base`,
   * another snapshot of the VM, only pages whose contents differ from it. Errors: INVALID_OPTION, DISPOSED, SWAP_READ_FAILED; an abort's reason.
   */
  async save(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#begin('snapshot.save');
    return snapshotSave(this.#parts.core, this, options);
  }

  /** Copies bytes out without any trace. Protection does not count, device pages read as the memory under them. */
  peek(address: number, into: Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBufferLike> {
    if (!(into instanceof Uint8Array)) throw new InvalidOptionError('into', into, 'a Uint8Array');
    checkInteger('address', address, 0);
    this.#begin('snapshot.peek');
    if (address + into.length > this.addressSpaceBytes) throw addressError(address, into.length, this.addressSpaceBytes);
    peekInto(this.#parts.core, this.#parts.bridge, this.#handle, address, into);
    return into;
  }

  /** SHA-256 (hex) of the whole address space. Changes no counter and no time. */
  digest(options: SignalOption = {}): Promise<string> {
    return digestAsync(this, options);
  }

  /** The same in one go. */
  digestSync(): string {
    return digestNow(this);
  }

  /** Its pages are let go; those that nobody else holds are free. */
  dispose(): void {
    if (this.#handle === 0) return;
    const { core } = this.#parts;
    this.#begin('snapshot.dispose');
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

  /** @internal */
  detach(): void {
    this.#handle = 0;
  }

  /** @internal */
  disposed(): DisposedError {
    if (this.vm.isDisposed) return this.vm.disposed();
    return disposedError(`The snapshot of VM '${this.vm.name}'`, this.#handle === 0 ? this.#origin : this.#parts.core.origin);
  }

  /** @internal What identifies its contents as the base of a saved snapshot: made by `make` when first asked for, it never changes. */
  async identity(make: () => Promise<string>): Promise<string> {
    return (this.#identity ??= await make());
  }

  #begin(operation: string): void {
    this.#parts.core.begin(operation);
    if (this.#handle === 0) throw this.disposed();
  }
}
