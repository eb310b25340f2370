// What a trace is, in numbers.
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { blockBytes, END_BYTES, HEADER_BYTES } from './container.ts';
import { BlockDecoder } from './decode.ts';
import type { Trace, TraceFormat, TraceReadOptions } from './trace.ts';
import { UnitList } from './unit-list.ts';

/** Touched units nearer to each other than this are shown as one range. */
const RANGE_GAP_UNITS = (1 << 20) / TRACE_UNIT_BYTES;

export interface TraceInfo {
  readonly file: string;
  readonly format: TraceFormat;
  readonly gzip: boolean;
  readonly records: number;
  readonly fetches: number;
  readonly loads: number;
  readonly stores: number;
  readonly modifies: number;
  readonly dataRecords: number;
  /** Records with a part in a second 4 KiB unit. */
  readonly crossings: number;
  /** Bytes that the records access, each record for itself. */
  readonly bytesAccessed: number;
  /** Touched 4 KiB units. */
  readonly units: number;
  readonly footprintBytes: number;
  readonly blocks: number;
  readonly payloadBytes: number;
  /** Length of the trace in the compact format, not compressed. */
  readonly compactBytes: number;
  /** compactBytes by record. */
  readonly bytesPerAccess: number;
  /** Where in the traced address space the footprint lies: ascending, gaps below 1 MiB left out. `touchedBytes` counts whole units. */
  readonly ranges: readonly { readonly from: string; readonly to: string; readonly touchedBytes: number }[];
  /** Records by size, ascending. */
  readonly sizes: readonly { readonly size: number; readonly records: number }[];
}

/** Reads the trace once. */
export async function traceInfo(trace: Trace, options: TraceReadOptions = {}): Promise<TraceInfo> {
  const decoder = new BlockDecoder(trace.name);
  const units = new UnitList();
  const kinds = new Float64Array(KIND_MODIFY + 1);
  const sizes = new Map<number, number>();
  let [records, crossings, bytesAccessed, blocks, payloadBytes] = [0, 0, 0, 0, 0];
  let compactBytes = HEADER_BYTES + END_BYTES;
  for await (const block of trace.blocks(options)) {
    const decoded = decoder.decode(block);
    units.append(block.units);
    blocks++;
    records += block.records;
    payloadBytes += block.payload.length;
    compactBytes += blockBytes(block).length;
    for (let i = 0; i < decoded.count; i++) {
      const size = decoded.sizes[i]!;
      kinds[decoded.kinds[i]!]!++;
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      bytesAccessed += size;
      if (UnitList.offset(decoded.addresses[i]!) + size > TRACE_UNIT_BYTES) crossings++;
    }
  }
  const fetches = kinds[KIND_FETCH]!;
  return {
    file: trace.name,
    format: trace.format,
    gzip: trace.gzip,
    records,
    fetches,
    loads: kinds[KIND_LOAD]!,
    stores: kinds[KIND_STORE]!,
    modifies: kinds[KIND_MODIFY]!,
    dataRecords: records - fetches,
    crossings,
    bytesAccessed,
    units: units.count,
    footprintBytes: units.count * TRACE_UNIT_BYTES,
    blocks,
    payloadBytes,
    compactBytes,
    bytesPerAccess: compactBytes / records,
    ranges: rangesOf(units.all()),
    sizes: [...sizes].sort(([a], [b]) => a - b).map(([size, count]) => ({ size, records: count })),
  };
}

function rangesOf(units: Float64Array): TraceInfo['ranges'] {
  const sorted = units.slice().sort();
  const ranges: { from: string; to: string; touchedBytes: number }[] = [];
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && sorted[end]! - sorted[end - 1]! <= RANGE_GAP_UNITS) end++;
    ranges.push({
      from: addressShown(sorted[start]!),
      to: addressShown(sorted[end - 1]! + 1),
      touchedBytes: (end - start) * TRACE_UNIT_BYTES,
    });
    start = end;
  }
  return ranges;
}

/** The address of a unit's start, in hex. */
function addressShown(unit: number): string {
  return `0x${(BigInt(unit) * BigInt(TRACE_UNIT_BYTES)).toString(16)}`;
}
