import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertTrace } from '../../bindings/trace/convert.ts';
import { openTrace } from '../../bindings/trace/file.ts';
import { traceInfo } from '../../bindings/trace/info.ts';
import { traceRecords } from '../../bindings/trace/source.ts';
import { collected } from '../support/trace-records.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/traces');
const SMALL_TEXT = join(EXAMPLES, 'small.lackey.gz');
const SMALL = join(EXAMPLES, 'small.trace.gz');

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'usufruct-trace-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);

describe('converting files', () => {
  it('is lossless both ways, plain and gzip', async () => {
    const text = gunzipSync(readFileSync(SMALL_TEXT));
    const report = await convertTrace(SMALL_TEXT, path('a.trace'));
    expect(report).toMatchObject({ from: 'lackey', to: 'compact', records: 5000 });
    await convertTrace(path('a.trace'), path('a.lackey'));
    expect(readFileSync(path('a.lackey')).equals(text)).toBe(true);
    await convertTrace(path('a.lackey'), path('b.trace.gz'));
    await convertTrace(path('b.trace.gz'), path('b.lackey.gz'));
    expect(gunzipSync(readFileSync(path('b.lackey.gz'))).equals(text)).toBe(true);
    expect(gunzipSync(readFileSync(path('b.trace.gz'))).equals(readFileSync(path('a.trace')))).toBe(true);
    expect(await collected(traceRecords(await openTrace(SMALL)))).toEqual(await collected(traceRecords(await openTrace(SMALL_TEXT))));
  });

  it('takes a window', async () => {
    const all = await collected(traceRecords(await openTrace(SMALL)));
    for (const [skip, count] of [
      [0, 1],
      [1, 4999],
      [1234, 700],
      [4999, 1],
    ] as const) {
      for (const input of [SMALL, SMALL_TEXT]) {
        expect(await convertTrace(input, path('w.trace'), { to: 'compact', skip, count })).toMatchObject({ records: count });
        expect(await collected(traceRecords(await openTrace(path('w.trace'))))).toEqual(all.slice(skip, skip + count));
      }
    }
    expect(await convertTrace(SMALL, path('w.trace'), { to: 'compact', skip: 4990, count: 100 })).toMatchObject({ records: 10 });
    await expect(convertTrace(SMALL, path('w.trace'), { skip: 5000 })).rejects.toMatchObject({
      code: 'TRACE_RANGE',
      details: { value: 5000, allowed: 4999 },
    });
    for (const options of [{ skip: -1 }, { skip: 0.5 }, { count: 0 }]) {
      await expect(convertTrace(SMALL, path('w.trace'), options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('leaves nothing half done', async () => {
    writeFileSync(path('bad.lackey'), `${'I  1000,4\n'.repeat(100_000)} L 1000,0\n`);
    writeFileSync(path('kept.trace.gz'), 'as it was');
    await expect(convertTrace(path('bad.lackey'), path('kept.trace.gz'))).rejects.toMatchObject({
      code: 'TRACE_SIZE',
      details: { line: 100_001 },
    });
    await expect(convertTrace(path('bad.lackey'), path('kept.trace.gz'), { to: 'lackey' })).rejects.toMatchObject({ code: 'TRACE_SIZE' });
    const aborted = convertTrace(SMALL, path('kept.trace.gz'), { signal: AbortSignal.abort(new Error('enough')) });
    await expect(aborted).rejects.toThrow('enough');
    expect(readFileSync(path('kept.trace.gz'), 'utf8')).toBe('as it was');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('tells how far it is', async () => {
    const seen: (readonly [number, number | null])[] = [];
    await convertTrace(SMALL, path('p.lackey'), { progress: (done, total) => seen.push([done, total]) });
    const length = readFileSync(SMALL).length;
    expect(seen.at(-1)).toEqual([length, length]);
  });

  it('refuses files that cannot be read or written', async () => {
    await expect(openTrace(path('missing'))).rejects.toMatchObject({
      code: 'TRACE_NOT_READABLE',
      message: expect.stringContaining('there is no such file') as string,
    });
    await expect(openTrace(folder)).rejects.toMatchObject({ code: 'TRACE_NOT_READABLE' });
    await expect(convertTrace(SMALL, path('no/such/folder.trace'))).rejects.toMatchObject({ code: 'TRACE_NOT_READABLE' });
    writeFileSync(path('cut.gz'), readFileSync(SMALL).subarray(0, 900));
    await expect(openTrace(path('cut.gz')).then(traceInfo)).rejects.toMatchObject({
      code: expect.stringMatching(/TRACE_(GZIP|TRUNCATED)/) as string,
    });
    writeFileSync(path('empty'), '');
    await expect(openTrace(path('empty'))).rejects.toMatchObject({ code: 'TRACE_EMPTY' });
    await expect(convertTrace(SMALL, '-', { to: 'compact' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('reads text of several gzip members', async () => {
    writeFileSync(path('two.gz'), Buffer.concat([gzipSync('I  1000,4\n'), gzipSync(' L 2000,8\n')]));
    expect(await (await openTrace(path('two.gz'))).totals()).toMatchObject({ records: 2, dataRecords: 1, units: 2 });
  });
});

describe('what is told of a trace', () => {
  it('is the same for both forms', async () => {
    const [text, compact] = [await traceInfo(await openTrace(SMALL_TEXT)), await traceInfo(await openTrace(SMALL))];
    expect({ ...text, file: '', format: '' }).toEqual({ ...compact, file: '', format: '' });
    expect(compact.compactBytes).toBe(gunzipSync(readFileSync(SMALL)).length);
    expect(compact.bytesPerAccess).toBe(compact.compactBytes / 5000);
  });

  it('is counted right', async () => {
    writeFileSync(path('few.lackey'), 'I  1000,4\n L 1ffc,8\n S ffffffffffffff00,16\n M 200000,1\nI  1004,4\n');
    expect(await traceInfo(await openTrace(path('few.lackey')))).toMatchObject({
      format: 'lackey',
      records: 5,
      fetches: 2,
      loads: 1,
      stores: 1,
      modifies: 1,
      dataRecords: 3,
      crossings: 1,
      bytesAccessed: 33,
      units: 4,
      footprintBytes: 4 * 4096,
      ranges: [
        { from: '0x1000', to: '0x3000', touchedBytes: 8192 },
        { from: '0x200000', to: '0x201000', touchedBytes: 4096 },
        { from: '0xfffffffffffff000', to: '0x10000000000000000', touchedBytes: 4096 },
      ],
      sizes: [
        { size: 1, records: 1 },
        { size: 4, records: 2 },
        { size: 8, records: 1 },
        { size: 16, records: 1 },
      ],
    });
  });
});

describe('a long trace', () => {
  it('streams: converting 150 MB of text takes no such memory', () => {
    // a process of its own, so that its peak is its own; V8 may keep no more than 32 MB of heap
    const script = `
      import { encodeBlocks } from ${JSON.stringify(join(import.meta.dirname, '../../dist/bindings/trace/encode.js'))};
      import { lackeyRecords } from ${JSON.stringify(join(import.meta.dirname, '../../dist/bindings/trace/lackey.js'))};
      const line = (i) => 'I  ' + (0x4000000 + i % 5000 * 4).toString(16).padStart(8, '0') + ',4\\n L 1ffe' + (i * 8 % 1048576).toString(16).padStart(6, '0') + ',8\\n';
      const chunk = new TextEncoder().encode(Array.from({ length: 50_000 }, (_, i) => line(i)).join(''));
      async function* text() { for (let i = 0; i < 100; i++) { await null; yield chunk; } }
      let records = 0, peak = 0;
      for await (const block of encodeBlocks('a', lackeyRecords('a', text()))) { records += block.records; peak = Math.max(peak, process.memoryUsage().rss); }
      console.log(JSON.stringify({ records, bytes: chunk.length * 100, peak }));`;
    const output = execFileSync(process.execPath, ['--max-old-space-size=32', '--input-type=module', '-e', script], { encoding: 'utf8' });
    const { records, bytes, peak } = JSON.parse(output) as { records: number; bytes: number; peak: number };
    expect(records).toBe(10_000_000);
    expect(bytes).toBe(150e6);
    expect(peak).toBeLessThan(130e6);
  });
});
