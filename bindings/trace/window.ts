// A window of a stream of records.
import type { RecordBatch } from './record.ts';
import { TraceError } from './trace-error.ts';

/** The records skip … skip + count - 1 of a stream; ends it early when it has them. Throws TRACE_RANGE where the stream has none of them. */
export async function* recordWindow(
  file: string,
  batches: AsyncIterable<RecordBatch>,
  skip: number,
  count: number,
): AsyncGenerator<RecordBatch> {
  const end = skip + count;
  let before = 0;
  for await (const batch of batches) {
    const from = Math.max(0, skip - before);
    const to = Math.min(batch.count, end - before);
    before += batch.count;
    if (from < to) yield batchPart(batch, from, to);
    if (before >= end) return;
  }
  if (before > skip) return;
  const message = `${file} has ${before} records; a window that skips ${skip} of them is empty.`;
  throw new TraceError('TRACE_RANGE', message, { file, value: skip, allowed: before - 1 });
}

function batchPart(batch: RecordBatch, from: number, to: number): RecordBatch {
  return {
    count: to - from,
    kinds: batch.kinds.subarray(from, to),
    units: batch.units.subarray(from, to),
    offsets: batch.offsets.subarray(from, to),
    sizes: batch.sizes.subarray(from, to),
  };
}
