// When each page is used next, for the eviction of the page whose next use is farthest. The trace is read twice: once forward to note, for each block,
// at which record of a later block each of its pages is visited next; then again, block by block, as it is played. What is kept between the two is
// eight bytes for each block and page visited in it.
import { TRACE_BLOCK_VISITS, TRACE_VISIT_SHIFT } from '../../assembly/shared/trace-format.ts';
import { UsufructError } from '../errors.ts';
import { BlockDecoder, type LinearRecords } from './decode.ts';
import type { Trace, TraceBlock, TraceReadOptions } from './trace.ts';
import { RECORD_VISITS_MOST, visitsOf } from './visits.ts';

/** Next use of a page that is not visited again. */
export const NEVER = 0xffffffff;

const NO_PLACE = -1;

/** What a block leaves behind: its pages, and the first record behind the block that visits each. */
interface BlockNote {
  readonly pages: Uint32Array;
  readonly next: Uint32Array;
}

export class NextUse {
  readonly #pageShift: number;
  readonly #decoder: BlockDecoder;
  readonly #notes: readonly BlockNote[];
  readonly #next: Uint32Array; // by page, while a column is made
  readonly #pages = new Uint32Array(RECORD_VISITS_MOST);
  readonly #visitPage = new Uint32Array(TRACE_BLOCK_VISITS);
  readonly #visitRecord = new Uint32Array(TRACE_BLOCK_VISITS);

  /** @internal */
  constructor(name: string, pageShift: number, notes: readonly BlockNote[], pages: number) {
    this.#pageShift = pageShift;
    this.#decoder = new BlockDecoder(name);
    this.#notes = notes;
    this.#next = new Uint32Array(pages);
  }

  /** For each page visit of the block's records, in order: number of the next record in the trace that visits the page, or NEVER. */
  column(block: TraceBlock): Uint32Array {
    const note = this.#notes[block.index]!;
    const records = this.#decoder.decode(block);
    for (let i = 0; i < note.pages.length; i++) this.#next[note.pages[i]!] = note.next[i]!;
    const visits = this.#visits(records);
    const column = new Uint32Array(visits);
    for (let visit = visits - 1; visit >= 0; visit--) {
      const page = this.#visitPage[visit]!;
      column[visit] = this.#next[page]!;
      this.#next[page] = records.firstRecord + this.#visitRecord[visit]!;
    }
    return column;
  }

  /** Notes page and record of each visit of a block. Returns how many there are. */
  #visits(records: LinearRecords): number {
    let visits = 0;
    for (let i = 0; i < records.count; i++) {
      const pages = visitsOf(records, i, this.#pageShift, this.#pages);
      for (let j = 0; j < pages; j++, visits++) {
        this.#visitPage[visits] = this.#pages[j]!;
        this.#visitRecord[visits] = i;
      }
    }
    return visits;
  }
}

/** Reads a trace to its end. `pageShift`: log2 of the page size, from 10 (1 KiB) on. */
export async function nextUseOf(trace: Trace, pageShift: number, options: TraceReadOptions = {}): Promise<NextUse> {
  if (!Number.isInteger(pageShift) || pageShift < TRACE_VISIT_SHIFT || pageShift > 31) {
    const allowed = `a whole number from ${TRACE_VISIT_SHIFT} to 31`;
    throw new UsufructError('INVALID_OPTION', `pageShift is ${pageShift}; allowed: ${allowed}.`, {
      field: 'pageShift',
      value: pageShift,
      allowed,
    });
  }
  const decoder = new BlockDecoder(trace.name);
  const noter = new Noter(pageShift);
  for await (const block of trace.blocks(options)) noter.note(decoder.decode(block));
  return new NextUse(trace.name, pageShift, noter.notes, noter.pages);
}

/** Makes the notes, going forward: the first visit of a page in a block is the next use for the last block before that visited it. */
class Noter {
  readonly notes: BlockNote[] = [];
  readonly #pageShift: number;
  readonly #visited = new Uint32Array(RECORD_VISITS_MOST);
  #lastBlock = new Int32Array(0); // by page: number of the last block that visited it, NO_PLACE: none
  #lastPlace = new Int32Array(0); // by page: its place in that block's note

  constructor(pageShift: number) {
    this.#pageShift = pageShift;
  }

  /** More than any page number. */
  get pages(): number {
    return this.#lastBlock.length;
  }

  note(records: LinearRecords): void {
    const block = this.notes.length;
    const pages: number[] = [];
    for (let i = 0; i < records.count; i++) {
      const visits = visitsOf(records, i, this.#pageShift, this.#visited);
      for (let visit = 0; visit < visits; visit++) {
        const page = this.#visited[visit]!;
        if (page >= this.pages) this.#grow(page + 1);
        if (this.#lastBlock[page] === block) continue;
        if (this.#lastBlock[page] !== NO_PLACE) this.notes[this.#lastBlock[page]!]!.next[this.#lastPlace[page]!] = records.firstRecord + i;
        this.#lastBlock[page] = block;
        this.#lastPlace[page] = pages.length;
        pages.push(page);
      }
    }
    this.notes.push({ pages: Uint32Array.from(pages), next: new Uint32Array(pages.length).fill(NEVER) });
  }

  #grow(least: number): void {
    const length = 2 ** Math.ceil(Math.log2(least));
    const lastBlock = new Int32Array(length).fill(NO_PLACE);
    const lastPlace = new Int32Array(length);
    lastBlock.set(this.#lastBlock);
    lastPlace.set(this.#lastPlace);
    this.#lastBlock = lastBlock;
    this.#lastPlace = lastPlace;
  }
}
