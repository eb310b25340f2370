// Traces that tests make of records.
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import { batchOf } from '../../bindings/trace/record.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import type { Trace, TraceBlock, TraceReadOptions, TraceTotals } from '../../bindings/trace/trace.ts';

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

/** The first blocks of a trace. */
export function firstBlocks(trace: Trace, count: number): Trace {
  async function* blocks(options?: TraceReadOptions): AsyncGenerator<TraceBlock> {
    for await (const block of trace.blocks(options)) {
      if (block.index === count) return;
      yield block;
    }
  }
  return {
    name: trace.name,
    format: trace.format,
    gzip: trace.gzip,
    blocks,
    totals: async (options) => {
      const totals = { records: 0, dataRecords: 0, units: 0, blocks: 0, payloadBytes: 0 };
      for await (const block of blocks(options)) {
        totals.records += block.records;
        totals.dataRecords += block.dataRecords;
        totals.units += block.units.length;
        totals.blocks += 1;
        totals.payloadBytes += block.payload.length;
      }
      return totals;
    },
  };
}
