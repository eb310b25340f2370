// Joins and take-overs that something stands in the way of: nothing of them is left behind, and they can be tried again.
import { describe, expect, test } from 'vitest';
import { SwapReadError } from '../../bindings/node.ts';
import type { Engine, Lockstep, ProgramMaker, Vm } from '../../bindings/node.ts';
import type { LockstepOptions } from '../../bindings/lockstep/types.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;
const STEPS = 40;

/** Adds 1 to a word of memory in each step. */
const counting: ProgramMaker = (guest) => {
  const step: Step = ({ replica: { memory } }) => memory.store32(0, memory.load32(0) + 1);
  return new ListProgram(guest, new Array<Step>(STEPS).fill(step), [10, 20, 30]);
};

interface Made {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly lockstep: Lockstep;
}

async function made(replicas: number, program: ProgramMaker, options: Partial<LockstepOptions> = {}): Promise<Made> {
  const engine = await engineMake(build!, { regions: 16, slots: 64, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { engine, vm, lockstep: vm.lockstep({ program, ...options }) };
}

const full = new Error('no room for one more program');
const unread = new SwapReadError('not now', {});

/** The first program that is made behind `first` ones cannot be. */
function makingFails(first: number): ProgramMaker {
  let made = 0;
  return (guest) => {
    made += 1;
    if (made === first + 1) throw full;
    return counting(guest);
  };
}

/** The program that is made behind `first` ones meets with a failure of the engine when it is restored. */
function restoringFails(first: number): ProgramMaker {
  let made = 0;
  const restore = (): never => {
    throw unread;
  };
  return (guest) => {
    made += 1;
    return made === first + 1 ? Object.assign(counting(guest), { restore }) : counting(guest);
  };
}

const WAYS: readonly (readonly [string, (first: number) => ProgramMaker, Error])[] = [
  ['its program cannot be made', makingFails, full],
  ['its program cannot be restored, for what is none of its business', restoringFails, unread],
];

describe.each(WAYS)('%s', (_what, program, error) => {
  test('join: the replica is gone again, and the others go on', async () => {
    const { engine, vm, lockstep } = await made(2, program(2));
    await lockstep.run({ until: { progress: 0.25 } });
    const before = vm.replicas;
    lockstep.join();
    await expect(lockstep.run()).rejects.toBe(error);
    expect(vm.replicas).toEqual(before);
    expect(lockstep.progressTable()).toHaveLength(2);
    lockstep.join();
    expect((await lockstep.run()).end).toBe('finished');
    expect(vm.replicas.map(({ memory }) => memory.load32(0))).toEqual([STEPS, STEPS, STEPS]);
    engine.validate();
  });

  test.each<Partial<LockstepOptions>>([{}, { onDifference: 'rollBack' }])(
    'take-over: it stands by still, and takes over next (%j)',
    async (options) => {
      const { engine, vm, lockstep } = await made(1, program(1), { standby: 1, ...options });
      await lockstep.run({ until: { progress: 0.5 } });
      const { standby } = lockstep;
      expect(() => lockstep.fail(vm.replicas[0]!)).toThrow(error);
      expect([lockstep.standby === standby, standby!.isInStep, lockstep.result.replicas]).toEqual([true, false, []]);
      expect(await lockstep.run()).toMatchObject({ end: 'finished', replicas: [{ state: 'finished' }] });
      expect(lockstep.counts.takeOvers).toBe(1);
      expect(standby!.memory.load32(0)).toBe(STEPS);
      engine.validate();
    },
  );
});

test("replicas that differ before the first slice: 'halt' ends the run there as anywhere, and a later one goes on", async () => {
  const { vm, lockstep } = await made(2, counting, { onDifference: 'halt' });
  vm.replicas[1]!.memory.store32(8 * PAGE, 1);
  const starts: unknown[] = [];
  lockstep.on('halt', ({ report }) => starts.push(report.checkPoint?.id));
  expect(await lockstep.run()).toMatchObject({ end: 'halted', virtualNs: 1, replicas: [{ position: 0 }, { position: 0 }] });
  vm.replicas[1]!.memory.store32(8 * PAGE, 0);
  expect((await lockstep.run()).end).toBe('finished');
  expect(starts).toEqual(['start']);
});

test('the standby cannot be taken out, too, before it has taken over: nobody would be left', async () => {
  const { vm, lockstep } = await made(1, makingFails(1), { standby: 1 });
  await lockstep.run({ until: { progress: 0.5 } });
  expect(() => lockstep.fail(vm.replicas[0]!)).toThrow(full);
  const { standby } = lockstep;
  expect(() => lockstep.fail(standby!, { dispose: false })).toThrow(expect.objectContaining({ code: 'LOCKSTEP_HALTED' }));
  expect(lockstep.standby).toBe(standby);
  expect((await lockstep.run()).end).toBe('finished');
});
