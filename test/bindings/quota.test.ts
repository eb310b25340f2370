// Quotas of forks: how many pages of their own they may have.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';

const SPACE_PAGES = 70;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let parent: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 64 });
    vm = engine.createVm({ memory: 10 * REGION, addressSpace: SPACE_PAGES * PAGE });
    parent = vm.replica;
    for (let page = 0; page < 10; page += 1) parent.memory.store32(page * PAGE, page + 1);
  });

  const write = (target: Replica, page: number): void => target.memory.store32(page * PAGE, 77);

  test('copies and first touches count, reads of what is shared do not', () => {
    const fork = parent.fork({ quota: 3 * PAGE });
    expect([fork.quotaBytes, parent.quotaBytes]).toEqual([3 * PAGE, null]);
    for (let page = 0; page < 10; page += 1) fork.memory.load32(page * PAGE);
    write(fork, 0);
    write(fork, 0);
    write(fork, 20);
    fork.memory.load32(21 * PAGE);
    const { residentPages, counters } = vm;
    expect(thrownBy(() => write(fork, 1))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { page: 1, taken: 3, quota: 3 } });
    expect(thrownBy(() => fork.memory.load32(22 * PAGE))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { page: 22 } });
    expect(vm.residentPages).toBe(residentPages);
    expect(vm.counters).toEqual({ ...counters, accesses: counters.accesses + 2 });
    expect(fork.memory.load32(PAGE)).toBe(2);
    write(fork, 0);
    write(parent, 1);
    write(parent, 30);
    engine.validate();
  });

  test('what is let go can be taken again; reset and restore count anew', () => {
    const snapshot = parent.snapshot();
    const fork = snapshot.fork({ quota: 2 * PAGE });
    write(fork, 0);
    write(fork, 1);
    fork.advise(0, PAGE, 'unused');
    write(fork, 5);
    expect(thrownBy(() => write(fork, 6))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    fork.reset();
    write(fork, 6);
    write(fork, 7);
    expect(thrownBy(() => write(fork, 8))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    engine.validate();
  });

  test('a page shared with a fork is no longer its own', () => {
    const fork = parent.fork({ quota: PAGE });
    write(fork, 0);
    const second = fork.fork();
    expect(second.quotaBytes).toBeNull();
    write(fork, 1);
    expect(thrownBy(() => write(fork, 2))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    write(second, 2);
    second.dispose();
    expect(thrownBy(() => write(fork, 2))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { taken: 2, quota: 1 } });
  });

  test('limit sets another, and none', () => {
    const fork = parent.fork();
    write(fork, 0);
    fork.limit(PAGE);
    write(fork, 1); // counted from here on
    expect(thrownBy(() => write(fork, 2))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { taken: 2, quota: 1 } });
    fork.limit(null);
    write(fork, 2);
    for (const wrong of [0, -PAGE, PAGE + 1, 'x', NaN]) {
      expect(thrownBy(() => fork.limit(wrong as number))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'quota' } });
    }
    fork.dispose();
    expect(thrownBy(() => fork.limit(null))).toMatchObject({ code: 'DISPOSED' });
    expect(thrownBy(() => fork.quotaBytes)).toMatchObject({ code: 'DISPOSED' });
  });

  test('no more than the largest address space', () => {
    const most = 2 ** 32;
    expect(parent.fork({ quota: most }).quotaBytes).toBe(most);
    parent.limit('4GiB');
    expect(parent.quotaBytes).toBe(most);
    for (const wrong of [most + PAGE, 2 ** 32 * PAGE, (2 ** 32 + 1) * PAGE, '1TiB', 1e15 - (1e15 % PAGE)]) {
      expect(thrownBy(() => parent.limit(wrong))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'quota' } });
      expect(thrownBy(() => parent.fork({ quota: wrong }))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'options.quota' } });
    }
    expect(parent.quotaBytes).toBe(most);
  });

  test('bulk writes stop at it and say how far they came; an access across pages is all or nothing', () => {
    const fork = parent.fork({ quota: 2 * PAGE });
    expect(thrownBy(() => fork.memory.fill(0, 4 * PAGE, 9))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { bytesDone: 2 * PAGE } });
    fork.limit(PAGE);
    fork.memory.load8(0);
    const other = parent.fork({ quota: PAGE });
    expect(thrownBy(() => other.memory.store32(PAGE - 2, 0x01020304))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { page: 1 } });
    expect(other.digestSync()).toBe(parent.digestSync());
    expect(thrownBy(() => other.advise(20 * PAGE, PAGE, 'locked'))).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { bytesDone: 0 } });
    engine.validate();
  });

  test('the quota bounds what a fork costs, whatever it does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(SPACE_PAGES - 1), fc.boolean()), { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        (accesses, quota) => {
          const before = vm.residentPages + vm.outPages;
          const fork = parent.fork({ quota: quota * PAGE });
          const made = new Set<number>();
          for (const [page, isStore] of accesses) {
            const makes = !made.has(page) && (isStore || page >= 10);
            const access = (): unknown => (isStore ? write(fork, page) : fork.memory.load32(page * PAGE));
            if (makes && made.size === quota) expect(thrownBy(access)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
            else access();
            if (makes && made.size < quota) made.add(page);
          }
          expect(vm.residentPages + vm.outPages - before).toBe(made.size);
          fork.dispose();
        },
      ),
      { numRuns: 60 },
    );
    engine.validate();
  });
});
