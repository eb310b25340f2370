import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarioRun, type RunReport } from './scenario.ts';
import { scenarioRead } from './scenario-file.ts';

const GOLDEN = new URL('../golden/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('two-vms.expected.json', GOLDEN), 'utf8')) as {
  runs: ({ strategy: 'rights' | 'eager' } & RunReport)[];
};

describe('the scenario worked out by hand in test/golden/two-vms.md', () => {
  it.each(golden.runs)('$strategy', ({ strategy, ...expected }) => {
    const report = scenarioRun(scenarioRead(new URL('two-vms.scenario.json', GOLDEN), 4096), strategy);
    expect(report.virtualNs).toBe(expected.virtualNs);
    expect(report.reconfigurations).toEqual(expected.reconfigurations);
    expected.vms.forEach((vm, index) => expect(vm).toMatchObject(report.vms[index] ?? {}));
    expect(report.vms).toHaveLength(expected.vms.length);
  });
});
