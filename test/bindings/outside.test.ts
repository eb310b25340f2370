// Writes from outside (US 9,063,868, variation 2): they reach all replicas in step at the same point of the program, and what is shared stays shared.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySwapStore } from '../../bindings/node.ts';
import type { Engine, EngineOptions, Replica, Vm, VmOptions, WriteRequest, WriterProcess } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';

const [build] = shipped;
const bytesOf = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 5 + seed) & 0xff);
const contentOf = (replica: Replica, address: number, length: number): Uint8Array => replica.peek(address, new Uint8Array(length));

interface World {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly all: readonly Replica[];
}

async function world(
  replicas: number,
  options: Partial<VmOptions> = {},
  engineOptions: Partial<EngineOptions> & { slots?: number } = {},
): Promise<World> {
  const engine = await engineMake(build!, { regions: 16, slots: 256, maxReplicas: 512, ...engineOptions });
  const vm = engine.createVm({ memory: 8 * REGION, addressSpace: 128 * PAGE, replicas, ...options });
  return { engine, vm, all: vm.replicas };
}

/** Different pages that a VM's replicas have at one place. */
const areasAt = ({ engine, all }: World, page: number): number =>
  new Set(
    all.map((replica) => [...engine.pages(replica, { from: page, to: page + 1 })].map(({ frame, slot }) => `${frame} ${slot}`).join()),
  ).size;

describe('a write to the VM', () => {
  test('reaches all replicas in step, which go on sharing what they shared', async () => {
    const it = await world(3);
    const { vm, all, engine } = it;
    vm.write(10, bytesOf(3 * PAGE));
    expect(vm.residentPages).toBe(4);
    const write = vm.write(PAGE - 2, Uint8Array.of(1, 2, 3, 4));
    expect([write.state, write.writer, write.address, write.bytes, write.error]).toEqual(['done', 'host', PAGE - 2, 4, undefined]);
    await write.done;
    const expected = bytesOf(3 * PAGE);
    expected.set([1, 2, 3, 4], PAGE - 12);
    for (const replica of all) expectBytes(contentOf(replica, 10, 3 * PAGE), expected);
    expect([vm.residentPages, areasAt(it, 0), areasAt(it, 1)]).toEqual([4, 1, 1]);
    engine.validate();
  });

  test('a write to one replica is its own', async () => {
    const { vm, all } = await world(3);
    vm.write(0, bytesOf(PAGE));
    all[1]!.memory.store8(5, 99);
    expect(all.map(({ memory }) => memory.load8(5))).toEqual([26, 99, 26]);
  });

  test('300 replicas in the memory of little more than one', async () => {
    const it = await world(300, { memory: 2 * REGION, replicas: 300 }, { slots: 64 });
    const { vm, all, engine } = it;
    for (let round = 0; round < 4; round += 1) vm.write(round * 1000, bytesOf(12 * PAGE, round));
    expect(vm.residentPages).toBeLessThanOrEqual(8);
    expect(engine.inspect().swap.slotsUsed + vm.residentPages, 'frames and slots, for 13 pages').toBeLessThanOrEqual(13 + 8);
    for (let page = 0; page < 12; page += 1) expect(areasAt(it, page)).toBe(1);
    const expected = new Uint8Array(13 * PAGE);
    for (let round = 0; round < 4; round += 1) expected.set(bytesOf(12 * PAGE, round), round * 1000);
    for (const replica of [all[0]!, all[150]!, all[299]!]) expectBytes(contentOf(replica, 0, 13 * PAGE), expected);
    engine.validate();
  });

  test('one page takes one frame more while it lasts, also with memory that has no other and no swap', async () => {
    const { vm, all, engine } = await world(50, { memory: REGION }, { slots: 0 });
    vm.write(0, bytesOf(3 * PAGE));
    vm.write(PAGE + 7, Uint8Array.of(200));
    expect([vm.residentPages, all[49]!.memory.load8(PAGE + 7)]).toEqual([3, 200]);
    engine.validate();
  });

  test('replicas that are apart: a page that they share stays one, others are written each', async () => {
    const it = await world(40);
    const { vm, all, engine } = it;
    vm.write(0, bytesOf(4 * PAGE));
    for (const [index, { memory }] of all.entries()) if (index < 10) memory.store8(2 * PAGE + 100, index); // ten page tables of their own
    expect([areasAt(it, 1), areasAt(it, 2), vm.residentPages]).toEqual([1, 11, 14]);
    vm.write(PAGE + 50, bytesOf(PAGE, 77)); // pages 1 and 2
    expect([areasAt(it, 0), areasAt(it, 1), areasAt(it, 2), vm.residentPages]).toEqual([1, 1, 11, 14]);
    for (const [index, replica] of all.entries()) {
      const expected = bytesOf(4 * PAGE);
      if (index < 10) expected[2 * PAGE + 100] = index;
      expected.set(bytesOf(PAGE, 77), PAGE + 50);
      expectBytes(contentOf(replica, 0, 4 * PAGE), expected);
    }
    vm.write(2 * PAGE + 100, Uint8Array.of(55)); // the differences are written over
    vm.compare();
    expect([areasAt(it, 2), vm.residentPages]).toEqual([1, 4]);
    engine.validate();
  });

  test('forks out of step and snapshots keep what they have', async () => {
    const { vm, all, engine } = await world(3);
    vm.write(0, bytesOf(2 * PAGE));
    const fork = vm.replica.fork();
    const snapshot = vm.replica.snapshot();
    vm.write(0, bytesOf(2 * PAGE, 9));
    expectBytes(contentOf(fork, 0, 2 * PAGE), bytesOf(2 * PAGE));
    all[0]!.restore(snapshot);
    expectBytes(contentOf(all[0]!, 0, 2 * PAGE), bytesOf(2 * PAGE));
    expectBytes(contentOf(all[2]!, 0, 2 * PAGE), bytesOf(2 * PAGE, 9));
    engine.validate();
  });

  test('a VM of one replica, and one whose replicas are not in step', async () => {
    const { vm, engine } = await world(1);
    vm.write(5, bytesOf(3 * PAGE));
    const fork = vm.replica.fork();
    vm.write(5, Uint8Array.of(250));
    expect([vm.replica.memory.load8(5), fork.memory.load8(5)]).toEqual([250, 1]);
    fork.isInStep = true;
    vm.write(6, Uint8Array.of(251));
    expect([vm.replica.memory.load8(6), fork.memory.load8(6)]).toEqual([6, 251]);
    engine.validate();
  });

  test('pages of an image are read once for all', async () => {
    const engine = await engineMake(build!, { maxReplicas: 64 });
    const image = engine.image(bytesOf(3 * PAGE));
    const vm = engine.createVm({ memory: 8 * REGION, addressSpace: 64 * PAGE, replicas: 9, image });
    vm.write(PAGE + 1, Uint8Array.of(200));
    expect([image.pagesRead, vm.residentPages, image.pagesUsed]).toEqual([1, 1, 2]);
    expect(vm.replicas.map(({ memory }) => memory.load8(PAGE + 1))).toEqual(new Array(9).fill(200));
    engine.validate();
  });

  test('with comparison on write', async () => {
    const it = await world(5, { compare: { onWrite: 'any' } }, { compareOnWrite: true });
    const { vm, all, engine } = it;
    vm.write(0, bytesOf(2 * PAGE));
    all[1]!.memory.store8(3, 9);
    all[4]!.memory.store8(3, 9);
    expect(areasAt(it, 0)).toBe(2);
    vm.write(0, bytesOf(8, 40));
    expect(areasAt(it, 0), 'written over, equal again').toBe(1);
    vm.write(0, new Uint8Array(2 * PAGE));
    for (const replica of all) expectBytes(contentOf(replica, 0, 2 * PAGE), new Uint8Array(2 * PAGE));
    engine.validate();
  });

  test.each([
    ['of no bytes', 5, 0],
    ['of the last byte', 128 * PAGE - 1, 1],
    ['up to the end', 126 * PAGE + 1, 2 * PAGE - 1],
  ])('%s', async (_name, address, length) => {
    const { vm, all, engine } = await world(2);
    expect(vm.write(address, bytesOf(length)).state).toBe('done');
    expectBytes(contentOf(all[1]!, address, length), bytesOf(length));
    engine.validate();
  });
});

describe('what is refused', () => {
  test.each([
    ['behind the end', (vm: Vm) => vm.write(128 * PAGE - 1, bytesOf(2)), 'ADDRESS_OUT_OF_RANGE'],
    ['a negative address', (vm: Vm) => vm.write(-1, bytesOf(2)), 'INVALID_OPTION'],
    ['half an address', (vm: Vm) => vm.write(0.5, bytesOf(2)), 'INVALID_OPTION'],
    ['no bytes', (vm: Vm) => vm.write(0, 'text' as unknown as Uint8Array), 'INVALID_OPTION'],
    ['a writer nobody knows', (vm: Vm) => vm.write(0, bytesOf(2), { writer: 'dma' }), 'INVALID_OPTION'],
    ['an unknown option', (vm: Vm) => vm.write(0, bytesOf(2), { to: 1 } as object), 'INVALID_OPTION'],
    ['a protected page', (vm: Vm) => vm.write(4 * PAGE - 1, bytesOf(2)), 'PROTECTED'],
    ['a device page', (vm: Vm) => vm.write(8 * PAGE - 1, bytesOf(2)), 'DEVICE_PAGE'],
    ['after its end', (vm: Vm) => (vm.dispose(), vm.write(0, bytesOf(1))), 'DISPOSED'],
  ])('%s', async (_name, action, code) => {
    const { vm, all, engine } = await world(3);
    all[1]!.protect(4 * PAGE, PAGE, 'read');
    all[2]!.mapDevice(8 * PAGE, PAGE, { load: () => 0, store: () => undefined });
    const before = vm.counters;
    expect(thrownBy(() => action(vm))).toMatchObject({ code });
    if (!vm.isDisposed) expect(vm.counters).toEqual(before);
    engine.validate();
  });
});

describe('all or nothing', () => {
  /** All that a failed write must leave as it was. */
  const state = ({ all, engine, vm }: World): unknown => ({
    contents: all.map((replica) => replica.digestSync()),
    areas: Array.from({ length: 20 }, (_, page) => areasAt({ all, engine, vm }, page)),
    snapshots: vm.replicas.length,
    pageObjects: engine.inspect().tables.pageObjects.used,
  });

  test('no frame and no swap left in the middle: nothing is written, in any replica', async () => {
    const it = await world(3, { memory: 2 * REGION }, { slots: 0 });
    const { vm, all, engine } = it;
    vm.write(0, bytesOf(5 * PAGE));
    all[1]!.memory.store8(1, 99);
    const before = state(it);
    const error = thrownBy(() => vm.write(0, bytesOf(5 * PAGE, 3)));
    expect(error).toMatchObject({ code: 'SWAP_FULL', details: { bytesDone: 0 } });
    expect(state(it)).toEqual(before);
    engine.validate();
    vm.write(0, bytesOf(100, 3)); // two areas, two frames
    expect(all.map(({ memory }) => memory.load8(1))).toEqual([8, 8, 8]);
  });

  test('a swap store that fails in the middle, at each of its writes', async () => {
    for (let writes = 0; ; writes += 1) {
      const [store, faults] = faultySwapStore(memorySwapStore());
      const it = await world(4, { memory: 2 * REGION }, { swap: { size: 64 * PAGE, store } });
      const { vm, all, engine } = it;
      vm.write(0, bytesOf(9 * PAGE));
      all[0]!.memory.store8(2 * PAGE, 1);
      const before = state(it);
      faults.writesLeft = writes;
      let failure: unknown = null;
      try {
        vm.write(100, bytesOf(9 * PAGE, 70));
      } catch (error) {
        failure = error;
      }
      engine.validate();
      faults.writesLeft = Infinity;
      if (failure === null) {
        expect(writes).toBeGreaterThan(3);
        return;
      }
      expect(failure).toMatchObject({ code: 'SWAP_WRITE_FAILED', details: { bytesDone: 0 } });
      expect(state(it)).toEqual({ ...(before as object), areas: expect.anything() as unknown });
      vm.write(100, bytesOf(9 * PAGE, 70));
      for (const replica of all) expectBytes(contentOf(replica, 100, 9 * PAGE), bytesOf(9 * PAGE, 70));
      engine.validate();
    }
  });

  test('no replica record for a snapshot: refused before anything', async () => {
    const it = await world(16, { replicas: 16 }, { maxReplicas: 16, maxVms: 1 });
    const { vm, all, engine } = it;
    vm.write(0, bytesOf(4 * PAGE)); // one table: no record is needed
    all[3]!.memory.store8(0, 99);
    const before = state(it);
    expect(thrownBy(() => vm.write(0, bytesOf(2 * PAGE, 5)))).toMatchObject({ code: 'TABLES_FULL', details: { table: 'replicas' } });
    expect(state(it)).toEqual(before);
    engine.validate();
  });

  test('no nodes', async () => {
    const it = await world(8, { addressSpace: 2 ** 26 }, { tables: { nodes: 6 } });
    const { vm, all, engine } = it;
    vm.write(0, bytesOf(4 * PAGE));
    const before = state(it);
    expect(thrownBy(() => vm.write(2 ** 25 - 10, bytesOf(200, 5)))).toMatchObject({ code: 'TABLES_FULL' });
    engine.validate();
    expect({ ...(state(it) as object), pageObjects: 0 }).toEqual({ ...(before as object), pageObjects: 0 });
    expect(all).toHaveLength(8);
  });

  test('a quota that is reached is as used as before', async () => {
    const { vm, engine } = await world(1);
    const fork = vm.replica.fork({ quota: 4 * PAGE });
    fork.isInStep = true;
    vm.write(0, bytesOf(3 * PAGE));
    for (let round = 0; round < 3; round += 1) {
      expect(thrownBy(() => vm.write(PAGE, bytesOf(5 * PAGE, 5)))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    }
    expectBytes(contentOf(fork, 0, 3 * PAGE), bytesOf(3 * PAGE));
    engine.validate();
  });
});

describe('writers', () => {
  const writersOf = (dma: WriterProcess): Partial<VmOptions> => ({ writers: { dma } });

  test('a writer has its process, the host its own', async () => {
    const requests: WriteRequest[] = [];
    const { vm, all } = await world(
      3,
      writersOf((request) => [...(requests.push(request), []), { ...request, address: request.address + PAGE }]),
    );
    vm.write(5, Uint8Array.of(7), { writer: 'dma' });
    vm.write(5, Uint8Array.of(9));
    expect(requests).toEqual([{ vm, writer: 'dma', address: 5, bytes: Uint8Array.of(7) }]);
    expect(all.map(({ memory }) => [memory.load8(5), memory.load8(PAGE + 5)])).toEqual([[9, 7], [9, 7], [9, 7]]); // prettier-ignore
  });

  test('it may drop a write, take it apart, or mean some replicas only', async () => {
    const { vm, all, engine } = await world(3);
    vm.writerDefine('sink', () => []);
    expect(vm.write(0, bytesOf(10), { writer: 'sink' }).state).toBe('done');
    expect(vm.residentPages).toBe(0);
    vm.writerDefine('scatter', ({ bytes }) => [
      { address: 0, bytes: bytes.subarray(0, 2) },
      { address: PAGE, bytes: bytes.subarray(2, 4), replicas: [all[1]!] },
      { address: 2 * PAGE, bytes: bytes.subarray(4), replicas: [all[1]!, all[2]!, all[1]!] },
    ]);
    vm.write(0, Uint8Array.of(1, 2, 3, 4, 5, 6), { writer: 'scatter' });
    const read = ({ memory }: Replica): number[] => [0, 1, PAGE, 2 * PAGE].map((address) => memory.load8(address));
    expect(all.map(read)).toEqual([[1, 2, 0, 0], [1, 2, 3, 5], [1, 2, 0, 5]]); // prettier-ignore
    engine.validate();
  });

  test('the host can be defined too, and a process again', async () => {
    const { vm } = await world(2);
    vm.writerDefine('host', () => []);
    vm.write(0, Uint8Array.of(1));
    vm.writerDefine('host', ({ bytes }) => [{ address: 1, bytes }]);
    vm.write(0, Uint8Array.of(2));
    expect([vm.replica.memory.load8(0), vm.replica.memory.load8(1)]).toEqual([0, 2]);
  });

  test('what was asked for can be a piece, as it is or changed', async () => {
    const { vm } = await world(2);
    vm.writerDefine('as asked', (request) => [request, { ...request, address: request.address + 1 }]);
    vm.write(4, Uint8Array.of(7), { writer: 'as asked' });
    expect(vm.replica.memory.read(3, 4)).toEqual(Uint8Array.of(0, 7, 7, 0));
  });

  test('a later piece that fails takes the earlier ones back', async () => {
    const { vm, all, engine } = await world(3, { memory: REGION }, { slots: 0 });
    vm.writerDefine('two', ({ bytes }) => [
      { address: 0, bytes },
      { address: 10 * PAGE, bytes: bytesOf(4 * PAGE) },
    ]);
    expect(thrownBy(() => vm.write(0, Uint8Array.of(1), { writer: 'two' }))).toMatchObject({ code: 'SWAP_FULL' });
    expect([vm.residentPages, ...all.map(({ memory }) => memory.load8(0))]).toEqual([0, 0, 0, 0]);
    engine.validate();
  });

  test.each<readonly [string, (vm: Vm) => unknown]>([
    ['throws', () => { throw new Error('no such channel'); }], // prettier-ignore
    ['answers nothing', () => undefined],
    ['answers a promise', () => Promise.resolve([])],
    ['answers something else than pieces', () => [5]],
    ['names no bytes', () => [{ address: 0 }]],
    ['names an address outside', () => [{ address: 128 * PAGE, bytes: bytesOf(1) }]],
    ['names a disposed replica', (vm) => { const fork = vm.replica.fork(); fork.dispose(); return [{ address: 0, bytes: bytesOf(1), replicas: [fork] }]; }], // prettier-ignore
    ['gives a piece a field that pieces have not', () => [{ address: 0, bytes: bytesOf(1), replica: 1 }]],
    ['names replicas that are none', () => [{ address: 0, bytes: bytesOf(1), replicas: ['first'] }]],
  ])('a process that %s', async (_name, process) => {
    const { vm, engine } = await world(2);
    vm.writerDefine('dma', () => process(vm) as []);
    const error = thrownBy(() => vm.write(0, bytesOf(3), { writer: 'dma' })) as Error;
    expect(error).toMatchObject({ code: 'POLICY_FAILED', details: { policy: 'writer', writer: 'dma', vm: vm.name } });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.message).toMatch(/[^.]\. Nothing was written\.$/);
    expect(vm.residentPages).toBe(0);
    engine.validate();
  });

  test('bad definitions', async () => {
    const { vm, engine } = await world(2);
    for (const define of [
      () => vm.writerDefine('', () => []),
      () => vm.writerDefine('a', 5 as unknown as WriterProcess),
      () => engine.createVm({ memory: REGION, writers: { dma: 'all' } as unknown as Record<string, WriterProcess> }),
      () => engine.createVm({ memory: REGION, writers: [] as unknown as Record<string, WriterProcess> }),
      () => engine.createVm({ memory: REGION, writers: null as unknown as Record<string, WriterProcess> }),
    ])
      expect(thrownBy(define)).toMatchObject({ code: 'INVALID_OPTION' });
    expect(engine.vms).toEqual([vm]);
  });
});

describe('while replicas are apart', () => {
  test('writes wait, and are carried out in their order when the replicas meet', async () => {
    const { vm, all, engine } = await world(3);
    vm.outside.hold();
    const bytes = Uint8Array.of(1, 2, 3);
    const first = vm.write(0, bytes);
    const second = vm.write(1, Uint8Array.of(9));
    bytes.fill(0);
    expect([first.state, second.state, vm.residentPages]).toEqual(['waiting', 'waiting', 0]);
    let isDone = false;
    const done = first.done.then(() => (isDone = true));
    await Promise.resolve();
    expect(isDone).toBe(false);
    expect(vm.outside.carryOut()).toBe(2);
    await done;
    expect([first.state, second.state]).toEqual(['done', 'done']);
    expect(all.map(({ memory }) => [memory.load8(0), memory.load8(1), memory.load8(2)])).toEqual([[1, 9, 3], [1, 9, 3], [1, 9, 3]]); // prettier-ignore
    const third = vm.write(0, Uint8Array.of(5));
    expect(third.state).toBe('waiting');
    vm.outside.release();
    expect([third.state, vm.write(1, Uint8Array.of(6)).state]).toEqual(['done', 'done']);
    engine.validate();
  });

  test('one that fails says so; the others are carried out', async () => {
    const { vm, engine } = await world(2, { memory: REGION }, { slots: 0 });
    vm.outside.hold();
    const large = vm.write(0, bytesOf(5 * PAGE));
    const outside = vm.write(128 * PAGE, bytesOf(1));
    const small = vm.write(0, bytesOf(10));
    const failed = large.done;
    expect(vm.outside.carryOut()).toBe(3);
    expect([large.state, outside.state, small.state]).toEqual(['failed', 'failed', 'done']);
    await expect(failed).rejects.toMatchObject({ code: 'SWAP_FULL' });
    await expect(outside.done).rejects.toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE' });
    expect(large.error).toMatchObject({ code: 'SWAP_FULL' });
    await small.done;
    engine.validate();
  });

  test('the VM ends first', async () => {
    const { vm } = await world(2);
    vm.outside.hold();
    const write = vm.write(0, bytesOf(10));
    vm.dispose();
    await expect(write.done).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('events come when all of it is done', async () => {
    const { vm, all, engine } = await world(3);
    const seen: number[][] = [];
    engine.on('fault', () => seen.push(all.map((replica) => contentOf(replica, 0, 1)[0]!)));
    vm.write(0, Uint8Array.of(8));
    expect(seen).toEqual([[8, 8, 8]]);
  });
});

test('random writes from outside and of replicas, under pressure: contents as in plain arrays', async () => {
  const PAGES = 6;
  const write = fc.record({
    address: fc.integer({ min: 0, max: PAGES * PAGE - 1 }),
    length: fc.constantFrom(1, 3, 100, PAGE, 2 * PAGE),
    seed: fc.integer({ min: 0, max: 255 }),
    to: fc.constantFrom('all', 'all', 'all', 0, 1, 2, 3, 4),
    then: fc.constantFrom('nothing', 'nothing', 'compare', 'restore', 'snapshot'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 25 }), async (writes) => {
      const { vm, all, engine } = await world(5, { memory: 2 * REGION, addressSpace: PAGES * PAGE }, { slots: 128 });
      const plain = all.map(() => new Uint8Array(PAGES * PAGE));
      for (const { address, length, seed, to, then } of writes) {
        const bytes = bytesOf(Math.min(length, PAGES * PAGE - address), seed);
        if (to === 'all') vm.write(address, bytes);
        else all[to as number]!.memory.write(address, bytes);
        for (const [index, content] of plain.entries()) if (to === 'all' || to === index) content.set(bytes, address);
        if (then === 'compare') vm.compare();
        if (then === 'snapshot') all[1]!.snapshot();
        if (then === 'restore') {
          all[2]!.restore(all[0]!);
          plain[2]!.set(plain[0]!);
        }
      }
      engine.validate();
      for (const [index, replica] of all.entries()) expectBytes(contentOf(replica, 0, PAGES * PAGE), plain[index]!);
      engine.dispose();
    }),
    { numRuns: 40 },
  );
}, 60_000);
