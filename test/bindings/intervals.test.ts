// Comparisons at intervals of virtual time or of accesses (US 9,063,868, 3rd embodiment), with a lockstep and without one.
import { describe, expect, test } from 'vitest';
import type { LockstepOptions } from '../../bindings/lockstep/types.ts';
import type { CompareEvery } from '../../bindings/comparison-interval.ts';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { watched } from '../support/check-points.ts';
import { ListProgram } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;

interface Made {
  readonly engine: Engine;
  readonly vm: Vm;
}

async function made(replicas: number, every?: CompareEvery | null, onWrite = false): Promise<Made> {
  const engine = await engineMake(build!, { regions: 16, slots: 64, maxReplicas: 16, compareOnWrite: true });
  const compare = { ...(every === undefined ? {} : { every }), ...(onWrite ? { onWrite: 'any' as const } : {}) };
  return { engine, vm: engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas, compare }) };
}

/** Both store the same, one after the other: two areas until they are compared. */
function storeBoth({ vm }: Made, value: number): void {
  for (const replica of vm.replicas) replica.memory.store32(0, value);
}

describe('engine.advance()', () => {
  test('virtual time: the interval counts from the last comparison', async () => {
    const all = await made(2, '10ns');
    const { engine, vm } = all;
    expect(engine.dueNs).toBe(10);
    storeBoth(all, 7); // two accesses of 1 ns
    expect(engine.advance()).toBe(0);
    expect(vm.residentPages).toBe(2);
    for (let access = 0; access < 7; access += 1) vm.replica.memory.load32(0); // 9 ns
    expect(engine.advance()).toBe(0);
    vm.replica.memory.load32(0);
    expect(engine.advance()).toBe(1);
    expect(vm.residentPages).toBe(1);
    expect(engine.dueNs).toBe(20);
    storeBoth(all, 8);
    vm.compare(); // by hand, at 12 ns
    expect(engine.dueNs).toBe(22);
    expect(engine.advance(21)).toBe(0);
    engine.validate();
  });

  test('accesses of all replicas', async () => {
    const all = await made(2, { accesses: 4 });
    const { engine, vm } = all;
    expect(engine.dueNs).toBe(null);
    storeBoth(all, 7);
    vm.replica.memory.load32(0);
    expect(engine.advance()).toBe(0);
    vm.replicas[1]!.memory.load32(0);
    expect(engine.dueNs).toBe(4);
    expect(engine.advance()).toBe(1);
    expect([vm.residentPages, engine.dueNs]).toEqual([1, null]);
  });

  test('another interval from now on, or none', async () => {
    const { engine, vm } = await made(2);
    expect([engine.dueNs, vm.comparePolicy.every]).toEqual([null, null]);
    vm.compareBy({ every: '1us' });
    expect([engine.dueNs, vm.comparePolicy.every]).toEqual([1000, '1us']);
    vm.compareBy({ every: null });
    expect(engine.dueNs).toBe(null);
    vm.compareBy({ every: '1us' });
    vm.dispose();
    expect(engine.dueNs).toBe(null);
  });

  test('a clock far ahead brings one comparison, not all that were missed', async () => {
    const { engine, vm } = await made(2, '10ns');
    const other = engine.createVm({ memory: REGION, addressSpace: PAGE });
    for (let access = 0; access < 1000; access += 1) other.replica.memory.load32(0);
    expect(engine.virtualNs).toBe(1000);
    expect(engine.advance()).toBe(1);
    expect(engine.dueNs).toBe(1010);
    expect(vm.timeNs).toBe(0);
  });

  test('Fig. 11: areas that differ stay writable and apart, those that are equal become one', async () => {
    const { engine, vm } = await made(3, '10ns');
    const [first, second, third] = vm.replicas as [Replica, Replica, Replica];
    for (const replica of vm.replicas) for (const page of [0, 1, 2]) replica.memory.store32(page * PAGE, page + 1);
    second.memory.store32(PAGE, 99);
    expect(vm.residentPages).toBe(9);
    expect(engine.advance()).toBe(1);
    expect(vm.residentPages).toBe(4);
    const { copies } = vm.counters;
    second.memory.store32(PAGE, 2); // no exception: it is alone with its area
    expect(vm.counters.copies).toBe(copies);
    first.memory.store32(0, 5); // shared again: S2, S3
    expect(vm.counters.copies).toBe(copies + 1);
    expect(third.memory.load32(0)).toBe(1);
    engine.validate();
  });

  test.each([0, -1, 1.5, 'soon', { accesses: 0 }, { accesses: 1.5 }, { turns: 3 }, true])('%j is refused', async (every) => {
    const { vm } = await made(2);
    expect(() => vm.compareBy({ every: every as CompareEvery })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(vm.comparePolicy.every).toBe(null);
  });
});

describe('in a lockstep', () => {
  /** 100 stores of 1 ns each, one page after the other; check points as asked for. */
  async function ran(
    every: CompareEvery | undefined,
    options: Partial<LockstepOptions> = {},
    policy?: CompareEvery,
  ): Promise<{
    compares: number[];
    merged: number;
    residentPages: number;
  }> {
    const { engine, vm } = await made(2, policy);
    const steps = Array.from(
      { length: 100 },
      (_, index): Step =>
        ({ replica: { memory } }) =>
          memory.store32((index % 10) * PAGE, index + 1),
    );
    const { lockstep } = watched(vm, {
      program: (guest) => new ListProgram(guest, steps, [50]),
      ...(every === undefined ? {} : { compare: { every } }),
      ...options,
    });
    const compares: number[] = [];
    lockstep.on('compare', ({ timeNs }) => compares.push(timeNs));
    expect((await lockstep.run()).end).toBe('finished');
    engine.validate();
    return { compares, merged: lockstep.counts.areasMerged, residentPages: vm.residentPages };
  }

  test('every so much virtual time; a check point is a comparison too', async () => {
    const { compares } = await ran('20ns');
    expect(compares).toEqual([20, 40, 70, 90]); // 50: the check point
  });

  test('every so many accesses of both', async () => {
    const { compares, residentPages } = await ran({ accesses: 40 }, { processors: 1 });
    expect(compares.length).toBeGreaterThan(0);
    expect(residentPages).toBe(10);
  });

  test('as the VM has it, where the lockstep says nothing', async () => {
    expect((await ran(undefined, {}, '20ns')).compares).toEqual([20, 40, 70, 90]);
    expect((await ran('30ns', {}, '20ns')).compares).toEqual([30, 80]);
  });

  test('alone, without waiting at check points', async () => {
    const { compares, residentPages } = await ran('20ns', { compare: { every: '20ns', atCheckPoints: false } });
    expect(compares.slice(0, 4)).toEqual([20, 40, 60, 80]);
    expect(residentPages).toBe(10);
  });

  test('together with comparison on write', async () => {
    const { engine, vm } = await made(3, '20ns', true);
    const steps = Array.from(
      { length: 60 },
      (_, index): Step =>
        ({ replica: { memory } }) =>
          memory.store32((index % 10) * PAGE, index + 1),
    );
    const { lockstep } = watched(vm, { program: (guest) => new ListProgram(guest, steps, [30]), onDifference: 'vote' });
    expect((await lockstep.run()).end).toBe('finished');
    expect(vm.residentPages).toBe(10);
    expect(lockstep.counts.differences).toBe(0);
    engine.validate();
  });

  /** A lockstep with an interval of its own, on a VM that compares every 30 ns. */
  async function own(every: CompareEvery): Promise<{ vm: Vm; end: () => Promise<void> }> {
    const { vm } = await made(2, '30ns', true);
    const step: Step = (guest) => guest.work(1);
    const { lockstep } = watched(vm, { program: (guest) => new ListProgram(guest, [step], []), compare: { every } });
    await lockstep.run();
    expect(vm.comparePolicy.every).toEqual(every);
    return { vm, end: () => lockstep.dispose() };
  }

  test.each<CompareEvery>(['10us', { accesses: 7 }])('%j of its own: what the VM had before is back behind it', async (every) => {
    const { vm, end } = await own(every);
    await end();
    expect(vm.comparePolicy).toMatchObject({ every: '30ns', onWrite: 'any' });
  });

  test('what the user sets meanwhile stays', async () => {
    const { vm, end } = await own('10us');
    vm.compareBy({ every: '2us' });
    await end();
    expect(vm.comparePolicy).toMatchObject({ every: '2us', onWrite: false });
  });
});
