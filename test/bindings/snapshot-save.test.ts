// Saved snapshots: what goes out comes back, elsewhere too; what is damaged or does not fit is refused, and nothing is left of it.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { builds } from '../support/builds.ts';
import type { Engine, Replica, Snapshot, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const SPACE_PAGES = 80;
const HEADER_BYTES = 80;
const CHECKSUM_BYTES = 32;

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  );
}

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let replica: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 128 });
    vm = engine.createVm({ name: 'a', memory: 6 * REGION, addressSpace: SPACE_PAGES * PAGE });
    replica = vm.replica;
  });

  const vmOther = async (): Promise<Vm> => {
    const far = await engineMake(build, { regions: 16, slots: 128 });
    return far.createVm({ memory: 6 * REGION, addressSpace: SPACE_PAGES * PAGE });
  };
  const write = (target: Replica, page: number, value: number): void => target.memory.store32(page * PAGE, value);
  const protectionOf = (target: Replica, page: number) =>
    [...engine.pages(target, { from: page, to: page + 1 })][0]?.protection ?? 'readWrite';

  test('contents, protection and state come back, in the same VM and in another engine', async () => {
    for (const page of [0, 1, 2, 40, 79]) write(replica, page, page + 1);
    write(replica, 50, 1);
    write(replica, 50, 0); // a page of zeros
    replica.protect(PAGE, 2 * PAGE, 'read');
    replica.protect(60 * PAGE, PAGE, 'none');
    const snapshot = replica.snapshot({ state: new Uint8Array([5, 6]) });
    const counters = vm.counters;
    const bytes = await snapshot.save();
    expect(vm.counters).toEqual(counters);
    expect(bytes.length).toBe(HEADER_BYTES + 5 * 12 + 2 + 5 * PAGE + CHECKSUM_BYTES);
    const loaded = await vm.loadSnapshot(bytes);
    expect([...loaded.diff(snapshot)]).toEqual([]);
    expect([loaded.state, loaded.digestSync()]).toEqual([new Uint8Array([5, 6]), snapshot.digestSync()]);
    const fork = loaded.fork();
    expect([0, 1, 2, 3, 60].map((page) => protectionOf(fork, page))).toEqual(['readWrite', 'read', 'read', 'readWrite', 'none']);
    expect(vm.replicas).toEqual([replica, fork]);
    const far = await vmOther();
    expect((await far.loadSnapshot(bytes)).digestSync()).toBe(snapshot.digestSync());
    engine.validate();
  });

  test('an empty one, and pages that are out', async () => {
    const empty = await replica.snapshot().save();
    expect(empty.length).toBe(HEADER_BYTES + CHECKSUM_BYTES);
    for (let page = 0; page < 60; page += 1) write(replica, page, page + 1);
    expect(vm.outPages).toBeGreaterThan(0);
    const snapshot = replica.snapshot();
    const loaded = await vm.loadSnapshot(await snapshot.save());
    expect(loaded.digestSync()).toBe(snapshot.digestSync());
    const nothing = await vm.loadSnapshot(empty);
    replica.restore(nothing);
    expect(replica.memory.load32(0)).toBe(0);
    engine.validate();
  });

  describe('with a base', () => {
    let base: Snapshot;
    let snapshot: Snapshot;

    beforeEach(() => {
      for (let page = 0; page < 10; page += 1) write(replica, page, page + 1);
      replica.protect(5 * PAGE, PAGE, 'none');
      base = replica.snapshot();
      replica.protect(5 * PAGE, PAGE, 'readWrite');
      replica.protect(7 * PAGE, PAGE, 'read');
      write(replica, 3, 99);
      write(replica, 4, 0); // equal contents are zero now
      write(replica, 8, 9); // written, but the same
      write(replica, 20, 1);
      snapshot = replica.snapshot();
    });

    test('only what differs goes out', async () => {
      const bytes = await snapshot.save({ base });
      expect(bytes.length).toBe(HEADER_BYTES + 4 * 12 + 2 * PAGE + CHECKSUM_BYTES);
      const loaded = await vm.loadSnapshot(bytes, { base });
      expect(loaded.digestSync()).toBe(snapshot.digestSync());
      expect([...loaded.fork().dirtyPages(base)].map(({ page }) => page)).toEqual([3, 4, 20]);
      expect([5, 7].map((page) => protectionOf(loaded.fork(), page))).toEqual(['readWrite', 'read']);
    });

    test('a base loaded from bytes will do: its contents count', async () => {
      const far = await vmOther();
      const farBase = await far.loadSnapshot(await base.save());
      const loaded = await far.loadSnapshot(await snapshot.save({ base }), { base: farBase });
      expect(loaded.digestSync()).toBe(snapshot.digestSync());
    });

    test('without base, on a wrong one, on one that has ended', async () => {
      const bytes = await snapshot.save({ base });
      const { snapshots } = vm;
      expect(await failureOf(vm.loadSnapshot(bytes))).toMatchObject({
        code: 'SNAPSHOT_MISMATCH',
        details: { field: 'base', found: 'none' },
      });
      const wrong = await failureOf(vm.loadSnapshot(bytes, { base: snapshot }));
      expect(wrong).toMatchObject({
        code: 'SNAPSHOT_MISMATCH',
        details: { field: 'base', expected: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      });
      expect(await failureOf(vm.loadSnapshot(bytes, { base: (await vmOther()).replica.snapshot() }))).toMatchObject({
        code: 'INVALID_OPTION',
      });
      expect(vm.snapshots).toEqual(snapshots);
      base.dispose();
      expect(await failureOf(vm.loadSnapshot(bytes, { base }))).toMatchObject({ code: 'DISPOSED' });
      expect(await failureOf(snapshot.save({ base }))).toMatchObject({ code: 'DISPOSED' });
      engine.validate();
    });
  });

  describe('what cannot be loaded', () => {
    let bytes: Uint8Array<ArrayBuffer>;
    beforeEach(async () => {
      for (const page of [0, 1, 9]) write(replica, page, page + 1);
      replica.protect(0, PAGE, 'read');
      bytes = await replica.snapshot({ state: new Uint8Array(7) }).save();
    });

    const nothingLeft = (): void => {
      expect([vm.snapshots.length, vm.replicas.length, vm.residentPages]).toEqual([1, 1, 3]);
      engine.validate();
    };
    const changed = (at: number, value: number): Uint8Array => {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(at, value, true);
      return copy;
    };

    test('another version, page size or address space, with the numbers', async () => {
      const mismatches: readonly (readonly [number, number, string, number, number])[] = [
        [8, 2, 'version', 2, 1],
        [12, 2 * PAGE, 'pageBytes', 2 * PAGE, PAGE],
        [16, 81, 'addressSpace', 81 * PAGE, 80 * PAGE],
      ];
      for (const [at, value, field, found, expected] of mismatches) {
        expect(await failureOf(vm.loadSnapshot(changed(at, value)))).toMatchObject({
          code: 'SNAPSHOT_MISMATCH',
          details: { field, found, expected },
        });
      }
      const small = engine.createVm({ memory: REGION, addressSpace: PAGE });
      expect(await failureOf(small.loadSnapshot(bytes))).toMatchObject({ details: { field: 'addressSpace', expected: PAGE } });
      nothingLeft();
    });

    test('bytes that are something else, or too few or too many', async () => {
      expect(await failureOf(vm.loadSnapshot(new Uint8Array()))).toMatchObject({ code: 'SNAPSHOT_CORRUPT', details: { reason: 'magic' } });
      expect(await failureOf(vm.loadSnapshot(new Uint8Array(5000)))).toMatchObject({
        code: 'SNAPSHOT_CORRUPT',
        details: { reason: 'magic' },
      });
      for (const length of [1, 8, HEADER_BYTES - 1, HEADER_BYTES, bytes.length - 1]) {
        expect(await failureOf(vm.loadSnapshot(bytes.subarray(0, length)))).toMatchObject({
          code: 'SNAPSHOT_CORRUPT',
          details: { reason: 'length', bytes: length },
        });
      }
      const longer = new Uint8Array(bytes.length + 1);
      longer.set(bytes);
      expect(await failureOf(vm.loadSnapshot(longer))).toMatchObject({
        details: { reason: 'length', bytes: bytes.length + 1, expectedBytes: bytes.length },
      });
      for (const wrong of [undefined, null, 'x', [1], bytes.buffer]) {
        expect(await failureOf(vm.loadSnapshot(wrong as unknown as Uint8Array))).toMatchObject({ code: 'INVALID_OPTION' });
      }
      nothingLeft();
    });

    test('any byte that changed', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flips) => {
          const copy = bytes.slice();
          copy[at]! ^= flips;
          const error = await failureOf(vm.loadSnapshot(copy));
          expect((error as { code: string }).code).toMatch(/^SNAPSHOT_(CORRUPT|MISMATCH)$/);
        }),
        { numRuns: 150 },
      );
      for (let at = 0; at < HEADER_BYTES + 5 * 12; at += 1) {
        const copy = bytes.slice();
        copy[at]! ^= 0x80;
        expect((await failureOf(vm.loadSnapshot(copy))) as { code: string }).toMatchObject({
          code: expect.stringMatching(/^SNAPSHOT_/) as string,
        });
      }
      nothingLeft();
    });
  });

  test('no frame left for it: nothing is left of it, and it can be tried again', async () => {
    for (let page = 0; page < 20; page += 1) write(replica, page, page + 1);
    const bytes = await replica.snapshot().save();
    const poor = await engineMake(build, { regions: 4, slots: 4 });
    const small = poor.createVm({ memory: REGION, addressSpace: SPACE_PAGES * PAGE });
    expect(await failureOf(small.loadSnapshot(bytes))).toMatchObject({ code: 'SWAP_FULL' });
    expect([small.replicas.length, small.snapshots.length, small.residentPages, small.outPages]).toEqual([1, 0, 0, 0]);
    poor.validate();
    small.expand(3 * REGION);
    expect((await small.loadSnapshot(bytes)).digestSync()).toBe(replica.digestSync());
    small.dispose();
    poor.validate();
  });

  test('abort', async () => {
    const snapshot = replica.snapshot();
    const bytes = await snapshot.save();
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await failureOf(snapshot.save({ signal }))).toMatchObject({ message: 'enough' });
    expect(await failureOf(vm.loadSnapshot(bytes, { signal }))).toMatchObject({ message: 'enough' });
    expect(await failureOf(snapshot.save({ signal: 1 as unknown as AbortSignal }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(vm.snapshots).toEqual([snapshot]);
  });
});

describe('64 MiB', () => {
  const SPACE = 2 ** 26;
  const large = async () => {
    const engine = await engineMake(shipped[0]!, { memory: '160MiB', region: '256KiB', swap: { size: '64MiB' } });
    const vm = engine.createVm({ memory: '160MiB', addressSpace: SPACE });
    const block = new Uint8Array(2 ** 20);
    for (let at = 0; at < SPACE; at += block.length) vm.replica.memory.write(at, block.fill(1 + at / block.length));
    return { engine, vm };
  };

  test('goes out and comes back', async () => {
    const { vm } = await large();
    const snapshot = vm.replica.snapshot();
    const bytes = await snapshot.save();
    expect(bytes.length).toBe(HEADER_BYTES + 12 + SPACE + CHECKSUM_BYTES);
    const loaded = await vm.loadSnapshot(bytes);
    expect(loaded.digestSync()).toBe(snapshot.digestSync());
  });

  test('an abort on the way leaves nothing; so does the end of the VM', async () => {
    const { engine, vm } = await large();
    const snapshot = vm.replica.snapshot();
    const bytes = await snapshot.save();
    const aborting = (action: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')));
      return failureOf(action(controller.signal));
    };
    expect(await aborting((signal) => snapshot.save({ signal }))).toMatchObject({ message: 'enough' });
    const resident = vm.residentPages;
    expect(await aborting((signal) => vm.loadSnapshot(bytes, { signal }))).toMatchObject({ message: 'enough' });
    expect([vm.residentPages, vm.snapshots.length, vm.replicas.length]).toEqual([resident, 1, 1]);
    const loading = vm.loadSnapshot(bytes);
    setTimeout(() => vm.dispose());
    expect(await failureOf(loading)).toMatchObject({ code: 'DISPOSED' });
    expect(engine.vms).toEqual([]);
    engine.validate();
  });
});

test('a build of another page size is told from a damaged one', async () => {
  const other = builds.find(({ target, pageKib }) => target === 'release' && pageKib === 16);
  if (other === undefined) throw new Error('there is no build of 16 KiB pages');
  const engine = await engineMake(shipped[0]!);
  const bytes = await engine
    .createVm({ memory: REGION, addressSpace: 16 * PAGE })
    .replica.snapshot()
    .save();
  const far = await engineMake(other, { memory: '1MiB', region: '64KiB', swap: { size: '1MiB' } });
  const vm = far.createVm({ memory: '128KiB', addressSpace: 16 * PAGE });
  expect(await failureOf(vm.loadSnapshot(bytes))).toMatchObject({ details: { field: 'pageBytes', found: PAGE, expected: 4 * PAGE } });
});
