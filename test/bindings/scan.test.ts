// Scans: equal pages at different addresses become one, and nobody can tell.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let replica: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 128, scan: true });
    vm = engine.createVm({ memory: 12 * REGION, addressSpace: 4096 * PAGE });
    replica = vm.replica;
  });
  const write = (target: Replica, page: number, value: number): void => target.memory.store32(page * PAGE, value);
  const read = (target: Replica, page: number): number => target.memory.load32(page * PAGE);
  const scanTwice = (): unknown => (vm.scan(), vm.scan());

  test('equal pages at different addresses become one, after a pass in which they did not change', () => {
    for (const page of [0, 1, 70, 4000]) write(replica, page, page === 1 ? 6 : 5);
    expect(vm.scan()).toEqual({ pagesMerged: 0, pagesZero: 0, pagesVolatile: 4 });
    expect(vm.scan()).toEqual({ pagesMerged: 2, pagesZero: 0, pagesVolatile: 0 });
    expect(vm.residentPages).toBe(2);
    expect(vm.sharing()).toMatchObject({ pagesShared: 1, pagesSharing: 2, pagesUnshared: 1 });
    expect([0, 1, 70, 4000].map((page) => read(replica, page))).toEqual([5, 6, 5, 5]);
    expect(vm.scan()).toEqual({ pagesMerged: 0, pagesZero: 0, pagesVolatile: 0 });
    engine.validate();
  });

  test('a store copies; the others keep what they had, and the last one has its page for itself', () => {
    for (const page of [3, 4, 5]) write(replica, page, 9);
    scanTwice();
    write(replica, 4, 10);
    write(replica, 3, 11);
    const { copies } = vm.counters;
    write(replica, 5, 12);
    expect([vm.counters.copies - copies, read(replica, 3), read(replica, 4), read(replica, 5)]).toEqual([0, 11, 10, 12]);
    engine.validate();
  });

  test('pages of zeros give up their frames', () => {
    write(replica, 7, 1);
    write(replica, 7, 0);
    replica.memory.load32(8 * PAGE);
    expect(scanTwice()).toEqual({ pagesMerged: 0, pagesZero: 2, pagesVolatile: 0 });
    expect(vm.residentPages).toBe(0);
    expect(vm.sharing().zeroPages).toBe(2);
    write(replica, 7, 3);
    expect([read(replica, 7), read(replica, 8)]).toEqual([3, 0]);
    engine.validate();
  });

  test('what changes between passes is left alone', () => {
    for (const page of [0, 1]) write(replica, page, 5);
    vm.scan();
    for (const page of [0, 1]) write(replica, page, 6);
    expect(vm.scan()).toMatchObject({ pagesMerged: 0, pagesVolatile: 2 });
    expect(vm.scan()).toMatchObject({ pagesMerged: 1, pagesVolatile: 0 });
  });

  test('a page made where another was has no hash of that', () => {
    write(replica, 0, 5);
    vm.scan();
    replica.advise(0, PAGE, 'unused');
    write(replica, 9, 5);
    expect(vm.scan().pagesVolatile).toBe(1);
  });

  test('locked and discardable pages are left alone', () => {
    for (const page of [0, 1, 2]) write(replica, page, 5);
    replica.advise(PAGE, PAGE, 'locked');
    replica.advise(2 * PAGE, PAGE, 'discardable');
    expect(scanTwice()).toEqual({ pagesMerged: 0, pagesZero: 0, pagesVolatile: 0 });
    replica.advise(PAGE, 2 * PAGE, 'normal');
    expect(scanTwice()).toMatchObject({ pagesMerged: 2 });
    replica.advise(PAGE, PAGE, 'locked'); // for all addresses
    expect(vm.information().lockedBytes).toBe(PAGE);
    engine.validate();
  });

  test('replicas and snapshots that share keep sharing: an entry of a shared table is pointed elsewhere once', () => {
    for (const page of [0, 65]) write(replica, page, 5);
    const fork = replica.fork();
    const snapshot = replica.snapshot();
    const { used } = engine.inspect().tables.nodes;
    expect(scanTwice()).toMatchObject({ pagesMerged: 1 });
    expect(engine.inspect().tables.nodes.used).toBe(used);
    expect(vm.sharing()).toMatchObject({ pagesShared: 1, pagesSharing: 5 });
    write(fork, 65, 6);
    expect([read(replica, 65), read(fork, 65), read(fork, 0)]).toEqual([5, 6, 5]);
    replica.restore(snapshot);
    expect([read(replica, 0), read(replica, 65)]).toEqual([5, 5]);
    engine.validate();
  });

  test('a page goes out once for all its addresses, and comes in once', () => {
    for (const page of [0, 1, 2]) write(replica, page, 5);
    scanTwice();
    for (let page = 10; page < 58; page += 1) write(replica, page, page);
    const { pageIns, pageOuts } = vm.counters;
    expect(pageOuts).toBe(1); // 49 pages in 48 frames
    expect([read(replica, 0), read(replica, 1), read(replica, 2)]).toEqual([5, 5, 5]);
    expect(vm.counters.pageIns - pageIns).toBe(1);
    engine.validate();
  });

  test('an access that crosses two addresses of one page', () => {
    const page = new Uint8Array(PAGE).fill(7);
    for (const at of [0, 1]) replica.memory.write(at * PAGE, page);
    scanTwice();
    expect(vm.residentPages).toBe(1);
    expect(replica.memory.load32(PAGE - 2)).toBe(0x07070707);
    replica.memory.store32(PAGE - 2, 0x01020304);
    expect([replica.memory.load16(PAGE - 2), replica.memory.load16(PAGE), replica.memory.load16(2 * PAGE - 2)]).toEqual([
      0x0304, 0x0102, 0x0707,
    ]);
    engine.validate();
  });

  test('protection belongs to the address', () => {
    for (const page of [0, 1]) write(replica, page, 5);
    replica.protect(PAGE, PAGE, 'read');
    expect(scanTwice()).toMatchObject({ pagesMerged: 1 });
    expect(() => write(replica, 1, 6)).toThrow(expect.objectContaining({ code: 'PROTECTED' }));
    write(replica, 0, 6);
    expect(read(replica, 1)).toBe(5);
  });

  test('the pages of another VM are its own', () => {
    const other = engine.createVm({ memory: 2 * REGION, addressSpace: 64 * PAGE });
    write(replica, 0, 5);
    write(other.replica, 0, 5);
    expect(scanTwice()).toMatchObject({ pagesMerged: 0 });
    other.scan();
    expect(other.scan()).toMatchObject({ pagesMerged: 0 });
  });

  test('costs no time, and counts no access', () => {
    for (const page of [0, 1]) write(replica, page, 5);
    const { timeNs, counters } = vm;
    scanTwice();
    expect([vm.timeNs, vm.counters]).toEqual([timeNs, counters]);
  });
});

test('an engine without room for it says so', async () => {
  const engine = await engineMake(shipped[0]!);
  const vm = engine.createVm({ memory: REGION });
  expect(() => vm.scan()).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  expect(vm.sharing().fullScans).toBe(0);
});
