// The page table of US 9,063,868 Fig. 2 as data: shares and write inhibits of Figs. 3 to 6 and 10, lazily, for many replicas.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, PageTableRow, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const A = 0x11;
const B = 0x12;

/** Rows as the figures print them: VMID, logical page, frame (by letter, in order of appearance), share, write inhibit. */
function printed(vm: Vm, range = {}): readonly string[] {
  const frames = new Map<number, string>();
  const letter = (frame: number | null): string => {
    if (frame === null) return '-';
    if (!frames.has(frame)) frames.set(frame, String.fromCharCode(0x61 + frames.size));
    return frames.get(frame)!;
  };
  return [...vm.pageTable(range)].map(
    ({ vmId, logicalPage, physicalPage, share, writeInhibit }) =>
      `${vmId} ${logicalPage.toString(16)} ${letter(physicalPage)} ${share} ${writeInhibit}`,
  );
}

const areas = (vm: Vm, page: number): readonly unknown[] => [...vm.pageTable({ from: page, to: page + 1 })].map(({ area }) => area);

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;

  const vmMake = (replicas: number): void => {
    vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
    for (const replica of vm.replicas) for (const page of [A, B]) replica.memory.store32(page * PAGE, page);
    vm.compare();
  };

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 64, maxReplicas: 64, compareOnWrite: true, scan: true });
  });

  const FIG_4A = ['1 11 a 1 1', '2 11 a 1 1', '1 12 b 1 1', '2 12 b 1 1'];

  test('Figs. 2, 4A, 5A and 6A: compared on write', () => {
    vmMake(2);
    vm.compareBy({ onWrite: 'any' });
    const [first, second] = vm.replicas as [Replica, Replica];
    expect(printed(vm)).toEqual(FIG_4A);
    const before = [...vm.pageTable()];

    second.memory.store32(B * PAGE + 8, 7); // S1 Yes, S2-S7
    expect(printed(vm)).toEqual(['1 11 a 1 1', '2 11 a 1 1', '1 12 b 0 1', '2 12 c 0 1']);
    expect(areas(vm, B)).toEqual(['notSharedBasic', 'copy']);
    expect([...vm.pageTable({ from: B, replicas: [first] })][0]!.physicalPage).toBe(before[2]!.physicalPage); // replica 1 keeps its frame

    first.memory.store32(B * PAGE + 8, 7); // S1 No, S8-S15
    expect(printed(vm)).toEqual(FIG_4A);
    expect(areas(vm, B)).toEqual(['basic', 'basic']);
    engine.validate();
  });

  test('Fig. 10: compared at intervals or check points, areas that are not shared are writable', () => {
    vmMake(2);
    vm.replicas[1]!.memory.store32(B * PAGE + 8, 7);
    expect(printed(vm)).toEqual(['1 11 a 1 1', '2 11 a 1 1', '1 12 b 0 0', '2 12 c 0 0']);
    vm.replicas[0]!.memory.store32(B * PAGE + 8, 7);
    expect(printed(vm, { from: B })).toEqual(['1 12 a 0 0', '2 12 b 0 0']);
    vm.compare(); // S13, S14, S23
    expect(printed(vm)).toEqual(FIG_4A);
  });

  test.each([
    ['copy', ['1 12 a 0 0', '2 12 b 0 1']],
    ['basic', ['1 12 a 0 1', '2 12 b 0 0']],
  ] as const)('variation 1: only stores to %s areas are compared', (onWrite, rows) => {
    vmMake(2);
    vm.compareBy({ onWrite });
    vm.replicas[1]!.memory.store32(B * PAGE + 8, 7);
    expect(printed(vm, { from: B })).toEqual(rows);
    vm.replicas[0]!.isInStep = false; // its stores are its own
    expect(printed(vm, { from: B })[0]).toBe('1 12 a 0 0');
  });

  test('three replicas: the number on a basic area is what counts (S4)', () => {
    vmMake(3);
    const [, second, third] = vm.replicas as [Replica, Replica, Replica];
    second.memory.store32(B * PAGE, 5);
    expect(printed(vm, { from: B })).toEqual(['1 12 a 1 1', '2 12 b 0 0', '3 12 a 1 1']);
    third.memory.store32(B * PAGE, 6);
    expect(areas(vm, B)).toEqual(['notSharedBasic', 'copy', 'copy']);
  });

  test('a snapshot makes a store copy, and shares with nobody', () => {
    vmMake(2);
    vm.replicas[1]!.memory.store32(B * PAGE, 5);
    const snapshot = vm.replicas[1]!.snapshot();
    expect(printed(vm, { from: B })).toEqual(['1 12 a 0 0', '2 12 b 0 1']);
    snapshot.dispose();
    expect(printed(vm, { from: B })).toEqual(['1 12 a 0 0', '2 12 b 0 0']);
  });

  test('pages that one replica alone touched, that are out, and of zeros', () => {
    vmMake(2);
    vm.replicas[0]!.memory.store32(3 * PAGE, 1);
    expect(printed(vm, { to: A })).toEqual(['1 3 a 0 0', '2 3 - 0 0']);
    expect(areas(vm, 3)).toEqual(['notSharedBasic', null]);
    for (let page = 20; page < 64; page += 1) vm.replicas[0]!.memory.store32(page * PAGE, page);
    for (let page = 20; page < 64; page += 1) vm.replicas[1]!.memory.store32(page * PAGE, ~page);
    expect(printed(vm, { from: A, to: A + 1 })).toEqual(['1 11 - 1 1', '2 11 - 1 1']); // out, and shared still
    engine.validate();
  });

  test('a page that a scan put at two addresses is shared', () => {
    vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE });
    for (const page of [1, 40]) vm.replica.memory.store32(page * PAGE, 5);
    vm.scan();
    vm.scan();
    expect(printed(vm)).toEqual(['1 1 a 1 1', '1 28 a 1 1']);
    vm.replica.memory.store8(PAGE + 9, 1);
    expect(printed(vm)).toEqual(['1 1 a 0 0', '1 28 b 0 0']);
  });

  test('rows of some pages and replicas, in the order asked for', () => {
    vmMake(3);
    const [first, , third] = vm.replicas as [Replica, Replica, Replica];
    expect(printed(vm, { from: B, to: B + 1, replicas: [third, first] })).toEqual(['3 12 a 1 1', '1 12 a 1 1']);
    expect(printed(vm, { from: B + 1 })).toEqual([]);
    expect(printed(vm, { to: 0 })).toEqual([]);
    expect(printed(vm, { replicas: [] })).toEqual([]);
  });

  test('a replica keeps its number when another ends, and a new one gets a new one', () => {
    vmMake(3);
    const [, second, third] = vm.replicas as [Replica, Replica, Replica];
    second.dispose();
    const fourth = third.fork();
    expect(vm.replicas.map(({ number }) => number)).toEqual([1, 3, 4]);
    expect([...vm.pageTable({ from: B, replicas: [fourth, third] })].map(({ vmId }) => vmId)).toEqual([4, 3]);
    expect(() => vm.pageTable({ replicas: [second] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test('what is no range is refused at once', () => {
    vmMake(2);
    const other = engine.createVm({ memory: REGION });
    const pages = vm.replica.addressSpaceBytes / PAGE;
    expect(printed(vm, { from: pages, to: pages })).toEqual([]);
    const noPages = [{ from: -1 }, { to: 1.5 }, { to: pages + 1 }, { to: 1e9 }, { from: pages + 1 }, { from: 5, to: 2 }];
    for (const range of [...noPages, { replicas: [other.replica] }, { replicas: 1 }, { pages: 1 }]) {
      expect(() => vm.pageTable(range as object)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
    vm.dispose();
    expect(() => vm.pageTable()).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });
});

test('10,000 replicas: the first rows come without the others', async () => {
  const engine = await engineMake(shipped[0]!, {
    regions: 64,
    slots: 0,
    maxReplicas: 10_001,
    tables: { nodes: 40_000, translatedPages: 0 },
  });
  const vm = engine.createVm({ memory: 64 * REGION, addressSpace: '64MiB' });
  for (let page = 0; page < 100; page += 1) vm.replica.memory.store32(page * 16 * PAGE, page + 1);
  for (let made = 1; made < 10_000; made += 1) vm.replica.fork();
  vm.replicas[9_999]!.memory.store32(16 * PAGE, 77);
  const started = performance.now();
  const rows: PageTableRow[] = [];
  for (const row of vm.pageTable({ from: 16, to: 17 })) {
    rows.push(row);
    if (rows.length === 3) break;
  }
  const last = [...vm.pageTable({ from: 16, replicas: [vm.replicas[9_999]!] })];
  expect(performance.now() - started).toBeLessThan(1000);
  expect(rows.map(({ vmId, share }) => [vmId, share])).toEqual([1, 2, 3].map((vmId) => [vmId, 1]));
  expect(last).toHaveLength(99);
  expect(last[0]).toMatchObject({ vmId: 10_000, logicalPage: 16, share: 0, area: 'copy' });
  expect(last[1]).toMatchObject({ vmId: 10_000, logicalPage: 32, share: 1, writeInhibit: 1, area: 'basic' });
});
