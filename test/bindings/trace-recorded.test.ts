import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { DECODE_END, TRACE_BLOCK_VISITS, TRACE_UNIT_BYTES, TRACE_UNIT_SHIFT } from '../../assembly/shared/trace-format.ts';
import { BlockDecoder } from '../../bindings/trace/decode.ts';
import { openTrace } from '../../bindings/trace/file.ts';
import { NEVER, nextUseOf } from '../../bindings/trace/next-use.ts';
import type { Trace } from '../../bindings/trace/trace.ts';
import { type CompiledDecoder, compiledDecoder, decoderModule } from '../support/trace-decoder.ts';

const MIB = 1 << 20;
const BYTES_PER_ACCESS_MOST = 2.5;
const FOLDER = join(import.meta.dirname, '../../examples/traces');

/** What `scripts/record-traces.sh` recorded of real programs; `small` is for tests only. */
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.trace.gz') && !name.startsWith('small'));

function recorded(name: string): Promise<Trace> {
  return openTrace(join(FOLDER, name));
}

describe('the recorded traces', () => {
  let compiled: CompiledDecoder;
  beforeAll(() => void (compiled = compiledDecoder(decoderModule())));

  it('are at least two, and take at most 6 MB together', () => {
    expect(names.length).toBeGreaterThanOrEqual(2);
    const bytes = readdirSync(FOLDER).reduce((sum, name) => sum + statSync(join(FOLDER, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(6e6);
  });

  it.each(names)('%s takes at most 2.5 bytes for each access, before gzip', async (name) => {
    const { records } = await (await recorded(name)).totals();
    expect(records).toBeGreaterThanOrEqual(5e6);
    expect(gunzipSync(readFileSync(join(FOLDER, name))).length / records).toBeLessThanOrEqual(BYTES_PER_ACCESS_MOST);
  });

  it('touch 4 to 64 MiB, one of them at least 16', async () => {
    const footprints = await Promise.all(
      names.map(async (name) => ((await (await recorded(name)).totals()).units * TRACE_UNIT_BYTES) / MIB),
    );
    expect(Math.min(...footprints)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...footprints)).toBeLessThanOrEqual(64);
    expect(footprints.some((footprint) => footprint >= 16)).toBe(true);
  });

  it.each(names)('%s is decoded the same by both decoders', async (name) => {
    const decoder = new BlockDecoder(name);
    for await (const block of (await recorded(name)).blocks()) {
      if (block.index % 40 !== 0) continue;
      const { count, kinds, addresses, sizes } = decoder.decode(block);
      const told = compiled.decode(block.payload, block.records);
      expect(told.end).toBe(DECODE_END);
      expect(told.records.length).toBe(count);
      const differs = told.records.findIndex(
        ({ code, address, size }, i) => (code & 3) !== kinds[i] || address !== addresses[i] || size !== sizes[i],
      );
      expect(differs).toBe(-1);
    }
  });

  it.each(names)('%s comes back to most of its units, much later', async (name) => {
    const decoder = new BlockDecoder(name);
    const trace = await recorded(name);
    const first = new Int32Array((await trace.totals()).units).fill(-1);
    const last = new Int32Array(first.length);
    for await (const block of trace.blocks()) {
      if (block.index % 3 !== 0) continue; // a third of the trace tells
      const { count, addresses } = decoder.decode(block);
      for (let i = 0; i < count; i++) {
        const unit = addresses[i]! >>> TRACE_UNIT_SHIFT;
        if (first[unit] === -1) first[unit] = block.index;
        last[unit] = block.index;
      }
    }
    // three blocks are some 200,000 records
    expect(first.filter((block, unit) => block >= 0 && last[unit]! - block >= 3).length).toBeGreaterThan(first.length / 2);
  });

  it.each(names)('%s has a column of next uses that fits', async (name) => {
    const trace = firstBlocks(await recorded(name), 5);
    const nextUse = await nextUseOf(trace, 12);
    for await (const block of trace.blocks()) {
      const column = nextUse.column(block);
      expect(column.length).toBeGreaterThanOrEqual(block.records);
      expect(column.length).toBeLessThanOrEqual(TRACE_BLOCK_VISITS);
      expect(column.every((next) => next === NEVER || next > block.firstRecord)).toBe(true);
    }
  });
});

/** The start of a trace. */
function firstBlocks(trace: Trace, count: number): Trace {
  return {
    name: trace.name,
    format: trace.format,
    gzip: trace.gzip,
    totals: (options) => trace.totals(options),
    async *blocks(options) {
      for await (const block of trace.blocks(options)) {
        if (block.index === count) return;
        yield block;
      }
    },
  };
}
