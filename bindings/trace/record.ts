// Records with traced addresses, many at a time. A traced address is its unit's number (address / 4096, below 2^52, exact in a number) and the
// offset in the unit: no BigInt for each record.
import { TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';

/** One record. */
export interface TraceRecord {
  /** KIND_… */
  readonly kind: number;
  readonly unit: number;
  readonly offset: number;
  readonly size: number;
}

/** The records 0 … count-1, in columns. A producer reuses its batch: what is in it holds until the next one is asked for. */
export interface RecordBatch {
  count: number;
  readonly kinds: Uint8Array;
  readonly units: Float64Array;
  readonly offsets: Uint16Array;
  readonly sizes: Uint16Array;
}

/** Units of a 64-bit address space. */
export const TRACED_UNITS = 2 ** 64 / TRACE_UNIT_BYTES;

export const BATCH_RECORDS = 1 << 14;

export function batchMake(capacity: number = BATCH_RECORDS): RecordBatch {
  return {
    count: 0,
    kinds: new Uint8Array(capacity),
    units: new Float64Array(capacity),
    offsets: new Uint16Array(capacity),
    sizes: new Uint16Array(capacity),
  };
}

/** The records of a batch one by one, for code that is not in a hurry. */
export function* recordsOf(batch: RecordBatch): Generator<TraceRecord> {
  for (let i = 0; i < batch.count; i++) {
    yield { kind: batch.kinds[i]!, unit: batch.units[i]!, offset: batch.offsets[i]!, size: batch.sizes[i]! };
  }
}

/** A batch of given records. */
export function batchOf(records: readonly TraceRecord[]): RecordBatch {
  const batch = batchMake(records.length);
  for (const { kind, unit, offset, size } of records) {
    batch.kinds[batch.count] = kind;
    batch.units[batch.count] = unit;
    batch.offsets[batch.count] = offset;
    batch.sizes[batch.count] = size;
    batch.count++;
  }
  return batch;
}
