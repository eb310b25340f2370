import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../../bindings/scenario/result.ts';
import { command } from './cli-support.ts';
import { lackeyText, withFiles } from './scenario-support.ts';

/** A sweep over some pages, again and again. */
function sweep(pages: number, rounds: number): string {
  const records = Array.from({ length: pages * rounds }, (_, index) => ({
    kind: 'S' as const,
    address: BigInt((index % pages) * 4096),
    size: 8,
  }));
  return lackeyText(records);
}

const SCENARIO = {
  title: 'Two sweeps',
  memory: '64KiB',
  region: '8KiB',
  swap: { size: '1MiB', readLatency: '90us', writeLatency: '25us' },
  vms: [
    { name: 'a', memory: '40KiB', trace: 'a.lackey' },
    { name: 'b', memory: '24KiB', trace: 'b.lackey' },
  ],
  changes: [{ when: { vm: 'a', progress: 0.5 }, reconfigure: { a: '-16KiB', b: '+16KiB' } }],
};

function withScenario<Result>(fields: object, work: (file: string, directory: string) => Promise<Result>): Promise<Result> {
  const files = { 'a.lackey': sweep(10, 6), 'b.lackey': sweep(9, 6), 's.json': JSON.stringify({ ...SCENARIO, ...fields }) };
  return withFiles(files, (directory) => work(join(directory, 's.json'), directory));
}

describe('usufruct run', () => {
  it('prints a table and says what it has shown', () =>
    withScenario({}, async (file) => {
      const { status, stdout, stderr } = await command(['run', file]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^Two sweeps\n64KiB of memory in regions of 8KiB/);
      for (const label of [
        'time to grant',
        'time until settled',
        'page-outs before the grant',
        'slowest 1 % of accesses',
        'page-ins',
        'wall time',
        'VM a',
        'VM b',
      ]) {
        expect(stdout).toContain(label);
      }
      expect(stdout).toMatch(/│ +│ +rights │ +eager │/);
      expect(stdout).toMatch(
        /16KiB of memory went from a to b: granted after 0 ns under rights and \d[\d.]* us under eager; .* 0 under rights and [1-9]\d* under eager\./,
      );
      expect(stdout).toMatch(/Every VM ended with the same contents under each strategy\.\n$/);
    }));

  it('--json prints one object with the named fields', () =>
    withScenario({}, async (file) => {
      const { status, stdout, stderr } = await command(['run', file, '--json']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const result = JSON.parse(stdout) as ScenarioResult;
      expect(result.contentsEqual).toBe(true);
      expect(result.runs.map((run) => run.strategy)).toEqual(['rights', 'eager']);
      for (const run of result.runs) {
        expect(run.virtualNs).toBe(Math.max(...run.vms.map((vm) => vm.virtualNs)));
        expect(run.wallMs).toBeGreaterThan(0);
        expect(run.bytes.total).toBeGreaterThanOrEqual(run.bytes.books + 64 * 1024 + 2 ** 20);
        expect(run.vms.map((vm) => [vm.name, vm.accesses])).toEqual([
          ['a', 60],
          ['b', 54],
        ]);
        for (const vm of run.vms) {
          expect(vm.digest).toMatch(/^[0-9a-f]{64}$/);
          expect(vm.faults).toBeGreaterThanOrEqual(vm.tracedBytes / 4096);
          expect(vm.slowestNs).toBeGreaterThanOrEqual(vm.slowest1PercentNs);
          expect(vm.virtualNs).toBe(vm.accesses + vm.ioWaitNs);
        }
        expect(run.vms.map((vm) => vm.managedBytes)).toEqual([24 * 1024, 40 * 1024]);
        expect(run.reconfigurations).toHaveLength(1);
        expect(run.reconfigurations[0]).toMatchObject({ regions: 2, settledVirtualNs: expect.any(Number) as number });
        expect(run.reconfigurations[0]!.changes.map(({ vm, bytes, state }) => ({ vm, bytes, state }))).toEqual([
          { vm: 'a', bytes: -16384, state: 'settled' },
          { vm: 'b', bytes: 16384, state: 'settled' },
        ]);
      }
      const [rights, eager] = result.runs.map((run) => run.reconfigurations[0]!);
      expect(rights).toMatchObject({ grantVirtualNs: 0, pageOutsBeforeGrant: 0 });
      expect(eager!.grantVirtualNs).toBeGreaterThan(0);
      expect(eager!.pageOutsBeforeGrant).toBeGreaterThan(0);
      expect(eager!.pageOutsAfterGrant).toBe(0);
    }));

  it('gives the same result each time, wall time aside', () =>
    withScenario({}, async (file) => {
      const once = async (): Promise<unknown> => {
        const result = JSON.parse((await command(['run', file, '--json'])).stdout) as ScenarioResult;
        return { ...result, runs: result.runs.map((run) => ({ ...run, wallMs: 0 })) };
      };
      expect(await once()).toEqual(await once());
    }));

  it('--strategy, --eviction, --memory and --region say it anew', () =>
    withScenario({}, async (file) => {
      const args = ['run', '--json', '--strategy', 'eager', file, '--eviction', 'fifo', '--memory', '80KiB', '--region', '4KiB'];
      const result = JSON.parse((await command(args)).stdout) as ScenarioResult;
      expect(result).toMatchObject({ memoryBytes: 80 * 1024, regionBytes: 4096, contentsEqual: null });
      expect(result.runs.map((run) => run.strategy)).toEqual(['eager']);
      expect(result.runs[0]!.reconfigurations[0]!.regions).toBe(4);
      const both = JSON.parse(
        (await command(['run', '--json', '--strategy', 'eager', '--strategy', 'rights', file])).stdout,
      ) as ScenarioResult;
      expect(both.runs.map((run) => run.strategy)).toEqual(['eager', 'rights']);
    }));

  it('a change by virtual time', () =>
    withScenario({ changes: [{ when: { virtual: '300us' }, reconfigure: { a: '-8KiB', b: '+8KiB' } }] }, async (file) => {
      const result = JSON.parse((await command(['run', file, '--json'])).stdout) as ScenarioResult;
      for (const run of result.runs) expect(run.reconfigurations[0]).toMatchObject({ requestVirtualNs: 300_000, regions: 1 });
    }));

  it('swap contents in a real file: same result, and the file is gone afterwards', () =>
    withScenario({ swap: { ...SCENARIO.swap, store: 'file', path: 'swap.bin' } }, async (file, directory) => {
      const inFile = JSON.parse((await command(['run', file, '--json'])).stdout) as ScenarioResult;
      expect(existsSync(join(directory, 'swap.bin'))).toBe(false);
      writeFileSync(file, JSON.stringify(SCENARIO));
      const inMemory = JSON.parse((await command(['run', file, '--json'])).stdout) as ScenarioResult;
      expect(inFile.runs.map((run) => run.vms)).toEqual(inMemory.runs.map((run) => run.vms));
    }));

  it('--report writes one page', () =>
    withScenario({}, async (file, directory) => {
      const report = join(directory, 'report.html');
      const { status, stdout } = await command(['run', file, '--report', report]);
      expect(status).toBe(0);
      expect(stdout).toContain(`The pictures are in ${report}.`);
      const page = readFileSync(report, 'utf8');
      const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as {
        readonly runs: readonly { readonly regions: number; readonly rights: { readonly timesNs: number[]; readonly users: number[] } }[];
        readonly progress: readonly { readonly values: readonly (number | null)[] }[];
      };
      expect(data.runs).toHaveLength(2);
      for (const run of data.runs) {
        expect(run.regions).toBe(8);
        expect(new Set(run.rights.users)).toEqual(new Set([-1, 0, 1]));
      }
      expect(data.progress.every(({ values }) => values.some((value) => value !== null && value > 99))).toBe(true);
    }));

  it('shows progress on a terminal only', () =>
    withScenario({}, async (file) => {
      expect((await command(['run', file, '--json'])).stderr).toBe('');
      expect((await command(['run', file, '--json'], { isTerminal: true })).stderr).toContain('running under');
    }));
});

describe('usufruct run, when it cannot', () => {
  it.each([
    ['a field that does not exist', { colour: 'red' }, /s\.json: colour is not a field of a scenario/],
    [
      'a trace that does not exist',
      { vms: [{ name: 'a', memory: '40KiB', trace: 'c.lackey' }], changes: [] },
      /vms\[0\]\.trace is ".*c\.lackey"/,
    ],
    ['an address space too small for the trace', { addressSpace: '4KiB' }, /addressSpace of VM a is 4KiB: its trace touches 40KiB/],
  ])('%s: status 2, a sentence on stderr, nothing on stdout', (_, fields, message) =>
    withScenario(fields, async (file) => {
      const ended = await command(['run', file]);
      expect(ended).toMatchObject({ status: 2, stdout: '' });
      expect(ended.stderr).toMatch(/^usufruct: /);
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
      const inJson = await command(['run', file, '--json']);
      expect(inJson).toMatchObject({ status: 2, stdout: '' });
      const { error } = JSON.parse(inJson.stderr) as { readonly error: { readonly code: string; readonly message: string } };
      expect(error.code).toBe('BAD_SCENARIO');
      expect(error.message).toMatch(message);
    }),
  );

  it('a trace that is none: status 2, with the line', () =>
    withScenario({}, async (file, directory) => {
      writeFileSync(join(directory, 'b.lackey'), ' L 1000,4\n L zzz,4\n');
      const { status, stderr } = await command(['run', file]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/VM b: .*b\.lackey.*line 2/);
    }));

  it('swap that is too small shows in the run: status 1', () =>
    withScenario({ swap: { size: '8KiB' } }, async (file) => {
      const ended = await command(['run', file]);
      expect(ended).toMatchObject({ status: 1, stdout: '' });
      expect(ended.stderr).toMatch(/^usufruct: Under rights: .*swap/i);
      const { error } = JSON.parse((await command(['run', file, '--json'])).stderr) as { readonly error: object };
      expect(error).toMatchObject({ code: 'SWAP_FULL', details: { strategy: 'rights' } });
    }));

  it('a report that cannot be written: status 2', () =>
    withScenario({}, async (file, directory) => {
      const { status, stderr } = await command(['run', file, '--report', join(directory, 'no', 'such', 'directory.html')]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/report .*directory\.html cannot be written/);
    }));

  it('interrupted: status 1', () =>
    withScenario({}, async (file) => {
      const controller = new AbortController();
      controller.abort(new Error('interrupted'));
      const { status, stdout, stderr } = await command(['run', file], { signal: controller.signal });
      expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: 'usufruct: interrupted\n' });
    }));
});

describe('usufruct', () => {
  it.each([['--help'], ['run', '--help'], ['trace', '--help'], ['trace', 'convert', '--help']])('%s %s: status 0', async (...args) => {
    const { status, stdout, stderr } = await command(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: usufruct/);
  });

  it('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
    expect(await command(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each<[string, readonly string[], RegExp]>([
    ['no subcommand', [], /Usage: usufruct/],
    ['one that does not exist', ['fly'], /unknown command 'fly'/],
    ['an option that does not exist', ['run', '--fast'], /unknown option '--fast'/],
    ['a word too many', ['run', 'a.json', 'b.json'], /too many arguments/],
    ['a scenario that does not exist', ['run', '/none.json'], /\/none\.json: the scenario cannot be read: there is no such file/],
    ['a missing argument', ['trace', 'info'], /missing required argument 'file'/],
  ])('%s: status 2', async (_, args, message) => {
    const { status, stdout, stderr } = await command(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
