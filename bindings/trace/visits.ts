// The page visits of a record: the pages that it touches, in the order of its traced addresses, each once.
import { TRACE_SIZE_MOST, TRACE_UNIT_BYTES, TRACE_VISIT_SHIFT } from '../../assembly/shared/trace-format.ts';
import type { LinearRecords } from './decode.ts';

/** Most visits of one record, with the smallest pages: its ends may lie inside of pages. */
export const RECORD_VISITS_MOST = (TRACE_SIZE_MOST >> TRACE_VISIT_SHIFT) + 1;

/** Linear pages of 1 << pageShift bytes that record `index` visits, written to `pages`; returns how many. */
export function visitsOf(records: LinearRecords, index: number, pageShift: number, pages: Uint32Array): number {
  const address = records.addresses[index]!;
  const size = records.sizes[index]!;
  const firstBytes = Math.min(size, TRACE_UNIT_BYTES - (address & (TRACE_UNIT_BYTES - 1)));
  const count = pagesOf(address, firstBytes, pageShift, pages, 0);
  if (firstBytes === size) return count;
  const second = records.secondUnits[index]! * TRACE_UNIT_BYTES;
  const samePage = second >>> pageShift === pages[count - 1]; // a page larger than a unit may hold both parts
  return samePage ? count : pagesOf(second, size - firstBytes, pageShift, pages, count);
}

function pagesOf(address: number, bytes: number, pageShift: number, pages: Uint32Array, count: number): number {
  const last = (address + bytes - 1) >>> pageShift;
  for (let page = address >>> pageShift; page <= last; page++) pages[count++] = page;
  return count;
}
