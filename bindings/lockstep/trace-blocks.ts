import type { SignalOption } from '../signal.ts';
import type { Trace, TraceBlock } from '../trace/trace.ts';

/** A block that is kept: its payload stays. */
export type KeptBlock = Pick<TraceBlock, 'firstRecord' | 'records' | 'payload'>;

/** The blocks of a trace, read once for all replicas that replay it and kept, so that each can go back. */
export class TraceBlocks {
  /** Traced numbers of the 4 KiB units, in the order of the replicas' address spaces, of the blocks that have been read. */
  readonly units: number[] = [];
  readonly #blocks: KeptBlock[] = [];
  readonly #source: AsyncIterator<TraceBlock>;
  /** The block that is being read. */
  #reading: Promise<void> | null = null;

  constructor(trace: Trace, options: SignalOption) {
    this.#source = trace.blocks(options)[Symbol.asyncIterator]();
  }

  /** The block that holds a record, if it has been read. */
  holding(record: number): KeptBlock | undefined {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#blocks[middle]!.firstRecord <= record) low = middle;
      else high = middle - 1;
    }
    const block = this.#blocks[low];
    return block !== undefined && record >= block.firstRecord && record < block.firstRecord + block.records ? block : undefined;
  }

  /** Reads on until the block that holds a record is there. */
  async read(record: number): Promise<void> {
    while (this.holding(record) === undefined) await (this.#reading ??= this.#readNext());
  }

  /** Ends the reading. */
  async dispose(): Promise<void> {
    await this.#reading?.catch(() => undefined);
    await this.#source.return?.();
  }

  async #readNext(): Promise<void> {
    try {
      const next = await this.#source.next();
      if (next.done === true)
        throw new RangeError(`The trace ended after ${this.#blocks.length} blocks, before a record that its header counts.`);
      const { firstRecord, records, payload, units } = next.value;
      this.#blocks.push({ firstRecord, records, payload: payload.slice() }); // the reader uses its own again
      for (const unit of units) this.units.push(unit);
    } finally {
      this.#reading = null;
    }
  }
}
