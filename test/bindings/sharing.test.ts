// Sharing in the terms of Linux's KSM, over all replicas and snapshots of a VM.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, SharingCounters, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

/** All but the profit. */
function counts({ pagesShared, pagesSharing, pagesUnshared, pagesVolatile, zeroPages }: SharingCounters): readonly number[] {
  return [pagesShared, pagesSharing, pagesUnshared, pagesVolatile, zeroPages];
}

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let replica: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 128, maxReplicas: 64, scan: true });
    vm = engine.createVm({ memory: 12 * REGION, addressSpace: 4096 * PAGE });
    replica = vm.replica;
  });
  const write = (target: Replica, page: number, value: number): void => target.memory.store32(page * PAGE, value);

  test('nothing yet', () => {
    expect(vm.sharing()).toEqual({
      pagesShared: 0,
      pagesSharing: 0,
      pagesUnshared: 0,
      pagesVolatile: 0,
      fullScans: 0,
      zeroPages: 0,
      profitBytes: 0,
    });
  });

  test('a page counts for each holder, through shared page tables too', () => {
    for (const page of [0, 1, 2000]) write(replica, page, page + 1);
    expect(counts(vm.sharing())).toEqual([0, 0, 3, 0, 0]);
    const fork = replica.fork();
    expect(counts(vm.sharing())).toEqual([3, 3, 0, 0, 0]);
    fork.fork();
    expect(counts(vm.sharing())).toEqual([3, 6, 0, 0, 0]);
    write(fork, 1, 7); // the way to page 1, and page 1, are its own now
    expect(counts(vm.sharing())).toEqual([3, 5, 1, 0, 0]);
    write(fork, 3, 7);
    expect(counts(vm.sharing())).toEqual([3, 5, 2, 0, 0]);
  });

  test('snapshots hold pages like replicas', () => {
    write(replica, 0, 1);
    const snapshot = replica.snapshot();
    expect(counts(vm.sharing())).toEqual([1, 1, 0, 0, 0]);
    write(replica, 0, 2);
    expect(counts(vm.sharing())).toEqual([0, 0, 2, 0, 0]);
    snapshot.dispose();
    expect(counts(vm.sharing())).toEqual([0, 0, 1, 0, 0]);
  });

  test('pages in swap count like those in frames, pages of zeros apart', () => {
    replica.memory.load32(100 * PAGE);
    const fork = replica.fork();
    for (let page = 0; page < 60; page += 1) write(page % 2 === 0 ? replica : fork, page, page + 1);
    expect(vm.outPages).toBeGreaterThan(0);
    expect(counts(vm.sharing())).toEqual([0, 0, 60, 0, 2]);
    engine.validate();
  });

  test('pages that scans have seen change are volatile, until they settle', () => {
    for (const page of [0, 1, 2]) write(replica, page, page + 1);
    vm.scan();
    expect(counts(vm.sharing())).toEqual([0, 0, 0, 3, 0]);
    write(replica, 1, 9);
    vm.scan();
    expect(vm.sharing()).toMatchObject({ pagesUnshared: 2, pagesVolatile: 1, fullScans: 2 });
    vm.scan();
    expect(counts(vm.sharing())).toEqual([0, 0, 3, 0, 0]);
  });

  test('the profit is net of page tables and page objects', () => {
    write(replica, 0, 1);
    write(replica, 1, 2);
    const { nodes, pageObjects } = engine.inspect().tables;
    expect(vm.sharing().profitBytes).toBe(-(nodes.used * 264 + pageObjects.used * 44));
    replica.fork();
    expect(vm.sharing().profitBytes).toBe(2 * PAGE - (nodes.used * 264 + pageObjects.used * 44));
  });

  test('only this VM counts', () => {
    write(replica, 0, 1);
    const other = engine.createVm({ memory: REGION, addressSpace: 64 * PAGE });
    write(other.replica, 0, 1);
    expect(counts(vm.sharing())).toEqual([0, 0, 1, 0, 0]);
    other.dispose();
    expect(() => other.sharing()).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    vm.scan();
    expect(engine.createVm({ memory: REGION }).sharing().fullScans).toBe(0);
  });
});

test('10,000 forks of 4,096 pages: each table is looked at once', async () => {
  const engine = await engineMake(shipped[0]!, {
    regions: 1100,
    slots: 0,
    maxReplicas: 10_001,
    tables: { nodes: 30_000, translatedPages: 0 },
  });
  const vm = engine.createVm({ memory: 1100 * REGION, addressSpace: '64MiB' });
  for (let page = 0; page < 4096; page += 1) vm.replica.memory.store32(page * PAGE, page + 1);
  for (let made = 1; made < 10_000; made += 1) vm.replica.fork();
  for (const index of [7, 8, 9]) vm.replicas[index]!.memory.store32(0, index);
  const started = performance.now();
  const { pagesShared, pagesSharing, pagesUnshared } = vm.sharing();
  expect(performance.now() - started).toBeLessThan(200); // 41 million entries would take longer
  expect([pagesShared, pagesSharing, pagesUnshared]).toEqual([4096, 4096 * 9_999 - 3, 3]);
});
