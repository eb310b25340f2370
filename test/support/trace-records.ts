// Random records for the tests of traces.
import fc from 'fast-check';
import { KIND_FETCH, KIND_MODIFY, TRACE_SIZE_MOST, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { batchOf, type RecordBatch, recordsOf, type TraceRecord, TRACED_UNITS } from '../../bindings/trace/record.ts';

const LAST_UNIT = TRACED_UNITS - 1;

/** Units near each other, far from each other, and at both ends of the address space. */
const unit = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0x4000, max: 0x4010 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 }).map((below) => LAST_UNIT - below) },
  { weight: 1, arbitrary: fc.maxSafeNat().map((unit) => unit % TRACED_UNITS) },
);

const size = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 2, 4, 8, 16, 32) },
  { weight: 1, arbitrary: fc.constantFrom(63, 64, 255, 256, TRACE_SIZE_MOST - 1, TRACE_SIZE_MOST) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: TRACE_SIZE_MOST }) },
);

const offset = fc.oneof(
  fc.integer({ min: 0, max: TRACE_UNIT_BYTES - 1 }),
  fc.integer({ min: TRACE_UNIT_BYTES - 8, max: TRACE_UNIT_BYTES - 1 }),
);

/** Any record that a trace may have. */
export const anyRecord: fc.Arbitrary<TraceRecord> = fc
  .record({ kind: fc.integer({ min: KIND_FETCH, max: KIND_MODIFY }), unit, offset, size })
  .map((record) => (record.unit === LAST_UNIT ? { ...record, size: Math.min(record.size, TRACE_UNIT_BYTES - record.offset) } : record));

/** Records that repeat, as those of programs do, with strides on each round: most of them can be foreseen. */
const loop: fc.Arbitrary<TraceRecord[]> = fc
  .tuple(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: -64, max: 64 }))
  .map(([body, rounds, stride]) => {
    const records: TraceRecord[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const record of body) {
        const moved = record.offset + (record.kind === KIND_FETCH ? 0 : round * stride);
        const fits = moved >= 0 && moved + record.size <= TRACE_UNIT_BYTES;
        records.push(fits ? { ...record, offset: moved } : record);
      }
    }
    return records;
  });

/** Records in any order, and loops. */
export const anyRecords: fc.Arbitrary<TraceRecord[]> = fc
  .array(fc.oneof(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), loop), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.flat());

/** Bytes in pieces of given sizes, again and again. */
export async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = sizes[i % sizes.length]!;
    await Promise.resolve();
    yield bytes.slice(at, at + length);
    at += length;
  }
}

/** A stream of one piece, or of none. */
export async function* streamOf(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* pieces;
}

/** A stream of batches as one list. */
export async function collected(batches: AsyncIterable<RecordBatch>): Promise<TraceRecord[]> {
  const records: TraceRecord[] = [];
  for await (const batch of batches) records.push(...recordsOf(batch));
  return records;
}

/** Records as a stream of one batch. */
export async function* batchStream(records: readonly TraceRecord[]): AsyncGenerator<RecordBatch> {
  await Promise.resolve();
  yield batchOf(records);
}
