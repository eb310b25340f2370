// What the memory of a replayed trace holds, from the definition and nothing else: slow, and the reference for tests.
import { KIND_FETCH, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import type { TraceRecord } from './record.ts';

const BYTE_MASK = 0xff;

/** Does a record of this kind store? Every data record does: a trace has no data, so each of them makes some. */
export function storesContents(kind: number): boolean {
  return kind !== KIND_FETCH;
}

/** The touched units by traced number, each whole. The n-th data record stores (n + A) & 0xff at each of its byte addresses A. */
export function contentsOf(records: Iterable<TraceRecord>): Map<number, Uint8Array> {
  const units = new Map<number, Uint8Array>();
  let n = 0;
  for (const { kind, unit, offset, size } of records) {
    for (let i = 0; i < size; i++) {
      const place = offset + i;
      const bytes = unitOf(units, place < TRACE_UNIT_BYTES ? unit : unit + 1);
      const at = place % TRACE_UNIT_BYTES;
      if (storesContents(kind)) bytes[at] = (n + at) & BYTE_MASK; // the unit's own address is a multiple of 256
    }
    if (kind !== KIND_FETCH) n++;
  }
  return units;
}

function unitOf(units: Map<number, Uint8Array>, unit: number): Uint8Array {
  let bytes = units.get(unit);
  if (bytes === undefined) units.set(unit, (bytes = new Uint8Array(TRACE_UNIT_BYTES)));
  return bytes;
}

/** SHA-256 (hex) over the touched units in ascending order of their traced addresses. */
export async function contentsDigest(records: Iterable<TraceRecord>): Promise<string> {
  const units = [...contentsOf(records)].sort(([a], [b]) => a - b);
  const all = new Uint8Array(units.length * TRACE_UNIT_BYTES);
  units.forEach(([, bytes], i) => all.set(bytes, i * TRACE_UNIT_BYTES));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
