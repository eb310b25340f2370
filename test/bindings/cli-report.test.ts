import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { reportData } from '../../bindings/cli/report/data.ts';
import { onGrid } from '../../bindings/cli/report/grid.ts';
import { jsonForScript, reportHtml } from '../../bindings/cli/report/report.ts';
import type { ScenarioResult, VmResult } from '../../bindings/scenario/result.ts';
import { NOBODY, type Timeline } from '../../bindings/scenario/timeline.ts';

const HOSTILE = '</script><script>alert(1)</script>&"\'\u2028';

function vm(name: string, virtualNs: number): VmResult {
  return {
    name,
    virtualNs,
    accesses: 100,
    faults: 5,
    pageIns: 3,
    pageOuts: 4,
    evictions: 1,
    takeOvers: 1,
    earlyReleases: 0,
    earlyReleasesFailed: 0,
    pagesMoved: 0,
    stalls: { count: 3, medianNs: 90_000, p99Ns: 90_000, worstNs: 90_000, ofAll: { medianNs: 0, p99Ns: 90_000, worstNs: 90_000 } },
    firstTouches: { count: 1, waited: 1, medianNs: 90_000, p99Ns: 90_000, worstNs: 90_000 },
    ioWaitNs: 7,
    slowest1PercentNs: 90_001,
    slowestNs: 90_001,
    managedBytes: 8192,
    usedBytes: 8192,
    usableBytes: 8192,
    tracedBytes: 4096,
    digest: 'd',
  };
}

const result: ScenarioResult = {
  title: HOSTILE,
  memoryBytes: 16384,
  regionBytes: 4096,
  pageBytes: 4096,
  runs: (['rights', 'eager'] as const).map((strategy) => ({
    strategy,
    policies: { handover: strategy },
    usefulBytes: { mean: 16384, least: 16384, samples: { virtualNs: [0], bytes: [16384] } },
    virtualNs: 1000,
    wallMs: 1.5,
    bytes: { total: 65536, books: 1024 },
    vms: [vm(HOSTILE, 1000), vm('b', 500)],
    reconfigurations: [],
  })),
  contentsEqual: true,
};

const timeline: Timeline = {
  regions: 4,
  rights: { timesNs: [0, 10], regions: [0, 0], managers: [0, 0], users: [NOBODY, 0] },
  vms: [1000, 500].map((endNs) => ({
    timesNs: [0, endNs],
    positions: [0, 100],
    pageIns: [0, 3],
    pageOuts: [0, 4],
    residentPages: [0, 2],
  })),
  holders: [{ timeNs: 0, used: [0, 0], untouched: [2, 2] }],
  stalls: [{ ns: 90_000, count: 3 }],
  marks: [{ timeNs: 10, text: HOSTILE }],
  rightsChangesLost: 0,
};

describe('the data of a report', () => {
  it('brings samples onto a grid: linear between them, nothing after the last one', () => {
    expect(onGrid([0, 5, 10, 15, 20, 25], [0, 10, 20], [0, 100, 100])).toEqual([0, 50, 100, 100, 100, null]);
    expect(onGrid([0, 5], [5], [7])).toEqual([7, 7]);
    expect(onGrid([0, 5, 10, 15], [0, 7], [0, 100])).toEqual([0, (5 / 7) * 100, 100, null]);
    expect(onGrid([0, 5], [], [])).toEqual([null, null]);
  });

  it('has a line for each VM under each strategy, and the progress in percent', () => {
    const data = reportData(result, [timeline, timeline], []);
    expect(data.progress.map((line) => line.label)).toEqual([`${HOSTILE}, rights`, 'b, rights', `${HOSTILE}, eager`, 'b, eager']);
    expect(data.progress[0]!.values[0]).toBe(0);
    expect(data.progress[0]!.values.at(-1)).toBe(100);
    expect(data.progress[1]!.values.at(-1)).toBeNull();
    expect(data.resident[0]!.values.at(-1)).toBe(8192);
  });
});

describe('the page', () => {
  const page = reportHtml(reportData(result, [timeline, timeline], ['A <fact>.']));
  const scripts = async (): Promise<RegExpMatchArray[]> => [...(await page).matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];

  it('stands alone: no reference to anything outside', async () => {
    expect(await page).not.toMatch(/<(link|img|script|iframe)[^>]*\s(src|href)=/i);
    expect(await page).not.toMatch(/@import|url\(\s*['"]?http/i);
  });

  it('its scripts are whole, whatever stands in the data', async () => {
    const found = await scripts();
    expect(found.map((script) => script[1])).toEqual([' type="application/json" id="data"', '', '']);
    expect(JSON.parse(found[0]![2]!)).toMatchObject({ title: HOSTILE, vms: [HOSTILE, 'b'] });
    for (const script of found.slice(1)) expect(() => new Script(script[2]!)).not.toThrow();
  });

  it('shows names as text', async () => {
    const outside = (await page).replace(/<script[\s\S]*?<\/script>/g, '');
    expect(outside).not.toContain('alert(1)</');
    expect(outside).toContain('A &#60;fact&#62;.');
  });

  it('JSON for a script element has no character that could end it', () => {
    expect(jsonForScript({ text: HOSTILE })).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(jsonForScript({ text: HOSTILE }))).toEqual({ text: HOSTILE });
  });
});
