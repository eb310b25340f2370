import { describe, expect, test } from 'vitest';
import { Engine, formatBytes } from '../../bindings/node.ts';
import { buildModule, buildBytes, builds } from '../support/builds.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const [build] = shipped;
const module = buildModule(build!);

describe('options of Engine.create', () => {
  const good = { memory: '1MiB', region: '64KiB', module, shared: false } as const;

  test.each<[object, string]>([
    [{ memory: undefined }, 'memory'],
    [{ memory: '1Mib' }, 'memory'],
    [{ memory: 0 }, 'memory'],
    [{ memory: -65536 }, 'memory'],
    [{ memory: 65535 }, 'memory'],
    [{ memory: 65537 }, 'memory'],
    [{ memory: '5GiB' }, 'memory'],
    [{ region: '3KiB' }, 'region'],
    [{ region: 2048 }, 'region'],
    [{ region: 65537 }, 'region'],
    [{ region: '2GiB' }, 'region'],
    [{ handover: 'lazy' }, 'handover'],
    [{ handover: 'reserve' }, 'reserve'],
    [{ handover: 'reserve', reserve: { memory: '1MiB' } }, 'reserve.memory'],
    [{ handover: 'reserve', reserve: { memory: 100 } }, 'reserve.memory'],
    [{ handover: 'reserve', reserve: { memory: 0 } }, 'reserve.memory'],
    [{ handover: 'reserve', reserve: { memory: 65536, refill: '5ms' } }, 'reserve.refill'],
    [{ handover: 'reserve', reserve: { memory: 65536, shortfall: 'fail' } }, 'reserve.shortfall'],
    [{ handover: 'reserve', reserve: { memory: 65536, size: 1 } }, 'reserve.size'],
    [{ handover: 'reserve', reserve: { memory: 65536 }, maxVms: 65535 }, 'maxVms'],
    [{ handover: 'eager', reserve: { memory: 65536 } }, 'reserve'],
    [{ handover: 'reserve', reserve: { memory: 65536 }, useRight: 'managerPreferred' }, 'useRight'],
    [{ shared: 1 }, 'shared'],
    [{ maxVms: 0 }, 'maxVms'],
    [{ maxVms: 65536 }, 'maxVms'],
    [{ maxVms: 8, maxReplicas: 7 }, 'maxReplicas'],
    [{ maxChanges: 0 }, 'maxChanges'],
    [{ maxPlayers: -1 }, 'maxPlayers'],
    [{ eventCapacity: 48 }, 'eventCapacity'],
    [{ eventCapacity: 0 }, 'eventCapacity'],
    [{ accessNs: 0.5 }, 'accessNs'],
    [{ tables: { pages: 1 } }, 'tables.pages'],
    [{ tables: { nodes: -1 } }, 'tables.nodes'],
    [{ selection: { expand: 'highest' } }, 'selection.expand'],
    [{ selection: { reduce: 'lowest' } }, 'selection.reduce'],
    [{ module: 'usufruct.wasm' }, 'module'],
    [{ Memory: '1MiB' }, 'options.Memory'],
  ])('%o: one sentence with the field, the value and what is allowed', async (wrong, field) => {
    const made = Engine.create({ ...good, ...wrong });
    await expect(made).rejects.toMatchObject({ name: 'InvalidOptionError', code: 'INVALID_OPTION', details: { field } });
    await expect(made).rejects.toThrow(/^\S.* is .*; allowed: .*\.$/);
  });

  test.each([undefined, null, 1, '48MiB', []])('%o instead of options', async (options) => {
    await expect(Engine.create(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'options' } });
  });

  test('the smallest of everything', async () => {
    const engine = await Engine.create({
      memory: 2 * PAGE_BYTES,
      region: PAGE_BYTES,
      maxVms: 1,
      maxReplicas: 1,
      maxChanges: 1,
      maxPlayers: 0,
      eventCapacity: 1,
      module,
      shared: false,
    });
    const vm = engine.createVm({ memory: 2 * PAGE_BYTES, addressSpace: PAGE_BYTES });
    vm.replica.memory.store32(0, 1);
    expect(engine).toMatchObject({ regions: 2, frames: 2, regionsFree: 0, pageBytes: PAGE_BYTES, regionBytes: PAGE_BYTES });
    engine.validate();
  });
});

test('modules: bytes, compiled, garbage, and one for the other kind of memory', async () => {
  const options = { memory: '1MiB', shared: false } as const;
  const engine = await Engine.create({ ...options, module: buildBytes(build!) });
  expect(engine.isShared).toBe(false);
  await expect(Engine.create({ ...options, module: new Uint8Array([1, 2, 3]) })).rejects.toMatchObject({ code: 'MODULE_LOAD_FAILED' });
  await expect(Engine.create({ ...options, shared: true, module })).rejects.toMatchObject({ code: 'MODULE_LOAD_FAILED' });
  const other = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 120, 0, 0]));
  await expect(Engine.create({ ...options, module: other })).rejects.toThrow(/imports m\.x/);
});

test('a pool beyond one WebAssembly memory: refused with the numbers', async () => {
  const made = Engine.create({ memory: '4GiB', module, shared: false });
  await expect(made).rejects.toMatchObject({ code: 'ENGINE_TOO_LARGE', details: { bytesMost: 2 ** 32 } });
  const swapped = Engine.create({ memory: '2GiB', swap: { size: '3GiB' }, module, shared: false });
  await expect(swapped).rejects.toMatchObject({ code: 'ENGINE_TOO_LARGE' });
});

test.each(shipped)('an engine of the whole 4 GiB on $name: its upper half works', async (large) => {
  const region = 2 ** 20;
  const memory = 4000 * region;
  const engine = await Engine.create({ memory, region, module: buildModule(large), shared: large.shared });
  const { bytes } = engine.inspect();
  expect(bytes.total).toBeGreaterThan(memory);
  expect(bytes.total).toBeLessThanOrEqual(2 ** 32);
  expect((bytes.books - memory * 0.015) / 2 ** 20, `books: ${formatBytes(bytes.books)}`).toBeLessThan(40);
  const low = engine.createVm({ memory: 3000 * region, addressSpace: '4GiB' });
  const high = engine.createVm({ memory: 1000 * region, addressSpace: '4GiB' });
  const top = 2 ** 32 - 8;
  high.replica.memory.store64(top, 0x1122334455667788n);
  high.replica.memory.write(2 ** 31 - 5, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  low.replica.memory.store32(2 ** 31, 0xdeadbeef);
  expect(high.replica.memory.load64(top)).toBe(0x1122334455667788n);
  expect([...high.replica.memory.read(2 ** 31 - 5, 10)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(low.replica.memory.load32(2 ** 31)).toBe(0xdeadbeef);
  const frames = [...engine.pages(high.replica)].map(({ page, frame }) => [page, frame! * PAGE_BYTES >= 2 ** 31]);
  expect(frames).toEqual([
    [2 ** 19 - 1, true],
    [2 ** 19, true],
    [2 ** 20 - 1, true],
  ]);
  expect(() => high.replica.memory.load64(top + 1)).toThrow(/address space/);
  engine.dispose();
});

test.each(builds.filter(({ target }) => target === 'release'))('pages of $pageKib KiB', async ({ pageBytes, ...rest }) => {
  const engine = await Engine.create({
    memory: pageBytes * 8,
    region: pageBytes,
    swap: { size: pageBytes * 8 },
    module: buildModule({ pageBytes, ...rest }),
    shared: false,
  });
  expect(engine.pageBytes).toBe(pageBytes);
  const vm = engine.createVm({ memory: pageBytes * 2, addressSpace: pageBytes * 4 });
  for (let page = 0; page < 4; page += 1) vm.replica.memory.store32((page + 1) * pageBytes - 4, page + 1);
  vm.replica.memory.store64(pageBytes - 4, 2n ** 64n - 1n);
  expect(vm.replica.memory.load32(3 * pageBytes - 4)).toBe(3);
  expect(vm.replica.memory.load64(pageBytes - 4)).toBe(2n ** 64n - 1n);
  await expect(
    Engine.create({ memory: pageBytes, region: pageBytes / 2, module: buildModule({ pageBytes, ...rest }), shared: false }),
  ).rejects.toMatchObject({
    details: { field: 'region' },
  });
  engine.validate();
});

describe('createVm', () => {
  test.each<[object, string]>([
    [{ memory: undefined }, 'memory'],
    [{ memory: 0 }, 'memory'],
    [{ memory: REGION_BYTES - 1 }, 'memory'],
    [{ memory: REGION_BYTES + 1 }, 'memory'],
    [{ memory: '-1MiB' }, 'memory'],
    [{ addressSpace: 0 }, 'addressSpace'],
    [{ addressSpace: PAGE_BYTES + 1 }, 'addressSpace'],
    [{ addressSpace: 2 ** 32 + PAGE_BYTES }, 'addressSpace'],
    [{ eviction: 'LRU' }, 'eviction'],
    [{ seek: 'managed' }, 'seek'],
    [{ seek: [] }, 'seek'],
    [{ seek: ['managed', 'stolen'] }, 'seek[1]'],
    [{ seek: ['managed', 'managed'] }, 'seek[1]'],
    [{ evictBatch: 0 }, 'evictBatch'],
    [{ shortfall: 'wait' }, 'shortfall'],
    [{ name: '' }, 'name'],
    [{ name: 5 }, 'name'],
    [{ ram: '1MiB' }, 'options.ram'],
  ])('%o is refused', async (wrong, field) => {
    const engine = await engineMake(build!);
    const error = thrownBy(() => engine.createVm({ memory: REGION_BYTES, ...wrong }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', details: { field } });
    expect(engine.vms).toEqual([]);
    engine.validate();
  });

  test('names: given, made up, and not twice', async () => {
    const engine = await engineMake(build!);
    const first = engine.createVm({ name: 'vm2', memory: REGION_BYTES });
    expect(engine.createVm({ memory: REGION_BYTES }).name).toBe('vm3');
    expect(thrownBy(() => engine.createVm({ name: 'vm2', memory: REGION_BYTES }))).toMatchObject({ details: { field: 'name' } });
    first.dispose();
    expect(engine.createVm({ name: 'vm2', memory: REGION_BYTES }).name).toBe('vm2');
    expect(engine.vms.map(({ name }) => name).sort()).toEqual(['vm2', 'vm3']);
  });

  test('all of the pool, one region more, best effort', async () => {
    const engine = await engineMake(build!, { regions: 4 });
    expect(thrownBy(() => engine.createVm({ memory: 5 * REGION_BYTES }))).toMatchObject({
      code: 'NOT_ENOUGH_MEMORY',
      details: { requested: 5, available: 4, requestedBytes: 5 * REGION_BYTES, availableBytes: 4 * REGION_BYTES },
    });
    const vm = engine.createVm({ memory: 5 * REGION_BYTES, shortfall: 'bestEffort' });
    expect(vm.managedBytes).toBe(4 * REGION_BYTES);
    expect(thrownBy(() => engine.createVm({ memory: REGION_BYTES }))).toMatchObject({
      code: 'NOT_ENOUGH_MEMORY',
      details: { available: 0 },
    });
    engine.validate();
  });

  test('less than two frames', async () => {
    const engine = await engineMake(build!, { region: PAGE_BYTES });
    expect(thrownBy(() => engine.createVm({ memory: PAGE_BYTES }))).toMatchObject({
      code: 'TOO_LITTLE_LEFT',
      details: { framesLeft: 1, framesLeast: 2 },
    });
    expect(engine.createVm({ memory: 2 * PAGE_BYTES }).managedBytes).toBe(2 * PAGE_BYTES);
    engine.validate();
  });

  test('as many VMs as there is room for', async () => {
    const engine = await engineMake(build!, { maxVms: 2, maxReplicas: 2 });
    const vm = engine.createVm({ memory: REGION_BYTES });
    engine.createVm({ memory: REGION_BYTES });
    expect(thrownBy(() => engine.createVm({ memory: REGION_BYTES }))).toMatchObject({
      code: 'TABLES_FULL',
      details: { table: 'VMs', capacity: 2 },
    });
    vm.dispose();
    engine.createVm({ memory: REGION_BYTES });
    engine.validate();
  });
});

describe('dispose', () => {
  test('everything that the engine made says where that was', async () => {
    const engine = await engineMake(build!, { regions: 8 });
    const vm = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES });
    const { replica } = vm;
    replica.memory.fill(0, 4 * REGION_BYTES, 1);
    const change = vm.reduce(REGION_BYTES);
    const { settled } = change;
    const off = engine.on('grant', () => undefined);
    engine.dispose();
    engine.dispose();
    expect(engine.isDisposed).toBe(true);
    expect(vm.isDisposed).toBe(true);
    for (const action of [
      () => engine.createVm({ memory: REGION_BYTES }),
      () => engine.inspect(),
      () => engine.validate(),
      () => engine.virtualNs,
      () => engine.regions,
      () => engine.on('grant', () => undefined),
      () => engine.reconfigure([{ vm, change: 1 }]),
      () => vm.managedBytes,
      () => vm.counters,
      () => vm.expand(REGION_BYTES),
      () => vm.touch(0),
      () => vm.replica,
      () => replica.memory.load8(0),
      () => replica.memory.load64(0),
      () => replica.memory.store32(0, 1),
      () => replica.memory.storeF64(0, 1),
      () => replica.memory.read(0, 10),
      () => replica.peek(0, new Uint8Array(1)),
      () => replica.fork(),
      () => replica.protect(0, PAGE_BYTES, 'read'),
      () => change.cancel(),
    ]) {
      const error = thrownBy(action);
      expect(error).toMatchObject({ name: 'DisposedError', code: 'DISPOSED' });
    }
    expect(change).toMatchObject({ state: 'abandoned', settledNs: null, regions: 1 });
    expect(await settled).toBe('abandoned');
    off();
    expect(engine.isDisposed).toBe(true);
    expect(vm.name).toBe('a');
    vm.dispose();
    replica.dispose();
  });

  test('the message names the line of the caller', async () => {
    const engine = await engineMake(build!);
    const vm = engine.createVm({ name: 'b', memory: REGION_BYTES });
    const { memory } = vm.replica;
    vm.dispose();
    for (const action of [() => vm.usedBytes, () => memory.load32(0), () => memory.load32(-1)]) {
      const error = thrownBy(action);
      expect(error).toMatchObject({ details: { what: "VM 'b'" } });
      expect((error as Error).message).toMatch(/VM 'b' was disposed of.* made at .*engine\.test\.ts:\d+/);
    }
  });

  test('using', async () => {
    let kept: Engine;
    {
      using engine = await engineMake(build!);
      kept = engine;
      {
        using vm = engine.createVm({ memory: REGION_BYTES });
        expect(vm.isDisposed).toBe(false);
      }
      expect(engine.vms).toEqual([]);
    }
    expect(kept.isDisposed).toBe(true);
  });
});
