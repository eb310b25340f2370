import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../bindings/scenario/read.ts';
import { runScenario } from '../../bindings/scenario/run.ts';
import { buildOf } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

const FILE = fileURLToPath(new URL('../../examples/default.json', import.meta.url));

describe('the default scenario', () => {
  it('shows what it is meant to show: memory at once under rights, after the page-outs under eager, with paging all along', async () => {
    const { create, pageBytes } = engineOn(buildOf('release'));
    const scenario = await readScenario(FILE, { pageBytes });
    const { result } = await runScenario(scenario, { engineCreate: create, pageBytes });
    expect(result.contentsEqual).toBe(true);
    const [rights, eager] = result.runs.map((run) => run.reconfigurations[0]!);
    const { moves } = scenario.changes[0]!;
    expect(moves[0]).toMatchObject({ vm: 'sort', bytes: -scenario.vms[0]!.memoryBytes / 2 });
    expect(rights).toMatchObject({
      grantVirtualNs: 0,
      pageOutsBeforeGrant: 0,
      regions: scenario.vms[0]!.memoryBytes / 2 / scenario.regionBytes,
    });
    expect(eager!.pageOutsBeforeGrant).toBeGreaterThan(100);
    expect(eager!.grantVirtualNs).toBeGreaterThan(1e6);
    for (const run of result.runs) {
      expect(run.reconfigurations[0]!.settledVirtualNs).not.toBeNull();
      expect(run.vms.reduce((sum, vm) => sum + vm.tracedBytes, 0)).toBeGreaterThan(scenario.memoryBytes);
      for (const vm of run.vms) expect(vm.pageIns).toBeGreaterThan(1000);
    }
  });
});
