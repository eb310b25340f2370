import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../bindings/scenario/read.ts';
import { runScenario } from '../../bindings/scenario/run.ts';
import { buildOf } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

const FILE = fileURLToPath(new URL('../../examples/default.json', import.meta.url));

describe('the default scenario', () => {
  it('shows what it is meant to show: memory at once under rights, after the page-outs under eager, with paging all along, and a fault that is out-voted', async () => {
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
      const pair = run.vms.slice(0, 2);
      const pairBytes = scenario.vms.slice(0, 2).reduce((sum, vm) => sum + vm.memoryBytes, 0);
      expect(pair.reduce((sum, vm) => sum + vm.tracedBytes, 0)).toBeGreaterThan(pairBytes);
      for (const vm of pair) expect(vm.pageIns).toBeGreaterThan(1000);
      const { replicas, lockstep, digest, tracedBytes } = run.vms[2]!;
      expect(replicas!.map((replica) => [replica.state, replica.digest])).toEqual([1, 2, 3].map(() => ['finished', digest]));
      expect(lockstep).toMatchObject({ end: 'finished', counts: { checkPoints: 500, differences: 1, repairs: 1 } });
      expect(lockstep!.faults).toMatchObject([{ replica: 2, kind: 'memory', times: 1 }]);
      expect(lockstep!.found).toMatchObject([
        { outcome: 'repaired', minority: [2], repaired: [2], virtualNs: lockstep!.faults[0]!.foundVirtualNs },
      ]);
      expect(lockstep!.found[0]!.differences).toMatchObject([
        { kind: 'page', page: 100, ranges: [{ from: 0, bytes: 1 }], groups: [[1, 3], [2]] },
      ]);
      expect(lockstep!.memory.peakBytes).toBeLessThan(1.35 * tracedBytes);
      expect(lockstep!.memory.meanBytes).toBeLessThan(tracedBytes);
      expect(lockstep!.separate).toMatchObject({ vms: 3, peakBytes: 3 * tracedBytes, onePeakBytes: tracedBytes });
    }
  });
});
