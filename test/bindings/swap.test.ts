import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DEVICE_PRESETS, fileSwapStore, memorySwapStore } from '../../bindings/node.ts';
import type { DevicePreset, SwapStore, Engine } from '../../bindings/node.ts';
import { expectBytes, engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'usufruct-swap-'));
let files = 0;
const pathMake = (): string => join(folder, `swap-${(files += 1)}`);
afterAll(() => rmSync(folder, { recursive: true }));

const SLOTS = 64;
const swapOf = (store: SwapStore | 'linear') => ({ swap: { size: SLOTS * PAGE_BYTES, store } });
const pattern = Uint8Array.from({ length: 40 * PAGE_BYTES }, (_, index) => (index * 13 + (index >> 12)) & 0xff);

describe.each(shipped)('$name', (build) => {
  test.each([
    ['linear', () => 'linear' as const],
    ['memorySwapStore', memorySwapStore],
    ['fileSwapStore', () => fileSwapStore(pathMake())],
  ])('%s: more content than memory goes out and comes back', async (_name, makeStore) => {
    const engine = await engineMake(build, { regions: 2, ...swapOf(makeStore()) });
    const { replica, counters } = engine.createVm({ memory: 2 * REGION_BYTES });
    replica.memory.write(0, pattern);
    const vm = replica.vm;
    expect(vm.counters.pageOuts).toBe(40 - 8);
    const before = vm.counters;
    const peeked = replica.peek(0, new Uint8Array(pattern.length));
    expectBytes(peeked, pattern);
    expect(vm.counters, 'peek leaves no trace').toEqual(before);
    expect(counters.pageOuts).toBe(0);
    expectBytes(replica.memory.read(0, pattern.length), pattern);
    expect(vm.counters.pageIns).toBe(40);
    engine.validate();
    engine.dispose();
  });

  test('a store that fails to write: the page stays, the error has the cause, and a retry goes on', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const engine = await engineMake(build, { regions: 2, ...swapOf(store) });
    const vm = engine.createVm({ name: 'a', memory: REGION_BYTES });
    vm.replica.memory.write(0, pattern.subarray(0, 4 * PAGE_BYTES));
    faults.writesLeft = 0;
    const error = thrownBy(() => vm.replica.memory.store8(4 * PAGE_BYTES, 1));
    expect(error).toMatchObject({ code: 'SWAP_WRITE_FAILED', details: { vm: 'a', page: 0, slot: 0 }, cause: faults.error });
    expect((error as Error).message).toContain('the device is on fire');
    engine.validate();
    expect(vm.counters.pageOuts).toBe(0);
    expectBytes(vm.replica.memory.read(0, 4 * PAGE_BYTES), pattern.subarray(0, 4 * PAGE_BYTES));
    faults.writesLeft = Infinity;
    vm.replica.memory.store8(4 * PAGE_BYTES, 1);
    expect(vm.counters.pageOuts).toBe(1);
    engine.validate();
  });

  test('a store that fails to read: the page stays out, and can be read once the store works', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const engine = await engineMake(build, { regions: 2, ...swapOf(store) });
    const vm = engine.createVm({ name: 'a', memory: REGION_BYTES });
    vm.replica.memory.write(0, pattern.subarray(0, 6 * PAGE_BYTES));
    faults.readsFail = true;
    const error = thrownBy(() => vm.replica.memory.load8(0));
    expect(error).toMatchObject({ code: 'SWAP_READ_FAILED', details: { vm: 'a', page: 0 }, cause: faults.error });
    expect(thrownBy(() => vm.replica.peek(0, new Uint8Array(1)))).toMatchObject({ code: 'SWAP_READ_FAILED', cause: faults.error });
    engine.validate();
    expect(vm.counters.pageIns).toBe(0);
    faults.readsFail = false;
    expectBytes(vm.replica.memory.read(0, 6 * PAGE_BYTES), pattern.subarray(0, 6 * PAGE_BYTES));
    engine.validate();
  });

  test('a take-over that fails in the middle: rights unchanged, what went out stays out, a retry goes on', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const engine = await engineMake(build, { regions: 4, ...swapOf(store) });
    const a = engine.createVm({ name: 'a', memory: 2 * REGION_BYTES });
    const b = engine.createVm({ name: 'b', memory: REGION_BYTES });
    a.replica.memory.write(0, pattern.subarray(0, 8 * PAGE_BYTES));
    const change = engine.reconfigure([
      { vm: a, change: -REGION_BYTES },
      { vm: b, change: REGION_BYTES },
    ]);
    const target = engine.inspect().regions.find(({ manager, user }) => manager === 'b' && user === 'a')!;
    faults.writesLeft = 2;
    const before = engine.inspect().regions;
    expect(thrownBy(() => b.touch(target.managerAddress!))).toMatchObject({ code: 'SWAP_WRITE_FAILED', details: { vm: 'a' } });
    expect(engine.inspect().regions).toEqual(before);
    expect(change.state).toBe('granted');
    expect(a.counters.pageOuts).toBe(2);
    expect(a.outPages).toBe(2);
    engine.validate();
    faults.writesLeft = Infinity;
    b.touch(target.managerAddress!);
    expect(change.state).toBe('settled');
    expect(change.pageOutsAfterGrant).toBe(4);
    engine.validate();
    expectBytes(a.replica.memory.read(0, 8 * PAGE_BYTES), pattern.subarray(0, 8 * PAGE_BYTES));
  });

  test('a store that calls back into the engine gets REENTRANT', async () => {
    const inner = memorySwapStore();
    const caught: unknown[] = [];
    const made: Engine[] = [];
    const store: SwapStore = {
      ...inner,
      write(slot, from) {
        const [engine] = made as [Engine];
        const vm = engine.vms[0]!;
        for (const action of [
          () => vm.replica.memory.load8(0),
          () => vm.replica.memory.store64(0, 1n),
          () => vm.replica.memory.read(0, 1),
          () => vm.replica.advise(0, PAGE_BYTES, 'unused'),
          () => vm.replica.fork(),
          () => vm.expand(REGION_BYTES),
          () => vm.touch(0),
          () => vm.dispose(),
          () => engine.createVm({ memory: REGION_BYTES }),
          () => engine.reconfigure([{ vm, change: REGION_BYTES }]),
          () => engine.dispose(),
        ]) {
          caught.push(thrownBy(action));
        }
        expect(engine.inspect().vms).toHaveLength(1); // looking is allowed
        inner.write(slot, from);
      },
    };
    const engine = await engineMake(build, { regions: 4, ...swapOf(store) });
    made.push(engine);
    const vm = engine.createVm({ memory: REGION_BYTES });
    vm.replica.memory.write(0, pattern.subarray(0, 5 * PAGE_BYTES));
    expect(caught).toHaveLength(11);
    for (const error of caught) expect(error).toMatchObject({ code: 'REENTRANT' });
    engine.validate();
  });

  test('an asynchronous store is found out at its first write', async () => {
    const inner = memorySwapStore();
    const store: SwapStore = { ...inner, write: (slot, from) => Promise.resolve(inner.write(slot, from)) as unknown as undefined };
    const engine = await engineMake(build, { regions: 2, ...swapOf(store) });
    const vm = engine.createVm({ memory: REGION_BYTES });
    const error = thrownBy(() => vm.replica.memory.write(0, pattern.subarray(0, 5 * PAGE_BYTES)));
    expect(error).toMatchObject({ code: 'SWAP_WRITE_FAILED' });
    expect((error as Error).cause).toMatchObject({ code: 'SWAP_STORE_FAILED' });
    engine.validate();
  });

  test('writeRun that answers nonsense is a failure of the store', async () => {
    const inner = memorySwapStore();
    const store: SwapStore = { ...inner, writeRun: () => 99 };
    const engine = await engineMake(build, { regions: 4, ...swapOf(store) });
    const a = engine.createVm({ memory: 2 * REGION_BYTES });
    const b = engine.createVm({ memory: REGION_BYTES });
    a.replica.memory.write(0, pattern.subarray(0, 8 * PAGE_BYTES));
    engine.reconfigure([
      { vm: a, change: -REGION_BYTES },
      { vm: b, change: REGION_BYTES },
    ]);
    expect(thrownBy(() => b.replica.memory.write(0, pattern.subarray(0, 8 * PAGE_BYTES)))).toMatchObject({
      code: 'SWAP_WRITE_FAILED',
      cause: { code: 'SWAP_STORE_FAILED' },
    });
    engine.validate();
  });

  test('no swap at all: pages that would have to go out fail', async () => {
    const engine = await engineMake(build, { regions: 2, slots: 0 });
    const vm = engine.createVm({ memory: REGION_BYTES });
    const error = thrownBy(() => vm.replica.memory.write(0, pattern.subarray(0, 5 * PAGE_BYTES)));
    expect(error).toMatchObject({ code: 'SWAP_FULL', details: { slots: 0, bytesDone: 4 * PAGE_BYTES } });
    engine.validate();
  });

  test('the device takes virtual time', async () => {
    const engine = await engineMake(build, {
      regions: 2,
      swap: {
        size: SLOTS * PAGE_BYTES,
        readLatency: '90us',
        writeLatency: '25us',
        readBandwidth: '4.096GB/s',
        writeBandwidth: '2.048GB/s',
      },
    });
    const vm = engine.createVm({ memory: REGION_BYTES });
    vm.replica.memory.write(0, pattern.subarray(0, 4 * PAGE_BYTES));
    expect(vm.timeNs).toBe(4);
    vm.replica.memory.store8(4 * PAGE_BYTES, 1);
    expect(vm.timeNs).toBe(5 + 25_000 + 2000);
    vm.replica.memory.load8(0); // page 1 goes out, page 0 comes in
    expect(vm.timeNs).toBe(6 + 2 * 27_000 + 91_000);
    expect(vm.counters.ioWaitNs).toBe(2 * 27_000 + 91_000);
    expect(engine.virtualNs).toBe(vm.timeNs);
    expect(engine.inspect().swap).toMatchObject({ store: 'linear', slots: SLOTS, slotsUsed: 2, readNs: 91_000, writeNs: 27_000, queue: 1 });
  });

  test.each(Object.keys(DEVICE_PRESETS) as DevicePreset[])('preset %s', async (device) => {
    const { readLatencyNs, writeLatencyNs, readBandwidth, writeBandwidth } = DEVICE_PRESETS[device];
    const engine = await engineMake(build, { regions: 2, swap: { size: PAGE_BYTES, device } });
    expect(engine.inspect().swap).toMatchObject({
      readNs: readLatencyNs + Math.ceil((PAGE_BYTES * 1e9) / readBandwidth),
      writeNs: writeLatencyNs + Math.ceil((PAGE_BYTES * 1e9) / writeBandwidth),
    });
    const over = await engineMake(build, { regions: 2, swap: { size: PAGE_BYTES, device, readLatency: 7 } });
    expect(over.inspect().swap.readNs).toBe(7 + Math.ceil((PAGE_BYTES * 1e9) / readBandwidth));
  });
});

describe('fileSwapStore', () => {
  const geometry = { slots: 4, pageBytes: PAGE_BYTES };

  test('slot s stands at byte s x pageBytes; the file goes when the store closes', () => {
    const path = pathMake();
    const store = fileSwapStore(path);
    store.attach(geometry);
    expect(statSync(path).size).toBe(4 * PAGE_BYTES);
    store.write(2, pattern.subarray(0, PAGE_BYTES));
    expectBytes(readFileSync(path).subarray(2 * PAGE_BYTES, 3 * PAGE_BYTES), pattern.subarray(0, PAGE_BYTES));
    store.close();
    expect(existsSync(path)).toBe(false);
  });

  test('keep leaves it', () => {
    const path = pathMake();
    const store = fileSwapStore(path, { keep: true });
    store.attach(geometry);
    store.close();
    expect(existsSync(path)).toBe(true);
  });

  test('a file that exists is not overwritten unless told so', () => {
    const path = pathMake();
    writeFileSync(path, 'precious');
    const error = thrownBy(() => fileSwapStore(path).attach(geometry));
    expect(error).toMatchObject({ code: 'SWAP_STORE_FAILED', details: { path }, cause: { code: 'EEXIST' } });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    const store = fileSwapStore(path, { overwrite: true });
    store.attach(geometry);
    expect(statSync(path).size).toBe(4 * PAGE_BYTES);
    store.close();
  });

  test('a place that does not exist', async () => {
    const path = join(folder, 'nowhere', 'swap');
    const made = engineMake(shipped[0]!, { swap: { size: PAGE_BYTES, store: fileSwapStore(path) } });
    await expect(made).rejects.toMatchObject({ code: 'SWAP_STORE_FAILED', details: { path }, cause: { code: 'ENOENT' } });
  });

  test('a full device: the write fails, the page stays in memory', async () => {
    // /dev/full takes no byte, as a full disk does
    const full: SwapStore = fileSwapStore(pathMake());
    const { writeSync, openSync } = await import('node:fs');
    const file = openSync('/dev/full', 'w');
    const store: SwapStore = {
      attach: (given) => full.attach(given),
      read: (slot, into) => full.read(slot, into),
      write: (_slot, from) => void writeSync(file, from),
      close: () => full.close(),
    };
    const engine = await engineMake(shipped[0]!, { regions: 2, ...swapOf(store) });
    const vm = engine.createVm({ memory: REGION_BYTES });
    const error = thrownBy(() => vm.replica.memory.write(0, pattern.subarray(0, 5 * PAGE_BYTES)));
    expect(error).toMatchObject({ code: 'SWAP_WRITE_FAILED', cause: { code: 'ENOSPC' }, details: { bytesDone: 4 * PAGE_BYTES } });
    expectBytes(vm.replica.memory.read(0, 4 * PAGE_BYTES), pattern.subarray(0, 4 * PAGE_BYTES));
    engine.validate();
    engine.dispose();
  });

  test('a file that was cut short under the store', () => {
    const path = pathMake();
    const store = fileSwapStore(path);
    store.attach(geometry);
    writeFileSync(path, new Uint8Array(PAGE_BYTES + 100));
    expect(thrownBy(() => store.read(1, new Uint8Array(PAGE_BYTES)))).toMatchObject({ code: 'SWAP_STORE_FAILED' });
    store.close();
  });

  test('options of the wrong kind', () => {
    for (const path of ['', 5, null]) expect(thrownBy(() => fileSwapStore(path as string))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(thrownBy(() => fileSwapStore('x', { keep: 1 as unknown as boolean }))).toMatchObject({
      details: { field: 'fileSwapStore.keep' },
    });
    expect(thrownBy(() => fileSwapStore('x', { delete: true } as object))).toMatchObject({ details: { field: 'fileSwapStore.delete' } });
  });

  test('a store serves one engine', async () => {
    const store = fileSwapStore(pathMake());
    const engine = await engineMake(shipped[0]!, swapOf(store));
    await expect(engineMake(shipped[0]!, swapOf(store))).rejects.toMatchObject({ code: 'SWAP_STORE_FAILED' });
    engine.dispose();
  });
});

test.each([
  [{ size: '1MiB', store: 'file' }, 'swap.store'],
  [{ size: '1MiB', store: {} }, 'swap.store.attach'],
  [{ size: '1MiB', store: { ...memorySwapStore(), writeRun: 1 } }, 'swap.store.writeRun'],
  [{ size: '1MiB', device: 'tape' }, 'swap.device'],
  [{ size: '1MiB', readLatency: '90' + 'm' }, 'swap.readLatency'],
  [{ size: '1MiB', writeBandwidth: 0 }, 'swap.writeBandwidth'],
  [{ size: '1MiB', queue: 0 }, 'swap.queue'],
  [{ size: '1MiB', queue: 65 }, 'swap.queue'],
  [{ size: 4095 }, 'swap.size'],
  [{ size: 0 }, 'swap.size'],
  [{}, 'swap.size'],
  [{ size: '1MiB', speed: 1 }, 'swap.speed'],
  ['1MiB', 'swap'],
])('swap %o is refused', async (swap, field) => {
  const made = engineMake(shipped[0]!, { swap: swap as never });
  await expect(made).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field } });
});
