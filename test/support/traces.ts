// Traces that tests make of records.
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import { batchOf } from '../../bindings/trace/record.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import type { Trace, TraceBlock, TraceTotals } from '../../bindings/trace/trace.ts';

/** Records as a trace that is in no file. */
export function traceOf(records: readonly TraceRecord[]): Trace {
  async function* batches() {
    await Promise.resolve();
    yield batchOf(records);
  }
  async function* blocks(): AsyncGenerator<TraceBlock> {
    yield* encodeBlocks('records', batches());
  }
  return {
    name: 'records',
    format: 'compact',
    gzip: false,
    blocks,
    totals: async (): Promise<TraceTotals> => {
      const encoding = encodeBlocks('records', batches());
      for (let next = await encoding.next(); ; next = await encoding.next()) if (next.done === true) return next.value;
    },
  };
}
