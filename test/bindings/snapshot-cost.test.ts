// What forks and snapshots cost, counted by operations of the engine: nothing that grows with the pages there are.
import { describe, expect, test } from 'vitest';
import type { Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, shipped } from '../support/engines.ts';

const [build] = shipped;

/** A VM with so many written pages, and the operations that an action takes: page objects and nodes that are made, copied or freed, pages copied. */
async function setup(
  pages: number,
): Promise<{ vm: Vm; replica: Replica; count: (action: () => void) => Readonly<Record<string, number>> }> {
  const engine = await engineMake(build!, { memory: '48MiB', region: '256KiB', slots: 0, maxVms: 1, maxReplicas: 64 });
  const vm = engine.createVm({ memory: '48MiB', addressSpace: '64MiB' });
  for (let page = 0; page < pages; page += 1) vm.replica.memory.store32(page * PAGE, page + 1);
  const count = (action: () => void) => {
    const before = engine.inspect().operations;
    action();
    const after = engine.inspect().operations;
    return { objects: after.objects - before.objects, nodes: after.nodes - before.nodes, copies: after.copies - before.copies };
  };
  return { vm, replica: vm.replica, count };
}

const NOTHING = { objects: 0, nodes: 0, copies: 0 };

describe.each([64, 8192])('of %i written pages', (pages) => {
  test('forks, snapshots, dirty pages of nothing, and their ends: nothing is looked at', async () => {
    const { replica, count } = await setup(pages);
    expect(
      count(() => {
        const snapshot = replica.snapshot();
        const forks = [replica.fork(), snapshot.fork(), replica.fork({ quota: PAGE })];
        expect([...replica.dirtyPages(snapshot)]).toEqual([]);
        replica.restore(snapshot);
        for (const holder of [...forks, snapshot]) holder.dispose();
      }),
    ).toEqual(NOTHING);
  });

  test('the first write copies one page and the nodes above it; a reset gives back what was written', async () => {
    const { vm, replica, count } = await setup(pages);
    replica.snapshot();
    expect(count(() => replica.memory.store8(0, 9))).toEqual({ objects: 1, nodes: 3, copies: 1 });
    expect(count(() => replica.memory.store8(PAGE, 9))).toEqual({ objects: 1, nodes: 0, copies: 1 });
    const { residentPages } = vm;
    expect(count(() => replica.reset())).toEqual({ ...NOTHING, nodes: 3 });
    expect(vm.residentPages).toBe(residentPages - 2);
  });
});

test('dirty pages beyond what the engine lists at once', async () => {
  const { replica } = await setup(3000);
  const snapshot = replica.snapshot();
  const dirty = () => [...replica.dirtyPages(snapshot)].map(({ page }) => page);
  for (let page = 0; page < 3000; page += 1) {
    if ([1023, 1024, 1025, 2047, 2048, 2049].includes(page)) expect(dirty()).toEqual(Array.from({ length: page }, (_, index) => index));
    replica.memory.store8(page * PAGE, 9);
  }
  replica.memory.store8(2 ** 26 - 1, 9); // the last page there is
  expect(dirty()).toEqual([...Array.from({ length: 3000 }, (_, index) => index), 2 ** 14 - 1]);
});

test('10,000 forks, each with writes of its own, cost what they wrote', async () => {
  const forks = 10_000;
  const engine = await engineMake(build!, {
    memory: '48MiB',
    region: '256KiB',
    slots: 0,
    maxVms: 1,
    maxReplicas: forks + 1,
    tables: { nodes: 12_000 },
  });
  const vm = engine.createVm({ memory: '48MiB', addressSpace: '256KiB' });
  vm.replica.memory.fill(0, 64 * PAGE, 1);
  const all = Array.from({ length: forks }, () => vm.replica.fork());
  expect([vm.replicas.length, vm.residentPages]).toEqual([forks + 1, 64]);
  all.forEach((fork, index) => fork.memory.store8((index % 64) * PAGE, 2));
  expect(vm.residentPages).toBe(64 + forks);
  expect(all[9_999]!.memory.load8((9_999 % 64) * PAGE)).toBe(2);
  expect(all[9_998]!.memory.load8((9_999 % 64) * PAGE)).toBe(1);
  for (const fork of all) fork.dispose();
  expect([vm.replicas, vm.residentPages]).toEqual([[vm.replica], 64]);
  engine.validate();
});
