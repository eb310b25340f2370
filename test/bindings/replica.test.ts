import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AccessWidth, Advice, Engine, Protection, Replica, Vm } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const SPACE_PAGES = 32;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let vm: Vm;
  let replica: Replica;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 6, slots: 128 });
    vm = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES, addressSpace: SPACE_PAGES * PAGE_BYTES });
    replica = vm.replica;
  });

  const write = (target: Replica, page: number, value: number): void => target.memory.store32(page * PAGE_BYTES, value);
  const read = (target: Replica, page: number): number => target.memory.load32(page * PAGE_BYTES);
  const pageOf = (page: number) => [...engine.pages(replica, { from: page, to: page + 1 })][0];
  /** Sends all unlocked pages of the VM out. */
  const pressure = (): void => {
    for (let page = 8; page < SPACE_PAGES; page += 1) write(replica, page, page);
  };

  describe('advice', () => {
    test('unused reads zero at once, and costs no I/O', () => {
      write(replica, 0, 7);
      replica.advise(0, PAGE_BYTES, 'unused');
      expect(pageOf(0)?.state ?? 'untouched').toBe('untouched');
      expect(read(replica, 0)).toBe(0);
      pressure();
      write(replica, 0, 8);
      replica.advise(0, 2 * PAGE_BYTES, 'unused');
      expect(read(replica, 0)).toBe(0);
      engine.validate();
    });

    test('discardable keeps its content until it is dropped, then reads zero', () => {
      write(replica, 0, 7);
      replica.advise(0, PAGE_BYTES, 'discardable');
      expect(read(replica, 0)).toBe(7);
      expect(pageOf(0)).toMatchObject({ state: 'resident', discardable: true });
      pressure();
      expect(vm.counters.pageOuts).toBe(9 - 1);
      expect(read(replica, 0)).toBe(0);
      engine.validate();
    });

    test('a store takes discardable back, and so does normal', () => {
      write(replica, 0, 7);
      write(replica, 1, 7);
      replica.advise(0, 2 * PAGE_BYTES, 'discardable');
      write(replica, 0, 8);
      replica.advise(PAGE_BYTES, PAGE_BYTES, 'normal');
      pressure();
      expect([read(replica, 0), read(replica, 1)]).toEqual([8, 7]);
    });

    test('willNeed brings a page in now, without a fault later', () => {
      write(replica, 0, 7);
      pressure();
      expect(pageOf(0)).toMatchObject({ state: 'out', frame: null });
      const { faults, pageIns, accesses } = vm.counters;
      replica.advise(0, PAGE_BYTES, 'willNeed');
      expect(vm.counters).toMatchObject({ pageIns: pageIns + 1, faults, accesses });
      expect(pageOf(0)).toMatchObject({ state: 'resident' });
      expect(read(replica, 0)).toBe(7);
      expect(vm.counters).toMatchObject({ faults, accesses: accesses + 1 });
    });

    test('locked pages are never evicted; too many of them leave no frame', () => {
      replica.advise(0, 2 * PAGE_BYTES, 'locked');
      write(replica, 0, 7);
      pressure();
      expect(pageOf(0)).toMatchObject({ state: 'resident', locked: true });
      replica.advise(0, 2 * PAGE_BYTES, 'normal');
      expect(pageOf(0)).toMatchObject({ locked: false });
      const error = thrownBy(() => replica.advise(0, 20 * PAGE_BYTES, 'locked'));
      expect(error).toMatchObject({ code: 'OUT_OF_FRAMES', details: { bytesDone: 16 * PAGE_BYTES, vm: 'a' } });
      engine.validate();
    });
  });

  describe('ranges of advice, protection and devices', () => {
    const actions: [string, (address: number, length: number) => unknown][] = [
      ['advise', (address, length) => replica.advise(address, length, 'normal')],
      ['protect', (address, length) => replica.protect(address, length, 'read')],
      ['mapDevice', (address, length) => replica.mapDevice(address, length, { load: () => 0, store: () => undefined })],
    ];

    test.each(actions)('%s: multiples of the page size, inside the address space', (_name, action) => {
      for (const [address, length] of [
        [1, PAGE_BYTES],
        [0, PAGE_BYTES - 1],
        [PAGE_BYTES / 2, PAGE_BYTES / 2],
      ]) {
        expect(thrownBy(() => action(address!, length!))).toMatchObject({
          code: 'MISALIGNED',
          details: { address, length, multipleOf: PAGE_BYTES },
        });
      }
      for (const [address, length] of [
        [SPACE_PAGES * PAGE_BYTES, PAGE_BYTES],
        [0, (SPACE_PAGES + 1) * PAGE_BYTES],
        [2 ** 32, PAGE_BYTES],
      ]) {
        expect(thrownBy(() => action(address!, length!))).toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE', details: { address, length } });
      }
      for (const wrong of [-PAGE_BYTES, 0.5, NaN, '0', null]) {
        expect(thrownBy(() => action(wrong as number, PAGE_BYTES))).toMatchObject({
          code: 'INVALID_OPTION',
          details: { field: 'address' },
        });
        expect(thrownBy(() => action(0, wrong as number))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'length' } });
      }
      action((SPACE_PAGES - 1) * PAGE_BYTES, PAGE_BYTES);
    });

    test('names that do not exist', () => {
      expect(thrownBy(() => replica.advise(0, PAGE_BYTES, 'useless' as Advice))).toMatchObject({ details: { field: 'advice' } });
      expect(thrownBy(() => replica.protect(0, PAGE_BYTES, 'write' as Protection))).toMatchObject({ details: { field: 'protection' } });
      expect(thrownBy(() => replica.protect(0, PAGE_BYTES, 'toString' as Protection))).toMatchObject({ details: { field: 'protection' } });
    });
  });

  describe('protection', () => {
    test('none, read, readWrite, page by page; contents stay, refused accesses do not count', () => {
      write(replica, 0, 1);
      write(replica, 1, 2);
      replica.protect(0, PAGE_BYTES, 'read');
      replica.protect(PAGE_BYTES, PAGE_BYTES, 'none');
      const { accesses } = vm.counters;
      expect(thrownBy(() => write(replica, 0, 9))).toMatchObject({ code: 'PROTECTED', details: { page: 0, access: 'store' } });
      expect(thrownBy(() => read(replica, 1))).toMatchObject({
        code: 'PROTECTED',
        details: { page: 1, access: 'load', address: PAGE_BYTES },
      });
      expect(thrownBy(() => replica.memory.store64(PAGE_BYTES - 4, 1n))).toMatchObject({ code: 'PROTECTED', details: { page: 0 } });
      expect(thrownBy(() => replica.memory.load64(PAGE_BYTES - 4))).toMatchObject({ code: 'PROTECTED', details: { page: 1 } });
      expect(vm.counters.accesses).toBe(accesses);
      expect(read(replica, 0)).toBe(1);
      expect(engine.pages(replica).next().value).toMatchObject({ page: 0, protection: 'read' });
      replica.protect(0, 2 * PAGE_BYTES, 'readWrite');
      write(replica, 0, 3);
      expect([read(replica, 0), read(replica, 1)]).toEqual([3, 2]);
      engine.validate();
    });

    test('bulk: the whole range is checked first', () => {
      replica.protect(2 * PAGE_BYTES, PAGE_BYTES, 'read');
      const bytes = new Uint8Array(3 * PAGE_BYTES).fill(1);
      expect(thrownBy(() => replica.memory.write(0, bytes))).toMatchObject({ code: 'PROTECTED', details: { page: 2, bytesDone: 0 } });
      expectBytes(replica.memory.read(0, bytes.length), new Uint8Array(bytes.length));
    });
  });

  describe('devices', () => {
    let log: unknown[];
    const device = {
      load: (address: number, width: AccessWidth): number | bigint => {
        log.push(['load', address, width]);
        return width === 8 ? 0xffeeddccbbaa9988n : 0xbbaa9988;
      },
      store: (address: number, width: AccessWidth, value: number | bigint): void => void log.push(['store', address, width, value]),
    };
    beforeEach(() => {
      log = [];
    });

    test('scalar accesses of every width go to the callbacks', () => {
      replica.mapDevice(PAGE_BYTES, 2 * PAGE_BYTES, device);
      const { memory } = replica;
      expect([memory.load8(PAGE_BYTES), memory.load16(PAGE_BYTES + 1), memory.load32(2 * PAGE_BYTES - 2)]).toEqual([
        0x88, 0x9988, 0xbbaa9988,
      ]);
      expect(memory.load64(3 * PAGE_BYTES - 8)).toBe(0xffeeddccbbaa9988n);
      memory.store8(PAGE_BYTES, -1);
      memory.store16(PAGE_BYTES, 0x12345);
      memory.store32(PAGE_BYTES, -2);
      memory.store64(PAGE_BYTES, -3n);
      memory.storeF64(PAGE_BYTES, 1.5);
      expect(log).toEqual([
        ['load', PAGE_BYTES, 1],
        ['load', PAGE_BYTES + 1, 2],
        ['load', 2 * PAGE_BYTES - 2, 4],
        ['load', 3 * PAGE_BYTES - 8, 8],
        ['store', PAGE_BYTES, 1, 0xff],
        ['store', PAGE_BYTES, 2, 0x2345],
        ['store', PAGE_BYTES, 4, 0xfffffffe],
        ['store', PAGE_BYTES, 8, 2n ** 64n - 3n],
        ['store', PAGE_BYTES, 8, 0x3ff8000000000000n],
      ]);
      expect(vm.counters).toMatchObject({ accesses: 9, faults: 0 });
      expect(vm.timeNs).toBe(9);
      engine.validate();
    });

    test('accesses over its edge, and bulk, fail', () => {
      replica.mapDevice(PAGE_BYTES, PAGE_BYTES, device);
      const { memory } = replica;
      for (const action of [
        () => memory.load32(PAGE_BYTES - 2),
        () => memory.load32(2 * PAGE_BYTES - 2),
        () => memory.store64(2 * PAGE_BYTES - 1, 0n),
        () => memory.read(0, 2 * PAGE_BYTES),
        () => memory.write(PAGE_BYTES, new Uint8Array(1)),
        () => memory.fill(2 * PAGE_BYTES - 1, 2, 0),
      ]) {
        expect(thrownBy(action)).toMatchObject({ code: 'DEVICE_PAGE', details: { page: 1 } });
      }
      expect(log).toEqual([]);
      expect(memory.load8(PAGE_BYTES - 1)).toBe(0);
      engine.validate();
    });

    test('two devices side by side are two; an access across both fails', () => {
      replica.mapDevice(0, PAGE_BYTES, device);
      replica.mapDevice(PAGE_BYTES, PAGE_BYTES, { load: () => 5, store: () => undefined });
      expect(replica.memory.load8(PAGE_BYTES)).toBe(5);
      expect(thrownBy(() => replica.memory.load16(PAGE_BYTES - 1))).toMatchObject({ code: 'DEVICE_PAGE' });
      expect(thrownBy(() => replica.mapDevice(0, 2 * PAGE_BYTES, device))).toMatchObject({
        code: 'INVALID_OPTION',
        details: { field: 'address' },
      });
    });

    test('unmapped, the pages are memory again, with their content', () => {
      write(replica, 1, 77);
      const unmap = replica.mapDevice(PAGE_BYTES, PAGE_BYTES, device);
      expect(read(replica, 1)).toBe(0xbbaa9988);
      unmap();
      unmap();
      expect(read(replica, 1)).toBe(77);
      engine.validate();
    });

    test('what a callback throws reaches the caller; what it must not do is refused', () => {
      const error = new Error('jammed');
      const results: unknown[] = [];
      replica.mapDevice(0, PAGE_BYTES, {
        load: () => {
          throw error;
        },
        store: () => {
          results.push(
            thrownBy(() => write(replica, 2, 1)),
            thrownBy(() => vm.expand(REGION_BYTES)),
            thrownBy(() => replica.memory.load8(0)),
          );
        },
      });
      expect(thrownBy(() => read(replica, 0))).toBe(error);
      write(replica, 0, 1);
      for (const result of results) expect(result).toMatchObject({ code: 'REENTRANT' });
      expect(results).toHaveLength(3);
      write(replica, 2, 1);
      engine.validate();
    });

    test.each([1.5, NaN, 'x', undefined])('a load that answers %s', (answer) => {
      replica.mapDevice(0, PAGE_BYTES, { load: () => answer as number, store: () => undefined });
      expect(thrownBy(() => read(replica, 0))).toMatchObject({ code: 'INVALID_OPTION' });
    });

    test('callbacks that are missing, or too many', () => {
      for (const handlers of [undefined, {}, { load: () => 0 }, { load: () => 0, store: 1 }, { ...device, reset: () => 0 }]) {
        expect(thrownBy(() => replica.mapDevice(0, PAGE_BYTES, handlers as never))).toMatchObject({ code: 'INVALID_OPTION' });
      }
      expect(thrownBy(() => replica.mapDevice(0, 0, device))).toMatchObject({ details: { field: 'length' } });
    });

    test('a fork has the same devices', () => {
      replica.mapDevice(0, PAGE_BYTES, device);
      const fork = replica.fork();
      expect(read(fork, 0)).toBe(0xbbaa9988);
      engine.validate();
    });
  });

  describe('fork and restore', () => {
    test('pages are shared until written; one goes out once and comes in once', () => {
      for (let page = 0; page < 4; page += 1) write(replica, page, page + 1);
      const fork = replica.fork();
      expect(vm.replicas).toEqual([replica, fork]);
      expect(vm.residentPages).toBe(4);
      expect(pageOf(0)).toMatchObject({ shared: true });
      write(fork, 0, 100);
      expect([read(replica, 0), read(fork, 0)]).toEqual([1, 100]);
      expect(pageOf(0)).toMatchObject({ shared: false });
      expect(vm.counters.copies).toBe(1);
      expect(vm.residentPages).toBe(5);
      const other = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
      const { pageOuts } = vm.counters;
      pressure();
      pressure();
      expect(pageOf(1)).toMatchObject({ state: 'out', shared: true });
      expect(vm.counters.pageOuts - pageOuts).toBeGreaterThan(0);
      const { pageIns } = vm.counters;
      expect([read(replica, 1), read(fork, 1)]).toEqual([2, 2]);
      expect(vm.counters.pageIns).toBe(pageIns + 1);
      expect([read(replica, 0), read(fork, 0)]).toEqual([1, 100]);
      engine.validate();
      other.dispose();
      engine.validate();
    });

    test('restore brings the pages of the other back', () => {
      for (let page = 0; page < 4; page += 1) write(replica, page, page + 1);
      const saved = replica.fork();
      write(replica, 2, 99);
      write(replica, 20, 99);
      replica.restore(saved);
      expect([0, 1, 2, 3, 20].map((page) => read(replica, page))).toEqual([1, 2, 3, 4, 0]);
      expect(replica.digestSync()).toBe(saved.digestSync());
      engine.validate();
    });

    test('replicas end one by one; the last one with its VM', () => {
      const fork = replica.fork();
      write(fork, 0, 5);
      replica.dispose();
      replica.dispose();
      expect(vm.replicas).toEqual([fork]);
      expect(read(fork, 0)).toBe(5);
      expect(thrownBy(() => read(replica, 0))).toMatchObject({ code: 'DISPOSED' });
      expect(thrownBy(() => fork.restore(replica))).toMatchObject({ code: 'DISPOSED' });
      expect(thrownBy(() => fork.dispose())).toMatchObject({ code: 'INVALID_OPTION' });
      engine.validate();
    });

    test('restore from another VM, or from no replica', () => {
      const other = engine.createVm({ memory: REGION_BYTES });
      for (const from of [other.replica, vm, undefined, {}]) {
        expect(thrownBy(() => replica.restore(from as Replica))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'from' } });
      }
    });

    test('as many as there is room for', async () => {
      const small = await engineMake(build, { maxVms: 1, maxReplicas: 2 });
      const first = small.createVm({ memory: REGION_BYTES }).replica;
      first.fork();
      expect(thrownBy(() => first.fork())).toMatchObject({ code: 'TABLES_FULL', details: { table: 'replicas', capacity: 2 } });
      small.validate();
    });

    test('with replicas a VM keeps at least 4 frames', async () => {
      const small = await engineMake(build, { region: PAGE_BYTES, memory: 8 * PAGE_BYTES });
      const three = small.createVm({ memory: 3 * PAGE_BYTES });
      expect(thrownBy(() => three.replica.fork())).toMatchObject({ code: 'TOO_LITTLE_LEFT', details: { framesLeft: 3, framesLeast: 4 } });
      three.expand(2 * PAGE_BYTES);
      three.replica.fork();
      expect(thrownBy(() => three.reduce(2 * PAGE_BYTES))).toMatchObject({
        code: 'TOO_LITTLE_LEFT',
        details: { framesLeft: 3, framesLeast: 4 },
      });
    });
  });

  describe('digest and peek', () => {
    const expected = (): string => {
      const bytes = new Uint8Array(SPACE_PAGES * PAGE_BYTES);
      for (let page = 0; page < SPACE_PAGES; page += 1) bytes[page * PAGE_BYTES] = page >= 8 ? page : 0;
      return createHash('sha256').update(bytes).digest('hex');
    };

    test('over the whole address space, wherever its pages are, and without a trace', async () => {
      pressure();
      const before = engine.inspect();
      expect(await replica.digest()).toBe(expected());
      expect(replica.digestSync()).toBe(expected());
      expect(engine.inspect()).toEqual(before);
    });

    test('an abort', async () => {
      const large = engine.createVm({ memory: REGION_BYTES, addressSpace: '64MiB' });
      const controller = new AbortController();
      const digest = large.replica.digest({ signal: controller.signal });
      controller.abort(new Error('no more'));
      await expect(digest).rejects.toThrow('no more');
      await expect(large.replica.digest({ signal: controller.signal })).rejects.toThrow('no more');
    });

    test('peek at the edges', () => {
      write(replica, SPACE_PAGES - 1, 0x01020304);
      expect([...replica.peek((SPACE_PAGES - 1) * PAGE_BYTES - 2, new Uint8Array(5))]).toEqual([0, 0, 4, 3, 2]);
      expect(replica.peek(SPACE_PAGES * PAGE_BYTES, new Uint8Array(0))).toHaveLength(0);
      expect(thrownBy(() => replica.peek(SPACE_PAGES * PAGE_BYTES, new Uint8Array(1)))).toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE' });
      expect(thrownBy(() => replica.peek(-1, new Uint8Array(1)))).toMatchObject({ code: 'INVALID_OPTION' });
      expect(thrownBy(() => replica.peek(0, 4 as unknown as Uint8Array))).toMatchObject({ code: 'INVALID_OPTION' });
    });
  });
});
