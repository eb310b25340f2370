import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KIND_FETCH,
  KIND_LOAD,
  TRACE_BLOCK_BYTES,
  TRACE_BLOCK_RECORDS,
  TRACE_BLOCK_VISITS,
  TRACE_SIZE_MOST,
} from '../../assembly/shared/trace-format.ts';
import { blockBytes, endBytes, headerBytes } from '../../bindings/trace/container.ts';
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import { gunzipNode } from '../../bindings/trace/file.ts';
import { gunzipWeb } from '../../bindings/trace/gunzip.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { traceFrom, traceRecords } from '../../bindings/trace/source.ts';
import type { Trace, TraceBlock } from '../../bindings/trace/trace.ts';
import { TraceError } from '../../bindings/trace/trace-error.ts';
import { anyRecord, anyRecords, batchStream, collected, inPieces, streamOf } from '../support/trace-records.ts';

/** A compact file in memory. */
async function compactFile(records: readonly TraceRecord[]): Promise<Uint8Array> {
  const blocks = encodeBlocks('a', batchStream(records));
  const parts: Uint8Array[] = [];
  for (;;) {
    const next = await blocks.next();
    if (next.done) return Buffer.concat([headerBytes(next.value), ...parts, endBytes(next.value.blocks)]);
    parts.push(blockBytes(next.value));
  }
}

async function blocksOf(records: readonly TraceRecord[]): Promise<TraceBlock[]> {
  const blocks: TraceBlock[] = [];
  for await (const block of encodeBlocks('a', batchStream(records))) blocks.push(block);
  return blocks;
}

function traceOf(bytes: Uint8Array, pieces: readonly number[] = [4096]): Promise<Trace> {
  return traceFrom('a.trace', () => inPieces(bytes, pieces), { gunzip: gunzipNode });
}

async function readAll(bytes: Uint8Array): Promise<TraceRecord[]> {
  return collected(traceRecords(await traceOf(bytes)));
}

async function refusal(bytes: Uint8Array): Promise<TraceError | undefined> {
  try {
    await readAll(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
}

const few: TraceRecord[] = Array.from({ length: 300 }, (_, i) => ({
  kind: i % 4,
  unit: 0x4000 + (i % 7) * 1000,
  offset: (i * 24) % 4096,
  size: 8,
}));

describe('the compact format', () => {
  it('gives back any records, from pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }), async (records, pieces) => {
        const trace = await traceOf(await compactFile(records), pieces);
        expect(trace.format).toBe('compact');
        expect(await collected(traceRecords(trace))).toEqual(records);
      }),
      { numRuns: 300 },
    );
  });

  it('numbers units in the order of first touch, and gives each its traced number once', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const touched = records.flatMap(({ unit, offset, size }) => (offset + size > 4096 ? [unit, unit + 1] : [unit]));
        const blocks = await blocksOf(records);
        expect(blocks.flatMap((block) => [...block.units])).toEqual([...new Set(touched)]);
        const totals = await (await traceOf(await compactFile(records))).totals();
        expect(totals).toMatchObject({ records: records.length, units: new Set(touched).size, blocks: blocks.length });
        expect(totals.dataRecords).toBe(records.filter(({ kind }) => kind !== KIND_FETCH).length);
      }),
    );
  });

  it('fills blocks up to their limits and no further', async () => {
    const same: TraceRecord = { kind: KIND_LOAD, unit: 5, offset: 0, size: 4 };
    for (const extra of [-1, 0, 1]) {
      const blocks = await blocksOf(Array.from({ length: TRACE_BLOCK_RECORDS + extra }, () => same));
      expect(blocks.map(({ records }) => records)).toEqual(extra > 0 ? [TRACE_BLOCK_RECORDS, extra] : [TRACE_BLOCK_RECORDS + extra]);
    }
    const wide = await blocksOf(Array.from({ length: TRACE_BLOCK_RECORDS }, () => ({ ...same, size: TRACE_SIZE_MOST })));
    expect(wide[0]!.records).toBe(TRACE_BLOCK_VISITS / 4);
  });

  it('keeps payloads that cannot be foreseen within a block', async () => {
    const scattered = fc.sample(anyRecord, { numRuns: 30_000, seed: 1 });
    const blocks = await blocksOf(scattered);
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expect(block.payload.length).toBeLessThanOrEqual(TRACE_BLOCK_BYTES);
    expect(await readAll(await compactFile(scattered))).toEqual(scattered);
  });

  it('forgets and goes on when all nodes are taken', async () => {
    const code = (start: number): TraceRecord[] =>
      Array.from({ length: 20_000 }, (_, i) => ({
        kind: i % 3 === 2 ? KIND_LOAD : KIND_FETCH,
        unit: start + ((i * 5) >> 12),
        offset: (i * 5) & 4095,
        size: 4,
      }));
    const records = [...code(10), ...code(10), ...code(500)].map((record) => ({
      ...record,
      size: Math.min(record.size, 4096 - record.offset),
    }));
    expect(await readAll(await compactFile(records))).toEqual(records);
  });

  it('needs few bytes for a loop, and for a loop of data alone', async () => {
    const load = (i: number): TraceRecord => ({ kind: KIND_LOAD, unit: 900 + (i >> 9), offset: (i & 511) * 8, size: 8 });
    const loop = Array.from({ length: 30_000 }, (_, i) =>
      i % 3 === 2 ? load(Math.floor(i / 3)) : { kind: KIND_FETCH, unit: 7, offset: (i % 3) * 4, size: 4 },
    );
    for (const records of [loop, Array.from({ length: 30_000 }, (_, i) => load(i))]) {
      const file = await compactFile(records);
      expect(file.length).toBeLessThan(records.length / 50);
      expect(await readAll(file)).toEqual(records);
    }
  });
});

describe('what stands in a file', () => {
  it('is seen from its bytes: compact or text, plain or gzip', async () => {
    const compact = await compactFile(few);
    const text = new TextEncoder().encode('I  1000,4\n');
    expect(await traceOf(compact)).toMatchObject({ format: 'compact', gzip: false });
    expect(await traceOf(gzipSync(compact))).toMatchObject({ format: 'compact', gzip: true });
    expect(await traceOf(text)).toMatchObject({ format: 'lackey', gzip: false });
    expect(await traceOf(gzipSync(text))).toMatchObject({ format: 'lackey', gzip: true });
    expect(await readAll(gzipSync(compact))).toEqual(few);
  });

  it('is decompressed by the platform as by Node', async () => {
    const zipped = gzipSync(await compactFile(few));
    const trace = await traceFrom('a', () => inPieces(zipped, [100]), { gunzip: gunzipWeb });
    expect(await collected(traceRecords(trace))).toEqual(few);
    const cut = traceFrom('a', () => inPieces(zipped.subarray(0, -20), [100]), { gunzip: gunzipWeb });
    await expect(cut.then((opened) => collected(traceRecords(opened)))).rejects.toMatchObject({ code: 'TRACE_GZIP' });
  });

  it('lets go of its source, and passes its failure on, however it is read', async () => {
    const file = await compactFile(few);
    for (const [bytes, gunzip] of [
      [file, gunzipNode],
      [gzipSync(file), gunzipNode],
      [gzipSync(file), gunzipWeb],
    ] as const) {
      const source = { opened: 0, closed: 0, fails: false };
      async function* open(): AsyncGenerator<Uint8Array> {
        source.opened++;
        try {
          yield* inPieces(bytes.subarray(0, source.fails ? 100 : bytes.length), [50]);
          if (source.fails) throw new RangeError('the network went away');
        } finally {
          source.closed++;
        }
      }
      const trace = await traceFrom('a', open, { gunzip });
      for await (const block of trace.blocks()) if (block.index === 0) break;
      await trace.totals();
      await collected(traceRecords(trace));
      source.fails = true;
      await expect(collected(traceRecords(trace))).rejects.toThrow('the network went away');
      expect(source.opened).toBeGreaterThan(3);
      expect(source.closed).toBe(source.opened);
    }
  });

  it('can be read again, and left early', async () => {
    const trace = await traceOf(await compactFile(few));
    for await (const block of trace.blocks()) expect(block.index).toBe(0);
    for await (const block of trace.blocks()) {
      expect(block.records).toBe(few.length);
      break;
    }
  });

  it('is refused with a reason when it is none', async () => {
    await expect(traceFrom('a', () => streamOf())).rejects.toMatchObject({ code: 'TRACE_EMPTY' });
    await expect(traceFrom('a', () => streamOf(gzipSync(''), gzipSync('')), { gunzip: gunzipNode })).rejects.toMatchObject({
      code: 'TRACE_EMPTY',
    });
    expect((await refusal(Uint8Array.of(0, 1, 2, 3)))!.code).toBe('TRACE_FORMAT');
    expect((await refusal(new TextEncoder().encode('no record\n')))!.code).toBe('TRACE_EMPTY');
    expect((await refusal(await compactFile([])))!.code).toBe('TRACE_EMPTY');
    expect((await refusal(Uint8Array.of(0x1f, 0x8b, 9, 9, 9)))!.code).toBe('TRACE_GZIP');
  });
});

describe('a damaged compact file', () => {
  it('is refused wherever it is cut', async () => {
    const file = await compactFile(few);
    for (let length = 1; length < file.length; length++) {
      expect((await refusal(file.subarray(0, length)))?.code, `cut to ${length} bytes`).toBe('TRACE_TRUNCATED');
    }
    const zipped = gzipSync(file);
    for (let length = 20; length < zipped.length; length += 13)
      expect((await refusal(zipped.subarray(0, length)))?.code).toMatch(/TRACE_(GZIP|TRUNCATED)/);
  });

  it('is refused whatever byte is changed', async () => {
    const file = await compactFile(few);
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at]! ^= 1 << (at % 8);
      const error = await refusal(changed);
      expect(error?.code, `byte ${at}`).toMatch(/^TRACE_/);
      expect(error!.message).toMatch(/^a\.trace/);
    }
  });

  it('is refused with bytes behind its end', async () => {
    expect((await refusal(Buffer.concat([await compactFile(few), Uint8Array.of(0)])))!.code).toBe('TRACE_CORRUPT');
  });

  it('names an unknown version', async () => {
    const file = await compactFile(few);
    file[8] = 9;
    expect(await refusal(file)).toMatchObject({ code: 'TRACE_VERSION', details: { value: 9, allowed: 1 } });
  });

  it('answers any garbage with an error of its own', async () => {
    const file = await compactFile(few);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(file.length), async (garbage, at) => {
        const broken = Buffer.concat([file.subarray(0, at), garbage]);
        const error = await refusal(broken);
        if (error === undefined) expect(Buffer.compare(broken, file)).toBe(0);
      }),
    );
  });
});
