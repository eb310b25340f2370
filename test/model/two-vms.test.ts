import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarioRun, type RunReport } from './scenario.ts';
import { scenarioRead } from './scenario-file.ts';

const GOLDEN = new URL('../golden/', import.meta.url);

interface Golden {
  readonly runs: readonly ({ readonly strategy: 'rights' | 'eager' } & RunReport)[];
}

/** Neither strategy releases early or moves pages. */
const NOTHING = { earlyReleases: 0, earlyReleasesFailed: 0, pagesMoved: 0 };

describe.each([
  { title: 'L records only load', file: 'two-vms.expected.json', loadsStore: false },
  { title: 'L records store too', file: 'two-vms.loads-store.expected.json', loadsStore: true },
])('the scenario worked out by hand in test/golden/two-vms.md: $title', ({ file, loadsStore }) => {
  const golden = JSON.parse(readFileSync(new URL(file, GOLDEN), 'utf8')) as Golden;

  it.each(golden.runs)('$strategy', ({ strategy, ...expected }) => {
    const report = scenarioRun({ ...scenarioRead(new URL('two-vms.scenario.json', GOLDEN), 4096), loadsStore }, strategy);
    expect(report.virtualNs).toBe(expected.virtualNs);
    expect(report.reconfigurations).toEqual(expected.reconfigurations);
    expected.vms.forEach((vm, index) => {
      const { earlyReleases, earlyReleasesFailed, pagesMoved, ...figures } = report.vms[index] ?? NOTHING;
      expect(vm).toMatchObject(figures);
      expect({ earlyReleases, earlyReleasesFailed, pagesMoved }).toEqual(NOTHING);
    });
    expect(report.vms).toHaveLength(expected.vms.length);
  });
});
