/** Records of a played trace as the compiled engine's player takes them: one block, and the next use of each page at each visit. */
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { TraceEncoder } from '../../bindings/trace/encode.ts';
import { batchOf } from '../../bindings/trace/record.ts';
import type { PlayRecord } from './operation.ts';
import { tracePlayer, type TraceRecord } from './trace.ts';

const KINDS = { I: KIND_FETCH, L: KIND_LOAD, S: KIND_STORE, M: KIND_MODIFY };
/** Next use of a page that is not visited again. */
const NEVER = 0xffffffff;

export function playTrace(records: readonly PlayRecord[]): TraceRecord[] {
  return records.map(({ kind, address, size }) => ({ kind, address: BigInt(address), size }));
}

/** The payload of the only block. */
export function playBlock(records: readonly PlayRecord[]): Uint8Array {
  const encoder = new TraceEncoder('played');
  const batch = batchOf(
    records.map(({ kind, address, size }) => ({
      kind: KINDS[kind],
      unit: Math.floor(address / TRACE_UNIT_BYTES),
      offset: address % TRACE_UNIT_BYTES,
      size,
    })),
  );
  if (encoder.add(batch, 0) < batch.count) throw new Error('the records are more than one block takes');
  return encoder.take().payload;
}

/** For each page visit of the records, in order: number of the record that visits it next. */
export function playColumn(records: readonly PlayRecord[], pageBytes: number): number[] {
  const { nextUses } = tracePlayer(playTrace(records), pageBytes, false);
  return nextUses.flatMap((next) => [...next.values()].map((record) => Math.min(record, NEVER)));
}
