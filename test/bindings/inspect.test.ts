import { expect, test } from 'vitest';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;

test.each(shipped)('every table as plain data on $name', async (build) => {
  const engine = await engineMake(build, { regions: 4 });
  const a = engine.createVm({ name: 'a', memory: 2 * REGION_BYTES });
  for (let page = 0; page < 2 * REGION_PAGES + 1; page += 1) a.replica.memory.store32(page * PAGE_BYTES, page + 1);
  a.reduce(REGION_BYTES);
  const inspection = engine.inspect();
  expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
  expect(inspection).toMatchObject({
    pageBytes: PAGE_BYTES,
    regionBytes: REGION_BYTES,
    virtualNs: 9,
    recency: 'exact',
    swap: { store: 'linear', slots: 64, slotsUsed: 1, cleanPages: 0, queue: 1 },
    vms: [{ name: 'a', managedBytes: REGION_BYTES, usedBytes: 2 * REGION_BYTES, residentPages: 8, outPages: 1, replicas: 1, timeNs: 9 }],
    changes: [{ vm: 'a', kind: 'reduce', state: 'granted', regions: 1, pending: 1 }],
  });
  expect(inspection.regions).toEqual([
    { region: 0, realAddress: 0, manager: 'a', managerAddress: 0, user: 'a', userAddress: 0 },
    { region: 1, realAddress: REGION_BYTES, manager: null, managerAddress: null, user: 'a', userAddress: REGION_BYTES },
    { region: 2, realAddress: 2 * REGION_BYTES, manager: null, managerAddress: null, user: null, userAddress: null },
    { region: 3, realAddress: 3 * REGION_BYTES, manager: null, managerAddress: null, user: null, userAddress: null },
  ]);
  expect(inspection.tables.pageObjects.used).toBe(9);
  expect(inspection.tables.pageObjects.capacity).toBeGreaterThan(9);
  expect(inspection.bytes.books).toBeLessThan(inspection.bytes.total);
});

test('looking changes nothing', async () => {
  const engine = await engineMake(shipped[0]!, { regions: 4 });
  const vm = engine.createVm({ memory: 2 * REGION_BYTES });
  vm.replica.memory.fill(0, 12 * PAGE_BYTES, 1);
  const first = engine.inspect();
  expect([...engine.pages(vm.replica)]).toHaveLength(12);
  engine.validate();
  expect(engine.inspect()).toEqual(first);
});

test('pages: states, ranges, and only those that are there', async () => {
  const engine = await engineMake(shipped[0]!, { regions: 4 });
  const { replica } = engine.createVm({ memory: REGION_BYTES, addressSpace: '4GiB' });
  const far = 2 ** 32 / PAGE_BYTES - 1;
  replica.memory.store8(0, 1);
  replica.memory.load8(5 * PAGE_BYTES); // resident and all zero: goes out without I/O
  replica.memory.store8(far * PAGE_BYTES, 1);
  replica.protect(1000 * PAGE_BYTES, PAGE_BYTES, 'read');
  const first = [...engine.pages(replica)].map(({ page, state, protection }) => [page, state, protection]);
  expect(first).toEqual([
    [0, 'resident', 'readWrite'],
    [5, 'resident', 'readWrite'],
    [1000, 'untouched', 'read'],
    [far, 'resident', 'readWrite'],
  ]);
  for (let page = 100; page < 104; page += 1) replica.memory.store8(page * PAGE_BYTES, 1);
  const rows = [...engine.pages(replica, { from: 0, to: 6 })];
  expect(rows.map(({ page, state, frame, slot, shared }) => ({ page, state, frame, slot, shared }))).toEqual([
    { page: 0, state: 'out', frame: null, slot: 0, shared: false },
  ]); // page 5 is untouched again
  const second = replica.fork();
  replica.memory.load8(6 * PAGE_BYTES);
  for (let page = 104; page < 108; page += 1) replica.memory.store8(page * PAGE_BYTES, 1);
  expect([...engine.pages(replica, { from: 6, to: 7 })]).toMatchObject([{ page: 6, state: 'zero', frame: null, slot: null }]);
  second.dispose();
  expect([...engine.pages(replica, { from: 104, to: 108 })].map(({ frame }) => frame).sort()).toEqual([0, 1, 2, 3]);
  expect([...engine.pages(replica, { from: 108, to: 1000 })]).toEqual([]);
  expect([...engine.pages(replica, { from: far })]).toHaveLength(1);
  expect([...engine.pages(replica, { from: 5, to: 5 })]).toEqual([]);
});

test('pages of the wrong thing', async () => {
  const engine = await engineMake(shipped[0]!);
  const other = await engineMake(shipped[0]!);
  const vm = engine.createVm({ memory: REGION_BYTES, addressSpace: 8 * PAGE_BYTES });
  const foreign = other.createVm({ memory: REGION_BYTES });
  for (const replica of [foreign.replica, vm, undefined])
    expect(thrownBy(() => engine.pages(replica as never))).toMatchObject({ details: { field: 'replica' } });
  for (const range of [{ to: 9 }, { from: -1 }, { from: 3, to: 2 }, { from: 0.5 }, { first: 0 }, 5]) {
    expect(thrownBy(() => engine.pages(vm.replica, range as never))).toMatchObject({ code: 'INVALID_OPTION' });
  }
  const { replica } = vm;
  vm.dispose();
  expect(thrownBy(() => engine.pages(replica))).toMatchObject({ code: 'DISPOSED' });
});

test('the page table of each VM hangs at its row, by range, and is no data', async () => {
  const engine = await engineMake(shipped[0]!);
  const first = engine.createVm({ memory: REGION_BYTES });
  const second = engine.createVm({ memory: REGION_BYTES, replicas: 2 });
  for (const page of [3, 5]) first.replica.memory.store8(page * PAGE_BYTES, 1);
  second.replica.memory.store8(4 * PAGE_BYTES, 1);
  const { vms } = engine.inspect();
  expect(vms.map((row) => [...row.pageTable()].map(({ vmId, logicalPage }) => [vmId, logicalPage]))).toEqual([
    [
      [1, 3],
      [1, 5],
    ],
    [
      [1, 4],
      [2, 4],
    ],
  ]);
  expect([...vms[0]!.pageTable({ from: 4, to: 6 })]).toEqual([...first.pageTable({ from: 5, to: 6 })]);
  expect(thrownBy(() => vms[0]!.pageTable({ from: 2, to: 1 }))).toMatchObject({ code: 'INVALID_OPTION' });
  expect(structuredClone(vms)).toEqual(vms);
  first.dispose();
  expect(thrownBy(() => vms[0]!.pageTable())).toMatchObject({ code: 'DISPOSED' });
});
