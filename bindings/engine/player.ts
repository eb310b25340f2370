import {
  PLAYER_KNOWS_NEXT_USE,
  PLAYER_LOADS_STORE,
  RUN_BLOCK_DONE,
  VM_ACCESSES,
  VM_PAGE_INS,
  VM_PAGE_OUTS,
  VM_RESIDENT,
  VM_TIME_NS,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

export interface PlayerOptions {
  /** Loads store too, as stores do: every data record leaves its bytes. */
  readonly loadsStore: boolean;
  /** Each block comes with its next uses. */
  readonly knowsNextUse: boolean;
}

/** A block of a compact trace as the compiled player takes it. */
export interface PlayerBlock {
  readonly payload: Uint8Array;
  readonly records: number;
  /** One entry a page visit, for eviction by farthest next use. */
  readonly nextUses: Uint32Array | null;
}

/** What a VM's counters say now, for samples. */
export interface PlayerSample {
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly residentPages: number;
}

/** The compiled trace player of one replica. Nothing else runs in its VM, so that the VM's accesses are its position. */
export class Player {
  readonly #core: Core;
  readonly #vm: number;
  readonly #handle: number;

  constructor(core: Core, vm: number, replica: number, options: PlayerOptions) {
    const flags = (options.loadsStore ? PLAYER_LOADS_STORE : 0) | (options.knowsNextUse ? PLAYER_KNOWS_NEXT_USE : 0);
    this.#core = core;
    this.#vm = vm;
    this.#handle = core.requireIndex(core.exports.playerCreate(replica, flags));
  }

  get timeNs(): number {
    return this.#core.vmNumber(this.#vm, VM_TIME_NS);
  }
  /** Records done. */
  get position(): number {
    return this.#core.vmNumber(this.#vm, VM_ACCESSES);
  }

  sample(): PlayerSample {
    const core = this.#core;
    return {
      pageIns: core.vmNumber(this.#vm, VM_PAGE_INS),
      pageOuts: core.vmNumber(this.#vm, VM_PAGE_OUTS),
      residentPages: core.vmWord(this.#vm, VM_RESIDENT),
    };
  }

  /** Gives the next block; the one before must have been played to its end. */
  feed(block: PlayerBlock): void {
    const core = this.#core;
    core.begin('player.feed');
    core.u8.set(block.payload, core.exports.playerBuffer(this.#handle) >>> 0);
    if (block.nextUses !== null) core.u32.set(block.nextUses, (core.exports.playerNextUse(this.#handle) >>> 0) >>> 2);
    core.require(core.exports.playerFeed(this.#handle, block.payload.length, block.records));
  }

  /**
   * Plays until the clock has reached `untilNs`, `recordsMost` records are done, a fault waited for I/O, or the block has ended. Whether it has ended
   * is the answer.
   */
  run(untilNs: number, recordsMost: number): boolean {
    const core = this.#core;
    core.begin('player.run');
    try {
      return core.requireIndex(core.exports.playerRun(this.#handle, untilNs, recordsMost)) === RUN_BLOCK_DONE;
    } finally {
      core.end();
    }
  }

  dispose(): void {
    this.#core.exports.playerDispose(this.#handle);
  }
}
