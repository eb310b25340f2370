// Replicas that die, join and stand by.
import { describe, expect, test } from 'vitest';
import type { CheckPoint, LockstepOptions, ProgramMaker } from '../../bindings/lockstep/types.ts';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { watched } from '../support/check-points.ts';
import type { Watched } from '../support/check-points.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;
const STEPS = 40;

/** Adds 1 to a word of memory in each step: what is there tells how often. */
const counting: ProgramMaker = (guest) => {
  const step: Step = ({ replica: { memory } }) => memory.store32(0, memory.load32(0) + 1);
  return new ListProgram(guest, new Array<Step>(STEPS).fill(step), [10, 20, 30]);
};

interface Made extends Watched {
  readonly engine: Engine;
  readonly vm: Vm;
}

async function made(replicas: number, options: Partial<LockstepOptions> = {}): Promise<Made> {
  const engine = await engineMake(build!, { regions: 16, slots: 64, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { engine, vm, ...watched(vm, { program: counting, ...options }) };
}

/** At check point `id`, once. */
function at({ lockstep }: Made, id: CheckPoint['id'], action: () => void): void {
  const stop = lockstep.on('arrive', ({ checkPoint }) => {
    if (checkPoint.id !== id) return;
    stop();
    action();
  });
}

const results = ({ lockstep }: Made): unknown => lockstep.result.replicas.map(({ vmId, state }) => [vmId, state]);
const sums = ({ vm }: Made): number[] => vm.replicas.map((replica) => replica.memory.load32(0));

describe('fail', () => {
  test('the others go on and do not wait', async () => {
    const all = await made(3);
    const events: unknown[] = [];
    all.lockstep.on('fail', ({ vmId, isDisposed }) => events.push([vmId, isDisposed]));
    const [, second] = all.vm.replicas as [Replica, Replica, Replica];
    at(all, 10, () => all.lockstep.fail(second));
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(events).toEqual([[2, true]]);
    expect(second.isDisposed).toBe(true);
    expect(results(all)).toEqual([
      [1, 'finished'],
      [3, 'finished'],
    ]);
    expect(sums(all)).toEqual([STEPS, STEPS]);
    expect(all.vm.residentPages).toBe(1);
    all.engine.validate();
  });

  test('set aside: it stays as it was', async () => {
    const all = await made(2);
    const [first] = all.vm.replicas as [Replica, Replica];
    await all.lockstep.run({ until: { progress: 0.5 } });
    all.lockstep.fail(first, { dispose: false });
    await all.lockstep.run();
    expect([first.isDisposed, first.isInStep, first.memory.load32(0)]).toEqual([false, false, 20]);
    expect(sums(all)).toEqual([20, STEPS]);
  });

  test('one that was disposed of without a word: the run says so, and goes on when it is taken out', async () => {
    const all = await made(3);
    const [, second] = all.vm.replicas as [Replica, Replica, Replica];
    await all.lockstep.run({ until: { progress: 0.5 } });
    second.dispose();
    await expect(all.lockstep.run()).rejects.toMatchObject({ code: 'DISPOSED' });
    all.lockstep.fail(second);
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(sums(all)).toEqual([STEPS, STEPS]);
  });

  test('the last one cannot, and strangers neither', async () => {
    const all = await made(2);
    const [first, second] = all.vm.replicas as [Replica, Replica];
    all.lockstep.fail(first);
    expect(() => all.lockstep.fail(second)).toThrow(
      expect.objectContaining({ code: 'LOCKSTEP_HALTED', details: { vm: all.vm.name, minority: '2' } }),
    );
    expect(() => all.lockstep.fail(first)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => all.lockstep.fail(second.fork())).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(second.isDisposed).toBe(false);
    await all.lockstep.run();
    expect(second.memory.load32(0)).toBe(STEPS);
  });
});

describe('join', () => {
  test('at the next check point, from a survivor, with its state', async () => {
    const all = await made(2);
    const joins: unknown[] = [];
    all.lockstep.on('join', ({ vmId, from, checkPoint }) => joins.push([vmId, from, checkPoint.id]));
    at(all, 10, () => {
      all.lockstep.fail(all.vm.replicas[0]!);
      all.lockstep.join();
      all.lockstep.join();
    });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(joins).toEqual([
      [3, 2, 10],
      [4, 2, 10],
    ]);
    expect(all.reports.map(({ outcome }) => outcome)).toEqual(['equal', 'equal', 'equal', 'equal', 'equal']);
    expect(sums(all)).toEqual([STEPS, STEPS, STEPS]);
    expect(all.vm.residentPages).toBe(1);
    all.engine.validate();
  });

  test('a single replica becomes two; before the first slice too', async () => {
    const all = await made(1);
    all.lockstep.join();
    await all.lockstep.run();
    expect(sums(all)).toEqual([STEPS, STEPS]);
    expect(all.lockstep.counts.joins).toBe(1);
  });

  test('the one that joins is like the majority, not like the one that is wrong', async () => {
    const all = await made(3);
    const [first] = all.vm.replicas as [Replica];
    at(all, 10, () => {
      first.memory.store32(8 * PAGE, 1);
      all.lockstep.join();
    });
    await all.lockstep.run();
    expect(all.vm.replicas.map((replica) => replica.memory.load32(8 * PAGE))).toEqual([1, 0, 0, 0]);
  });

  test('without a record it fails once, and the others can go on', async () => {
    const engine = await engineMake(build!, { regions: 16, slots: 64, maxVms: 1, maxReplicas: 2 });
    const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas: 2 });
    const all = { engine, vm, ...watched(vm, { program: counting }) };
    all.lockstep.join();
    await expect(all.lockstep.run()).rejects.toMatchObject({ code: 'TABLES_FULL' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(sums(all)).toEqual([STEPS, STEPS]);
    engine.validate();
  });
});

describe('standby', () => {
  test('it does not run, is brought up to date, and takes over from the last verified check point', async () => {
    const all = await made(1, { standby: 1 });
    const takeOvers: unknown[] = [];
    all.lockstep.on('takeOver', ({ vmId, checkPoint }) => takeOvers.push([vmId, checkPoint.id]));
    const seen: number[] = [];
    all.lockstep.on('checkPoint', () => seen.push(all.lockstep.standby?.memory.load32(0) ?? -1));
    const [active] = all.vm.replicas as [Replica];
    at(all, 30, () => all.lockstep.fail(active)); // before it is judged: 20 is the last verified one
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(seen.slice(0, 3)).toEqual([-1, 0, 10]); // brought up to date behind each check point
    expect(takeOvers).toEqual([[2, 20]]);
    expect(active.isDisposed).toBe(true);
    expect(results(all)).toEqual([[2, 'finished']]);
    expect(all.vm.replicas.find((replica) => replica.isInStep)!.memory.load32(0)).toBe(STEPS);
    expect(all.lockstep.standby).not.toBe(null); // another one
    all.engine.validate();
    await all.lockstep.dispose();
    expect(all.vm.replicas).toHaveLength(1);
  });

  test('two active ones: it takes over when both are gone, and costs no frame until then', async () => {
    const all = await made(2, { standby: 1 });
    await all.lockstep.run({ until: { progress: 0.5 } });
    expect(all.vm.residentPages).toBe(1);
    const [first, second] = all.vm.replicas as [Replica, Replica];
    all.lockstep.fail(first);
    expect(all.lockstep.counts.takeOvers).toBe(0);
    all.lockstep.fail(second);
    expect(all.lockstep.counts.takeOvers).toBe(1);
    await all.lockstep.run();
    expect(all.vm.replicas.find((replica) => replica.isInStep)!.memory.load32(0)).toBe(STEPS);
  });

  test('a program that fails in the only active one: the standby goes on', async () => {
    let isWrong = true;
    const failing: ProgramMaker = (guest) => {
      const step: Step = ({ replica: { memory } }) => {
        memory.store32(0, memory.load32(0) + 1);
        if (memory.load32(0) !== 15 || !isWrong) return;
        isWrong = false;
        throw new Error('a bus error');
      };
      return new ListProgram(guest, new Array<Step>(STEPS).fill(step), [10, 20, 30]);
    };
    const all = await made(1, { program: failing, standby: 1 });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports[2]).toMatchObject({ outcome: 'takenOver', rolledBackTo: { id: 10 } });
    expect(all.vm.replicas.find((replica) => replica.isInStep)!.memory.load32(0)).toBe(STEPS);
    all.engine.validate();
  });

  test('the one that stands by dies, without a word: another one is made, which takes over', async () => {
    const all = await made(1, { standby: 1 });
    await all.lockstep.run({ until: { progress: 0.25 } });
    const { standby } = all.lockstep;
    standby!.dispose();
    expect(all.lockstep.standby).toBe(null);
    expect(() => all.lockstep.fail(all.vm.replica)).toThrow(expect.objectContaining({ code: 'LOCKSTEP_HALTED' }));
    await all.lockstep.run({ until: { progress: 0.5 } });
    expect(all.lockstep.standby).not.toBe(null);
    all.lockstep.fail(all.vm.replica);
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.vm.replicas.find((replica) => replica.isInStep)!.memory.load32(0)).toBe(STEPS);
    all.engine.validate();
  });

  test('the one that stands by can be told to have failed, or be set aside', async () => {
    const all = await made(2, { standby: 1 });
    await all.lockstep.run({ until: { progress: 0.25 } });
    const dead = all.lockstep.standby!;
    all.lockstep.fail(dead);
    expect([dead.isDisposed, all.lockstep.standby]).toEqual([true, null]);
    await all.lockstep.run({ until: { progress: 0.5 } });
    const aside = all.lockstep.standby!;
    all.lockstep.fail(aside, { dispose: false });
    expect([aside.isDisposed, aside.isInStep, all.lockstep.standby]).toEqual([false, false, null]);
    expect(() => all.lockstep.fail(aside)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(aside.memory.load32(0)).toBe(20);
    expect(all.lockstep.counts.fails).toBe(0); // those count who run
    await all.lockstep.dispose();
    expect(aside.isDisposed).toBe(false);
  });
});

test('the state to come back to is dropped by the user: it cannot be come back to, and there is one again at the next check point', async () => {
  const wrongAt = [15, 35];
  const failing: ProgramMaker = (guest) => {
    const step: Step = ({ replica: { memory }, number }) => {
      memory.store32(0, memory.load32(0) + 1);
      if (number !== 2 || memory.load32(0) !== wrongAt[0]) return;
      wrongAt.shift();
      throw new Error('a bus error');
    };
    return new ListProgram(guest, new Array<Step>(STEPS).fill(step), [10, 20, 30]);
  };
  const all = await made(3, { program: failing, onDifference: ['rollBack', 'vote'] });
  await all.lockstep.run({ until: { progress: 0.25 } });
  for (const snapshot of all.vm.snapshots) snapshot.dispose();
  expect((await all.lockstep.run()).end).toBe('finished');
  expect(all.reports.map(({ outcome, tried }) => [outcome, ...tried])).toEqual([
    ['equal'],
    ['equal'],
    ['repaired', 'rollBack'],
    ['equal'],
    ['rolledBack'],
    ['equal'],
  ]);
  expect(sums(all)).toEqual([STEPS, STEPS, STEPS]);
  expect(all.vm.snapshots).toEqual([]);
});
