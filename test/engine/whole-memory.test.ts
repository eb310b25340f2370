/**
 * An engine that takes the whole memory WebAssembly has: 65,536 times 64 KiB, frames and books together. Addresses at its upper end are u32s above 2^31,
 * which reach JavaScript as negative numbers where somebody forgets to make them unsigned.
 */
import { memoryUsage } from 'node:process';
import { afterEach, describe, expect, test } from 'vitest';
import { CB_FRAME_BASE, CB_REGIONS, CB_REGION_SHIFT, CB_SWAP_BASE, CB_TOTAL_BYTES } from '../../assembly/shared/layout.ts';
import { Engine, memorySwapStore } from '../../bindings/node.ts';
import type { SwapOptions, SwapStore, Vm } from '../../bindings/node.ts';
import { buildModule, buildOf, shippedBuilds, type Build } from '../support/builds.ts';
import { thrownBy } from '../support/engines.ts';

const WHOLE_BYTES = 2 ** 32;
const HALF_BYTES = 2 ** 31;
const REGION_BYTES = 2 ** 16;
const PAGE_BYTES = 4096;
const SWAP_BYTES = 2 ** 20;
/** What an engine that nobody has used may keep resident. */
const RESIDENT_BYTES_MOST = 16 * 2 ** 20;
/** A test that fails half-way must not leave 4 GiB behind. */
let engine: Engine | undefined;

afterEach(() => {
  engine?.dispose();
  engine = undefined;
});

const LINEAR: SwapOptions = { size: SWAP_BYTES };

/** Without a `swap` there is none. */
function make(build: Build, regions: number, swap: SwapOptions | null = LINEAR): Promise<Engine> {
  return Engine.create({
    memory: regions * REGION_BYTES,
    region: REGION_BYTES,
    module: buildModule(build),
    shared: build.shared,
    ...(swap === null ? {} : { swap }),
  });
}

/** The most regions for which an engine fits, found by asking; the same for every build. */
async function regionsFound(build: Build, swap: SwapOptions | null): Promise<number> {
  let fits = HALF_BYTES / REGION_BYTES;
  let tooMany = WHOLE_BYTES / REGION_BYTES;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    try {
      (await make(build, middle, swap)).dispose();
      fits = middle;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENGINE_TOO_LARGE' });
      tooMany = middle;
    }
  }
  return fits;
}

const found = new Map<string, Promise<number>>();

/** `regionsFound`, asked once for each kind of swap. */
function regionsMost(build: Build, kind: 'linear' | 'none' | 'host', swap: SwapOptions | null = LINEAR): Promise<number> {
  const known = found.get(kind) ?? regionsFound(build, swap);
  found.set(kind, known);
  return known;
}

/** A VM whose memory lies in the upper half: another one holds all that is below. */
function vmAbove(made: Engine, regions: number): Vm {
  const { core } = made;
  const below = Math.ceil((HALF_BYTES + 2 ** 26 - core.word(CB_FRAME_BASE)) / REGION_BYTES);
  made.createVm({ name: 'below', memory: below * REGION_BYTES });
  return made.createVm({ name: 'above', memory: regions * REGION_BYTES });
}

describe.each([...shippedBuilds, buildOf('debug')])('$name', (build) => {
  test('fills 65,536 WebAssembly pages to the last region; one region more is refused', async () => {
    const regions = await regionsMost(build, 'linear');
    const before = memoryUsage().rss;
    engine = await make(build, regions);
    const { core } = engine;
    expect(core.u8.byteLength).toBe(WHOLE_BYTES);
    expect(core.number(CB_TOTAL_BYTES)).toBeLessThanOrEqual(WHOLE_BYTES);
    // what is left over is less than one region with its books
    expect(WHOLE_BYTES - core.number(CB_TOTAL_BYTES)).toBeLessThan(REGION_BYTES * 1.1);
    expect(memoryUsage().rss - before).toBeLessThan(RESIDENT_BYTES_MOST);
    expect(() => engine!.validate()).not.toThrow();
    await expect(make(build, regions + 1)).rejects.toMatchObject({ code: 'ENGINE_TOO_LARGE' });
  });

  test('the upper half works: every width, pages out and in, swap at the very end', async () => {
    const regions = await regionsMost(build, 'linear');
    engine = await make(build, regions);
    const vm = vmAbove(engine, 1);
    const [{ memory }] = vm.replicas as [(typeof vm.replicas)[number]];
    const { core } = engine;
    const framesAboveHalf = (): boolean => core.exports.peek(vm.replicas[0]!.handle, 0) >>> 0 > HALF_BYTES;

    memory.store8(0, 0x81);
    expect(framesAboveHalf()).toBe(true);
    memory.store16(10, 0x8283);
    memory.store32(20, 0x84858687);
    memory.store64(30, 0x88898a8b8c8d8e8fn);
    memory.store32(PAGE_BYTES - 2, 0xdeadbeef);
    expect([memory.load8(0), memory.load16(10), memory.load32(20), memory.load32(PAGE_BYTES - 2)]).toEqual([
      0x81, 0x8283, 0x84858687, 0xdeadbeef,
    ]);
    expect(memory.load64(30)).toBe(0x88898a8b8c8d8e8fn);

    // twice as many pages as frames: each goes out to swap, which ends where the memory does, and comes back
    const pages = (2 * REGION_BYTES) / PAGE_BYTES;
    for (let page = 0; page < pages; page++) memory.store32(page * PAGE_BYTES + 100, page + 1);
    for (let page = 0; page < pages; page++) expect(memory.load32(page * PAGE_BYTES + 100)).toBe(page + 1);
    expect(memory.load32(20)).toBe(0x84858687);
    expect(vm.counters.pageOuts).toBeGreaterThanOrEqual(pages / 2);
    expect(vm.counters.pageIns).toBeGreaterThanOrEqual(pages / 2);
    expect(core.word(CB_SWAP_BASE)).toBeGreaterThan(WHOLE_BYTES - 2 * SWAP_BYTES);

    // bulk, fork and restore with addresses up there
    const bytes = Uint8Array.from({ length: 3 * PAGE_BYTES }, (_, index) => index * 7);
    memory.write(PAGE_BYTES / 2, bytes);
    expect(Buffer.compare(memory.read(PAGE_BYTES / 2, bytes.length), bytes)).toBe(0);
    const copy = vm.replicas[0]!.fork();
    copy.memory.store32(20, 1);
    expect(memory.load32(20)).toBe(0x84858687);
    copy.restore(vm.replicas[0]!);
    expect(copy.digestSync()).toBe(vm.replicas[0]!.digestSync());
    expect(() => engine!.validate()).not.toThrow();
  });

  test('the last frame of the memory', async () => {
    const regions = await regionsMost(build, 'none', null);
    engine = await make(build, regions, null);
    engine.createVm({ name: 'all but one', memory: (regions - 1) * REGION_BYTES });
    const vm = engine.createVm({ name: 'last', memory: REGION_BYTES, addressSpace: REGION_BYTES });
    const [{ memory, handle }] = vm.replicas as [(typeof vm.replicas)[number]];
    const { core } = engine;
    for (let at = 0; at < REGION_BYTES; at += 4) memory.store32(at, at ^ 0xffff0000);
    for (let at = 0; at < REGION_BYTES; at += 4) expect(memory.load32(at)).toBe((at ^ 0xffff0000) >>> 0);
    const lastFrame = (core.word(CB_REGIONS) << core.word(CB_REGION_SHIFT)) + REGION_BYTES / PAGE_BYTES - 1;
    const lastAddress = (core.word(CB_FRAME_BASE) + lastFrame * PAGE_BYTES) % WHOLE_BYTES;
    expect(core.exports.peek(handle, REGION_BYTES / PAGE_BYTES - 1) >>> 0).toBe(lastAddress);
    expect(WHOLE_BYTES - lastAddress).toBeLessThan(REGION_BYTES * 1.1 + PAGE_BYTES);
    expect(thrownBy(() => memory.load32(REGION_BYTES - 3))).toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE' });
  });

  test('a store of the host is given pages of the upper half', async () => {
    const seen: number[] = [];
    const inner = memorySwapStore();
    const store: SwapStore = {
      attach: (geometry) => inner.attach(geometry),
      read: (slot, into) => inner.read(slot, into),
      write: (slot, from) => {
        seen.push(from.byteOffset);
        inner.write(slot, from);
      },
      close: () => inner.close(),
    };
    const regions = await regionsMost(build, 'host', { size: SWAP_BYTES, store: memorySwapStore() });
    engine = await make(build, regions, { size: SWAP_BYTES, store });
    const vm = vmAbove(engine, 1);
    const [{ memory }] = vm.replicas as [(typeof vm.replicas)[number]];
    const pages = (2 * REGION_BYTES) / PAGE_BYTES;
    for (let page = 0; page < pages; page++) memory.store32(page * PAGE_BYTES, page + 1);
    for (let page = 0; page < pages; page++) expect(memory.load32(page * PAGE_BYTES)).toBe(page + 1);
    expect(seen.length).toBeGreaterThanOrEqual(pages / 2);
    expect(Math.min(...seen)).toBeGreaterThan(HALF_BYTES);
  });

  test('resident only where touched', async () => {
    const before = memoryUsage().rss;
    engine = await make(build, await regionsMost(build, 'linear'));
    const vm = vmAbove(engine, 64);
    const [{ memory }] = vm.replicas as [(typeof vm.replicas)[number]];
    const touchedBytes = 64 * REGION_BYTES;
    for (let at = 0; at < touchedBytes; at += PAGE_BYTES) memory.store8(at, 1);
    expect(memoryUsage().rss - before).toBeLessThan(RESIDENT_BYTES_MOST + touchedBytes);
  });
});
