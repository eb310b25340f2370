import type { DeviceMap } from './device.ts';
import { Origin, ORIGIN_NOT_KEPT } from './dispose.ts';
import type { EngineParts } from './engine-parts.ts';
import { InvalidOptionError } from './errors.ts';
import type { PageHolder } from './page-holder.ts';
import { checkForkOptions } from './quota.ts';
import type { ForkOptions } from './quota.ts';
import { Replica } from './replica.ts';
import { Snapshot } from './snapshot.ts';
import type { Vm } from './vm.ts';

type Maker = (...args: never[]) => unknown;

/** Of so many replicas and snapshots that a VM ever had the place is kept where they were made. */
const ORIGINS_KEPT = 256;

/** A hidden replica has no number of its own. */
const HIDDEN_NUMBER = 0;

/** The replicas and snapshots of a VM, in the order in which they were made. Each comes and goes at the same cost, however many there are. */
export class Holders {
  readonly #parts: EngineParts;
  readonly #vm: Vm;
  /** By number. */
  readonly #replicas = new Map<number, Replica>();
  readonly #snapshots = new Set<Snapshot>();
  /** Replicas that a snapshot is being loaded into: nobody outside knows them. */
  readonly #hidden = new Set<Replica>();
  #list: readonly Replica[] | undefined;
  #first: Replica | undefined;
  #made = 0;
  #numbered = 0;

  constructor(parts: EngineParts, vm: Vm) {
    this.#parts = parts;
    this.#vm = vm;
  }

  get replicas(): readonly Replica[] {
    return (this.#list ??= [...this.#replicas.values()]);
  }
  /** Undefined: it has ended, or none ever had the number. */
  replicaOf(number: number): Replica | undefined {
    return this.#replicas.get(number);
  }
  get first(): Replica | undefined {
    return (this.#first ??= this.#replicas.values().next().value);
  }
  get snapshots(): readonly Snapshot[] {
    return [...this.#snapshots];
  }

  /** Where one is made. */
  origin(maker: Maker): Origin {
    this.#made += 1;
    return this.#made > ORIGINS_KEPT ? ORIGIN_NOT_KEPT : new Origin(maker);
  }

  /** The replica with this handle, which has just been made. */
  replicaAdd(handle: number, devices: DeviceMap, base: Snapshot | null, maker: Maker): Replica {
    this.#numbered += 1;
    const replica = new Replica(this.#parts, this.#vm, handle, { number: this.#numbered, devices, base, origin: this.origin(maker) });
    this.#replicas.set(replica.number, replica);
    this.#list = undefined;
    return replica;
  }

  /** A second replica with the pages of a replica or snapshot. */
  fork(from: Replica | Snapshot, options: ForkOptions | undefined, maker: Maker): Replica {
    const { core } = this.#parts;
    const quota = checkForkOptions(options, core.pageBytes);
    try {
      const handle = core.requireIndex(core.exports.replicaFork(from.handle));
      if (quota !== 0) core.require(core.exports.replicaQuota(handle, quota));
      return this.replicaAdd(handle, from.devices.clone(), from instanceof Snapshot ? from : from.base, maker);
    } finally {
      core.end();
    }
  }

  snapshotTake(from: Replica, state: Uint8Array | null, maker: Maker): Snapshot {
    return this.snapshotMake(from, state, this.origin(maker));
  }

  snapshotMake(from: Replica, state: Uint8Array | null, origin: Origin): Snapshot {
    const { core } = this.#parts;
    try {
      const handle = core.requireIndex(core.exports.replicaSnapshot(from.handle));
      const snapshot = new Snapshot(this.#parts, this.#vm, { handle, devices: from.devices.clone(), state, origin });
      this.#snapshots.add(snapshot);
      return snapshot;
    } finally {
      core.end();
    }
  }

  /** A replica for a snapshot that is being loaded: with the pages of its base, or empty. */
  hiddenMake(base: Snapshot | null, devices: DeviceMap, origin: Origin): Replica {
    const { core } = this.#parts;
    const { replicaFork, replicaEmpty } = core.exports;
    const handle = core.requireIndex(base === null ? replicaEmpty(this.#vm.handle) : replicaFork(base.handle));
    const replica = new Replica(this.#parts, this.#vm, handle, { number: HIDDEN_NUMBER, devices, base, origin });
    this.#hidden.add(replica);
    return replica;
  }

  remove(holder: PageHolder): void {
    if (holder instanceof Snapshot) {
      this.#snapshots.delete(holder);
      return;
    }
    if (!(holder instanceof Replica) || this.#hidden.delete(holder)) return;
    this.#replicas.delete(holder.number);
    this.#list = undefined;
    if (holder === this.#first) this.#first = undefined;
  }

  /** A living replica or snapshot of this VM. */
  check(field: string, value: unknown): Replica | Snapshot {
    if (!(value instanceof Replica || value instanceof Snapshot) || value.vm !== this.#vm) {
      throw new InvalidOptionError(field, value, 'a replica or snapshot of the same VM');
    }
    if (value.isDisposed) throw value.disposed();
    return value;
  }

  checkSnapshot(field: string, value: unknown): Snapshot {
    if (!(value instanceof Snapshot) || value.vm !== this.#vm) throw new InvalidOptionError(field, value, 'a snapshot of the same VM');
    if (value.isDisposed) throw value.disposed();
    return value;
  }

  /** All are gone from the engine. */
  detach(): void {
    for (const holders of [this.#replicas, this.#snapshots, this.#hidden]) {
      for (const holder of holders.values()) holder.detach();
      holders.clear();
    }
    this.#list = [];
    this.#first = undefined;
  }
}
