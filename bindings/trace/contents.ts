// What the memory of a replayed trace holds, from the definition and nothing else: slow, and the reference for tests.
import { KIND_FETCH, KIND_LOAD, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import type { TraceRecord } from './record.ts';

const BYTE_MASK = 0xff;

/**
 * The touched units by traced number, each whole. The n-th data record stores (n + A) & 0xff at each of its byte addresses A: a trace has no data,
 * so each of its data records makes some. Without `loadsStore`, loads are counted but store nothing.
 */
export function contentsOf(records: Iterable<TraceRecord>, loadsStore = true): Map<number, Uint8Array> {
  const units = new Map<number, Uint8Array>();
  let n = 0;
  for (const { kind, unit, offset, size } of records) {
    const stores = kind !== KIND_FETCH && (loadsStore || kind !== KIND_LOAD);
    for (let i = 0; i < size; i++) {
      const place = offset + i;
      const bytes = unitOf(units, place < TRACE_UNIT_BYTES ? unit : unit + 1);
      const at = place % TRACE_UNIT_BYTES;
      if (stores) bytes[at] = (n + at) & BYTE_MASK; // a unit's own address is a multiple of 256
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
export async function contentsDigest(records: Iterable<TraceRecord>, loadsStore = true): Promise<string> {
  const units = [...contentsOf(records, loadsStore)].sort(([a], [b]) => a - b);
  const all = new Uint8Array(units.length * TRACE_UNIT_BYTES);
  units.forEach(([, bytes], i) => all.set(bytes, i * TRACE_UNIT_BYTES));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
