// VMs of several replicas as the command shows them: rows, sentences, the drawing in the terminal, the pictures of a report.
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { replicaDrawing } from '../../bindings/cli/replica-drawing.ts';
import { foundShown, replicaRows, replicaSentences } from '../../bindings/cli/replica-figures.ts';
import { reportReplicas } from '../../bindings/cli/report/replica-data.ts';
import type { FoundResult, ReplicaResult, ReplicasResult } from '../../bindings/scenario/replica-result.ts';
import type { ScenarioResult, VmResult } from '../../bindings/scenario/result.ts';
import { command } from './cli-support.ts';
import { lackeyText, withFiles } from './scenario-support.ts';

const MIB = 2 ** 20;
const COUNTS = {
  checkPoints: 10,
  comparisons: 11,
  areasMerged: 40,
  differences: 1,
  repairs: 1,
  rollBacks: 0,
  flips: 0,
  fails: 0,
  joins: 0,
  takeOvers: 0,
};

const FOUND: FoundResult = {
  virtualNs: 600,
  progress: 0.6,
  outcome: 'repaired',
  minority: [2],
  repaired: [2],
  rolledBackTo: null,
  differences: [{ kind: 'page', page: 3, address: '0x3000', ranges: [{ from: 0, bytes: 1 }], groups: [[1, 3], [2]] }],
  flips: [],
};

function lockstepOf(more: Partial<ReplicasResult> = {}): ReplicasResult {
  return {
    records: 100,
    end: 'finished',
    processors: [],
    counts: COUNTS,
    copies: 50,
    merges: 40,
    memory: { peakBytes: 4 * MIB, meanBytes: 3 * MIB },
    separate: {
      vms: 3,
      peakBytes: 9 * MIB,
      meanBytes: 8 * MIB,
      onePeakBytes: 3 * MIB,
      virtualNs: 1600,
      samples: { virtualNs: [0, 800, 1600], bytes: [3 * MIB, 9 * MIB, 9 * MIB] },
    },
    samples: {
      virtualNs: [0, 400, 800],
      bytes: [MIB, 4 * MIB, 3 * MIB],
      apart: [0, 20, 5],
      merges: [0, 0, 40],
      copies: [0, 30, 50],
      records: [
        [0, 60, 100],
        [0, 40, 100],
        [0, 50, 100],
      ],
    },
    faults: [{ replica: 2, kind: 'memory', progress: 0.55, virtualNs: 500, times: 1, foundVirtualNs: 600 }],
    found: [FOUND],
    ...more,
  };
}

const REPLICAS = [1, 2, 3].map((replica): ReplicaResult => ({
  replica,
  state: 'finished',
  records: 100,
  progress: 1,
  virtualNs: 800,
  waitedNs: 0,
  digest: 'd',
}));

function vmOf(lockstep?: ReplicasResult): VmResult {
  return { name: 'p', ...(lockstep === undefined ? {} : { replicas: REPLICAS, lockstep }) } as unknown as VmResult;
}

describe('the drawing of replicas', () => {
  it('has memory against separate VMs, a line a replica, merges, faults and what was found, in 80 columns', () => {
    const lines = replicaDrawing(vmOf(lockstepOf()));
    expect(lines[0]).toBe('VM p, 3 replicas: memory in use over virtual time (· in separate VMs)');
    const of = (label: string): string => lines.find((line) => line.trim().startsWith(label))!;
    const memory = lines.slice(1, 7).map((line) => line.slice(14));
    expect(lines[1]).toContain('9MiB │');
    expect(memory[0]!.trimEnd()).toBe(`${' '.repeat(28)}${'·'.repeat(28)}`); // the separate ones, from 800 ns on
    expect(memory[5]!.slice(0, 29)).not.toContain(' ');
    expect(memory[5]!.slice(29).trim()).toBe(''); // the replicas have finished by then
    expect(of('replica 1')).toMatch(/▁+▅+█ finished at 800 ns$|▁+▅+█+ +finished at 800 ns$/);
    expect(of('replica 2')).toMatch(/▃/);
    expect(of('faults').slice(14).indexOf('×')).toBe(17); // 500 of 1600 ns, in 56 columns
    expect(of('found').slice(14).indexOf('!')).toBe(21);
    expect(of('merges').slice(14).trimEnd()).toMatch(/^ {28}█ +40$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(14 + 56 + 1 + 24);
  });

  it('of many replicas: the slowest and the fastest', () => {
    const { samples } = lockstepOf();
    const many = lockstepOf({ samples: { ...samples, records: Array.from({ length: 9 }, (_, index) => [0, 10 * index, 100]) } });
    const lines = replicaDrawing(vmOf(many)).map((line) => line.trim().split(' ')[0]);
    expect(lines).toContain('slowest');
    expect(lines).toContain('fastest');
    expect(lines).not.toContain('replica');
  });

  it('is nothing for other VMs', () => {
    expect(replicaDrawing(vmOf())).toEqual([]);
    expect(replicaRows([vmOf(), vmOf()])).toEqual([]);
    expect(replicaSentences(vmOf())).toEqual([]);
  });
});

describe('figures and sentences of replicas', () => {
  it('tell memory against separate VMs, and what was found', () => {
    const rows = replicaRows([vmOf(lockstepOf()), vmOf(lockstepOf({ counts: { ...COUNTS, flips: 2 } }))]);
    expect(rows[0]).toEqual({ label: 'memory in use, most', cells: ['4MiB', '4MiB'] });
    expect(rows[1]).toEqual({ label: 'in 3 separate VMs', cells: ['9MiB', '9MiB'] });
    expect(rows.at(-1)).toEqual({ label: 'flips found by the scrub', cells: ['0', '2'] });
    expect(replicaSentences(vmOf(lockstepOf({ end: 'halted' })))).toEqual([
      'VM p: 3 replicas had at most 4MiB in use, 3MiB on average; in 3 separate VMs the same program had 9MiB and 8MiB.',
      'Of 1 fault 1 was found: replica 2 out-voted and repaired.',
      'The replicas of p were halted before the end.',
    ]);
  });

  it.each([
    [{}, 'replica 2 repaired'],
    [{ outcome: 'rolledBack', rolledBackTo: 0.5 }, 'rolled back'],
    [{ outcome: 'takenOver' }, 'standby took over'],
    [{ outcome: 'halted' }, 'halted'],
    [{ outcome: 'equal', flips: [{ page: 1, address: null }] }, 'flip found'],
    [{ outcome: 'reported' }, 'replica 2 differs'],
    [{ outcome: 'reported', minority: [] }, 'difference'],
  ] as const)('%j is "%s"', (more, text) => {
    expect(foundShown({ ...FOUND, ...more })).toBe(text);
  });
});

describe('the pictures of replicas', () => {
  it('have lines for memory under each strategy and of separate VMs, and for each replica', () => {
    const run = (strategy: string) => ({ strategy, vms: [vmOf(), vmOf(lockstepOf())] });
    const [form, ...others] = reportReplicas({ runs: [run('rights'), run('eager')] } as unknown as ScenarioResult);
    expect(others).toEqual([]);
    expect(form!.memory.map(({ label }) => label)).toEqual(['together, rights', 'together, eager', '3 separate VMs']);
    expect(form!.progress.map(({ label }) => label)).toEqual(['replica 1', 'replica 2', 'replica 3']);
    expect(form!.under).toBe(', under rights');
    expect(form!.gridNs.at(-1)).toBe(1600);
    expect(form!.progress[1]!.values[0]).toBe(0);
    expect(form!.apart.map(({ label }) => label)).toEqual(['apart, rights', 'apart, eager']);
    expect(Math.max(...form!.apart[0]!.values.map((value) => value ?? 0))).toBeCloseTo(20, 0);
    expect(form!.marks).toEqual([
      { timeNs: 500, text: 'fault, replica 2', colour: 'bad' },
      { timeNs: 600, text: 'replica 2 repaired', colour: 'ink' },
    ]);
  });
});

describe('usufruct run with replicas', () => {
  it('prints the table, the drawing and a sentence, and writes a report whose scripts parse', async () => {
    const records = Array.from({ length: 400 }, (_, index) => ({ kind: 'S', address: BigInt(4096 * (index >> 5)), size: 8 }) as const);
    const vm = { name: 'p', memory: '512KiB', trace: 'p.lackey', replicas: 3, checkPoints: { every: 0.1 }, onDifference: 'vote' };
    const scenario = {
      memory: '512KiB',
      region: '16KiB',
      swap: { size: '1MiB' },
      vms: [{ ...vm, faults: [{ replica: 2, at: 0.5, page: 1 }] }],
    };
    await withFiles({ 'p.lackey': lackeyText(records), 's.json': JSON.stringify(scenario) }, async (directory) => {
      const { readFile } = await import('node:fs/promises');
      const report = `${directory}/r.html`;
      const { status, stdout } = await command(['run', `${directory}/s.json`, '--report', report]);
      expect(status).toBe(0);
      expect(stdout).toContain('VM p, 3 replicas: memory in use over virtual time');
      expect(stdout).toContain('Of 1 fault 1 was found: replica 2 out-voted and repaired.');
      const html = await readFile(report, 'utf8');
      expect(html).toContain('<div id="replicas"></div>');
      for (const [, script] of html.matchAll(/<script>([\s\S]*?)<\/script>/g)) new Script(script!);
    });
  });
});
