import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CommandEnd } from '../../bindings/cli/context.ts';
import { bestShown, COMPARE_COLUMNS } from '../../bindings/cli/compare-table.ts';
import { contentsRequire } from '../../bindings/cli/scenario-command.ts';
import type { CompareResult } from '../../bindings/scenario/compare.ts';
import { bestFigures, compareFigures, type CompareFigures, partiesOf } from '../../bindings/scenario/compare-figures.ts';
import type { RunResult } from '../../bindings/scenario/result.ts';
import { contentsEqual } from '../../bindings/scenario/run.ts';
import { scenarioFrom } from '../../bindings/scenario/read.ts';
import { command } from './cli-support.ts';
import { type LackeyRecord, lackeyText, withFiles } from './scenario-support.ts';

const PAGE = 4096;
const BUILT_IN = ['rights', 'managerPreferred', 'earlyRelease', 'moveFirst', 'evacuate', 'readOnly', 'eager', 'reserve'];

function stores(pages: number, times: number): string {
  const records = Array.from({ length: pages * times }, (_, index): LackeyRecord => ({
    kind: 'S',
    address: BigInt((index % pages) * PAGE),
    size: 8,
  }));
  return lackeyText(records);
}

const SCENARIO = {
  title: 'A small comparison',
  memory: 20 * PAGE,
  region: PAGE,
  swap: { size: '1MiB', readLatency: '90us', writeLatency: '25us' },
  accessNs: 1000,
  vms: [
    { name: 'a', memory: 12 * PAGE, trace: 'a.lackey' },
    { name: 'b', memory: 8 * PAGE, trace: 'b.lackey' },
  ],
  changes: [{ when: { vm: 'a', progress: 0.5 }, reconfigure: { a: -4 * PAGE, b: 4 * PAGE } }],
};

function withScenario<Result>(fields: object, work: (file: string, directory: string) => Promise<Result>): Promise<Result> {
  const files = { 'a.lackey': stores(10, 40), 'b.lackey': stores(11, 40), 's.json': JSON.stringify({ ...SCENARIO, ...fields }) };
  return withFiles(files, (directory) => work(join(directory, 's.json'), directory));
}

async function compared(args: readonly string[]): Promise<CompareResult> {
  const { stdout, stderr } = await command(['compare', '--json', ...args]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as CompareResult;
}

describe('usufruct compare', () => {
  it('each built-in strategy, where the scenario names none', () =>
    withScenario({}, async (file) => {
      const { status, stdout, stderr } = await command(['compare', file]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^A small comparison\n/);
      expect(stdout).toContain('1 change takes memory from a and brings it to b.');
      expect(stdout).toContain('Every VM ended with the same contents under each strategy.');
      expect(stdout).toMatch(/\d\*/); // the best are marked
    }));

  it('--json: figures of each strategy, its run, and the run without changes', () =>
    withScenario({}, async (file) => {
      const result = await compared([file]);
      expect(result).toMatchObject({ title: 'A small comparison', contentsEqual: true, givers: ['a'], receivers: ['b'] });
      expect(result.reference).toMatchObject({ strategy: 'no changes', reconfigurations: [] });
      expect(result.entries.map(({ strategy }) => strategy)).toEqual(BUILT_IN);
      for (const { figures, run, failure } of result.entries) {
        expect(failure).toBeNull();
        expect(figures!.finishNs).toBe(run!.virtualNs);
        expect(figures!.pageOuts).toBe(run!.vms.reduce((sum, vm) => sum + vm.pageOuts, 0));
        expect(figures!.giverSlowdown).toBeCloseTo(run!.vms[0]!.virtualNs / result.reference.vms[0]!.virtualNs, 9);
      }
      const figures = Object.fromEntries(result.entries.map((entry) => [entry.strategy, entry.figures!]));
      expect(figures['rights']!.grantWorstNs).toBe(0);
      expect(figures['eager']!.grantWorstNs).toBeGreaterThan(0);
      expect(figures['reserve']!.usefulBytes).toBeLessThan(figures['rights']!.usefulBytes);
    }));

  it('is the same when it is run again, wall time aside', () =>
    withScenario({}, async (file) => {
      const withoutWall = (run: RunResult | null) => run && { ...run, wallMs: 0 };
      const once = async () => {
        const result = await compared([file]);
        const entries = result.entries.map((entry) => ({ ...entry, run: withoutWall(entry.run) }));
        return { ...result, reference: withoutWall(result.reference), entries };
      };
      expect(await once()).toEqual(await once());
    }));

  it('gives each strategy the figures that `run` gives it', () =>
    withScenario({}, async (file) => {
      const { entries } = await compared([file, '--strategies', 'eager,rights']);
      const { stdout } = await command(['run', file, '--json', '--strategy', 'eager', '--strategy', 'rights']);
      const { runs } = JSON.parse(stdout) as { readonly runs: readonly RunResult[] };
      expect(entries.map(({ run }) => ({ ...run, wallMs: 0 }))).toEqual(runs.map((run) => ({ ...run, wallMs: 0 })));
    }));

  it("takes the file's own strategies; --strategies chooses among them and the built-in ones", () =>
    withScenario({ strategies: ['rights', { name: 'by twos', chunk: 2 * PAGE, order: 'cycles' }] }, async (file) => {
      expect((await compared([file])).entries.map(({ strategy }) => strategy)).toEqual(['rights', 'by twos']);
      const chosen = await compared([file, '--strategies', 'by twos, eager']);
      expect(chosen.entries.map(({ strategy }) => strategy)).toEqual(['by twos', 'eager']);
      expect(chosen.entries[0]).toMatchObject({ policies: { handover: 'rights', order: 'cycles', chunkBytes: 2 * PAGE } });
      expect(chosen.entries[0]!.run!.reconfigurations[0]!.changes).toHaveLength(4);
    }));

  it('options say it anew for all strategies', () =>
    withScenario({}, async (file) => {
      const options = ['--use-right', 'managerPreferred', '--capacity', 'atDeclaration', '--access', 'readOnly', '--release', 'moveFirst'];
      const early = [
        '--early-release',
        'timeSinceNs >= 1ms',
        '--early-release',
        'accessesSince<100',
        '--counting',
        'sampled',
        '--sweep',
        '1ms',
      ];
      const rest = ['--select-expand', 'ownFirst,lowest', '--select-release', 'highest', '--order', 'oneByOne', '--chunk', '8KiB'];
      const reserve = ['--reserve', '24KiB', '--refill', '100MB/s', '--reserve-shortfall', 'wait'];
      const all = await compared([file, ...options, ...early, ...rest, ...reserve, '--strategies', 'rights,reserve']);
      expect(all.entries[0]!.policies).toEqual({
        handover: 'rights',
        useRight: 'managerPreferred',
        declaration: { capacity: 'atDeclaration', access: 'readOnly' },
        release: 'moveFirst',
        earlyRelease: {
          counting: 'sampled',
          sweep: 1e6,
          when: [
            { statistic: 'timeSinceNs', comparison: '>=', constant: '1ms' },
            { statistic: 'accessesSince', comparison: '<', constant: 100 },
          ],
        },
        selection: { expand: ['ownFirst', 'lowest'], release: ['highest'] },
        order: 'oneByOne',
        chunkBytes: 2 * PAGE,
      });
      expect(all.entries[1]!.policies.reserve).toEqual({ memoryBytes: 6 * PAGE, refillBytesPerSecond: 1e8, shortfall: 'wait' });
    }));

  it('options without a unit are numbers, as in a file: bytes, ns, bytes per second', () =>
    withScenario({}, async (file) => {
      const sizes = ['--chunk', '8192', '--memory', '81920', '--region', '4096', '--modules', '16384'];
      const early = ['--early-release', 'accessesPerPeriod <= 3', '--period', '1000000', '--sweep', '50000'];
      const reserve = ['--reserve', '24576', '--refill', '100000000', '--strategies', 'rights,reserve'];
      const { memoryBytes, regionBytes, entries } = await compared([file, ...sizes, ...early, ...reserve]);
      expect({ memoryBytes, regionBytes }).toEqual({ memoryBytes: 20 * PAGE, regionBytes: PAGE });
      expect(entries[0]!.policies).toMatchObject({ chunkBytes: 2 * PAGE, earlyRelease: { period: 1e6, sweep: 5e4 } });
      expect(entries[1]!.policies).toMatchObject({ reserve: { memoryBytes: 6 * PAGE, refillBytesPerSecond: 1e8 } });
    }));

  it('--counting, --period and --sweep alone are for the condition that is built in', () =>
    withScenario({}, async (file) => {
      const { entries } = await compared([file, '--counting', 'sampled', '--period', '1ms', '--strategies', 'rights,earlyRelease']);
      expect(entries[0]!.policies.earlyRelease).toBeUndefined();
      const when = [{ statistic: 'accessesPerPeriod', comparison: '<=', constant: 16 }];
      expect(entries[1]!.policies.earlyRelease).toEqual({ counting: 'sampled', period: 1e6, when });
    }));

  it.each([['run'], ['compare']])('the condition that the help of %s shows can be given as it stands', (name) =>
    withScenario({}, async (file) => {
      const [, example] = /--early-release[^']*'([^']*)'/s.exec((await command([name, '--help'])).stdout)!;
      const ended = await command([name, file, '--early-release', example!.replaceAll(/\s+/g, ' ')]);
      expect(ended).toMatchObject({ status: 0, stderr: '' });
    }),
  );

  it('sentences: of one change, of none, of strategies that are all alike, of memory that goes both ways', async () => {
    const said = (fields: object, ...args: readonly string[]) =>
      withScenario(fields, async (file) => (await command(['compare', file, ...args])).stdout);
    const alike = await said({ strategies: ['rights', { name: 'alike' }] });
    expect(alike).toContain('1 change takes memory from a and brings it to b. Without it the run takes ');
    expect(alike).toMatch(/\nIt takes [\d.]+ [mu]s under each strategy\.\n/);
    expect(alike).toContain('\nalike did the same as rights here.\n');
    expect(alike).not.toMatch(/\d\*/);
    const policies = ['rights', 'managerPreferred', 'moveFirst', 'readOnly'];
    const full = SCENARIO.vms.map((vm) => ({ ...vm, memory: 10 * PAGE }));
    expect(await said({ vms: full, strategies: policies })).toContain(
      '\nmanagerPreferred, moveFirst and readOnly did the same as rights here: managerPreferred differs where a VM gives up memory that it ' +
        'does not use itself; moveFirst and readOnly differ where the VM that gives memory up has room elsewhere for the pages in it.\n',
    );
    expect(await said({ useRight: 'managerPreferred', strategies: ['rights', { name: 'alike' }] })).toContain(' as rights here.\n');
    expect(await said({ strategies: ['rights', 'moveFirst'] })).toContain(
      'moveFirst did the same as rights here: it differs where the VM that gives memory up has room elsewhere',
    );
    expect(await said({ changes: [] }, '--strategies', 'rights')).toMatch(/\nNo memory changes hands; the run takes [\d.]+ [mu]s\.\n/);
    const back = { when: { vm: 'a', progress: 0.7 }, reconfigure: { a: 4 * PAGE, b: -4 * PAGE } };
    const both = await said({ changes: [...SCENARIO.changes, back] }, '--strategies', 'rights');
    expect(both).toContain('2 changes move memory between a and b. Without them the run takes ');
    const twice = [...SCENARIO.changes, { when: { vm: 'a', progress: 0.5 }, reconfigure: { a: -4 * PAGE } }];
    const options = ['--strategies', 'reserve', '--reserve', '16KiB', '--reserve-shortfall', 'reject'];
    const failed = await said({ changes: twice }, ...options);
    expect(failed).not.toMatch(/changes? takes?|same contents/);
    expect(failed).toMatch(/\nThe run under reserve failed: (?!Under)/);
  });

  it('three tables that fit into 80 characters: speed, stalls and cost, each with a row for each strategy', () =>
    withScenario({}, async (file) => {
      const lines = (await command(['compare', file])).stdout.split('\n').filter((line) => /^[│┌├└]/.test(line));
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
      const first = lines.filter((line) => line.startsWith('│')).map((line) => line.split('│')[1]!.trim());
      expect(first).toEqual(['Speed', 'Stalls', 'Cost'].flatMap((title) => [title, '', ...BUILT_IN]));
      for (const line of lines.filter((row) => row.startsWith('│'))) expect(line.split('│')).toHaveLength(4 + 3);
    }));

  it('--report writes one page that stands alone', () =>
    withScenario({}, async (file, directory) => {
      const report = join(directory, 'report.html');
      const { status, stdout } = await command(['compare', file, '--report', report]);
      expect(status).toBe(0);
      expect(stdout).toContain(`The pictures are in ${report}.`);
      const page = readFileSync(report, 'utf8');
      expect(page).not.toMatch(/<(link|img|script|iframe)[^>]*\s(src|href)=/i);
      const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
      for (const script of scripts.slice(1)) expect(() => new Script(script[2]!)).not.toThrow();
      const data = JSON.parse(scripts[0]![2]!) as {
        readonly memory: readonly { readonly layers: readonly { readonly values: readonly (number | null)[] }[] }[];
        readonly stalls: readonly { readonly label: string; readonly counts: readonly number[] }[];
        readonly pageOuts: {
          readonly against: string;
          readonly percents: readonly number[];
          readonly lines: readonly { readonly label: string; readonly values: readonly number[] }[];
        };
      };
      const drawn = data.pageOuts.lines.flatMap(({ label }) => label.split(' = '));
      expect(drawn.toSorted()).toEqual(BUILT_IN.toSorted());
      expect(data.stalls.map(({ label }) => label)).toEqual(data.pageOuts.lines.map(({ label }) => label));
      const lines = data.pageOuts.lines.map(({ values }, index) => JSON.stringify([values, data.stalls[index]!.counts]));
      expect(new Set(lines).size).toBe(lines.length); // none hides another
      for (const { layers } of data.memory) {
        const total = (index: number) => layers.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
        expect(total(0)).toBe(SCENARIO.memory);
        expect(total(300)).toBe(layers[0]!.values[300] === null ? 0 : SCENARIO.memory);
      }
      expect((page.match(/class="best"/g) ?? []).length).toBeGreaterThan(0);
    }));

  it('--report shows titles, VMs and strategies as text, whatever stands in them', () => {
    const hostile = '</script><script>alert(1)</script>&"';
    const vms = [{ ...SCENARIO.vms[0], name: hostile }, SCENARIO.vms[1]];
    const changes = [{ when: { vm: 'b', progress: 0.5 }, reconfigure: { [hostile]: -4 * PAGE, b: 4 * PAGE } }];
    return withScenario({ title: hostile, vms, changes, strategies: [{ name: hostile }, 'eager'] }, async (file, directory) => {
      const report = join(directory, 'report.html');
      expect(await command(['compare', file, '--report', report])).toMatchObject({ status: 0 });
      const page = readFileSync(report, 'utf8');
      const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
      expect(scripts.map((script) => script[1])).toEqual([' type="application/json" id="data"', '', '']);
      expect(JSON.parse(scripts[0]![2]!)).toMatchObject({ title: hostile, vms: [hostile, 'b'] });
      expect(page.replace(/<script[\s\S]*?<\/script>/g, '')).not.toContain('alert(1)</');
    });
  });

  it('says on a terminal which one of how many is running', () =>
    withScenario({}, async (file) => {
      const { stderr } = await command(['compare', file, '--strategies', 'rights,eager'], { isTerminal: true });
      expect(stderr).toMatch(/[12] of 2: running under (rights|eager)/);
    }));
});

describe('usufruct compare, when it cannot', () => {
  it('a strategy that fails is a row with its reason, and the status is 1', () =>
    withScenario({ changes: [...SCENARIO.changes, { when: { vm: 'a', progress: 0.5 }, reconfigure: { a: -4 * PAGE } }] }, async (file) => {
      const options = ['--strategies', 'rights,reserve', '--reserve', '16KiB', '--reserve-shortfall', 'reject'];
      const { status, stdout, stderr } = await command(['compare', file, ...options]);
      expect(status).toBe(1);
      expect(stdout).toMatch(/│ reserve +│ +- /);
      expect(stdout).toContain('The run under reserve failed');
      expect(stderr).toMatch(/^usufruct: Under reserve: .*reserve has only \d+ unused/);
      const inJson = await command(['compare', file, ...options, '--json']);
      expect(inJson.status).toBe(1);
      const { entries } = JSON.parse(inJson.stdout) as CompareResult;
      expect(entries[1]).toMatchObject({ failure: { code: 'RESERVE_EXHAUSTED' }, figures: null, run: null, best: [] });
    }));

  it.each<[string, object, readonly string[], RegExp]>([
    ['a strategy that does not exist', {}, ['--strategies', 'rights,fast'], /strategy is "fast": the strategies are "rights"/],
    ['one named twice', {}, ['--strategies', 'rights,rights'], /each strategy may be named once/],
    ['a policy in the file', { useRight: 'mine' }, [], /useRight is "mine": it must be one of/],
    ['a policy of an option', {}, ['--use-right', 'mine'], /useRight is "mine": it must be one of/],
    ['a condition', {}, ['--early-release', 'accesses'], /--early-release.*STATISTIC COMPARISON CONSTANT/],
    ['a statistic', {}, ['--early-release', 'hits > 3'], /earlyRelease\.when\[0\]\.statistic is "hits"/],
    [
      'a constant',
      {},
      ['--early-release', 'accesses >= abc'],
      /s\.json: earlyRelease\.when\[0\]\.constant is "abc": it must be a finite number\.\n$/,
    ],
    ['a criterion', {}, ['--select-release', 'oldest'], /selection\.release\[0\] is "oldest"/],
    ['a report that cannot be written', {}, ['--report', '/no/such/directory/r.html'], /report .* cannot be written/],
    ['a report that is a directory', {}, ['--report', '.'], /report \. cannot be written: .*directory/],
    ['a word too many', {}, ['more'], /too many arguments/],
    ['a reserve too large', {}, ['--strategies', 'reserve', '--reserve', '72KiB'], /reserve\.memory is "72KiB": .*would leave so little/],
  ])('%s: status 2, nothing on stdout', (_, fields, args, message) =>
    withScenario(fields, async (file) => {
      const ended = await command(['compare', file, ...args]);
      expect(ended).toMatchObject({ status: 2, stdout: '' });
      expect(ended.stderr).toMatch(message);
    }),
  );

  it('all problems of a scenario at once, in JSON too', () =>
    withScenario({ useRight: 'x', release: 'y', modules: '3B' }, async (file) => {
      expect((await command(['compare', file])).stderr.trimEnd().split('\n')).toHaveLength(2); // sizes are compared when all fields can be read
      const { status, stderr } = await command(['compare', file, '--json']);
      expect(status).toBe(2);
      const { error } = JSON.parse(stderr) as { readonly error: { readonly problems: readonly { readonly field: string }[] } };
      expect(error.problems.map(({ field }) => field).sort()).toEqual(['release', 'useRight']);
    }));

  it('a trace that is none: status 2; swap too small for any of them: each row fails, status 1', () =>
    withScenario({ swap: { size: '4KiB' } }, async (file, directory) => {
      expect(await command(['compare', file])).toMatchObject({ status: 1 });
      writeFileSync(join(directory, 'a.lackey'), 'nonsense\n');
      expect(await command(['compare', file])).toMatchObject({ status: 2, stdout: '' });
    }));

  it('interrupted: status 1, and no report', () =>
    withScenario({}, async (file, directory) => {
      const controller = new AbortController();
      controller.abort(new Error('interrupted'));
      const report = join(directory, 'report.html');
      const ended = await command(['compare', file, '--report', report], { signal: controller.signal });
      expect(ended).toEqual({ status: 1, stdout: '', stderr: 'usufruct: interrupted\n' });
      expect(existsSync(report)).toBe(false);
    }));
});

describe('the figures of a comparison', () => {
  const figures = (fields: Partial<CompareFigures>): CompareFigures => ({
    grantMedianNs: 0,
    grantWorstNs: 0,
    stallMedianNs: 5,
    stallP99Ns: 5,
    stallWorstNs: 5,
    firstTouchMedianNs: null,
    firstTouchWorstNs: null,
    takeOvers: 1,
    pageOuts: 10,
    pageIns: 10,
    giverSlowdown: 1,
    usefulBytes: 100,
    finishNs: 1000,
    ...fields,
  });

  it('less is better, of useful memory more; those that are equally good are both best; what is the same for all has no best', () => {
    const rows = [
      figures({ pageOuts: 9, usefulBytes: 90 }),
      null,
      figures({ pageOuts: 9 }),
      figures({ grantWorstNs: null, grantMedianNs: null }),
    ];
    expect(bestFigures(rows)).toEqual([
      expect.arrayContaining(['pageOuts', 'grantWorstNs']),
      [],
      expect.arrayContaining(['pageOuts', 'usefulBytes', 'grantWorstNs']),
      expect.not.arrayContaining(['pageOuts', 'grantWorstNs']),
    ]);
    expect(bestFigures([figures({}), figures({})])).toEqual([[], []]);
  });

  it('stars stand at what reads the best; not where all read the same, or all but one', () => {
    const shown = (...grants: readonly number[]): readonly boolean[] => {
      const rows = grants.map((grantWorstNs) => figures({ grantWorstNs }));
      const best = bestFigures(rows);
      const entries = rows.map((row, index) => ({ figures: row, best: best[index]! }));
      return bestShown(
        { entries } as unknown as CompareResult,
        COMPARE_COLUMNS.find(({ figure }) => figure === 'grantWorstNs')!,
      );
    };
    expect(shown(0, 5)).toEqual([true, false]);
    expect(shown(0, 0, 5)).toEqual([false, false, false]);
    expect(shown(0, 0, 5, 6)).toEqual([true, true, false, false]);
    expect(shown(237_010, 237_020, 300_000, 400_000)).toEqual([true, true, false, false]);
    expect(shown(237_010, 237_020)).toEqual([false, false]);
  });

  it('contents that differ are a failure, whatever else was found', () => {
    const run = (digest: string) => ({ vms: [{ digest }] }) as unknown as RunResult;
    expect([contentsEqual([run('x'), run('x')]), contentsEqual([run('x'), run('y')]), contentsEqual([run('x')])]).toEqual([
      true,
      false,
      null,
    ]);
    let told = '';
    const stderr = { write: (text: string) => (told += text) };
    const context = { stdout: stderr, stderr, signal: new AbortController().signal };
    expect(() => contentsRequire(true, context)).not.toThrow();
    expect(() => contentsRequire(false, context)).toThrow(new CommandEnd(1));
    expect(told).toMatch(/contents at the end differ/);
  });

  it('givers and receivers are told by what moves', () => {
    const parties = (reconfigure: unknown) => {
      const changes = [{ when: { vm: 'a', progress: 0.5 }, reconfigure }];
      return partiesOf(scenarioFrom('s.json', { ...SCENARIO, changes }, { pageBytes: PAGE }));
    };
    const range = { from: 0, bytes: PAGE };
    expect(parties({ a: -PAGE, b: PAGE })).toEqual({ givers: ['a'], receivers: ['b'] });
    expect(parties({ a: { give: range }, b: { take: { from: 64 * PAGE, bytes: PAGE } } })).toEqual({ givers: ['a'], receivers: ['b'] });
    expect(parties([{ vm: 'b', real: range }])).toEqual({ givers: ['a'], receivers: ['b'] });
    expect(parties([{ vm: null, real: range }])).toEqual({ givers: ['a', 'b'], receivers: [] });
  });

  it('of a scenario without changes: no grants, nobody slowed down', () =>
    withScenario({ changes: [] }, async (file) => {
      const { entries, reference } = await compared([file, '--strategies', 'rights']);
      expect(entries[0]!.figures).toMatchObject({
        grantMedianNs: null,
        giverSlowdown: null,
        stallMedianNs: null,
        finishNs: reference.virtualNs,
      });
      expect(compareFigures(reference, reference, { givers: ['a'], receivers: [] }).giverSlowdown).toBe(1);
    }));
});
