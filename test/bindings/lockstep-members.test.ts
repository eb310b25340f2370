// Members that go and come while a lockstep runs: at once between slices, else behind the slice or the meeting in hand.
import { expect, test, vi } from 'vitest';
import type { Lockstep, LockstepOptions, ProgramMaker, Vm } from '../../bindings/node.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';

const [build] = shipped;

async function made(
  replicas: number,
  program: ProgramMaker,
  options: Partial<LockstepOptions> = {},
): Promise<{ vm: Vm; lockstep: Lockstep }> {
  const engine = await engineOf(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas });
  return { vm, lockstep: vm.lockstep({ program, ...options }) };
}

const states = ({ result }: Lockstep): readonly (readonly [number, string])[] => result.replicas.map(({ vmId, state }) => [vmId, state]);

test('a program that lets its own replica fail ends with the slice', async () => {
  const { vm, lockstep } = await made(3, (guest) => {
    const fail = (): void => {
      guest.work(1);
      if (guest.number === 2) lockstep.fail(guest.replica);
      expect(guest.replica.isDisposed).toBe(false); // the slice is not over
    };
    return new ListProgram(guest, [...steps(10), fail, ...steps(20_000)]);
  });
  await lockstep.run();
  expect(states(lockstep)).toEqual([
    [1, 'finished'],
    [3, 'finished'],
  ]);
  expect(vm.replicas).toHaveLength(2);
  expect(lockstep.progressTable().map(({ vmId }) => vmId)).toEqual([1, 3]);
});

test('while input is waited for, it is after the slice', async () => {
  const replicas: boolean[] = [];
  const { vm, lockstep } = await made(2, (guest) => {
    let isThere = false;
    const program = new ListProgram(guest, steps(10));
    return Object.assign(program, {
      run: (untilNs: number) => (isThere || guest.number === 1 ? ListProgram.prototype.run.call(program, untilNs) : ('input' as const)),
      refill: async () => {
        await Promise.resolve();
        const [first] = vm.replicas;
        lockstep.fail(first!);
        replicas.push(first!.isDisposed);
        isThere = true;
      },
    });
  });
  await lockstep.run();
  expect(replicas).toEqual([false]);
  expect(states(lockstep)).toEqual([[2, 'finished']]);
});

test('the last one that is waited for fails: the others go on at once', async () => {
  const { vm, lockstep } = await made(3, (guest) => new ListProgram(guest, steps(guest.number === 3 ? 100_000 : 100), [50]));
  lockstep.on('arrive', ({ checkPoint }) => {
    if (checkPoint.id === 'end' && vm.replicas.length === 3) lockstep.fail(vm.replicas[2]!);
  });
  const result = await lockstep.run();
  expect(result).toMatchObject({ end: 'finished', virtualNs: expect.toSatisfy((timeNs: number) => timeNs <= 10_100) as unknown });
});

test('one that joins runs from the next check point on, on a processor like the others', async () => {
  const { vm, lockstep } = await made(2, (guest) => new ListProgram(guest, steps(3000), [1000, 2000]));
  await lockstep.run({ until: { time: 500 } });
  lockstep.join();
  const served = new Set<number>();
  lockstep.on('slice', ({ vmId, fromNs }) => {
    if (fromNs >= 1000) served.add(vmId);
  });
  expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 3 });
  expect([...served].sort((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(vm.replicas).toHaveLength(3);
  expect(states(lockstep).map(([vmId]) => vmId)).toEqual([1, 2, 3]);
});

/** Replica 2 of three stores a byte that the others do not, before the check point. */
const faulty: ProgramMaker = (guest) => {
  const wrong = (): void => {
    if (guest.number === 2) guest.replica.memory.store8(1, 7);
    guest.work(1);
  };
  return new ListProgram(guest, [...steps(10), wrong, ...steps(30_000)], [20, 20_000]);
};

test.each(['slice', 'assign', 'arrive', 'difference', 'repair', 'compare', 'checkPoint'] as const)(
  'fail and join from a listener of %s: carried out when the slice or the meeting is over',
  async (name) => {
    const { vm, lockstep } = await made(3, faulty, { onDifference: 'vote', compare: { every: '5us' } });
    let wasAsked = false;
    lockstep.on(name, () => {
      if (wasAsked || lockstep.result.virtualNs === 0) return;
      wasAsked = true;
      const [, second] = vm.replicas;
      lockstep.fail(second!);
      lockstep.join();
      expect(second!.isDisposed).toBe(false);
    });
    expect(await lockstep.run()).toMatchObject({ end: 'finished' });
    expect(wasAsked).toBe(true);
    expect(states(lockstep)).toEqual([
      [1, 'finished'],
      [3, 'finished'],
      [4, 'finished'],
    ]);
  },
);

test('the last one that runs fails when processors are given out: the others meet', async () => {
  const { vm, lockstep } = await made(2, (guest) => new ListProgram(guest, steps(guest.number === 2 ? 100_000 : 100)), {
    processors: [{ level: 1 }, { level: 2 }],
  });
  lockstep.on('assign', ({ timeNs }) => {
    if (timeNs > 0 && vm.replicas.length === 2) lockstep.fail(vm.replicas[1]!);
  });
  expect(await lockstep.run({ signal: AbortSignal.timeout(3000) })).toMatchObject({ end: 'finished' });
  expect(states(lockstep)).toEqual([[1, 'finished']]);
});

test('of several that wait for the end of a meeting each is carried out, whatever becomes of the others', async () => {
  const { vm, lockstep } = await made(4, faulty);
  lockstep.on('difference', ({ isKnown }) => {
    if (isKnown) return;
    const [first, second] = vm.replicas;
    lockstep.fail(first!);
    lockstep.fail(first!);
    lockstep.fail(second!);
  });
  await expect(lockstep.run()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  expect(vm.replicas).toHaveLength(2);
  expect(await lockstep.run()).toMatchObject({ end: 'finished' });
});

test('a listener that throws is an error of its own', async () => {
  const { lockstep } = await made(1, (guest) => new ListProgram(guest, steps(10)));
  const uncaught = vi.fn();
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', uncaught);
  const error = new Error('mine');
  lockstep.on('arrive', () => {
    throw error;
  });
  let heard = 0;
  lockstep.on('arrive', () => (heard += 1));
  expect(await lockstep.run()).toMatchObject({ end: 'finished' });
  await new Promise((resolve) => setTimeout(resolve));
  for (const other of others) process.on('uncaughtException', other);
  expect(heard).toBe(1);
  expect(uncaught.mock.calls[0]?.[0]).toBe(error);
});
