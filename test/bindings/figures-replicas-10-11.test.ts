// US 9,063,868 B2, 3rd embodiment: Fig. 10, the exception when only basic areas are write-inhibited, and Fig. 11, the comparison at regular intervals.
import { describe, expect, test } from 'vitest';
import { ADDRESS, drawnMake, PAGE_11, PAGE_12 } from '../support/figures-replicas.ts';
import type { Drawn } from '../support/figures-replicas.ts';
import { PAGE_BYTES, shipped } from '../support/engines.ts';

const EVERY = '1ms';
const EVERY_NS = 1e6;
const NEW = 0x77;
const OTHER = PAGE_11 * PAGE_BYTES + 8;

/** The timer's next interrupt. */
const timer = ({ engine, vm }: Drawn): void => void engine.advance(vm.timeNs + EVERY_NS);

describe.each(shipped)('Fig. 10, $name', (build) => {
  test('S2, S3: the basic area is copied, the writer has the copy, and may write to it: inhibit 0', async () => {
    const { rows, frames, second, vm } = await drawnMake(build, { every: EVERY });
    second.memory.store8(ADDRESS, NEW);
    expect(rows()[3]).toBe('2 12 80005 0 0');
    expect(frames()).toBe(3);
    second.memory.store8(ADDRESS + 1, NEW);
    expect(vm.counters.copies).toBe(1);
  });

  test('S16: the frame left behind: share 0 and inhibit 0, when one replica is left', async () => {
    const { rows, vm } = await drawnMake(build, { every: EVERY }, 3);
    const [, second, third] = vm.replicas;
    second!.memory.store8(ADDRESS, NEW);
    expect(rows().slice(3)).toEqual(['1 12 80002 1 1', '2 12 80005 0 0', '3 12 80002 1 1']);
    third!.memory.store8(ADDRESS, NEW + 1);
    expect(rows()[3]).toBe('1 12 80002 0 0');
  });

  test('S5, S6: the write is done and the program goes on behind it, once', async () => {
    const { vm, second } = await drawnMake(build, { every: EVERY });
    const { accesses } = vm.counters;
    const { timeNs } = vm;
    second.memory.store8(ADDRESS, NEW);
    expect(second.memory.load8(ADDRESS)).toBe(NEW);
    expect(vm.counters.accesses - accesses).toBe(2);
    expect(vm.timeNs - timeNs).toBe(2);
  });

  test('no write is compared: equal areas stay two until the timer', async () => {
    const { rows, vm, first, second } = await drawnMake(build, { every: EVERY });
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW);
    expect(rows().slice(2)).toEqual(['1 12 80002 0 0', '2 12 80005 0 0']);
    expect(vm.counters.merges).toBe(0);
  });
});

describe.each(shipped)('Fig. 11, $name', (build) => {
  test('S21 No: without a not-shared area there is nothing to do', async () => {
    const drawn = await drawnMake(build, { every: EVERY });
    const before = drawn.rows();
    timer(drawn);
    expect(drawn.rows()).toEqual(before);
    expect(drawn.vm.compare()).toEqual({ pagesCompared: 0, areasMerged: 0, pagesDifferent: 0 });
  });

  test('S21 Yes, S22: each not-shared area is taken once, and none that nobody has written', async () => {
    const { vm, first, second } = await drawnMake(build);
    second.memory.store8(ADDRESS, NEW);
    second.memory.store8(OTHER, NEW);
    first.memory.store8(OTHER, NEW);
    expect(vm.compare()).toEqual({ pagesCompared: 2, areasMerged: 1, pagesDifferent: 1 });
    expect(vm.compare()).toEqual({ pagesCompared: 1, areasMerged: 0, pagesDifferent: 1 }); // what differed is looked at again
  });

  test('S11, S12 No: areas found unequal stay apart, and writable', async () => {
    const drawn = await drawnMake(build, { every: EVERY });
    drawn.second.memory.store8(ADDRESS, NEW);
    timer(drawn);
    expect(drawn.rows().slice(2)).toEqual(['1 12 80002 0 0', '2 12 80005 0 0']);
  });

  test('S11, S12 Yes, S13, S14, S23: equal: one frame is free, the other a basic area again, write-inhibited', async () => {
    const drawn = await drawnMake(build, { every: EVERY });
    drawn.second.memory.store8(ADDRESS, NEW);
    drawn.first.memory.store8(ADDRESS, NEW);
    timer(drawn);
    expect(drawn.rows().slice(2)).toEqual(['1 12 80002 1 1', '2 12 80002 1 1']);
    expect(drawn.frames()).toBe(2);
    drawn.first.memory.store8(ADDRESS, 1); // S23: it raises the exception
    expect(drawn.vm.counters.copies).toBe(2);
    expect(drawn.second.memory.load8(ADDRESS)).toBe(NEW);
    drawn.engine.validate();
  });

  test('the interval counts from the last comparison', async () => {
    const { engine, vm, rows, first, second } = await drawnMake(build, { every: EVERY });
    const startNs = vm.timeNs;
    second.memory.store8(ADDRESS, NEW);
    for (let access = 0; access < 500; access += 1) second.memory.load8(ADDRESS);
    vm.compare(); // by hand: they differ
    const comparedNs = vm.timeNs;
    first.memory.store8(ADDRESS, NEW);
    engine.advance(startNs + EVERY_NS);
    expect(rows()[2]).toBe('1 12 80002 0 0');
    engine.advance(comparedNs + EVERY_NS);
    expect(rows()[2]).toBe('1 12 80002 1 1');
  });

  test('by accesses instead of time', async () => {
    const { engine, rows, first, second } = await drawnMake(build, { every: { accesses: 10 } });
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW);
    for (let access = 0; access < 7; access += 1) first.memory.load8(PAGE_12 * PAGE_BYTES);
    engine.advance();
    expect(rows()[2]).toBe('1 12 80002 0 0');
    first.memory.load8(PAGE_12 * PAGE_BYTES);
    engine.advance();
    expect(rows()[2]).toBe('1 12 80002 1 1');
  });
});
