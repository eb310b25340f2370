import {
  PLAYER_DATA_INDEX,
  PLAYER_KNOWS_NEXT_USE,
  PLAYER_LOADS_STORE,
  PLAYER_RECORDS,
  RUN_BLOCK_DONE,
  VM_PAGE_INS,
  VM_PAGE_OUTS,
  VM_RESIDENT,
  VM_TIME_NS,
} from '../../assembly/shared/layout.ts';
import { ATTENTION_DISPOSED } from './core.ts';
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

/** The compiled trace player of one replica. */
export class Player {
  readonly #core: Core;
  readonly #vm: number;
  readonly #handle: number;
  readonly #figures: number;

  constructor(core: Core, vm: number, replica: number, options: PlayerOptions) {
    const flags = (options.loadsStore ? PLAYER_LOADS_STORE : 0) | (options.knowsNextUse ? PLAYER_KNOWS_NEXT_USE : 0);
    this.#core = core;
    this.#vm = vm;
    this.#handle = core.requireIndex(core.exports.playerCreate(replica, flags));
    this.#figures = core.exports.playerFigures(this.#handle) >>> 0;
  }

  get timeNs(): number {
    return this.#core.vmNumber(this.#vm, VM_TIME_NS);
  }
  /** Records done. */
  get position(): number {
    return this.#core.f64[(this.#figures + PLAYER_RECORDS) >>> 3]!;
  }
  /** Low 32 bits of the number of data records done: what the next one stores is made from it. */
  get dataIndex(): number {
    return this.#core.u32[(this.#figures + PLAYER_DATA_INDEX) >>> 2]!;
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

  /** It has done `position` records, `dataIndex` of them with data. The block that holds the next one is fed already and `inBlock` of its records are passed over. */
  seek(position: number, dataIndex: number, inBlock: number): void {
    const core = this.#core;
    core.begin('player.seek');
    core.require(core.exports.playerSkip(this.#handle, inBlock));
    core.f64[(this.#figures + PLAYER_RECORDS) >>> 3] = position;
    core.u32[(this.#figures + PLAYER_DATA_INDEX) >>> 2] = dataIndex;
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
    if ((this.#core.attention & ATTENTION_DISPOSED) === 0) this.#core.exports.playerDispose(this.#handle);
  }
}
