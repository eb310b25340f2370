// The scrub finds content that has changed without a store, also where all replicas share it.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { bitFlip } from '../support/flip.ts';

const SPACE_PAGES = 64;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let first: Replica;
  let second: Replica;
  let third: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 128, compareOnWrite: true, scan: true });
    vm = engine.createVm({ memory: 12 * REGION, addressSpace: SPACE_PAGES * PAGE, replicas: 3 });
    [first, second, third] = vm.replicas as [Replica, Replica, Replica];
    for (const replica of vm.replicas) for (let page = 0; page < 4; page += 1) replica.memory.store32(page * PAGE, page + 1);
    vm.compare(); // four frames for all
  });

  const pagesFlipped = (): readonly number[] => vm.scrub().flips.map(({ page }) => page);

  test('the first scrub keeps hashes, the second compares them', () => {
    expect(vm.scrub()).toEqual({ pagesChecked: 0, flips: [], flipsUnlisted: 0 });
    expect(vm.scrub()).toEqual({ pagesChecked: 4, flips: [], flipsUnlisted: 0 });
    engine.validate();
  });

  test('a flip in a frame that all share is the same for all: comparing finds nothing, the scrub does, once', () => {
    vm.scrub();
    bitFlip(engine, first, 2 * PAGE + 100, 5);
    expect(third.memory.load8(2 * PAGE + 100)).toBe(32);
    expect(vm.compare().pagesDifferent).toBe(0);
    expect(vm.scrub()).toEqual({
      pagesChecked: 4,
      flips: [{ page: 2, address: 2 * PAGE, replicas: [first, second, third] }],
      flipsUnlisted: 0,
    });
    expect(pagesFlipped()).toEqual([]);
  });

  test('a flip in a page of one replica alone, which it only read', () => {
    second.memory.store32(9 * PAGE, 9);
    second.memory.load32(20 * PAGE);
    vm.scrub();
    bitFlip(engine, second, 9 * PAGE + 4095, 7);
    bitFlip(engine, second, 20 * PAGE);
    expect(vm.scrub().flips).toEqual([
      { page: 9, address: 9 * PAGE, replicas: [second] },
      { page: 20, address: 20 * PAGE, replicas: [second] },
    ]);
  });

  test('what is stored is no flip, wherever the store goes', () => {
    second.memory.store32(9 * PAGE, 9); // a translation for stores is there
    vm.scrub();
    second.memory.store32(9 * PAGE, 10);
    second.memory.write(11 * PAGE, Uint8Array.of(1, 2, 3));
    first.memory.store64(3 * PAGE - 4, 5n);
    expect(vm.scrub()).toMatchObject({ pagesChecked: 4, flips: [] }); // the copies of 2 and 3, 9 and 11 have no hash yet
    second.memory.store32(9 * PAGE, 11);
    expect(pagesFlipped()).toEqual([]);
    engine.validate();
  });

  test('each area of a page is a page of its own', () => {
    second.memory.store32(PAGE, 7);
    vm.scrub();
    bitFlip(engine, second, PAGE);
    bitFlip(engine, third, PAGE);
    expect(vm.scrub().flips).toEqual(
      expect.arrayContaining([
        { page: 1, address: PAGE, replicas: [second] },
        { page: 1, address: PAGE, replicas: [first, third] },
      ]),
    );
  });

  test('a comparison in between hides nothing', () => {
    second.memory.store32(PAGE, 7);
    vm.scrub();
    bitFlip(engine, second, PAGE + 8);
    expect(vm.compare().pagesDifferent).toBe(1);
    expect([...vm.differences()]).toHaveLength(1);
    expect(pagesFlipped()).toEqual([1]);
  });

  test('a copy in between hides nothing: the shared page keeps its hash, comparing on write too', () => {
    vm.compareBy({ onWrite: 'any' });
    vm.scrub();
    bitFlip(engine, first, 8);
    second.memory.store32(0, 77);
    expect(pagesFlipped()).toContain(0);
    engine.validate();
  });

  test('a page that was out has no hash', () => {
    vm.scrub();
    const other = engine.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE });
    vm.reduce(11 * REGION);
    other.expand(11 * REGION);
    for (let slot = 4; slot < 15; slot += 1) other.touch(slot * REGION);
    for (let page = 30; page < 34; page += 1) first.memory.store32(page * PAGE, page); // the four frames that are left
    expect(vm.outPages).toBe(4);
    first.memory.load32(0);
    bitFlip(engine, first, 0);
    expect(vm.scrub()).toMatchObject({ pagesChecked: 0, flips: [] });
    engine.validate();
  });

  test('pages at several addresses are told for each', () => {
    for (const page of [5, 6]) second.memory.store32(page * PAGE, 99);
    vm.scan();
    expect(vm.scan()).toMatchObject({ pagesMerged: 1 });
    vm.scrub();
    bitFlip(engine, second, 6 * PAGE + 1);
    expect(vm.scrub().flips).toEqual([
      { page: 5, address: 5 * PAGE, replicas: [second] },
      { page: 6, address: 6 * PAGE, replicas: [second] },
    ]);
  });
});
