// Snapshots: states that are held, restored, compared and dropped; dirty pages; reset.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Snapshot, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';

const SPACE_PAGES = 80;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let replica: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 8, slots: 128, maxReplicas: 12, maxVms: 2 });
    vm = engine.createVm({ name: 'a', memory: 6 * REGION, addressSpace: SPACE_PAGES * PAGE });
    replica = vm.replica;
  });

  const write = (target: Replica, page: number, value: number): void => target.memory.store32(page * PAGE, value);
  const read = (target: Replica | Snapshot, page: number): number =>
    new Uint32Array(target.peek(page * PAGE, new Uint8Array(4)).slice().buffer)[0]!;

  test('a snapshot keeps what was there, at no cost of frames, and is no replica', () => {
    write(replica, 3, 7);
    const before = { resident: vm.residentPages, counters: vm.counters, timeNs: vm.timeNs };
    const snapshot = replica.snapshot();
    expect({ resident: vm.residentPages, counters: vm.counters, timeNs: vm.timeNs }).toEqual(before);
    expect(vm.replicas).toEqual([replica]);
    expect(vm.snapshots).toEqual([snapshot]);
    write(replica, 3, 8);
    write(replica, 4, 9);
    expect([read(snapshot, 3), read(snapshot, 4), read(replica, 3)]).toEqual([7, 0, 8]);
    expect(vm.counters.copies).toBe(1);
    expect(snapshot.digestSync()).not.toBe(replica.digestSync());
    expect(snapshot.addressSpaceBytes).toBe(replica.addressSpaceBytes);
    engine.validate();
  });

  test('restore and reset bring contents, protection and devices back', () => {
    write(replica, 1, 5);
    replica.protect(2 * PAGE, PAGE, 'read');
    replica.mapDevice(10 * PAGE, PAGE, { load: () => 77, store: () => undefined });
    const snapshot = replica.snapshot();
    write(replica, 1, 6);
    write(replica, 70, 6);
    replica.protect(2 * PAGE, PAGE, 'readWrite');
    write(replica, 2, 6);
    replica.restore(snapshot);
    expect([read(replica, 1), read(replica, 2), read(replica, 70)]).toEqual([5, 0, 0]);
    expect(thrownBy(() => write(replica, 2, 1))).toMatchObject({ code: 'PROTECTED' });
    write(replica, 1, 9);
    replica.reset();
    expect(read(replica, 1)).toBe(5);
    const fork = snapshot.fork();
    expect(fork.memory.load32(10 * PAGE)).toBe(77);
    expect(fork.digestSync()).toBe(snapshot.digestSync());
    engine.validate();
  });

  test('reset goes to the snapshot that the replica was the same as last', () => {
    expect(replica.base).toBeNull();
    write(replica, 0, 1);
    const first = replica.snapshot();
    write(replica, 0, 2);
    const second = replica.snapshot();
    write(replica, 0, 3);
    const fork = replica.fork();
    expect([replica.base, fork.base]).toEqual([second, second]);
    fork.reset();
    expect(read(fork, 0)).toBe(2);
    fork.restore(first);
    write(fork, 0, 4);
    fork.reset();
    expect([read(fork, 0), read(replica, 0)]).toEqual([1, 3]);
    expect(first.fork().base).toBe(first);
    fork.restore(replica);
    expect(fork.base).toBe(second);
    engine.validate();
  });

  test('reset of a replica without a snapshot leaves nothing', () => {
    write(replica, 5, 1);
    replica.protect(6 * PAGE, PAGE, 'none');
    replica.mapDevice(7 * PAGE, PAGE, { load: () => 1, store: () => undefined });
    replica.reset();
    expect(vm.residentPages).toBe(0);
    expect([5, 6, 7].map((page) => replica.memory.load32(page * PAGE))).toEqual([0, 0, 0]);
    engine.validate();
  });

  test('dirty pages are those written since', () => {
    for (const page of [0, 1, 63, 64, 79]) write(replica, page, 1);
    const snapshot = replica.snapshot();
    expect([...replica.dirtyPages(snapshot)]).toEqual([]);
    for (const page of [79, 64, 2, 0]) write(replica, page, 2);
    expect([...replica.dirtyPages(snapshot)]).toEqual([0, 2, 64, 79].map((page) => ({ page, address: page * PAGE })));
    write(replica, 0, 1); // written is written
    expect([...replica.dirtyPages(snapshot)].map(({ page }) => page)).toEqual([0, 2, 64, 79]);
    const second = replica.snapshot();
    expect([...replica.dirtyPages(second)]).toEqual([]);
    replica.restore(snapshot);
    expect([...replica.dirtyPages(snapshot)]).toEqual([]);
    expect([...replica.dirtyPages(second)].map(({ page }) => page)).toEqual([0, 2, 64, 79]);
  });

  test('diff tells pages and byte ranges, and passes over equal contents', () => {
    replica.memory.write(3 * PAGE, new Uint8Array(2 * PAGE).fill(9));
    const snapshot = replica.snapshot();
    replica.memory.write(3 * PAGE + 100, new Uint8Array([1, 2, 9, 4]));
    replica.memory.store8(5 * PAGE - 1, 8);
    write(replica, 20, 1);
    replica.memory.fill(20 * PAGE, 4, 0);
    const expected = [
      {
        page: 3,
        address: 3 * PAGE,
        ranges: [
          { from: 100, bytes: 2 },
          { from: 103, bytes: 1 },
        ],
      },
      { page: 4, address: 4 * PAGE, ranges: [{ from: PAGE - 1, bytes: 1 }] },
    ];
    expect([...snapshot.diff(replica)]).toEqual(expected);
    const later = replica.snapshot();
    expect([...later.diff(snapshot)]).toEqual(expected);
    expect([...later.diff(later)]).toEqual([]);
  });

  test('snapshots end in any order; the last replica ends with its VM', () => {
    const snapshots = Array.from({ length: 6 }, (_, index) => {
      write(replica, 0, index);
      write(replica, index + 1, index);
      return replica.snapshot();
    });
    write(replica, 0, 99);
    for (const index of [2, 5, 0, 3]) snapshots[index]!.dispose();
    expect([1, 4].map((index) => read(snapshots[index]!, 0))).toEqual([1, 4]);
    expect(thrownBy(() => replica.dispose())).toMatchObject({ code: 'INVALID_OPTION' });
    expect(vm.snapshots).toEqual([snapshots[1], snapshots[4]]);
    snapshots[1]!.dispose();
    snapshots[4]![Symbol.dispose]();
    snapshots[4]!.dispose();
    expect(vm.snapshots).toEqual([]);
    expect(vm.residentPages).toBe(7);
    engine.validate();
    const last = replica.snapshot();
    vm.dispose();
    expect(last.isDisposed).toBe(true);
    engine.validate();
  });

  test('the state of the guest is kept by value', () => {
    const state = new Uint8Array([1, 2, 3]);
    const snapshot = replica.snapshot({ state });
    state[0] = 9;
    snapshot.state!.fill(7);
    expect([...snapshot.state!]).toEqual([1, 2, 3]);
    expect(replica.snapshot().state).toBeNull();
    expect(replica.snapshot({ state: new Uint8Array() }).state).toEqual(new Uint8Array());
  });

  test('sharing survives swap: each page goes out once, and comes back for all', () => {
    for (let page = 0; page < 10; page += 1) write(replica, page, page + 1);
    const snapshot = replica.snapshot();
    const fork = snapshot.fork();
    for (let page = 20; page < 60; page += 1) write(replica, page, page);
    expect(vm.counters.pageOuts).toBe(10 + 40 - 24);
    const { pageIns } = vm.counters;
    expect(Array.from({ length: 10 }, (_, page) => fork.memory.load32(page * PAGE))).toEqual(
      Array.from({ length: 10 }, (_, page) => page + 1),
    );
    expect(vm.counters.pageIns).toBe(pageIns + 10);
    expect(read(snapshot, 9)).toBe(10);
    expect(vm.residentPages).toBe(24);
    engine.validate();
  });

  test('a region of many holders that is taken away: each frame goes out once', () => {
    for (let page = 0; page < 24; page += 1) write(replica, page, page + 1);
    const snapshots = Array.from({ length: 4 }, () => replica.snapshot());
    const forks = [replica.fork(), snapshots[2]!.fork()];
    const digest = replica.digestSync();
    const other = engine.createVm({ name: 'b', memory: 2 * REGION, addressSpace: SPACE_PAGES * PAGE });
    const [given, taken] = [vm.reduce(4 * REGION), other.expand(4 * REGION)];
    expect([given.state, taken.state]).toEqual(['granted', 'granted']);
    for (let page = 0; page < 24; page += 1) other.replica.memory.store32(page * PAGE, 1);
    expect([given.state, taken.state]).toEqual(['settled', 'settled']);
    expect([given.report().pageOutsAfterGrant, vm.counters.pageOuts, vm.outPages, vm.residentPages]).toEqual([16, 16, 16, 8]);
    for (const holder of [replica, ...snapshots, ...forks]) expect(holder.digestSync()).toBe(digest);
    write(forks[0]!, 0, 99);
    snapshots[0]!.dispose();
    expect([read(replica, 0), read(forks[0]!, 0), read(snapshots[3]!, 23)]).toEqual([1, 99, 24]);
    engine.validate();
  });

  test('no frame for a copy: the store fails, nothing is lost, and it can be repeated', async () => {
    const poor = await engineMake(build, { regions: 1, slots: 0 });
    const small = poor.createVm({ memory: REGION, addressSpace: SPACE_PAGES * PAGE }).replica;
    for (let page = 0; page < 4; page += 1) write(small, page, page + 1);
    const snapshot = small.snapshot();
    const digest = small.digestSync();
    expect(thrownBy(() => write(small, 2, 9))).toMatchObject({ code: 'SWAP_FULL' });
    expect([small.digestSync(), snapshot.digestSync()]).toEqual([digest, digest]);
    expect([...small.dirtyPages(snapshot)]).toEqual([]);
    poor.validate();
    small.restore(snapshot);
    snapshot.dispose();
    write(small, 2, 9);
    expect(read(small, 2)).toBe(9);
    poor.validate();
  });

  describe('bad input', () => {
    test('a snapshot used after dropping, or after its VM', () => {
      const snapshot = replica.snapshot();
      snapshot.dispose();
      const uses: readonly (() => unknown)[] = [
        () => snapshot.fork(),
        () => snapshot.peek(0, new Uint8Array(1)),
        () => snapshot.digestSync(),
        () => snapshot.diff(replica),
        () => replica.restore(snapshot),
        () => replica.reset(),
        () => replica.dirtyPages(snapshot),
      ];
      for (const use of uses) expect(thrownBy(use)).toMatchObject({ code: 'DISPOSED' });
      expect((thrownBy(() => snapshot.fork()) as Error).message).toContain('snapshot.test.ts');
      const other = replica.snapshot();
      vm.dispose();
      expect(thrownBy(() => other.fork())).toMatchObject({ code: 'DISPOSED', details: { what: "VM 'a'" } });
      engine.dispose();
      expect(thrownBy(() => other.fork())).toMatchObject({ code: 'DISPOSED', details: { what: 'The engine' } });
    });

    test('dropped while its pages are being looked at', () => {
      const snapshot = replica.snapshot();
      write(replica, 0, 1);
      const dirty = replica.dirtyPages(snapshot);
      snapshot.dispose();
      expect(thrownBy(() => dirty.next())).toMatchObject({ code: 'DISPOSED' });
    });

    test('of another VM or engine, or no snapshot at all', async () => {
      const vmB = engine.createVm({ memory: REGION, addressSpace: SPACE_PAGES * PAGE });
      const far = await engineMake(build);
      const foreign = [
        vmB.replica.snapshot(),
        far.createVm({ memory: REGION, addressSpace: SPACE_PAGES * PAGE }).replica.snapshot(),
        null,
        {},
        1,
      ];
      const own = replica.snapshot();
      for (const wrong of foreign as Snapshot[]) {
        for (const use of [() => replica.restore(wrong), () => own.diff(wrong), () => replica.dirtyPages(wrong)]) {
          expect(thrownBy(use)).toMatchObject({ code: 'INVALID_OPTION' });
        }
      }
      expect(thrownBy(() => replica.dirtyPages(replica as unknown as Snapshot))).toMatchObject({ code: 'INVALID_OPTION' });
    });

    test('options', () => {
      expect(thrownBy(() => replica.snapshot({ state: [1] as unknown as Uint8Array }))).toMatchObject({
        details: { field: 'options.state' },
      });
      expect(thrownBy(() => replica.snapshot({ stat: 1 } as object))).toMatchObject({ code: 'INVALID_OPTION' });
      expect(thrownBy(() => replica.fork({ quota: 100 }))).toMatchObject({ details: { field: 'options.quota' } });
      expect(vm.snapshots).toEqual([]);
      expect(vm.replicas).toEqual([replica]);
    });

    test('no record left, or too little memory: nothing changes', () => {
      const made = Array.from({ length: 11 }, () => replica.snapshot());
      for (const make of [() => replica.snapshot(), () => replica.fork(), () => made[0]!.fork()]) {
        expect(thrownBy(make)).toMatchObject({ code: 'TABLES_FULL' });
      }
      expect(vm.snapshots).toEqual(made);
      for (const snapshot of made) snapshot.dispose();
      replica.snapshot();
      expect(thrownBy(() => vm.reduce(6 * REGION))).toMatchObject({ code: 'TOO_LITTLE_LEFT', details: { framesLeast: 4 } });
      engine.validate();
    });
  });
});
