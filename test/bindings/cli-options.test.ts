// What the options of `run` and `compare` say of themselves, and the ones that stand for fields of every change or VM.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../bindings/cli/scenario-options.ts';
import { COMPARISONS, STATISTICS } from '../../bindings/early-release/check.ts';
import { EXPAND_CRITERIA } from '../../bindings/policy/expand-criteria.ts';
import { RELEASE_CRITERIA } from '../../bindings/policy/release-criteria.ts';
import { SEEK_CLASSES } from '../../bindings/policy/seek.ts';
import { scenarioFrom } from '../../bindings/scenario/read.ts';
import { command } from './cli-support.ts';
import { withFiles } from './scenario-support.ts';

const PAGE = 4096;

const SCENARIO = {
  memory: 64 * PAGE,
  region: PAGE,
  swap: { size: '1MiB' },
  vms: [
    { name: 'a', memory: 32 * PAGE, trace: 'a' },
    { name: 'b', memory: 32 * PAGE, trace: 'b', evictBatch: 2 },
  ],
  changes: [
    { when: { virtual: 0 }, reconfigure: { b: '+4KiB' } },
    { when: { virtual: 0 }, reconfigure: { b: '+4KiB' }, shortfall: 'bestEffort' },
  ],
};

const read = (fields: object) => scenarioFrom('s.json', { ...SCENARIO, ...fields }, { pageBytes: PAGE });

describe('--help', () => {
  it.each(['run', 'compare'])(
    'of %s names every criterion, statistic, comparison and class, in lines that fit a terminal',
    async (name) => {
      const { stdout } = await command([name, '--help']);
      const words = new Set(stdout.split(/\s+/));
      for (const table of [EXPAND_CRITERIA, RELEASE_CRITERIA, STATISTICS, COMPARISONS, SEEK_CLASSES])
        for (const known of Object.keys(table)) expect(words).toContain(known);
      const after = stdout.slice(stdout.indexOf('Criteria of --select-expand'));
      for (const line of after.split('\n').slice(0, 12)) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  it('scenarios.md names every option', async () => {
    const document = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');
    const { stdout } = await command(['compare', '--help']);
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option!);
    expect(options.length).toBeGreaterThan(20);
    for (const option of options.filter((known) => known !== '--help')) expect(document).toContain(`\`${option}`);
  });
});

describe('options for what each change and each VM may say', () => {
  it('--shortfall is for the changes that do not say it', () => {
    expect(fieldsOf({ shortfall: 'bestEffort' })).toEqual({ shortfall: 'bestEffort' });
    const changes = [{ ...SCENARIO.changes[0], shortfall: 'reject' }, SCENARIO.changes[0]];
    expect(() => read({ changes })).toThrow(/changes\[0\]\.reconfigure\.b is "\+4KiB": only 0B/);
    const scenario = read({ shortfall: 'bestEffort' });
    expect(scenario.changes.map(({ shortfall }) => shortfall)).toEqual(['bestEffort', 'bestEffort']);
    expect(() => read({ shortfall: 'bestEffort', changes })).toThrow(/changes\[0\]/);
    expect(() => read({})).toThrow(/changes\[0\]/);
    expect(() => read({ shortfall: 'some' })).toThrow(/shortfall is "some": it must be one of "reject", "bestEffort"/);
  });

  it('--seek and --evict-batch are for the VMs that do not say it', () => {
    const fields = fieldsOf({ seek: ['managed', 'evict'], evictBatch: '8' });
    expect(fields).toEqual({ seek: ['managed', 'evict'], evictBatch: 8 });
    const { vms } = read({ ...fields, changes: [] });
    expect(vms).toMatchObject([
      { seek: ['managed', 'evict'], evictBatch: 8 },
      { seek: ['managed', 'evict'], evictBatch: 2 },
    ]);
    expect(() => read({ ...fieldsOf({ evictBatch: 'many' }), changes: [] })).toThrow(/evictBatch is "many": it must be a whole number/);
  });
});

describe('--report', () => {
  it.each(['run', 'compare'])('%s: a directory is refused before the run, with status 2', (name) =>
    withFiles(
      { a: ' S 1000,8\n', b: ' S 1000,8\n', 's.json': JSON.stringify({ ...SCENARIO, changes: [], strategies: ['rights'] }) },
      async (directory) => {
        const ended = await command([name, `${directory}/s.json`, '--report', directory]);
        expect(ended).toMatchObject({ status: 2, stdout: '' });
        expect(ended.stderr).toMatch(/^usufruct: The report .* cannot be written: Error: it is a directory\.\n$/);
        writeFileSync(`${directory}/r.html`, 'before');
        expect(await command([name, `${directory}/s.json`, '--report', `${directory}/r.html`])).toMatchObject({ status: 0 });
        expect(readFileSync(`${directory}/r.html`, 'utf8')).toMatch(/^<!doctype html>/);
      },
    ),
  );
});
