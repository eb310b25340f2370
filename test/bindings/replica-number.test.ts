// VMID: one number for a replica's whole life, the same in the page table, in the tables of a lockstep and in its events.
import { expect, test } from 'vitest';
import type { Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const STEPS = 40;
const counting: Step = ({ replica: { memory } }) => memory.store32(0, memory.load32(0) + 1);

async function vmMake(replicas: number): Promise<Vm> {
  const engine = await engineMake(shipped[0]!, { regions: 16, slots: 64, maxReplicas: 16 });
  return engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
}

const numbers = ({ replicas }: Vm): readonly number[] => replicas.map(({ number }) => number);
const inPageTable = (vm: Vm): readonly number[] => [...vm.pageTable({ to: 1 })].map(({ vmId }) => vmId);

test('a replica that failed leaves the numbers of the others as they were, everywhere', async () => {
  const vm = await vmMake(4);
  const [, second, , fourth] = vm.replicas;
  const lockstep = vm.lockstep({ program: (guest) => new ListProgram(guest, steps(STEPS, counting), [10, 20, 30]) });
  const minorities: (readonly number[])[] = [];
  lockstep.on('difference', ({ minority }) => minorities.push(minority));
  await lockstep.run({ until: { progress: 0.25 } });
  lockstep.fail(second!);
  fourth!.memory.store8(PAGE, 7);
  lockstep.join();
  await lockstep.run();
  expect(numbers(vm)).toEqual([1, 3, 4, 5]);
  expect(inPageTable(vm)).toEqual(numbers(vm));
  expect(lockstep.progressTable().map(({ vmId }) => vmId)).toEqual(numbers(vm));
  expect(lockstep.assignmentTable().every(({ vmId }) => vmId === null || numbers(vm).includes(vmId))).toBe(true);
  expect(new Set(minorities.flat())).toEqual(new Set([4]));
  expect(vm.replicaOf(minorities[0]![0]!)).toBe(fourth);
});

test('in a second lockstep, and where the first replica is out of step, they are the same', async () => {
  const vm = await vmMake(3);
  vm.replicas[0]!.isInStep = false;
  for (let run = 0; run < 2; run += 1) {
    const seen: number[] = [];
    const lockstep = vm.lockstep({
      program: (guest) => {
        expect(guest.number).toBe(guest.replica.number);
        seen.push(guest.number);
        return new ListProgram(guest, steps(STEPS, counting));
      },
    });
    expect((await lockstep.run()).replicas.map(({ vmId }) => vmId)).toEqual([2, 3]);
    expect(seen).toEqual([2, 3]);
    await lockstep.dispose();
  }
});

test('from a number to its replica', async () => {
  const vm = await vmMake(2);
  const [first, second] = vm.replicas;
  second!.dispose();
  const third = first!.fork();
  expect([1, 2, 3, 4].map((number) => vm.replicaOf(number))).toEqual([first, undefined, third, undefined]);
  const now = third.snapshot(); // snapshots and those being loaded take no number
  await vm.loadSnapshot(await now.save());
  expect(now.fork().number).toBe(4);
  for (const number of [0, 1.5, -1, Number.NaN, '1']) {
    expect(() => vm.replicaOf(number as number)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  }
  vm.dispose();
  expect(vm.replicaOf(1)).toBe(undefined);
});
