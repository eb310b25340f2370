// Scans across VMs: pages of VMs of one salt become pages of a hidden holder; no VM uses another's memory, and nobody sees a difference.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';

const write = ({ memory }: Replica, page: number, value: number): void => memory.store32(page * PAGE, value);
const read = ({ memory }: Replica, page: number): number => memory.load32(page * PAGE);

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let a: Vm;
  let b: Vm;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 16, slots: 128, scan: true, commonMemory: 2 * REGION });
    a = engine.createVm({ name: 'a', memory: 3 * REGION, addressSpace: 256 * PAGE, salt: 7 });
    b = engine.createVm({ name: 'b', memory: 3 * REGION, addressSpace: 256 * PAGE, salt: 7 });
  });
  const scanTwice = (): unknown => (engine.scan(), engine.scan());
  const zone = (vm: Vm, page: number): unknown => [...engine.pages(vm.replica, { from: page, to: page + 1 })][0]?.zone;

  test('equal pages take one frame, which is nobody’s of them', () => {
    for (const [vm, page] of [
      [a, 0],
      [a, 9],
      [b, 200],
    ] as const)
      write(vm.replica, page, 5);
    write(b.replica, 1, 6);
    expect(engine.scan()).toEqual({ pagesMerged: 0, pagesZero: 0, pagesVolatile: 4, pagesCommon: 0, pagesLeft: 0 });
    expect(engine.scan()).toEqual({ pagesMerged: 1, pagesZero: 0, pagesVolatile: 0, pagesCommon: 2, pagesLeft: 0 });
    expect([a.residentPages, b.residentPages]).toEqual([0, 1]);
    expect([zone(a, 0), zone(a, 9), zone(b, 200), zone(b, 1)]).toEqual(['common', 'common', 'common', 'managed']);
    expect([read(a.replica, 0), read(a.replica, 9), read(b.replica, 200), read(b.replica, 1)]).toEqual([5, 5, 5, 6]);
    expect(engine.vms).toEqual([a, b]);
    engine.validate();
  });

  test('a page that comes later joins', () => {
    for (const vm of [a, b]) write(vm.replica, 0, 5);
    scanTwice();
    const c = engine.createVm({ memory: REGION, addressSpace: 64 * PAGE, salt: 7 });
    write(c.replica, 3, 5);
    expect(scanTwice()).toMatchObject({ pagesCommon: 1 });
    expect(c.residentPages).toBe(0);
    expect(read(c.replica, 3)).toBe(5);
    engine.validate();
  });

  test('a store copies, of the last holder too; a common page that nobody has is gone', () => {
    for (const vm of [a, b]) write(vm.replica, 0, 5);
    scanTwice();
    write(a.replica, 0, 6);
    expect([...b.pageTable()]).toMatchObject([{ share: 0, writeInhibit: 1 }]);
    expect([read(a.replica, 0), read(b.replica, 0)]).toEqual([6, 5]);
    b.replica.memory.store8(0, 9);
    expect([a.counters.copies, b.counters.copies, read(b.replica, 0)]).toEqual([1, 1, 9]);
    expect([a.residentPages, b.residentPages]).toEqual([1, 1]);
    engine.validate();
    for (const vm of [a, b]) write(vm.replica, 0, 5);
    expect(scanTwice()).toMatchObject({ pagesCommon: 2 });
    a.dispose();
    expect(read(b.replica, 0)).toBe(5);
    b.dispose();
    engine.validate();
  });

  test('only VMs of one salt', () => {
    const other = engine.createVm({ memory: REGION, addressSpace: 64 * PAGE, salt: 8 });
    const none = engine.createVm({ memory: REGION, addressSpace: 64 * PAGE });
    for (const vm of [a, other, none]) write(vm.replica, 0, 5);
    expect(scanTwice()).toMatchObject({ pagesMerged: 0, pagesCommon: 0 });
    expect(engine.scan().pagesVolatile).toBe(0);
    expect([a.residentPages, other.residentPages, none.residentPages]).toEqual([1, 1, 1]);
  });

  test('only so many as there is room for', () => {
    for (let page = 0; page < 10; page += 1) for (const vm of [a, b]) write(vm.replica, page, page + 1);
    expect(engine.inspect().common).toEqual({ pages: 8, pagesUsed: 0 });
    expect(scanTwice()).toMatchObject({ pagesCommon: 16, pagesLeft: 2 });
    expect(engine.inspect().common).toEqual({ pages: 8, pagesUsed: 8 });
    expect([a.residentPages, b.residentPages]).toEqual([2, 2]);
    engine.validate();
  });

  test('locked makes a page the VM’s own, discardable means nothing', () => {
    for (const vm of [a, b]) write(vm.replica, 0, 5);
    scanTwice();
    a.replica.advise(0, PAGE, 'discardable');
    expect(a.information().discardableBytes).toBe(0);
    a.replica.advise(0, PAGE, 'locked');
    expect([zone(a, 0), a.information().lockedBytes]).toEqual(['managed', PAGE]);
    a.replica.advise(0, PAGE, 'normal');
    b.replica.advise(0, PAGE, 'unused');
    expect([read(a.replica, 0), read(b.replica, 0)]).toEqual([5, 0]);
    engine.validate();
  });

  test('memory taken from a VM leaves its common pages where they are', () => {
    for (const vm of [a, b]) for (const page of [0, 1]) write(vm.replica, page, page + 1);
    scanTwice();
    engine.reconfigure([
      { vm: a, change: -2 * REGION },
      { vm: b, change: 2 * REGION },
    ]);
    for (let page = 10; page < 40; page += 1) write(b.replica, page, page);
    for (let page = 10; page < 40; page += 1) write(a.replica, page, page);
    const { pageIns } = a.counters;
    expect([read(a.replica, 0), read(a.replica, 1), a.counters.pageIns]).toEqual([1, 2, pageIns]);
    engine.validate();
  });

  test('the common memory cannot be moved', () => {
    for (const vm of [a, null]) {
      expect(thrownBy(() => engine.reconfigure([{ vm, real: { from: 15 * REGION, bytes: REGION } }]))).toMatchObject({
        code: 'NOT_SELECTABLE',
      });
    }
    expect(
      engine
        .inspect()
        .regions.slice(14)
        .map(({ manager, user }) => [manager, user]),
    ).toEqual([
      ['common', 'common'],
      ['common', 'common'],
    ]);
  });
});

describe('options', () => {
  const refused = async (options: object): Promise<void> => {
    const details = { field: 'commonMemory' };
    await expect(engineMake(shipped[0]!, options)).rejects.toMatchObject({ code: 'INVALID_OPTION', details });
  };

  test('commonMemory needs scans and room, and no reserve', async () => {
    await refused({ commonMemory: REGION });
    await refused({ scan: true, commonMemory: 12 * REGION });
    await refused({ scan: true, commonMemory: 0 });
    await refused({ scan: true, commonMemory: PAGE });
    await refused({ scan: true, commonMemory: REGION, handover: 'reserve', reserve: { memory: REGION } });
  });

  test('without it there is neither salt nor scan', async () => {
    const engine = await engineMake(shipped[0]!, { scan: true });
    expect(thrownBy(() => engine.scan())).toMatchObject({ code: 'INVALID_OPTION' });
    expect(engine.inspect().common).toBeNull();
    expect(thrownBy(() => engine.createVm({ memory: REGION, salt: 1 }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(engine.vms).toEqual([]);
  });

  test.each([0, 1.5, 2 ** 32, '1'])('salt %s', async (salt) => {
    const engine = await engineMake(shipped[0]!, { scan: true, commonMemory: REGION });
    expect(thrownBy(() => engine.createVm({ memory: REGION, salt: salt as number }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

// ---- random operations ----------------------------------------------------------------------------------------------------

const PAGES = [0, 1, 2, 3, 64, 65];
const operation = fc.record({
  kind: fc.constantFrom(
    'store',
    'store',
    'store',
    'crossing',
    'load',
    'load',
    'scan',
    'across',
    'across',
    'fork',
    'drop',
    'compare',
    'unused',
    'locked',
    'normal',
    'scrub',
    'move',
  ),
  who: fc.nat(11),
  page: fc.constantFrom(...PAGES),
  value: fc.nat(2),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
type Words = Map<number, number>;

function run(engine: Engine, contents: Map<Replica, Words>, { kind, who, page, value }: Operation): void {
  const all = engine.vms.flatMap((vm) => vm.replicas);
  const replica = all[who % all.length]!;
  const { vm } = replica;
  const words = contents.get(replica)!;
  const at = page * PAGE;
  if (kind === 'store') storeAt(replica, words, at + 4 * value, [value]);
  else if (kind === 'crossing') storeAt(replica, words, at + PAGE - 1, [value, value]);
  else if (kind === 'load') for (const each of PAGES) expect(replica.memory.load8(each * PAGE)).toBe(words.get(each * PAGE) ?? 0);
  else if (kind === 'scan') vm.scan();
  else if (kind === 'across') engine.scan();
  else if (kind === 'fork' && all.length < 7) {
    const fork = replica.fork();
    fork.isInStep = value > 0;
    contents.set(fork, new Map(words));
  } else if (kind === 'drop' && vm.replicas.length > 1) replica.dispose();
  else if (kind === 'compare') vm.compare();
  else if (kind === 'scrub') expect(vm.scrub().flips).toEqual([]);
  else if (kind === 'unused') {
    replica.advise(at, PAGE, 'unused');
    for (const address of [...words.keys()]) if (Math.floor(address / PAGE) === page) words.delete(address);
  } else if (kind === 'locked' && value === 0) replica.advise(at, PAGE, 'locked');
  else if (kind === 'normal') replica.advise(0, 80 * PAGE, 'normal');
  else if (kind === 'move' && vm.managedBytes > REGION) {
    vm.reduce(REGION);
    engine.vms[value]!.expand(REGION);
  }
}

function storeAt(replica: Replica, words: Words, address: number, bytes: readonly number[]): void {
  let done = bytes.length;
  try {
    replica.memory.write(address, Uint8Array.from(bytes));
  } catch (failure) {
    const { code, details } = failure as { code: string; details: { bytesDone: number } };
    expect(code).toBe('OUT_OF_FRAMES'); // locked pages in all of them
    done = details.bytesDone;
  }
  bytes.slice(0, done).forEach((byte, index) => words.set(address + index, byte));
}

function expectContents(engine: Engine, contents: Map<Replica, Words>): void {
  engine.validate();
  const into = new Uint8Array(PAGE);
  const expected = new Uint8Array(PAGE);
  for (const replica of engine.vms.flatMap((vm) => vm.replicas)) {
    for (const page of [...PAGES, 4, 66]) {
      expected.fill(0);
      for (const [address, byte] of contents.get(replica)!) if (Math.floor(address / PAGE) === page) expected[address % PAGE] = byte;
      expect(Buffer.compare(replica.peek(page * PAGE, into), expected), `page ${page}`).toBe(0);
    }
  }
}

test.each(['lru', 'clock'] as const)(
  'random operations in three VMs, eviction %s',
  async (eviction) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 30, maxLength: 100 }), async (operations) => {
        const engine = await engineMake(shipped[0]!, { regions: 7, slots: 256, scan: true, commonMemory: REGION, compareOnWrite: true });
        const common = { memory: 2 * REGION, addressSpace: 128 * PAGE, eviction };
        engine.createVm({ ...common, salt: 1 });
        engine.createVm({ ...common, salt: 1, compare: { onWrite: 'any' } });
        engine.createVm({ ...common, salt: 2 });
        const contents = new Map(engine.vms.map((vm) => [vm.replica, new Map<number, number>()]));
        for (const each of operations) {
          run(engine, contents, each);
          expectContents(engine, contents);
        }
        for (const vm of engine.vms) {
          vm.dispose();
          engine.validate();
        }
        engine.dispose();
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);
