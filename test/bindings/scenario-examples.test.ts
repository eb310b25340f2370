// The scenarios of the package that are there to show something: that they show it.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compareScenario, type CompareResult } from '../../bindings/scenario/compare.ts';
import { readScenario } from '../../bindings/scenario/read.ts';
import { buildOf } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

async function compared(name: string, strategies?: readonly string[]): Promise<CompareResult> {
  const { create, pageBytes } = engineOn(buildOf('release'));
  const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const scenario = await readScenario(file, { pageBytes }, { strategies });
  const { result } = await compareScenario(scenario, { engineCreate: create, pageBytes });
  expect(result.contentsEqual).toBe(true);
  return result;
}

describe('examples/early-release.json', () => {
  it("on recorded traces the new manager's first touches stop waiting for the old user, and the old user pays for it", async () => {
    const { entries } = await compared('early-release.json', ['rights', 'few accesses', 'after 20 ms']);
    const [rights, ...early] = entries.map(({ figures, run }) => ({ ...figures!, sort: run!.vms[0]! }));
    expect(rights).toMatchObject({ takeOvers: 24, grantWorstNs: 0 });
    expect(rights!.firstTouchMedianNs).toBeGreaterThan(1e6); // 64 page-outs
    for (const released of early) {
      expect(released.grantWorstNs).toBe(0);
      expect(released.sort.earlyReleases).toBeGreaterThanOrEqual(22);
      expect(released.takeOvers).toBeLessThanOrEqual(2);
      expect(released.firstTouchMedianNs).toBeLessThan(rights!.firstTouchMedianNs! / 5); // its own page-in is left
      expect(released.sort.pageIns).toBeGreaterThan(rights!.sort.pageIns);
      expect(released.giverSlowdown).toBeGreaterThan(rights!.giverSlowdown!);
    }
  });
});

describe('examples/move-first.json', () => {
  it('where the old user has frames free elsewhere, moving first spares it most page-outs and the new manager its waits', async () => {
    const { entries } = await compared('move-first.json', ['rights', 'moveFirst', 'evacuate']);
    const [rights, moving, evacuated] = entries.map(({ figures, run }) => ({ ...figures!, python: run!.vms[0]! }));
    expect(rights!.firstTouchMedianNs).toBeGreaterThan(1e6);
    expect(moving!.firstTouchMedianNs).toBe(0);
    for (const { python, firstTouchMedianNs, giverSlowdown } of [moving!, evacuated!]) {
      expect(python.pagesMoved).toBeGreaterThan(500);
      expect(python.pageOuts).toBeLessThan(rights!.python.pageOuts / 4);
      expect(firstTouchMedianNs).toBeLessThan(rights!.firstTouchMedianNs! / 4);
      expect(giverSlowdown).toBeLessThan(rights!.giverSlowdown! / 4);
    }
  });
});

describe('examples/replicas.json', () => {
  it('three replicas lose memory in the middle, out-vote what goes wrong with two of them, and end alike', async () => {
    const { entries } = await compared('replicas.json', ['rights', 'eager']);
    const [rights, eager] = entries.map(({ run }) => run!.vms[0]!);
    for (const { replicas, lockstep, digest, tracedBytes } of [rights!, eager!]) {
      expect(replicas!.map((replica) => replica.digest)).toEqual([digest, digest, digest]);
      expect(lockstep!.counts).toMatchObject({ checkPoints: 500, differences: 2, repairs: 2, rollBacks: 0 });
      expect(lockstep!.found.map(({ minority, differences }) => [minority, differences[0]!.kind])).toEqual([
        [[2], 'page'],
        [[3], 'state'],
      ]);
      expect(lockstep!.separate.peakBytes).toBe(3 * tracedBytes);
      expect(lockstep!.memory.peakBytes).toBeLessThan(lockstep!.separate.peakBytes * 0.6);
    }
    expect(entries.map(({ figures }) => figures!.grantWorstNs! > 0)).toEqual([false, true]);
    // three replicas gave 1,536 frames up: what all share went out once
    const { reconfigurations } = entries[0]!.run!;
    expect(reconfigurations[0]!.pageOutsAfterGrant).toBeLessThanOrEqual(1536);
  });
});

describe('examples/back-and-forth.json', () => {
  it('1,000 regions 100 times there and back: rights grants at once, writes less than eager, leaves no memory idle', async () => {
    const { entries, memoryBytes } = await compared('back-and-forth.json', ['rights', 'eager', 'reserve']);
    const [rights, eager, reserve] = entries.map(({ figures }) => figures!);
    for (const { run } of entries) {
      expect(run!.reconfigurations).toHaveLength(200);
      expect(run!.reconfigurations.reduce((sum, { regions }) => sum + regions, 0)).toBe(200_000);
    }
    expect(rights!.grantWorstNs).toBe(0);
    expect(eager!.grantWorstNs).toBeGreaterThan(1e6);
    expect(rights!.pageOuts).toBeLessThan(eager!.pageOuts);
    expect(eager!.pageOuts).toBeLessThan(reserve!.pageOuts);
    expect(rights!.stallWorstNs).toBeLessThan(eager!.stallWorstNs!);
    expect(rights!.finishNs).toBeLessThan(eager!.finishNs);
    expect(rights!.usefulBytes).toBe(memoryBytes);
    expect(eager!.usefulBytes).toBeLessThan(memoryBytes);
    expect(reserve!.usefulBytes).toBeLessThan(memoryBytes * 0.75);
  });
});
