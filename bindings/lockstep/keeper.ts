import type { Replica } from '../replica.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CheckPoint } from './types.ts';

/** A state to come back to: memory, program state, and how often it was come back to. */
export interface KeptState {
  readonly checkPoint: CheckPoint;
  readonly state: Uint8Array | undefined;
  readonly memory: Snapshot;
  rollBacks: number;
}

/** A replica that does not run: not in step, without processor, brought up to date at verified check points. */
export interface Standby {
  readonly replica: Replica;
  readonly state: Uint8Array | undefined;
  readonly checkPoint: CheckPoint;
}

/** What is kept of the last verified check point: a snapshot to roll back to, a standby to take over. */
export class Keeper {
  readonly #keepsSnapshot: boolean;
  readonly #keepsStandby: boolean;
  #kept: KeptState | null = null;
  #standby: Standby | null = null;

  constructor(keepsSnapshot: boolean, keepsStandby: boolean) {
    this.#keepsSnapshot = keepsSnapshot;
    this.#keepsStandby = keepsStandby;
  }

  /** Null: none, or the user has disposed of its snapshot. */
  get kept(): KeptState | null {
    return this.#kept?.memory.isDisposed === false ? this.#kept : null;
  }
  /** Null: none, or it has died. */
  get standby(): Standby | null {
    return this.#standby?.replica.isDisposed === false ? this.#standby : null;
  }

  /**
   * The members are equal to `replica`, and `state` is the one to come back to. Costs the pages that have changed since the last time. Errors: TABLES_FULL,
   * TOO_LITTLE_LEFT: what was kept before is kept still.
   */
  keep(replica: Replica, state: Uint8Array | undefined, checkPoint: CheckPoint): void {
    if (this.#keepsSnapshot) {
      const memory = replica.snapshot(); // before the old one goes
      this.#kept?.memory.dispose();
      this.#kept = { checkPoint, state, memory, rollBacks: 0 };
    }
    if (!this.#keepsStandby) return;
    const known = this.standby?.replica;
    known?.restore(replica);
    this.#standby = { replica: known ?? replica.fork(), state, checkPoint };
  }

  /** The standby is a member from now on. */
  standbyTaken(): void {
    this.#standby = null;
  }

  /** The standby has died, or is to be something else: another one is made at the next verified check point. Whether `replica` is, or was, the standby. */
  standbyDrop(replica: Replica, isDisposed: boolean): boolean {
    if (this.#standby?.replica !== replica) return false;
    if (isDisposed) replica.dispose();
    this.#standby = null;
    return true;
  }

  /** Nobody will come back to it. */
  release(): void {
    this.#kept?.memory.dispose();
    this.#kept = null;
  }

  dispose(): void {
    this.release();
    this.#standby?.replica.dispose();
    this.#standby = null;
  }
}
