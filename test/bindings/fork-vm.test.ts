// A fork into a new VM: memory of its own, the same contents and protection; if it fails, nothing is left of it.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import type { ForkVmOptions } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const SPACE_PAGES = 80;

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
    engine = await engineMake(build, { regions: 24, slots: 64 });
    vm = engine.createVm({ name: 'a', memory: 8 * REGION, addressSpace: SPACE_PAGES * PAGE });
    replica = vm.replica;
    for (let page = 0; page < 40; page += 3) replica.memory.store32(page * PAGE, page + 1);
    replica.protect(3 * PAGE, PAGE, 'read');
    replica.protect(70 * PAGE, 2 * PAGE, 'none');
  });

  const unchanged = (): void => {
    expect(engine.vms).toEqual([vm]);
    expect([vm.snapshots, vm.replicas]).toEqual([[], [replica]]);
    engine.validate();
  };

  test('the new VM has the contents and the protection, and both go their own ways', async () => {
    const digest = replica.digestSync();
    const counters = vm.counters;
    const copy = await replica.forkVm({ name: 'b', memory: 5 * REGION, eviction: 'fifo' });
    expect(vm.counters).toEqual(counters);
    expect([copy.name, copy.managedBytes, copy.replica.addressSpaceBytes]).toEqual(['b', 5 * REGION, SPACE_PAGES * PAGE]);
    expect(copy.replica.digestSync()).toBe(digest);
    const protectedPages = (of: Replica) =>
      [...engine.pages(of)].filter(({ protection }) => protection !== 'readWrite').map(({ page }) => page);
    expect(protectedPages(copy.replica)).toEqual([3, 70, 71]);
    copy.replica.memory.store32(0, 999);
    replica.memory.store32(6 * PAGE, 999);
    expect([replica.memory.load32(0), copy.replica.memory.load32(6 * PAGE)]).toEqual([1, 7]);
    expect([vm.snapshots, copy.snapshots, vm.residentPages]).toEqual([[], [], 14]);
    vm.dispose();
    expect(copy.replica.memory.load32(9 * PAGE)).toBe(10);
    engine.validate();
  });

  test('from a snapshot, with less memory than contents', async () => {
    const snapshot = replica.snapshot();
    replica.memory.store32(0, 999);
    const copy = await snapshot.forkVm({ memory: 2 * REGION });
    expect(copy.replica.digestSync()).toBe(snapshot.digestSync());
    expect(copy.outPages).toBe(14 - 8);
    engine.validate();
  });

  test('too little swap, too little memory, wrong options: nothing is left', async () => {
    const failing: readonly (readonly [ForkVmOptions, string])[] = [
      [{ memory: 100 * REGION }, 'NOT_ENOUGH_MEMORY'],
      [{ memory: 100 }, 'INVALID_OPTION'],
      [{ memory: REGION, name: 'a' }, 'INVALID_OPTION'],
      [{ memory: REGION, addressSpace: PAGE } as ForkVmOptions, 'INVALID_OPTION'],
      [{ memory: REGION, replicas: 2 } as ForkVmOptions, 'INVALID_OPTION'],
      [undefined as unknown as ForkVmOptions, 'INVALID_OPTION'],
      [{ memory: REGION, signal: {} as AbortSignal }, 'INVALID_OPTION'],
    ];
    for (const [options, code] of failing) {
      expect(await failureOf(replica.forkVm(options))).toMatchObject({ code });
      unchanged();
    }
    const poor = await engineMake(build, { regions: 8, slots: 0 });
    const full = poor.createVm({ memory: 5 * REGION, addressSpace: 32 * PAGE });
    for (let page = 0; page < 18; page += 1) full.replica.memory.store32(page * PAGE, 1);
    expect(await failureOf(full.replica.forkVm({ memory: 3 * REGION }))).toMatchObject({ code: 'SWAP_FULL' });
    expect([poor.vms, poor.regionsFree]).toEqual([[full], 3]);
    poor.validate();
  });

  test('abort, before and on the way', async () => {
    expect(await failureOf(replica.forkVm({ memory: REGION, signal: AbortSignal.abort(new Error('no')) }))).toMatchObject({
      message: 'no',
    });
    unchanged();
    const large = await engineMake(build, { memory: '64MiB', region: '256KiB', swap: { size: '1MiB' } });
    const from = large.createVm({ memory: '26MiB', addressSpace: '24MiB' });
    from.replica.memory.fill(0, 24 * 2 ** 20, 1);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('no')));
    expect(await failureOf(from.replica.forkVm({ memory: '26MiB', signal: controller.signal }))).toMatchObject({ message: 'no' });
    expect([large.vms, from.snapshots]).toEqual([[from], []]);
    const ending = from.replica.forkVm({ memory: '26MiB' });
    setTimeout(() => from.dispose());
    expect(await failureOf(ending)).toMatchObject({ code: 'DISPOSED' });
    expect(large.vms).toEqual([]);
    large.validate();
  });

  test('the source may go on while it is copied: the copy is of one moment', async () => {
    const large = await engineMake(build, { memory: '64MiB', region: '256KiB', swap: { size: '1MiB' } });
    const from = large.createVm({ memory: '30MiB', addressSpace: '24MiB' });
    from.replica.memory.fill(0, 24 * 2 ** 20, 1);
    const digest = from.replica.digestSync();
    const copying = from.replica.forkVm({ memory: '26MiB' });
    from.replica.memory.store8(24 * 2 ** 20 - 1, 9);
    expect((await copying).replica.digestSync()).toBe(digest);
  });

  test('pages of an image are not copied: the new VM has them from the image', async () => {
    const contents = new Uint8Array(8 * PAGE).map((_, at) => at >>> 12);
    const image = engine.image(contents);
    const started = engine.createVm({ memory: 4 * REGION, addressSpace: SPACE_PAGES * PAGE, image });
    started.replica.memory.load8(2 * PAGE);
    started.replica.memory.store8(3 * PAGE, 99);
    const { pagesRead } = image;
    const copy = await started.replica.forkVm({ memory: 2 * REGION });
    expect([copy.residentPages, copy.outPages, image.pagesRead]).toEqual([1, 7, pagesRead]);
    expect(copy.replica.digestSync()).toBe(started.replica.digestSync());
    started.dispose();
    expect(copy.replica.memory.load8(7 * PAGE)).toBe(7);
    engine.validate();
  });
});
