// Images: contents that never change, read when a page is first touched, shared by all who start from them.
import { describe, expect, test } from 'vitest';
import type { Engine, ImageSource, Vm } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';

/** Pages that differ from one another, the last of them short. */
const CONTENT = Uint8Array.from({ length: 9 * PAGE + 100 }, (_, index) => (index * 7 + (index >> 12) * 31 + 1) & 0xff);
const PADDED = new Uint8Array(10 * PAGE);
PADDED.set(CONTENT);

/** A source that notes what is read of it. */
function watched(content = CONTENT, pieceMost = Infinity): ImageSource & { reads: number[]; closed: number; error: Error | null } {
  return {
    bytes: content.length,
    reads: [],
    closed: 0,
    error: null,
    read(offset, into) {
      if (this.error !== null) throw this.error;
      this.reads.push(offset);
      const piece = content.subarray(offset, offset + Math.min(into.length, pieceMost));
      into.set(piece);
      return piece.length;
    },
    close() {
      this.closed += 1;
    },
  };
}

const vmOf = (engine: Engine, options: object = {}): Vm => engine.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE, ...options });
const whole = (vm: Vm): Uint8Array => vm.replica.peek(0, new Uint8Array(PADDED.length));

describe.each(shipped)('$name', (build) => {
  test.each([
    ['linear swap', { slots: 64 }],
    ['no swap', { slots: 0 }],
  ])('%s: a page is read at first touch, once, and its rest is zeros', async (_name, room) => {
    const engine = await engineMake(build, room);
    const source = watched();
    const image = engine.image(source);
    expect([image.bytes, image.pages, image.pagesRead]).toEqual([CONTENT.length, 10, 0]);
    const vm = vmOf(engine, { image });
    expect([vm.outPages, vm.residentPages, source.reads]).toEqual([10, 0, []]);
    const { memory } = vm.replica;
    expect(memory.load8(3 * PAGE + 5)).toBe(CONTENT[3 * PAGE + 5]);
    memory.load8(3 * PAGE + 6);
    expect(source.reads).toEqual([3 * PAGE]);
    expect(vm.counters).toMatchObject({ faults: 1, pageIns: 1, pageOuts: 0 });
    expect(memory.load8(9 * PAGE + 100)).toBe(0);
    expectBytes(memory.read(0, PADDED.length), PADDED);
    expect([source.reads.length, image.pagesRead, image.pagesUsed]).toEqual([10, 10, 10]);
    engine.validate();
  });

  test('the page rows say where the content is', async () => {
    const engine = await engineMake(build);
    engine.image(new Uint8Array(PAGE).fill(9));
    const vm = vmOf(engine, { image: { image: engine.image(CONTENT), address: 2 * PAGE } });
    vm.replica.memory.load8(2 * PAGE);
    vm.replica.memory.store8(3 * PAGE, 1);
    const [first, second, third] = engine.pages(vm.replica, { from: 2, to: 5 });
    expect(first).toMatchObject({ state: 'resident', slot: null, imageSlot: 1, dirty: false, swapCached: false });
    expect(second).toMatchObject({ state: 'resident', slot: null, imageSlot: null, dirty: true });
    expect(third).toMatchObject({ page: 4, state: 'image', frame: null, slot: null, imageSlot: 3, dirty: false });
    expect(vm.information()).toMatchObject({ outBytes: 8 * PAGE, dirtyBytes: PAGE, swapCachedBytes: PAGE });
    expect(engine.inspect().swap).toMatchObject({ slotsUsed: 0, cleanPages: 0 });
  });

  test('under pressure clean pages go without I/O and are read again; written ones go to swap', async () => {
    const engine = await engineMake(build, { slots: 4 });
    const source = watched();
    const vm = vmOf(engine, { memory: REGION, image: engine.image(source) });
    expectBytes(vm.replica.memory.read(0, PADDED.length), PADDED);
    expectBytes(vm.replica.memory.read(0, PADDED.length), PADDED);
    expect(source.reads).toHaveLength(20);
    expect(vm.counters).toMatchObject({ pageIns: 20, pageOuts: 0 });
    for (let page = 0; page < 7; page += 1) vm.replica.memory.store8(page * PAGE, 200 + page);
    expect(engine.inspect().swap.slotsUsed, '7 pages written, 4 of them in frames').toBe(3);
    const expected = PADDED.slice();
    for (let page = 0; page < 7; page += 1) expected[page * PAGE] = 200 + page;
    engine.validate();
    expectBytes(vm.replica.memory.read(8 * PAGE, PAGE), expected.subarray(8 * PAGE, 9 * PAGE));
    expect(engine.inspect().swap.slotsUsed).toBe(4);
    expectBytes(whole(vm), expected);
    engine.validate();
  });

  test('clean pages of images have no slot to reclaim: swap is full all the same', async () => {
    const engine = await engineMake(build, { slots: 1 });
    const vm = vmOf(engine, { memory: REGION, image: engine.image(CONTENT) });
    const { memory } = vm.replica;
    for (const page of [20, 21, 22]) memory.store8(page * PAGE, page);
    memory.load8(0); // clean, in the fourth frame
    memory.store8(23 * PAGE, 23); // page 20 takes the one slot
    vm.replica.advise(0, PAGE, 'locked');
    vm.replica.advise(22 * PAGE, PAGE, 'locked');
    expect(thrownBy(() => memory.store8(24 * PAGE, 24))).toMatchObject({ code: 'SWAP_FULL' });
    engine.validate();
    // with a clean page of swap it is reclaimed, wherever the clean page of the image is
    vm.replica.advise(21 * PAGE, PAGE, 'unused');
    memory.load8(20 * PAGE);
    memory.load8(1 * PAGE); // page 23 goes, for which page 20 gives its slot up
    expect([memory.load8(20 * PAGE), engine.inspect().swap.slotsUsed]).toEqual([20, 1]);
    engine.validate();
  });

  test('forks and replicas share: read once, one frame; a store makes a copy', async () => {
    const engine = await engineMake(build, { maxReplicas: 64 });
    const source = watched();
    const vm = vmOf(engine, { image: engine.image(source), replicas: 20 });
    const fork = vm.replica.fork();
    for (const { memory } of vm.replicas) expectBytes(memory.read(0, 4 * PAGE), PADDED.subarray(0, 4 * PAGE));
    expect([source.reads.length, vm.residentPages]).toEqual([4, 4]);
    fork.memory.store8(0, 77);
    expect([vm.residentPages, vm.replica.memory.load8(0), fork.memory.load8(0)]).toEqual([5, CONTENT[0], 77]);
    fork.restore(vm.replica);
    expect([vm.residentPages, source.reads.length]).toEqual([4, 4]);
    engine.validate();
  });

  test('replicas that mapped it one by one become one by comparison, also where a page of it is all zero', async () => {
    const content = CONTENT.slice();
    content.fill(0, 2 * PAGE, 4 * PAGE);
    const engine = await engineMake(build, { maxReplicas: 16 });
    const vm = vmOf(engine, { replicas: 3 });
    const image = engine.image(content);
    const [first, second] = vm.replicas;
    first!.mapImage(image, PAGE);
    second!.mapImage(image, PAGE);
    expect([...vm.differences()].map(({ page }) => page)).toEqual([1, 2, 5, 6, 7, 8, 9, 10]); // the third one has zeros
    vm.replicas[2]!.mapImage(image, 5 * PAGE);
    vm.replicas[2]!.restore(first!);
    vm.compare();
    expect([...vm.differences()]).toEqual([]);
    expect(vm.outPages).toBe(8);
    engine.validate();
    const expected = new Uint8Array(10 * PAGE);
    expected.set(content);
    for (const replica of vm.replicas) expectBytes(replica.peek(PAGE, new Uint8Array(10 * PAGE)), expected);
  });

  test('all zero pages become zero pages when they leave', async () => {
    const engine = await engineMake(build);
    const source = watched(new Uint8Array(3 * PAGE));
    const vm = vmOf(engine, { image: engine.image(source), memory: REGION });
    vm.replica.memory.read(0, 3 * PAGE);
    for (let page = 20; page < 24; page += 1) vm.replica.memory.store8(page * PAGE, 1);
    expect(vm.counters.pageOuts).toBe(0);
    vm.replica.memory.read(0, 3 * PAGE);
    expect(source.reads, 'not read again').toHaveLength(3);
    engine.validate();
  });

  test('advice: unused gives the page up, willNeed reads it, discardable forgets it', async () => {
    const engine = await engineMake(build);
    const image = engine.image(CONTENT);
    const vm = vmOf(engine, { image });
    vm.replica.advise(0, 2 * PAGE, 'unused');
    vm.replica.advise(2 * PAGE, PAGE, 'willNeed');
    expect([image.pagesUsed, image.pagesRead, vm.outPages]).toEqual([8, 1, 7]);
    expect(vm.replica.memory.load8(1)).toBe(0);
    engine.validate();
  });

  test('several images, each at its address; those that overlap are refused', async () => {
    const engine = await engineMake(build);
    const [a, b] = [engine.image(CONTENT), engine.image(new Uint8Array(5000).fill(8))];
    const vm = vmOf(engine, { image: [{ image: b, address: 20 * PAGE }, a] });
    expect([vm.replica.memory.load8(20 * PAGE + 4999), vm.replica.memory.load8(20 * PAGE + 5000)]).toEqual([8, 0]);
    expectBytes(whole(vm), PADDED);
    expect(thrownBy(() => vmOf(engine, { image: [a, { image: b, address: 9 * PAGE }] }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(engine.vms).toHaveLength(1);
  });

  test('two VMs start from one image, each with frames of its own', async () => {
    const engine = await engineMake(build);
    const image = engine.image(CONTENT);
    const [one, two] = [vmOf(engine, { image }), vmOf(engine, { image })];
    one.replica.memory.fill(0, PADDED.length, 1);
    expectBytes(two.replica.memory.read(0, PADDED.length), PADDED);
    one.dispose();
    expectBytes(whole(two), PADDED);
    engine.validate();
  });

  test('regions are taken away: pages of images leave without a write, and come back', async () => {
    const engine = await engineMake(build, { regions: 4 });
    const a = engine.createVm({ name: 'a', memory: 3 * REGION, addressSpace: 64 * PAGE, image: engine.image(CONTENT) });
    a.replica.memory.read(0, PADDED.length);
    const b = engine.createVm({ name: 'b', memory: REGION });
    engine.reconfigure([
      { vm: a, change: -2 * REGION },
      { vm: b, change: 2 * REGION },
    ]);
    b.replica.memory.fill(0, 12 * PAGE, 5);
    expect(a.counters.pageOuts).toBe(0);
    expectBytes(a.replica.memory.read(0, PADDED.length), PADDED);
    engine.validate();
  });
});

describe('all or nothing', () => {
  const [build] = shipped;

  test.each([
    ['page objects', { pageObjects: 12 }],
    ['page-table nodes', { nodes: 3 }],
  ])('tables full of %s: nothing has changed', async (table, tables) => {
    const engine = await engineMake(build!, { tables });
    const vm = engine.createVm({ memory: 4 * REGION, addressSpace: 2 ** 26 });
    vm.replica.memory.store8(0, 1);
    const before = { rows: [...engine.pages(vm.replica)], inspection: engine.inspect(), out: vm.outPages };
    const image = engine.image(new Uint8Array(60 * PAGE).fill(3));
    expect(thrownBy(() => vm.replica.mapImage(image, 100 * PAGE))).toMatchObject({ code: 'TABLES_FULL', details: { table } });
    engine.validate();
    expect({ rows: [...engine.pages(vm.replica)], inspection: engine.inspect(), out: vm.outPages }).toEqual(before);
    expect(thrownBy(() => engine.createVm({ memory: REGION, addressSpace: 2 ** 26, image }))).toMatchObject({ code: 'TABLES_FULL' });
    expect(engine.vms).toEqual([vm]);
    engine.validate();
  });

  test('nodes that a fork shares are counted: exactly as many as it takes are enough', async () => {
    const nodesAfter = async (nodes: number): Promise<number | string> => {
      const engine = await engineMake(build!, { tables: { nodes } });
      const vm = engine.createVm({ memory: 4 * REGION, addressSpace: 2 ** 26 });
      for (const page of [0, 64, 5000]) vm.replica.memory.store8(page * PAGE, 1);
      const fork = vm.replica.fork();
      const error = (() => {
        try {
          fork.mapImage(engine.image(new Uint8Array(200 * PAGE).fill(1)), 10 * PAGE + 60 * PAGE);
          return null;
        } catch (failure) {
          return failure;
        }
      })();
      engine.validate();
      return error === null ? engine.inspect().tables.nodes.used : (error as { code: string }).code;
    };
    const needed = await nodesAfter(1000);
    expect(await nodesAfter(needed as number)).toBe(needed);
    expect(await nodesAfter((needed as number) - 1)).toBe('TABLES_FULL');
  });

  test('a page that was touched refuses the whole image', async () => {
    const engine = await engineMake(build!);
    const vm = vmOf(engine);
    vm.replica.memory.load8(5 * PAGE);
    const image = engine.image(CONTENT);
    expect(thrownBy(() => vm.replica.mapImage(image))).toMatchObject({
      code: 'INVALID_OPTION',
      details: { field: 'address', value: 'a range in which page 5 has been touched' },
    });
    expect([image.pagesUsed, vm.outPages]).toEqual([0, 0]);
    vm.replica.advise(5 * PAGE, PAGE, 'unused');
    vm.replica.mapImage(image);
    expectBytes(whole(vm), PADDED);
  });
});

describe('sources that fail', () => {
  const [build] = shipped;

  test('a source that throws: the access fails with its cause, the page stays out, a retry works', async () => {
    const engine = await engineMake(build!);
    const source = watched();
    const vm = vmOf(engine, { name: 'a', image: engine.image(source) });
    source.error = new Error('the drawer is stuck');
    const error = thrownBy(() => vm.replica.memory.load8(PAGE));
    expect(error).toMatchObject({ code: 'IMAGE_READ_FAILED', details: { vm: 'a', page: 1, imageSlot: 1 }, cause: source.error });
    expect((error as Error).message).toContain('the drawer is stuck');
    expect(thrownBy(() => vm.replica.peek(PAGE, new Uint8Array(1)))).toMatchObject({ code: 'IMAGE_READ_FAILED', cause: source.error });
    engine.validate();
    expect([vm.outPages, vm.residentPages]).toEqual([10, 0]);
    source.error = null;
    expectBytes(vm.replica.memory.read(0, PADDED.length), PADDED);
  });

  test.each([
    ['ends too early', () => 0, 'ended at byte 4096'],
    ['answers too much', () => 4097, 'answered 4097'],
    ['answers nothing', () => undefined, 'answered undefined'],
    ['answers a promise', () => Promise.resolve(4096), 'answered an object (Promise)'],
    ['answers half bytes', () => 0.5, 'answered 0.5'],
  ])('one that %s', async (_name, read, message) => {
    const engine = await engineMake(build!);
    const vm = vmOf(engine, { image: engine.image({ bytes: 3 * PAGE, read: read as () => number }) });
    const error = thrownBy(() => vm.replica.memory.load8(PAGE)) as Error;
    expect(error).toMatchObject({ code: 'IMAGE_READ_FAILED', cause: { code: 'IMAGE_SOURCE_FAILED' } });
    expect(error.message).toMatch(/[^.]\. The page is still out/);
    expect((error.cause as Error).message).toContain(message);
    engine.validate();
    vm.replica.memory.store8(5 * PAGE, 1);
  });

  test('one that gives little at a time is asked again', async () => {
    const engine = await engineMake(build!);
    const source = watched(CONTENT, 1000);
    const image = engine.image(source);
    const vm = vmOf(engine, { image });
    expectBytes(vm.replica.memory.read(0, PADDED.length), PADDED);
    expect([source.reads.slice(0, 5), image.pagesRead]).toEqual([[0, 1000, 2000, 3000, 4000], 10]);
  });

  test('one that calls back into the engine', async () => {
    const engine = await engineMake(build!);
    const read = (): number => vm.replica.memory.load8(PAGE * 3);
    const vm: Vm = vmOf(engine, { image: engine.image({ bytes: PAGE, read }) });
    expect(thrownBy(() => vm.replica.memory.load8(0))).toMatchObject({ code: 'IMAGE_READ_FAILED', cause: { code: 'REENTRANT' } });
    engine.validate();
  });

  test.each<readonly [string, unknown]>([
    ['nothing', new Uint8Array(0)],
    ['a string', 'image'],
    ['no bytes', { read: () => 0 }],
    ['half bytes', { bytes: 1.5, read: () => 0 }],
    ['more than 4 GiB', { bytes: 2 ** 32 + 1, read: () => 0 }],
    ['no read', { bytes: 10 }],
    ['a close that is none', { bytes: 10, read: () => 0, close: 5 }],
    ['null', null],
  ])('%s is no source', async (_name, source) => {
    const engine = await engineMake(build!);
    expect(thrownBy(() => engine.image(source as Uint8Array))).toMatchObject({ code: 'INVALID_OPTION' });
    engine.validate();
  });
});

describe('its life', () => {
  const [build] = shipped;

  test('it cannot go while pages need it; then its source is closed once', async () => {
    const engine = await engineMake(build!);
    const source = watched();
    const image = engine.image(source);
    const vm = vmOf(engine, { image });
    expect(thrownBy(() => image.dispose())).toMatchObject({ code: 'IMAGE_IN_USE', details: { pages: 10 } });
    vm.replica.memory.fill(0, 9 * PAGE, 4);
    expect(image.pagesUsed).toBe(1);
    expect(image.isDisposed).toBe(false);
    vm.replica.advise(9 * PAGE, PAGE, 'unused');
    image.dispose();
    image.dispose();
    expect([image.isDisposed, source.closed]).toEqual([true, 1]);
    for (const use of [() => vmOf(engine, { image }), () => vm.replica.mapImage(image, 20 * PAGE), () => image.pagesUsed])
      expect(thrownBy(use)).toMatchObject({ code: 'DISPOSED' });
    expect(engine.vms).toHaveLength(1);
    engine.dispose();
    expect(source.closed).toBe(1);
  });

  test('a fork keeps it in use', async () => {
    const engine = await engineMake(build!);
    const image = engine.image(CONTENT);
    const vm = vmOf(engine, { image });
    const fork = vm.replica.fork();
    vm.replica.memory.fill(0, PADDED.length, 1);
    expect(image.pagesUsed).toBe(10);
    fork.dispose();
    image.dispose();
    engine.validate();
  });

  test('the engine ends, and its images with it', async () => {
    const engine = await engineMake(build!);
    const source = watched();
    const image = engine.image(source);
    vmOf(engine, { image });
    engine.dispose();
    expect([image.isDisposed, source.closed]).toEqual([true, 1]);
    expect(thrownBy(() => image.pagesUsed)).toMatchObject({ code: 'DISPOSED' });
    image.dispose();
    expect(thrownBy(() => engine.image(CONTENT))).toMatchObject({ code: 'DISPOSED' });
  });

  test('images are of one engine', async () => {
    const [engine, other] = [await engineMake(build!), await engineMake(build!)];
    const image = other.image(CONTENT);
    expect(thrownBy(() => vmOf(engine, { image }))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'image' } });
    expect(engine.vms).toEqual([]);
    expect(thrownBy(() => vmOf(engine).replica.mapImage(image))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test.each([
    ['not a multiple of the page size', 100],
    ['behind the end', 63 * PAGE],
    ['negative', -PAGE],
    ['no number', '0'],
  ])('an address that is %s', async (_name, address) => {
    const engine = await engineMake(build!);
    const image = engine.image(CONTENT);
    const vm = vmOf(engine);
    expect(thrownBy(() => vm.replica.mapImage(image, address as number))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(thrownBy(() => vmOf(engine, { image: { image, address } }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect([engine.vms.length, image.pagesUsed]).toEqual([1, 0]);
  });
});
