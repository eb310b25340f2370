import type { Player } from '../engine/player.ts';
import type { Processor, SliceEnd } from '../scheduler.ts';
import type { NextUse } from '../trace/next-use.ts';
import type { Trace, TraceBlock } from '../trace/trace.ts';

export interface TraceProcessorOptions {
  readonly player: Player;
  readonly trace: Trace;
  /** Records of the trace in all. */
  readonly length: number;
  /** For eviction by farthest next use; null for the other policies. */
  readonly nextUse: NextUse | null;
  readonly accessNs: number;
  readonly signal?: AbortSignal | undefined;
  /** An access waited for I/O. */
  readonly onWait?: (waitNs: number) => void;
  /** A slice has ended. */
  readonly onSlice?: () => void;
}

/** The most that the player takes as a count of records. */
const RECORDS_MOST = 0xffffffff;

/** A simulated processor that replays a memory trace. Blocks are read ahead while it runs. */
export class TraceProcessor implements Processor {
  readonly length: number;
  /** Traced numbers of the 4 KiB units, in the order of the replica's address space; complete when the trace has been read. */
  readonly units: number[] = [];
  readonly #options: TraceProcessorOptions;
  readonly #player: Player;
  readonly #blocks: AsyncIterator<TraceBlock>;
  #ahead: Promise<IteratorResult<TraceBlock>>;
  #needsBlock = true;

  constructor(options: TraceProcessorOptions) {
    this.#options = options;
    this.#player = options.player;
    this.length = options.length;
    this.#blocks = options.trace.blocks({ signal: options.signal })[Symbol.asyncIterator]();
    this.#ahead = this.#readAhead();
  }

  get timeNs(): number {
    return this.#player.timeNs;
  }
  get position(): number {
    return this.#player.position;
  }

  run(untilNs: number, untilPosition: number): SliceEnd {
    if (this.#needsBlock) return 'input';
    const { accessNs, onWait, onSlice } = this.#options;
    const startNs = this.timeNs;
    const start = this.position;
    this.#needsBlock = this.#player.run(untilNs, Math.min(untilPosition - start, RECORDS_MOST));
    const end = this.position;
    // The player stops at every access that waited, so what the records do not account for is one access's wait.
    const waitNs = this.timeNs - startNs - (end - start) * accessNs;
    if (waitNs > 0) onWait?.(waitNs);
    onSlice?.();
    if (waitNs > 0) return 'waited';
    if (end >= untilPosition) return 'position';
    return this.#needsBlock && this.timeNs < untilNs ? 'input' : 'time';
  }

  async refill(): Promise<void> {
    const next = await this.#ahead;
    if (next.done === true)
      throw new RangeError(`The trace ${this.#options.trace.name} ended after ${this.position} of ${this.length} records.`);
    const { value: block } = next;
    for (const unit of block.units) this.units.push(unit);
    this.#player.feed({ payload: block.payload, records: block.records, nextUses: this.#options.nextUse?.column(block) ?? null });
    // Not earlier: a block's payload holds only until the next one is asked for.
    this.#ahead = this.#readAhead();
    this.#needsBlock = false;
  }

  /** Ends the reading of the trace. */
  async dispose(): Promise<void> {
    this.#player.dispose();
    await this.#ahead.catch(() => undefined);
    await this.#blocks.return?.();
  }

  #readAhead(): Promise<IteratorResult<TraceBlock>> {
    const ahead = this.#blocks.next();
    // Whoever waits for it hears of a failure; until then nobody does, and that is no unhandled rejection.
    ahead.catch(() => undefined);
    return ahead;
  }
}
