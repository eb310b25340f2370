// Members that go and come while a lockstep runs: at once between slices, else behind the slice or the meeting in hand.
import { expect, test, vi } from 'vitest';
import type { Lockstep, ProgramMaker, Vm } from '../../bindings/node.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';

const [build] = shipped;

async function made(replicas: number, program: ProgramMaker): Promise<{ vm: Vm; lockstep: Lockstep }> {
  const engine = await engineOf(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas });
  return { vm, lockstep: vm.lockstep({ program }) };
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
