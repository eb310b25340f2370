// Who runs in a lockstep is compared, whatever the user does.
import { expect, test } from 'vitest';
import type { Lockstep, ProgramMaker, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';

const [build] = shipped;

async function made(replicas: number, program: ProgramMaker): Promise<{ vm: Vm; lockstep: Lockstep }> {
  const engine = await engineMake(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas });
  return { vm, lockstep: vm.lockstep({ program }) };
}

test('one that runs cannot be told to be out of step: its wrong writes would never be seen', async () => {
  const { vm, lockstep } = await made(2, (guest) => new ListProgram(guest, steps(10)));
  const [first, second] = vm.replicas;
  const refused = expect.objectContaining({
    code: 'INVALID_OPTION',
    details: expect.objectContaining({ field: 'isInStep' }) as unknown,
  }) as unknown;
  const leave = (): void => void (second!.isInStep = false);
  expect(leave).toThrow(refused);
  second!.isInStep = true;
  const other = second!.fork();
  other.isInStep = true;
  other.isInStep = false; // it does not run
  await lockstep.run();
  expect(leave).toThrow(refused);
  lockstep.fail(first!, { dispose: false });
  expect([first!.isInStep, second!.isInStep]).toEqual([false, true]);
  await lockstep.dispose();
  leave();
  expect(second!.isInStep).toBe(false);
});

test('a single one that was not in step is, when another joins: they are compared', async () => {
  const { vm, lockstep } = await made(1, (guest) => {
    const wrong = (): void => guest.replica.memory.store8(0, guest.number);
    return new ListProgram(guest, [...steps(10), wrong, ...steps(10)], [5]);
  });
  lockstep.join();
  await lockstep.run();
  expect(vm.replicas.map(({ isInStep }) => isInStep)).toEqual([true, true]);
  expect(lockstep.differences).toMatchObject([{ kind: 'page', page: 0, groups: [[1], [2]] }]);
});
