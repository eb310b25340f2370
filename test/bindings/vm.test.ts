import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;

function write(vm: Vm, pages: number, first = 0): void {
  for (let page = first; page < first + pages; page += 1) vm.replica.memory.store32(page * PAGE_BYTES, page + 1);
}

function expectContent(vm: Vm, pages: number): void {
  for (let page = 0; page < pages; page += 1) expect(vm.replica.memory.load32(page * PAGE_BYTES)).toBe(page + 1);
}

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let a: Vm;
  let b: Vm;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 12 });
    a = engine.createVm({ name: 'a', memory: 8 * REGION_BYTES });
    b = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
  });

  test('the three figures of its memory', () => {
    expect(a).toMatchObject({ managedBytes: 8 * REGION_BYTES, usedBytes: 0, usableBytes: 8 * REGION_BYTES });
    write(a, 8 * REGION_PAGES);
    expect(a).toMatchObject({ usedBytes: 8 * REGION_BYTES, usableBytes: 8 * REGION_BYTES, residentPages: 32, outPages: 0 });
    a.reduce(3 * REGION_BYTES);
    expect(a).toMatchObject({ managedBytes: 5 * REGION_BYTES, usedBytes: 8 * REGION_BYTES, usableBytes: 8 * REGION_BYTES });
    b.expand(3 * REGION_BYTES);
    write(b, 5 * REGION_PAGES);
    expect(b).toMatchObject({ managedBytes: 5 * REGION_BYTES });
    engine.validate();
  });

  test('counters, and a clock that every access moves', () => {
    write(a, 4);
    a.replica.memory.load8(0);
    a.replica.memory.store64(PAGE_BYTES - 4, 0n);
    expect(a.counters).toEqual({
      accesses: 6,
      faults: 4,
      pageIns: 0,
      pageOuts: 0,
      evictions: 0,
      takeOvers: 0,
      copies: 0,
      merges: 0,
      earlyReleases: 0,
      earlyReleasesFailed: 0,
      pagesMoved: 0,
      ioWaitNs: 0,
    });
    expect(a.timeNs).toBe(6);
    expect(b.timeNs).toBe(0);
    expect(engine.virtualNs).toBe(6);
  });

  test('reduce by amount: high machine addresses first', () => {
    const change = a.reduce('32KiB');
    expect(change.regions).toBe(2);
    expect(
      engine
        .inspect()
        .regions.filter(({ manager }) => manager === 'a')
        .map(({ managerAddress }) => managerAddress! / REGION_BYTES),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expect(engine.regionsFree).toBe(4);
  });

  test('reduce by range of machine addresses', () => {
    a.reduce({ from: 2 * REGION_BYTES, bytes: 2 * REGION_BYTES });
    const held = (): number[] =>
      engine
        .inspect()
        .regions.filter(({ manager }) => manager === 'a')
        .map(({ managerAddress }) => managerAddress! / REGION_BYTES);
    expect(held()).toEqual([0, 1, 4, 5, 6, 7]);
    expect(thrownBy(() => a.reduce({ from: REGION_BYTES, bytes: 2 * REGION_BYTES }))).toMatchObject({
      code: 'NOT_MANAGED',
      details: { machineAddress: REGION_BYTES, regions: 2, managed: 1 },
    });
    expect(thrownBy(() => a.reduce({ from: 100 * REGION_BYTES, bytes: REGION_BYTES }, { shortfall: 'bestEffort' }))).toMatchObject({
      code: 'NOT_MANAGED',
    });
    expect(a.reduce({ from: REGION_BYTES, bytes: 2 * REGION_BYTES }, { shortfall: 'bestEffort' }).regions).toBe(1);
    expect(held()).toEqual([0, 4, 5, 6, 7]);
    engine.validate();
  });

  test('a hole is used again by the next expansion', () => {
    a.reduce({ from: 2 * REGION_BYTES, bytes: REGION_BYTES });
    a.expand(REGION_BYTES);
    expect(
      engine
        .inspect()
        .regions.filter(({ manager }) => manager === 'a')
        .map(({ managerAddress }) => managerAddress! / REGION_BYTES)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('too much, best effort, and the least that a VM keeps', async () => {
    expect(thrownBy(() => a.reduce(9 * REGION_BYTES))).toMatchObject({
      code: 'NOT_ENOUGH_MEMORY',
      details: { requested: 9, available: 8 },
    });
    expect(thrownBy(() => a.reduce(8 * REGION_BYTES))).toMatchObject({
      code: 'TOO_LITTLE_LEFT',
      details: { framesLeft: 0, framesLeast: 2 },
    });
    expect(thrownBy(() => b.expand(3 * REGION_BYTES))).toMatchObject({
      code: 'NOT_ENOUGH_MEMORY',
      details: { requested: 3, available: 2 },
    });
    expect(b.expand(3 * REGION_BYTES, { shortfall: 'bestEffort' }).regions).toBe(2);
    expect(a.reduce(9 * REGION_BYTES, { shortfall: 'bestEffort' }).regions).toBe(7);
    expect(a.managedBytes).toBe(REGION_BYTES);
    engine.validate();
    const pages = await engineMake(build, { region: PAGE_BYTES, memory: 8 * PAGE_BYTES });
    const vm = pages.createVm({ memory: 3 * PAGE_BYTES });
    expect(thrownBy(() => vm.reduce(2 * PAGE_BYTES))).toMatchObject({ details: { framesLeft: 1 } });
    expect(vm.reduce(PAGE_BYTES).regions).toBe(1);
    expect(thrownBy(() => vm.reduce(PAGE_BYTES))).toMatchObject({ details: { framesLeft: 1 } });
  });

  test.each([
    0,
    -REGION_BYTES,
    REGION_BYTES - 1,
    REGION_BYTES + 1,
    1.5,
    NaN,
    '16 KiB!',
    '-16KiB',
    null,
    undefined,
    true,
    2 ** 53,
    Infinity,
  ])('an amount of %s is refused', (amount) => {
    for (const request of [() => a.reduce(amount as number), () => a.expand(amount as number)]) {
      expect(thrownBy(request)).toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(a.managedBytes).toBe(8 * REGION_BYTES);
  });

  test('ranges and options of the wrong kind', () => {
    for (const range of [
      { from: 1, bytes: REGION_BYTES },
      { from: -REGION_BYTES, bytes: REGION_BYTES },
      { from: 0 },
      { from: 0, bytes: 1 },
      { from: 0, bytes: REGION_BYTES, to: 1 },
      [],
    ]) {
      expect(thrownBy(() => a.reduce(range as never))).toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(thrownBy(() => a.reduce(REGION_BYTES, { shortfall: 'maybe' as never }))).toMatchObject({
      details: { field: 'options.shortfall' },
    });
    expect(thrownBy(() => a.expand(REGION_BYTES, { wait: true } as never))).toMatchObject({ details: { field: 'options.wait' } });
    expect(thrownBy(() => a.expand(REGION_BYTES, 5 as never))).toMatchObject({ details: { field: 'options' } });
  });

  test('touch: one region by its machine address, any byte of it', () => {
    b.touch(REGION_BYTES + 5);
    expect(engine.inspect().regions.filter(({ user }) => user === 'b')).toMatchObject([{ region: 9, userAddress: REGION_BYTES }]);
    b.touch(REGION_BYTES);
    expect(b.usedBytes).toBe(REGION_BYTES);
    expect(thrownBy(() => b.touch(2 * REGION_BYTES))).toMatchObject({
      code: 'ACCESS_REFUSED',
      details: { machineAddress: 2 * REGION_BYTES },
    });
    for (const address of [-1, 1.5, 2 ** 32, '0', null])
      expect(thrownBy(() => b.touch(address as number))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(b.counters.accesses).toBe(0);
    engine.validate();
  });

  test('a VM that ends leaves its regions to others, without page-out', () => {
    write(a, 8 * REGION_PAGES);
    const change = a.reduce(2 * REGION_BYTES);
    b.expand(2 * REGION_BYTES);
    a.dispose();
    a.dispose();
    expect(change.state).toBe('abandoned');
    expect(change.settledNs).toBeNull();
    expect(engine.inspect().regions.map(({ manager, user }) => [manager, user])).toEqual([
      ...Array.from({ length: 6 }, () => [null, null]),
      ...Array.from({ length: 4 }, () => ['b', null]),
      ...Array.from({ length: 2 }, () => [null, null]),
    ]);
    expect(engine.inspect().swap.slotsUsed).toBe(0);
    expect(engine.vms).toEqual([b]);
    write(b, 4 * REGION_PAGES);
    expectContent(b, 4 * REGION_PAGES);
    engine.validate();
  });

  test.each(['lru', 'fifo', 'clock'] as const)('content survives pressure under %s', async (eviction) => {
    const vm = engine.createVm({ memory: REGION_BYTES, eviction, addressSpace: 64 * PAGE_BYTES });
    write(vm, 20);
    for (let round = 0; round < 3; round += 1) expectContent(vm, 20);
    expect(vm.counters.evictions).toBeGreaterThan(50);
    engine.validate();
    await Promise.resolve();
  });

  test('evictions: the reference string 7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1 on three frames', async () => {
    const counts: Record<string, number> = {};
    for (const eviction of ['fifo', 'lru'] as const) {
      const small = await engineMake(build, { region: PAGE_BYTES, memory: 3 * PAGE_BYTES });
      const vm = small.createVm({ memory: 3 * PAGE_BYTES, eviction });
      for (const page of [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1]) vm.replica.memory.load8(page * PAGE_BYTES);
      counts[eviction] = vm.counters.faults;
    }
    expect(counts).toEqual({ fifo: 15, lru: 12 });
  });

  test('a seek order without a class does not try it', () => {
    const poor = engine.createVm({ memory: REGION_BYTES, seek: ['managed', 'userless'], addressSpace: 64 * PAGE_BYTES });
    write(poor, 4);
    expect(thrownBy(() => write(poor, 1, 4))).toMatchObject({
      code: 'OUT_OF_FRAMES',
      details: { vm: poor.name, managedRegions: 1, residentPages: 4 },
    });
    expectContent(poor, 4);
    engine.validate();
  });

  test('evict before take over: what was granted stays with its user', () => {
    write(a, 8 * REGION_PAGES);
    const shy = engine.createVm({
      memory: REGION_BYTES,
      seek: ['managed', 'userless', 'borrowed', 'evict', 'takeOver'],
      addressSpace: 64 * PAGE_BYTES,
    });
    a.reduce(REGION_BYTES);
    const change = shy.expand(2 * REGION_BYTES);
    write(shy, 12);
    expect(shy.counters.takeOvers).toBe(0);
    expect(change.state).toBe('granted');
    engine.validate();
  });

  test('evictBatch sends out several at a time', () => {
    const vm = engine.createVm({ memory: REGION_BYTES, evictBatch: 3, addressSpace: 64 * PAGE_BYTES });
    write(vm, 5);
    expect(vm.counters.evictions).toBe(3);
    expect(vm.residentPages).toBe(2);
    expectContent(vm, 5);
    engine.validate();
  });
});
