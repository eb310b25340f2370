// Comparison on write (US 9,063,868, 1st embodiment) through the public API.
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../bindings/node.ts';
import type { ComparePolicy, Engine, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES, shipped } from '../support/engines.ts';

const [build] = shipped;

async function replicasIn(count: number, compare: ComparePolicy): Promise<{ engine: Engine; vm: Vm }> {
  const engine = await engineMake(build!, { regions: 64, slots: 64, compareOnWrite: true, maxReplicas: 64 });
  const vm = engine.createVm({ memory: 64 * REGION_BYTES, addressSpace: '1MiB', replicas: count, compare });
  return { engine, vm };
}

/** The pages of all replicas, from one of them. */
function fill(vm: Vm, pages: number): void {
  vm.replica.memory.write(
    0,
    new Uint8Array(pages * PAGE).map((_, index) => index * 7 + 1),
  );
  for (const replica of vm.replicas) if (replica !== vm.replica) replica.restore(vm.replica);
}

function frameOf(engine: Engine, vm: Vm, replica: number, page: number): number | null {
  return [...engine.pages(vm.replicas[replica]!, { from: page, to: page + 1 })][0]!.frame;
}

test('a second replica that writes the same joins the first, and its frame is free (Figs. 4 to 6)', async () => {
  const { engine, vm } = await replicasIn(2, { onWrite: 'any' });
  fill(vm, 2);
  const before = vm.residentPages;
  const basic = frameOf(engine, vm, 0, 1);
  vm.replicas[1]!.memory.store32(PAGE + 16, 0xdeadbeef);
  expect(vm.residentPages).toBe(before + 1);
  expect(frameOf(engine, vm, 0, 1)).toBe(basic);
  vm.replicas[0]!.memory.store32(PAGE + 16, 0xdeadbeef);
  expect(vm.residentPages).toBe(before);
  expect(frameOf(engine, vm, 0, 1)).toBe(frameOf(engine, vm, 1, 1));
  expect(vm.counters).toMatchObject({ copies: 1, merges: 1 });
  engine.validate();
  engine.dispose();
});

test.each(['target', 'corresponding', 'basic', 'copy'] as const)('keep: %s', async (keep) => {
  const { engine, vm } = await replicasIn(2, { onWrite: 'any', keep });
  fill(vm, 2);
  const basic = frameOf(engine, vm, 0, 1)!;
  vm.replicas[1]!.memory.store8(PAGE, 9);
  const copy = frameOf(engine, vm, 1, 1)!;
  vm.replicas[0]!.memory.store8(PAGE, 9);
  expect(frameOf(engine, vm, 0, 1)).toBe({ target: basic, corresponding: copy, basic, copy }[keep]);
  expect(frameOf(engine, vm, 1, 1)).toBe(frameOf(engine, vm, 0, 1));
  engine.validate();
  engine.dispose();
});

test('three replicas: the third one finds the copy of the second (S5, afterCopy)', async () => {
  for (const afterCopy of [true, false]) {
    const { engine, vm } = await replicasIn(3, { onWrite: 'any', afterCopy });
    fill(vm, 2);
    const before = vm.residentPages;
    vm.replicas[1]!.memory.store64(PAGE + 8, 77n);
    vm.replicas[2]!.memory.store64(PAGE + 8, 77n);
    expect(vm.residentPages).toBe(before + (afterCopy ? 1 : 2));
    vm.replicas[0]!.memory.store64(PAGE + 8, 77n);
    expect(vm.residentPages).toBe(before + (afterCopy ? 0 : 1));
    engine.validate();
    engine.dispose();
  }
});

test('bulk writes, misaligned and crossing stores are compared too', async () => {
  const { engine, vm } = await replicasIn(2, { onWrite: 'any' });
  fill(vm, 4);
  const before = vm.residentPages;
  const stores = [
    (at: number) => vm.replicas[at]!.memory.store32(PAGE - 1, 0x01020304),
    (at: number) => vm.replicas[at]!.memory.write(100, new Uint8Array(3 * PAGE).fill(3)),
    (at: number) => vm.replicas[at]!.memory.fill(2 * PAGE + 5, 2500, 0),
  ];
  for (const store of stores) {
    store(1);
    expect(vm.residentPages).toBeGreaterThan(before);
    store(0);
    expect(vm.residentPages).toBe(before);
    engine.validate();
  }
  engine.dispose();
});

test('a page that returns to zero is untouched again, where others never touched it', async () => {
  const { engine, vm } = await replicasIn(2, { onWrite: 'any' });
  vm.replica.memory.store32(0, 5);
  expect(vm.residentPages).toBe(1);
  vm.replica.memory.store32(0, 0);
  expect(vm.residentPages).toBe(0);
  engine.validate();
  engine.dispose();
});

test('triggers: stores to the other kind of area are not compared', async () => {
  for (const [onWrite, merges] of [
    ['basic', 1],
    ['copy', 0],
  ] as const) {
    const { engine, vm } = await replicasIn(2, { onWrite, afterCopy: false });
    fill(vm, 1);
    vm.replicas[1]!.memory.store32(0, 1); // the copy
    vm.replicas[0]!.memory.store32(0, 1); // the basic area that is left with one replica
    expect(vm.counters.merges).toBe(merges);
    vm.replicas[1]!.memory.store32(0, 2);
    vm.replicas[0]!.memory.store32(0, 2);
    vm.replicas[1]!.memory.store32(0, 2);
    expect(vm.counters.merges).toBe(onWrite === 'basic' ? 2 : 1);
    engine.validate();
    engine.dispose();
  }
});

test('allEqual: only when all areas of the page are', async () => {
  const { engine, vm } = await replicasIn(3, { onWrite: 'any', merge: 'allEqual' });
  fill(vm, 1);
  vm.replicas[1]!.memory.store32(0, 1);
  vm.replicas[2]!.memory.store32(0, 1);
  expect(vm.residentPages).toBe(3);
  vm.replicas[0]!.memory.store32(0, 1);
  expect(vm.residentPages).toBe(1);
  engine.validate();
  engine.dispose();
});

test('the retried instruction pays for another access', async () => {
  const { engine, vm } = await replicasIn(2, { onWrite: 'any', exception: 'retries' });
  fill(vm, 1);
  const { timeNs } = vm;
  const { accesses } = vm.counters;
  vm.replicas[1]!.memory.store32(0, 1);
  expect(vm.timeNs - timeNs).toBe(2);
  expect(vm.counters.accesses - accesses).toBe(1);
  engine.dispose();
});

test('an engine without room for it says how to get it', async () => {
  const engine = await engineMake(build!, { regions: 4, slots: 4 });
  expect(() => engine.createVm({ memory: 4 * REGION_BYTES, compare: { onWrite: 'any' } })).toThrow(/compareOnWrite/);
  expect(() => engine.createVm({ memory: 4 * REGION_BYTES, compare: { onWrite: 'all' as 'any' } })).toThrow(InvalidOptionError);
  expect(engine.vms).toEqual([]);
  engine.dispose();
});
