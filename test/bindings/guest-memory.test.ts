import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, GuestMemory, Replica } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const SPACE_BYTES = 64 * PAGE_BYTES;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let replica: Replica;
  let memory: GuestMemory;

  beforeEach(async () => {
    engine = await engineMake(build, { regions: 8, slots: 128 });
    replica = engine.createVm({ memory: 2 * REGION_BYTES, addressSpace: SPACE_BYTES }).replica;
    memory = replica.memory;
  });

  /** Each width: bytes, a value with all bits in play, and how to store and load it. */
  const widths = [
    { bytes: 1, value: 0xfe, store: (a: number, v: number) => memory.store8(a, v), load: (a: number) => memory.load8(a) },
    { bytes: 2, value: 0xfedc, store: (a: number, v: number) => memory.store16(a, v), load: (a: number) => memory.load16(a) },
    { bytes: 4, value: 0xfedcba98, store: (a: number, v: number) => memory.store32(a, v), load: (a: number) => memory.load32(a) },
    {
      bytes: 8,
      value: 0xfedcba98,
      store: (a: number, v: number) => memory.store64(a, (BigInt(v) << 32n) | 0x12345678n),
      load: (a: number) => {
        const value = memory.load64(a);
        expect(value & 0xffffffffn).toBe(0x12345678n);
        return Number(value >> 32n);
      },
    },
  ];

  test.each(widths)('$bytes bytes at every place around the end of a page', ({ bytes, value, store, load }) => {
    for (let address = PAGE_BYTES - bytes - 1; address <= PAGE_BYTES + 1; address += 1) {
      memory.fill(PAGE_BYTES - 32, 64, 0x55);
      store(address, value);
      expect(load(address)).toBe(value);
      const around = memory.read(PAGE_BYTES - 32, 64);
      const start = address - (PAGE_BYTES - 32);
      around.forEach((byte, index) => {
        if (index < start || index >= start + bytes) expect(byte).toBe(0x55);
      });
    }
    engine.validate();
  });

  test.each(widths)('$bytes bytes at the end of the address space: n-1, n, n+1', ({ bytes, value, store, load }) => {
    const last = SPACE_BYTES - bytes;
    store(last, value);
    expect(load(last)).toBe(value);
    for (const address of [last + 1, SPACE_BYTES, SPACE_BYTES + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40, -1]) {
      for (const access of [() => load(address), () => store(address, value)]) {
        expect(thrownBy(access)).toMatchObject({
          code: 'ADDRESS_OUT_OF_RANGE',
          details: { address, length: bytes, addressSpace: SPACE_BYTES },
        });
      }
    }
    engine.validate();
  });

  test('little endian', () => {
    memory.store32(0, 0x04030201);
    expect([...memory.read(0, 4)]).toEqual([1, 2, 3, 4]);
    memory.store64(8, 0x0807060504030201n);
    expect([...memory.read(8, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('signed values go in, unsigned ones come out', () => {
    memory.store8(0, -1);
    memory.store16(2, -2);
    memory.store32(4, -3);
    memory.store64(8, -4n);
    expect([memory.load8(0), memory.load16(2), memory.load32(4), memory.load64(8)]).toEqual([0xff, 0xfffe, 0xfffffffd, 2n ** 64n - 4n]);
    memory.store8(16, 0x1ff);
    expect(memory.load16(16)).toBe(0xff);
  });

  test('floats, at any alignment and across pages', () => {
    for (const address of [0, 1, PAGE_BYTES - 3]) {
      for (const value of [0, -0, 1.5, Math.PI, -1e300, 5e-324, Infinity, NaN]) {
        memory.storeF64(address, value);
        expect(memory.loadF64(address)).toBe(value);
        memory.storeF32(address, value);
        expect(memory.loadF32(address)).toBe(Math.fround(value));
      }
    }
  });

  test.each([1.5, NaN, Infinity, '4', null, undefined, {}, 4n])('an address %s is refused', (address) => {
    for (const load of ['load8', 'load16', 'load32', 'load64', 'loadF32', 'loadF64'] as const) {
      expect(thrownBy(() => memory[load](address as number))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'address' } });
    }
    expect(thrownBy(() => memory.store32(address as number, 1))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(thrownBy(() => memory.read(address as number, 1))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('values that are no integers of the width are refused, and nothing changes', () => {
    memory.store32(0, 7);
    for (const value of [1.5, NaN, 2 ** 32, -(2 ** 31) - 1, '1', null, undefined, 1n]) {
      for (const store of ['store8', 'store16', 'store32'] as const) {
        expect(thrownBy(() => memory[store](0, value as number))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'value' } });
      }
    }
    for (const value of [1, 2n ** 64n, -(2n ** 63n) - 1n, null]) {
      expect(thrownBy(() => memory.store64(0, value as bigint))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'value' } });
    }
    expect(thrownBy(() => memory.storeF32(0, '1' as unknown as number))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(thrownBy(() => memory.storeF64(0, 1n as unknown as number))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(memory.load64(0)).toBe(7n);
  });

  test('memory that was never written reads zero, also in bulk', () => {
    expect(memory.load64(PAGE_BYTES - 4)).toBe(0n);
    expectBytes(memory.read(3 * PAGE_BYTES - 10, 20), new Uint8Array(20));
  });

  test('bulk reads and writes over many pages, more than there are frames', () => {
    const bytes = Uint8Array.from({ length: 20 * PAGE_BYTES + 77 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
    memory.write(1234, bytes);
    expectBytes(memory.read(1234, bytes.length), bytes);
    const into = new Uint8Array(5000);
    expect(memory.read(1234 + 40_000, into)).toBe(into);
    expectBytes(into, bytes.subarray(40_000, 45_000));
    memory.fill(5000, 20_000, 9);
    bytes.fill(9, 5000 - 1234, 25_000 - 1234);
    expectBytes(memory.read(1234, bytes.length), bytes);
    engine.validate();
  });

  test('bulk at the edges: nothing, the last byte, one too many', () => {
    expect(memory.read(SPACE_BYTES, 0)).toEqual(new Uint8Array(0));
    expect(memory.read(SPACE_BYTES - 1, 1)).toEqual(new Uint8Array(1));
    memory.write(SPACE_BYTES, new Uint8Array(0));
    memory.fill(SPACE_BYTES, 0, 1);
    for (const action of [
      () => memory.read(SPACE_BYTES - 1, 2),
      () => memory.write(SPACE_BYTES - 1, new Uint8Array(2)),
      () => memory.fill(SPACE_BYTES - 1, 2, 1),
      () => memory.read(SPACE_BYTES + 1, 0),
    ]) {
      expect(thrownBy(action)).toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE' });
    }
    for (const length of [-1, 1.5, NaN, '1']) {
      expect(thrownBy(() => memory.read(0, length as number))).toMatchObject({ code: 'INVALID_OPTION' });
      expect(thrownBy(() => memory.fill(0, length as number, 0))).toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(thrownBy(() => memory.write(0, [1, 2] as unknown as Uint8Array))).toMatchObject({ code: 'INVALID_OPTION' });
    for (const byte of [-1, 256, 0.5]) expect(thrownBy(() => memory.fill(0, 1, byte))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('a bulk write that runs out of swap says how far it came, and the engine goes on', async () => {
    const small = await engineMake(build, { regions: 2, slots: 4 });
    const vm = small.createVm({ memory: REGION_BYTES, addressSpace: SPACE_BYTES });
    const bytes = new Uint8Array(20 * PAGE_BYTES).fill(1);
    // 4 frames + 4 slots hold 8 pages; the 9th has no place
    const error = thrownBy(() => vm.replica.memory.write(0, bytes));
    expect(error).toMatchObject({ code: 'SWAP_FULL', details: { bytesDone: 8 * PAGE_BYTES, slots: 4 } });
    small.validate();
    expectBytes(vm.replica.memory.read(4 * PAGE_BYTES, 4 * PAGE_BYTES), bytes.subarray(0, 4 * PAGE_BYTES));
    expect(thrownBy(() => vm.replica.memory.store8(8 * PAGE_BYTES, 1))).toMatchObject({ code: 'SWAP_FULL', details: { page: 4 } });
    small.validate();
    // one page less, and everything that was written can be read again
    vm.replica.advise(7 * PAGE_BYTES, PAGE_BYTES, 'unused');
    expectBytes(vm.replica.memory.read(0, 7 * PAGE_BYTES), bytes.subarray(0, 7 * PAGE_BYTES));
    small.validate();
  });

  test('chunks: a large range piece by piece', async () => {
    const bytes = Uint8Array.from({ length: 10 * PAGE_BYTES }, (_, index) => index % 251);
    const written = await memory.writeChunks(100, [bytes.subarray(0, 5000), bytes.subarray(5000)]);
    expect(written).toBe(bytes.length);
    const chunks: Uint8Array[] = [];
    for await (const chunk of memory.readChunks(100, bytes.length, { chunkBytes: 9000 })) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.length)).toEqual([9000, 9000, 9000, 9000, 4960]);
    expectBytes(Buffer.concat(chunks), bytes);
  });

  test('chunks: an abort stops between two of them, with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let chunks = 0;
    const reading = (async () => {
      for await (const _chunk of memory.readChunks(0, 8 * PAGE_BYTES, { chunkBytes: PAGE_BYTES, signal: controller.signal })) {
        chunks += 1;
        if (chunks === 2) controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    expect(chunks).toBe(2);
    await expect(memory.writeChunks(0, [new Uint8Array(1)], { signal: controller.signal })).rejects.toBe(reason);
    expect(memory.load8(0)).toBe(0);
    const wrong = memory.writeChunks(0, [], { signal: {} as AbortSignal });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
