import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { command } from './cli-support.ts';
import { withFiles } from './scenario-support.ts';

const TEXT = `==7== Lackey, an example Valgrind tool
I  04016a80,3
 S 1ffefffe98,8
 L 04035a10,8
 M 04035ffc,8
I  04016a83,5
`;
const RECORDS = TEXT.split('\n').filter((line) => /^(I | [LSM])/.test(line));

function withTrace<Result>(work: (path: (name: string) => string) => Promise<Result>): Promise<Result> {
  return withFiles({ 't.lackey': TEXT }, (directory) => work((name) => join(directory, name)));
}

describe('usufruct trace info', () => {
  it('counts, as text and as JSON', () =>
    withTrace(async (path) => {
      const text = await command(['trace', 'info', path('t.lackey')]);
      expect(text).toMatchObject({ status: 0, stderr: '' });
      expect(text.stdout).toMatch(
        /t\.lackey: lackey trace\n {2}records +5 \(fetches 2, loads 1, stores 1, modifies 1\)\n {2}footprint +16KiB in 4 blocks/,
      );
      const json = await command(['trace', 'info', path('t.lackey'), '--json']);
      expect(JSON.parse(json.stdout)).toMatchObject({
        records: 5,
        fetches: 2,
        loads: 1,
        stores: 1,
        modifies: 1,
        crossings: 1,
        units: 4,
        format: 'lackey',
      });
    }));

  it('reads .gz', () =>
    withTrace(async (path) => {
      writeFileSync(path('t.gz'), gzipSync(TEXT));
      const { stdout } = await command(['trace', 'info', path('t.gz'), '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ records: 5, gzip: true });
    }));
});

describe('usufruct trace convert', () => {
  it('to the compact format and back, record for record', () =>
    withTrace(async (path) => {
      const there = await command(['trace', 'convert', path('t.lackey'), path('t.trace')]);
      expect(there).toMatchObject({ status: 0, stderr: '' });
      expect(there.stdout).toMatch(/t\.trace: 5 records/);
      const back = await command(['trace', 'convert', path('t.trace'), path('back.lackey.gz'), '--json']);
      expect(JSON.parse(back.stdout)).toMatchObject({ records: 5, output: path('back.lackey.gz') });
      const lines = gunzipSync(readFileSync(path('back.lackey.gz')))
        .toString()
        .trimEnd()
        .split('\n');
      expect(lines).toEqual(RECORDS);
    }));

  it('--skip and --count take a window', () =>
    withTrace(async (path) => {
      await command(['trace', 'convert', path('t.lackey'), path('w.lackey'), '--to', 'lackey', '--skip', '1', '--count', '2']);
      expect(readFileSync(path('w.lackey'), 'utf8').trimEnd().split('\n')).toEqual(RECORDS.slice(1, 3));
    }));
});

describe('usufruct trace, when it cannot', () => {
  it.each([
    ['garbage', ' L zzz,4\n', /line 1/],
    ['a size of 0', ' L 1000,4\n S 1000,0\n', /line 2/],
    ['a size over a page', ' S 1000,4097\n', /line 1/],
    ['an end past 2^64', ' S fffffffffffffffe,4\n', /line 1/],
    ['nothing', '', /t\.lackey/],
  ])('%s: status 2, with file and line', (_, text, message) =>
    withFiles({ 't.lackey': text }, async (directory) => {
      for (const args of [
        ['info', join(directory, 't.lackey')],
        ['convert', join(directory, 't.lackey'), join(directory, 'out.trace')],
      ]) {
        const { status, stdout, stderr } = await command(['trace', ...args]);
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(/^usufruct: .*t\.lackey/);
        expect(stderr).toMatch(message);
      }
    }),
  );

  it('a file that does not exist: status 2; as JSON with --json', async () => {
    expect(await command(['trace', 'info', '/none.lackey'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none\.lackey/) as string,
    });
    const { stderr } = await command(['trace', 'info', '/none.lackey', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'TRACE_NOT_READABLE' } });
  });

  it.each([
    [['--skip', '-1'], /--skip/],
    [['--count', 'many'], /--count/],
    [['--to', 'elf'], /It must be lackey or compact/],
  ])('%j: status 2', (args, message) =>
    withTrace(async (path) => {
      const { status, stderr } = await command(['trace', 'convert', path('t.lackey'), path('x.trace'), ...args]);
      expect(status).toBe(2);
      expect(stderr).toMatch(message);
    }),
  );
});
