// Records to blocks of the compact format.
import {
  KIND_FETCH,
  TRACE_BLOCK_RECORDS,
  TRACE_BLOCK_VISITS,
  TRACE_UNITS_MOST,
  TRACE_UNIT_BYTES,
  TRACE_UNIT_SHIFT,
  TRACE_VISIT_SHIFT,
} from '../../assembly/shared/trace-format.ts';
import { PayloadWriter } from './payload-writer.ts';
import type { RecordBatch } from './record.ts';
import type { TraceBlock, TraceTotals } from './trace.ts';
import { TraceError } from './trace-error.ts';
import { UnitTable } from './unit-table.ts';

/** A record touches at most two units, so a block no more new ones than this. */
const BLOCK_UNITS_MOST = TRACE_BLOCK_RECORDS * 2;

/** The blocks of a stream of records. `file` is for errors. The generator's return value is the totals. */
export async function* encodeBlocks(file: string, batches: AsyncIterable<RecordBatch>): AsyncGenerator<TraceBlock, TraceTotals> {
  const encoder = new TraceEncoder(file);
  for await (const batch of batches) {
    for (let at = 0; (at = encoder.add(batch, at)) < batch.count;) yield encoder.take();
  }
  if (encoder.pending) yield encoder.take();
  return encoder.totals;
}

export class TraceEncoder {
  readonly #file: string;
  readonly #payload = new PayloadWriter();
  readonly #table = new UnitTable();
  readonly #newUnits = new Float64Array(BLOCK_UNITS_MOST);
  #records = 0;
  #dataRecords = 0;
  #visits = 0;
  #firstUnit = 0;
  #recordsBefore = 0;
  #dataRecordsBefore = 0;
  #blocks = 0;
  #payloadBytes = 0;

  // The unit found last, of fetches and of data: most records stay in it.
  #fetchUnit = -1;
  #fetchNumber = 0;
  #dataUnit = -1;
  #dataNumber = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Are there records that no block has been taken of? */
  get pending(): boolean {
    return this.#records > 0;
  }

  get totals(): TraceTotals {
    return {
      records: this.#recordsBefore + this.#records,
      dataRecords: this.#dataRecordsBefore + this.#dataRecords,
      units: this.#table.count,
      blocks: this.#blocks,
      payloadBytes: this.#payloadBytes,
    };
  }

  /** Adds records from number `at` of the batch on until the block is full. Returns the number of the first one not added. */
  add(batch: RecordBatch, at: number): number {
    const { kinds, units, offsets, sizes, count } = batch;
    for (let i = at; i < count; i++) {
      const offset = offsets[i]!;
      const size = sizes[i]!;
      const visits = ((offset + size - 1) >> TRACE_VISIT_SHIFT) - (offset >> TRACE_VISIT_SHIFT) + 1;
      if (this.#records === TRACE_BLOCK_RECORDS || this.#visits + visits > TRACE_BLOCK_VISITS || !this.#payload.fits) return i;
      this.#visits += visits;
      this.#record(kinds[i]!, units[i]!, offset, size);
    }
    return count;
  }

  /** The block of what was added since the last one. */
  take(): TraceBlock {
    const payload = this.#payload.take();
    const block: TraceBlock = {
      index: this.#blocks,
      firstRecord: this.#recordsBefore,
      records: this.#records,
      dataRecords: this.#dataRecords,
      payload: payload.slice(),
      firstUnit: this.#firstUnit,
      units: this.#newUnits.slice(0, this.#table.count - this.#firstUnit),
    };
    this.#blocks++;
    this.#payloadBytes += payload.length;
    this.#recordsBefore += this.#records;
    this.#dataRecordsBefore += this.#dataRecords;
    this.#firstUnit = this.#table.count;
    this.#records = 0;
    this.#dataRecords = 0;
    this.#visits = 0;
    this.#payload.reset();
    return block;
  }

  #record(kind: number, unit: number, offset: number, size: number): void {
    const number = this.#unitNumber(kind, unit);
    let second = -1;
    if (offset + size > TRACE_UNIT_BYTES) {
      second = this.#unitLookUp(unit + 1);
      if (second === number + 1) second = -1; // as the decoder supposes
    }
    this.#payload.add(kind, size, (number << TRACE_UNIT_SHIFT) | offset, second);
    this.#records++;
    if (kind !== KIND_FETCH) this.#dataRecords++;
  }

  #unitNumber(kind: number, unit: number): number {
    if (kind === KIND_FETCH) {
      if (unit !== this.#fetchUnit) {
        this.#fetchNumber = this.#unitLookUp(unit);
        this.#fetchUnit = unit;
      }
      return this.#fetchNumber;
    }
    if (unit !== this.#dataUnit) {
      this.#dataNumber = this.#unitLookUp(unit);
      this.#dataUnit = unit;
    }
    return this.#dataNumber;
  }

  #unitLookUp(unit: number): number {
    const known = this.#table.find(unit);
    if (known >= 0) return known;
    const number = this.#table.add(unit);
    if (number < 0) this.#tooManyUnits();
    this.#newUnits[number - this.#firstUnit] = unit;
    return number;
  }

  #tooManyUnits(): never {
    const record = this.#recordsBefore + this.#records;
    throw new TraceError(
      'TRACE_FOOTPRINT',
      `${this.#file}, record ${record}: the trace touches more than ${TRACE_UNITS_MOST} blocks of ${TRACE_UNIT_BYTES} bytes; cut a smaller window with 'usufruct trace convert --skip N --count N'.`,
      { file: this.#file, record, value: TRACE_UNITS_MOST + 1, allowed: TRACE_UNITS_MOST },
    );
  }
}
