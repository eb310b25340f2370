// The content information of a VM's memory ([0145]) and how it changes when the source says it does.
import { describe, expect, test } from 'vitest';
import { NODE_BYTES_SHIFT } from '../../assembly/shared/layout.ts';
import { PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { borrowing, stateOf, timedEngine, useAll } from '../support/rights.ts';

describe.each(shipped)('[0145] on $name', (build) => {
  test('total, unused, in use, dirty, swap-cached, discardable, locked, out', async () => {
    const engine = await timedEngine({ regions: 6 }, build);
    const vm = engine.createVm({ memory: 2 * REGION_BYTES });
    const nothing = {
      residentBytes: 0,
      dirtyBytes: 0,
      swapCachedBytes: 0,
      discardableBytes: 0,
      lockedBytes: 0,
      borrowedBytes: 0,
      outBytes: 0,
    };
    expect(vm.information()).toEqual({
      totalBytes: 2 * REGION_BYTES,
      freeBytes: 2 * REGION_BYTES,
      ...nothing,
      mappedBytes: 0,
      pageTableBytes: 0,
    });

    useAll(vm);
    vm.replica.memory.store8(2 * REGION_BYTES, 1); // one page more than there are frames
    expect(vm.information()).toMatchObject({
      totalBytes: 2 * REGION_BYTES,
      freeBytes: 0,
      residentBytes: 2 * REGION_BYTES,
      dirtyBytes: 2 * REGION_BYTES,
      swapCachedBytes: 0,
      outBytes: PAGE_BYTES,
      mappedBytes: 2 * REGION_BYTES,
    });

    vm.replica.memory.load8(0); // comes in, and stays in swap; another one goes out
    vm.replica.advise(2 * PAGE_BYTES, 2 * PAGE_BYTES, 'discardable');
    vm.replica.advise(4 * PAGE_BYTES, PAGE_BYTES, 'locked');
    vm.replica.advise(5 * PAGE_BYTES, PAGE_BYTES, 'unused');
    expect(vm.information()).toMatchObject({
      freeBytes: PAGE_BYTES,
      residentBytes: 7 * PAGE_BYTES,
      dirtyBytes: 6 * PAGE_BYTES,
      swapCachedBytes: PAGE_BYTES,
      discardableBytes: 2 * PAGE_BYTES,
      lockedBytes: PAGE_BYTES,
      outBytes: PAGE_BYTES,
    });
    engine.validate();
  });
});

test('S110 adds an expansion at once, users or not', async () => {
  const { a, b } = await borrowing(2);
  expect(b.information()).toMatchObject({ totalBytes: REGION_BYTES, freeBytes: 0 });
  b.expand(3 * REGION_BYTES); // a still uses two of them
  expect(b.information()).toMatchObject({ totalBytes: 4 * REGION_BYTES, freeBytes: REGION_BYTES });
  expect(a.information().totalBytes, '[0249]: in both').toBe(4 * REGION_BYTES);
});

test('[0168] after S105 a region stays in it, S305 takes it out', async () => {
  const { engine, a, b } = await borrowing(1);
  expect(a.information()).toMatchObject({
    totalBytes: 4 * REGION_BYTES,
    residentBytes: 4 * REGION_BYTES,
    borrowedBytes: REGION_BYTES,
    outBytes: 0,
  });
  b.expand(REGION_BYTES);
  b.touch(REGION_BYTES);
  expect(a.information()).toMatchObject({
    totalBytes: 3 * REGION_BYTES,
    residentBytes: 3 * REGION_BYTES,
    borrowedBytes: 0,
    outBytes: REGION_BYTES,
  });
  engine.validate();
});

test('a region of its own that somebody else uses is none it can count as free', async () => {
  const { b } = await borrowing(1);
  b.expand(REGION_BYTES);
  expect(b.information()).toMatchObject({ totalBytes: 2 * REGION_BYTES, freeBytes: 0 });
  b.touch(REGION_BYTES);
  expect(b.information()).toMatchObject({ freeBytes: REGION_BYTES });
});

test('page tables: what replicas share counts once, a page for each table entry that shows it', async () => {
  const engine = await timedEngine({ regions: 6 });
  const vm = engine.createVm({ memory: 4 * REGION_BYTES, addressSpace: '4GiB' });
  vm.replica.memory.store8(0, 1);
  const first = vm.information();
  expect(first.pageTableBytes).toBeGreaterThan(0);
  vm.replica.memory.store8(PAGE_BYTES, 1);
  expect(vm.information(), 'beside it: no new table').toMatchObject({ pageTableBytes: first.pageTableBytes, mappedBytes: 2 * PAGE_BYTES });
  const far = vm.replica.fork();
  expect(vm.information(), 'all shared').toMatchObject({ pageTableBytes: first.pageTableBytes, mappedBytes: 2 * PAGE_BYTES });
  far.memory.store8(0, 2);
  const apart = vm.information();
  expect(apart).toMatchObject({ residentBytes: 3 * PAGE_BYTES, mappedBytes: 4 * PAGE_BYTES });
  expect(apart.pageTableBytes).toBe(2 * first.pageTableBytes);
  expect(apart.pageTableBytes, 'no other VM has any').toBe(engine.inspect().tables.nodes.used * 2 ** NODE_BYTES_SHIFT);
  far.memory.store8(2 ** 31, 1);
  expect(vm.information().pageTableBytes).toBeGreaterThan(apart.pageTableBytes);
  far.dispose();
  expect(vm.information()).toEqual({
    ...first,
    freeBytes: first.freeBytes - PAGE_BYTES,
    residentBytes: 2 * PAGE_BYTES,
    dirtyBytes: 2 * PAGE_BYTES,
    mappedBytes: 2 * PAGE_BYTES,
  });
});

test('an address space of one page', async () => {
  const engine = await timedEngine({ regions: 2 });
  const vm = engine.createVm({ memory: REGION_BYTES, addressSpace: PAGE_BYTES });
  vm.replica.memory.store8(0, 1);
  expect(vm.information()).toMatchObject({ residentBytes: PAGE_BYTES, mappedBytes: PAGE_BYTES });
});

test('[0145] what is being written out is the device’s, for all VMs together; the VM that wrote it counts it as out', async () => {
  const engine = await timedEngine({ regions: 6, handover: 'eager' });
  const [a, b] = ['a', 'b'].map((name) => engine.createVm({ name, memory: 3 * REGION_BYTES }));
  for (const vm of [a!, b!]) {
    useAll(vm);
    vm.reduce(REGION_BYTES);
    expect(vm.information()).toMatchObject({ residentBytes: 2 * REGION_BYTES, outBytes: REGION_BYTES });
  }
  const { writingPages } = engine.inspect().swap;
  expect(writingPages).toBe((2 * REGION_BYTES) / PAGE_BYTES);
  a!.replica.memory.load8(2 * REGION_BYTES); // waits for the writes, then for its page
  expect(engine.inspect().swap.writingPages, 'a page of its own went for it').toBeLessThan(2);
  expect(b!.information()).toMatchObject({ outBytes: REGION_BYTES });
});

test('looking changes nothing', async () => {
  const { engine, a } = await borrowing(1, { earlyRelease: { when: { statistic: 'accesses', comparison: '<', constant: 0 } } });
  const state = stateOf(engine);
  a.information();
  a.information();
  expect(stateOf(engine)).toBe(state);
});

test('the figures add up', async () => {
  const { engine } = await borrowing(2);
  for (const vm of engine.vms) {
    const information = vm.information();
    expect(information.residentBytes).toBe(information.dirtyBytes + information.swapCachedBytes);
    expect(information.residentBytes).toBe(vm.residentPages * PAGE_BYTES);
    expect(information.outBytes).toBe(vm.outPages * PAGE_BYTES);
    expect(information.totalBytes).toBe(vm.usableBytes);
  }
});

test('a VM that ended', async () => {
  const { a } = await borrowing(1);
  a.dispose();
  expect(thrownBy(() => a.information())).toMatchObject({ code: 'DISPOSED' });
});
