// Programs that wait for input, or cannot end well: an abort is heard meanwhile, and nobody is kept from leaving.
import { expect, test } from 'vitest';
import type { ProgramMaker, Vm } from '../../bindings/node.ts';
import type { ReplicaProgram } from '../../bindings/lockstep/types.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';

const [build] = shipped;

async function made(replicas: number, program: ProgramMaker) {
  const engine = await engineMake(build!, { regions: 16, slots: 64, maxReplicas: 16 });
  const vm: Vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { engine, vm, lockstep: vm.lockstep({ program }) };
}

/** Asks for input before its first step; `refill` is its own. */
function thirsty(refill: () => Promise<void>): ProgramMaker {
  return (guest) => {
    const program: ReplicaProgram = new ListProgram(guest, steps(20), [10]);
    const run = program.run.bind(program);
    let isFilled = false;
    return Object.assign(program, {
      run: (untilNs: number, untilPosition?: number) => (isFilled ? run(untilNs, untilPosition) : 'input'),
      refill: async () => {
        await refill();
        isFilled = true;
      },
    });
  };
}

test('an abort is heard while input is waited for, and the run goes on later', async () => {
  let bring = (): void => undefined;
  const brought = new Promise<void>((resolve) => (bring = resolve));
  const { engine, lockstep } = await made(
    2,
    thirsty(() => brought),
  );
  const controller = new AbortController();
  const run = lockstep.run({ signal: controller.signal });
  const why = new Error('enough');
  setTimeout(() => controller.abort(why), 5);
  await expect(run).rejects.toBe(why);
  bring();
  expect((await lockstep.run()).end).toBe('finished');
  engine.dispose();
});

test('a program that throws as it ends keeps nobody from leaving', async () => {
  const program: ProgramMaker = (guest) =>
    Object.assign(new ListProgram(guest, steps(20), [10]), {
      dispose: () => {
        throw new Error('I will not go');
      },
    });
  const { engine, vm, lockstep } = await made(3, program);
  const left = vm.replicas[1]!;
  lockstep.fail(left);
  expect(left.isDisposed).toBe(true);
  expect((await lockstep.run()).end).toBe('finished');
  await lockstep.dispose();
  engine.dispose();
});
