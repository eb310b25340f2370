// US 9,063,868 B2, 1st embodiment: the page table of Fig. 2, the steps of Fig. 3, and Figs. 4 to 6 row by row.
import { describe, expect, test } from 'vitest';
import { ADDRESS, drawnMake, PAGE_11, PAGE_12 } from '../support/figures-replicas.ts';
import { PAGE_BYTES, shipped } from '../support/engines.ts';

/** Rows as the figures print them: VMID, logical address, physical address, share flag, write-inhibit flag. */
const FIG_4A = ['1 11 80001 1 1', '2 11 80001 1 1', '1 12 80002 1 1', '2 12 80002 1 1'];
const FIG_5A = ['1 11 80001 1 1', '2 11 80001 1 1', '1 12 80002 0 1', '2 12 80005 0 1'];
const FIG_6A = FIG_4A;
/** What the replicas write at ADDRESS, and before. */
const NEW = 0x77;
const OLD = 0;

describe.each(shipped)('Figs. 2 and 4 to 6, row by row, $name', (build) => {
  test('Fig. 2: a row for each replica and page, as data', async () => {
    const { vm, second } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    const rows = [...vm.pageTable()];
    expect(rows.map(({ vmId }) => vmId)).toEqual([1, 2, 1, 2]);
    expect(rows.map(({ logicalPage }) => logicalPage)).toEqual([PAGE_11, PAGE_11, PAGE_12, PAGE_12]);
    expect(rows.map(({ share }) => share)).toEqual([1, 1, 0, 0]);
    expect(rows.map(({ writeInhibit }) => writeInhibit)).toEqual([1, 1, 1, 1]);
    expect(new Set(rows.map(({ physicalPage }) => physicalPage)).size).toBe(3);
  });

  test('Fig. 4A, 4B: before the program starts the rows of a page differ in the VMID only', async () => {
    const { rows, frames, first, second } = await drawnMake(build, { onWrite: 'any' });
    expect(rows()).toEqual(FIG_4A);
    expect(frames()).toBe(2);
    for (const replica of [first, second]) expect(replica.memory.load8(PAGE_11 * PAGE_BYTES)).toBe(PAGE_11);
  });

  test('Fig. 5A, 5B: replica 2 has written to basic area b: a copy area for it, a not-shared basic area for replica 1', async () => {
    const { vm, rows, frames, first, second } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    expect(rows()).toEqual(FIG_5A);
    expect(frames()).toBe(3);
    expect([...vm.pageTable({ from: PAGE_12 })].map(({ area }) => area)).toEqual(['notSharedBasic', 'copy']);
    expect([first.memory.load8(ADDRESS), second.memory.load8(ADDRESS)]).toEqual([OLD, NEW]);
  });

  test('Fig. 6A, 6B: replica 1 has written the same to its not-shared basic area: one basic area again, 0x80005 is free', async () => {
    const { vm, rows, frames, first, second, engine } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW);
    expect(rows()).toEqual(FIG_6A);
    expect(frames()).toBe(2);
    expect([...vm.pageTable({ from: PAGE_12 })].map(({ area }) => area)).toEqual(['basic', 'basic']);
    expect([first.memory.load8(ADDRESS), second.memory.load8(ADDRESS)]).toEqual([NEW, NEW]);
    engine.validate();
  });

  test('Figs. 5, 6 with the replicas changed over: the one that lags behind writes second, whichever it is', async () => {
    const { rows, first, second } = await drawnMake(build, { onWrite: 'any' });
    first.memory.store8(ADDRESS, NEW);
    expect(rows().slice(2)).toEqual(['1 12 80005 0 1', '2 12 80002 0 1']);
    second.memory.store8(ADDRESS, NEW);
    expect(
      rows()
        .slice(2)
        .map((row) => row.slice(-3)),
    ).toEqual(['1 1', '1 1']);
  });
});

describe.each(shipped)('Fig. 3, step by step, $name', (build) => {
  test('S1 Yes, S2, S3: a write to a basic area copies it, and the writer has the copy', async () => {
    const { engine, vm, rows, second } = await drawnMake(build, { onWrite: 'any' });
    const copied: string[] = [];
    engine.on('copy', (event) => copied.push(`${event.page}`));
    expect(rows()[3]).toBe('2 12 80002 1 1'); // S1: its share flag is 1
    second.memory.store8(ADDRESS, NEW);
    expect(rows()[3]).toBe('2 12 80005 0 1');
    expect(second.memory.load8(PAGE_12 * PAGE_BYTES)).toBe(PAGE_12); // S2: the rest is as before
    expect(copied).toEqual([String(PAGE_12)]);
    expect(vm.counters.copies).toBe(1);
  });

  test('S4: when one replica is left on it, the basic area becomes a not-shared basic area; until then it stays one', async () => {
    const { vm, rows } = await drawnMake(build, { onWrite: 'any' }, 3);
    const [, second, third] = vm.replicas;
    second!.memory.store8(ADDRESS, NEW);
    expect(rows().slice(3)).toEqual(['1 12 80002 1 1', '2 12 80005 0 1', '3 12 80002 1 1']);
    third!.memory.store8(ADDRESS, NEW + 1);
    expect(rows()[3]).toBe('1 12 80002 0 1');
  });

  test('S5, S6: the write is done, and the program goes on behind it', async () => {
    const { vm, second, first } = await drawnMake(build, { onWrite: 'any' });
    const before = vm.counters.accesses;
    second.memory.store32(ADDRESS, 0x01020304);
    second.memory.store32(ADDRESS + 4, 5);
    expect(vm.counters.accesses - before).toBe(2); // once each: nothing is run again
    expect([second.memory.load32(ADDRESS), second.memory.load32(ADDRESS + 4)]).toEqual([0x01020304, 5]);
    expect(first.memory.load32(ADDRESS)).toBe(OLD);
  });

  test('S7: the copy area is write-inhibited again, so that the next write to it raises the exception', async () => {
    const { rows, vm, second, first } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    expect(rows()[3]).toBe('2 12 80005 0 1');
    second.memory.store8(ADDRESS, OLD); // as before the first write: found at once
    expect(rows()).toEqual(FIG_4A.map((row) => row.replace('80002', '80005'))); // S13, S14: the frame just written stays
    expect(vm.counters.merges).toBe(1);
    expect(first.memory.load8(ADDRESS)).toBe(OLD);
  });

  test('S1 No, S8, S9, S10: a write to a not-shared area is done where it is', async () => {
    const { vm, rows, frames, first, second } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    const before = vm.counters.accesses;
    second.memory.store8(ADDRESS + 1, NEW); // to the copy area
    first.memory.store8(ADDRESS + 2, NEW); // to the not-shared basic area
    expect(rows()).toEqual(FIG_5A);
    expect(frames()).toBe(3);
    expect(vm.counters.copies).toBe(1);
    expect(vm.counters.accesses - before).toBe(2);
    expect([second.memory.load8(ADDRESS + 1), first.memory.load8(ADDRESS + 2)]).toEqual([NEW, NEW]);
  });

  test('S11, S12 No, S15: compared with the corresponding area and not equal: both stay, inhibited', async () => {
    const { vm, rows, first, second } = await drawnMake(build, { onWrite: 'any' });
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW + 1);
    expect(rows()).toEqual(FIG_5A);
    expect(vm.counters.merges).toBe(0);
  });

  test('S11, S12 Yes, S13, S14, S15: equal: one frame is free, the other the basic area of both, inhibited in every row', async () => {
    const { engine, vm, rows, frames, first, second } = await drawnMake(build, { onWrite: 'any' });
    const merged: number[] = [];
    engine.on('merge', (event) => merged.push(event.page));
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW);
    expect(rows()).toEqual(FIG_6A);
    expect(frames()).toBe(2);
    expect(merged).toEqual([PAGE_12]);
    expect(vm.counters.merges).toBe(1);
    second.memory.store8(ADDRESS, 1); // S15: it copies again
    expect(vm.counters.copies).toBe(2);
  });
});
