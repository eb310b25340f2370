import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Vm } from '../../bindings/node.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import { reconfigurationAt } from '../../bindings/reconfiguration/request.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;
const WRITE_NS = 1000;
const swap = { size: 64 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: 3000 };

describe.each(shipped)('$name', (build) => {
  const setup = async (options: Partial<EngineOptions> = {}): Promise<{ engine: Engine; a: Vm; b: Vm }> => {
    const engine = await engineMake(build, { regions: 8, swap, ...options });
    const a = engine.createVm({ name: 'a', memory: 6 * REGION_BYTES });
    const b = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
    for (let page = 0; page < 6 * REGION_PAGES; page += 1) a.replica.memory.store32(page * PAGE_BYTES, page + 1);
    return { engine, a, b };
  };
  const use = (vm: Vm, regions: number): void => {
    for (let page = 0; page < regions * REGION_PAGES; page += 1) vm.replica.memory.store32(page * PAGE_BYTES, page + 1);
  };
  const move = (a: Vm, b: Vm, regions: number) => [
    { vm: b, change: `+${regions * REGION_BYTES}` },
    { vm: a, change: -regions * REGION_BYTES },
  ];

  test('rights: granted at once, no page out before it, settled as the regions follow', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 2));
    await request.granted;
    expect(request).toMatchObject({
      state: 'granted',
      regions: 2,
      grantNs: 0,
      settledNs: null,
      pageOutsBeforeGrant: 0,
      pageOutsAfterGrant: 0,
    });
    expect(request.changes.map(({ kind, vm }) => [kind, vm.name])).toEqual([
      ['reduce', 'a'],
      ['expand', 'b'],
    ]);
    const { settled } = request;
    use(b, 4);
    expect(await settled).toBe('settled');
    expect(request).toMatchObject({ state: 'settled', pageOutsBeforeGrant: 0, pageOutsAfterGrant: 2 * REGION_PAGES });
    // requested at the latest clock, a's 24 ns; b's clock passed that by waiting for the pages
    expect(request.settledNs).toBe(b.timeNs - 24 - (REGION_PAGES - 1));
    engine.validate();
  });

  test('eager: everything out first, granted at the end of the last write, settled when the receiver uses it', async () => {
    const { engine, a, b } = await setup({ handover: 'eager' });
    const request = engine.reconfigure(move(a, b, 2));
    const grantNs = 2 * REGION_PAGES * WRITE_NS;
    expect(request).toMatchObject({ state: 'granted', regions: 2, grantNs, pageOutsBeforeGrant: 2 * REGION_PAGES, pageOutsAfterGrant: 0 });
    expect(request.changes[0]).toMatchObject({ kind: 'reduce', state: 'settled', settledNs: grantNs });
    use(b, 4);
    expect(request).toMatchObject({ state: 'settled', pageOutsAfterGrant: 0 });
    expect(request.settledNs).toBeGreaterThanOrEqual(grantNs);
    for (let page = 0; page < 6 * REGION_PAGES; page += 1) expect(a.replica.memory.load32(page * PAGE_BYTES)).toBe(page + 1);
    engine.validate();
  });

  test('eager under a runner of virtual clocks: the expansions wait until they are due', async () => {
    const { engine, a, b } = await setup({ handover: 'eager' });
    const request = reconfigurationAt(engine, 100, move(a, b, 2));
    const grantNs = 2 * REGION_PAGES * WRITE_NS;
    expect(request).toMatchObject({ state: 'requested', dueNs: 100 + grantNs, grantNs: null, settledNs: null, regions: 2 });
    expect([a.managedBytes, b.managedBytes, engine.regionsFree]).toEqual([4 * REGION_BYTES, 2 * REGION_BYTES, 2]);
    let granted = false;
    const waiting = request.granted.then(() => (granted = true));
    await Promise.resolve();
    expect(granted).toBe(false);
    request.step();
    await waiting;
    expect(request).toMatchObject({ state: 'granted', dueNs: null, grantNs });
    request.step();
    expect(b.managedBytes).toBe(4 * REGION_BYTES);
    engine.validate();
  });

  test('waiting for it can be aborted', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 1));
    const controller = new AbortController();
    const wait = request.whenSettled({ signal: controller.signal });
    controller.abort(new Error('later'));
    await expect(wait).rejects.toThrow('later');
    use(b, 3);
    expect(await request.whenSettled()).toBe('settled');
  });

  test('vm.reduce on an eager engine pages out too', async () => {
    const { a, engine } = await setup({ handover: 'eager' });
    const change = a.reduce(REGION_BYTES);
    expect(change).toMatchObject({ state: 'settled', pageOutsBeforeGrant: REGION_PAGES, grantNs: REGION_PAGES * WRITE_NS });
    engine.validate();
  });

  test('eager, and the device fails: nothing of the reduction happened but the pages that went out', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const { engine, a, b } = await setup({ handover: 'eager', swap: { ...swap, store } });
    faults.writesLeft = 3;
    expect(thrownBy(() => engine.reconfigure(move(a, b, 2)))).toMatchObject({ code: 'SWAP_WRITE_FAILED', cause: faults.error });
    expect([a.managedBytes, b.managedBytes]).toEqual([6 * REGION_BYTES, 2 * REGION_BYTES]);
    expect(a.outPages).toBe(3);
    engine.validate();
    faults.writesLeft = Infinity;
    expect(engine.reconfigure(move(a, b, 2)).pageOutsBeforeGrant).toBe(2 * REGION_PAGES - 3);
    engine.validate();
  });

  test('cancel: the memory that has not followed goes back', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 3));
    use(b, 3); // one of the three followed
    const { settled } = request;
    request.cancel();
    expect(await settled).toBe('ended');
    expect(request).toMatchObject({ state: 'ended', settledNs: null });
    expect([a.managedBytes, b.managedBytes, engine.regionsFree]).toEqual([5 * REGION_BYTES, 3 * REGION_BYTES, 0]);
    request.cancel();
    engine.validate();
  });

  test('several VMs at once', async () => {
    const { engine, a, b } = await setup();
    const c = engine.reconfigure([{ vm: a, change: -2 * REGION_BYTES }]);
    expect(c).toMatchObject({ regions: 2, state: 'granted' });
    const third = engine.createVm({ name: 'c', memory: REGION_BYTES });
    engine.reconfigure([
      { vm: third, change: REGION_BYTES },
      { vm: a, change: -REGION_BYTES },
      { vm: b, change: '16KiB' },
    ]);
    expect([a, b, third].map(({ managedBytes }) => managedBytes / REGION_BYTES)).toEqual([3, 3, 2]);
    engine.validate();
  });

  test('what cannot be done in full is refused before any right moves', async () => {
    const { engine, a, b } = await setup();
    const before = engine.inspect().regions;
    for (const [moves, code, details] of [
      [[{ vm: a, change: -7 * REGION_BYTES }], 'NOT_ENOUGH_MEMORY', { requested: 7, available: 6 }],
      [[{ vm: a, change: -6 * REGION_BYTES }], 'TOO_LITTLE_LEFT', { framesLeft: 0 }],
      [move(a, b, 6), 'TOO_LITTLE_LEFT', {}],
      [
        [
          { vm: a, change: -REGION_BYTES },
          { vm: b, change: 2 * REGION_BYTES },
        ],
        'NOT_ENOUGH_MEMORY',
        { requested: 2, available: 1 },
      ],
    ] as const) {
      expect(thrownBy(() => engine.reconfigure(moves))).toMatchObject({ code, details });
    }
    expect(engine.inspect().regions).toEqual(before);
    const request = engine.reconfigure(
      [
        { vm: a, change: -REGION_BYTES },
        { vm: b, change: 2 * REGION_BYTES },
      ],
      { shortfall: 'bestEffort' },
    );
    expect(request.regions).toBe(1);
    engine.validate();
  });

  test('moves of the wrong kind', async () => {
    const { engine, a } = await setup();
    const { a: foreign } = await setup();
    const change = -REGION_BYTES;
    for (const [moves, field] of [
      [[], 'moves'],
      [{ vm: a, change }, 'moves'],
      [[a], 'moves[0].name'],
      [[{ vm: 'a', change }], 'moves[0].vm'],
      [[{ vm: foreign, change }], 'moves[0].vm'],
      [
        [
          { vm: a, change },
          { vm: a, change },
        ],
        'moves[1].vm',
      ],
      [[{ vm: a }], 'moves[0].change'],
      [[{ vm: a, change: 0 }], 'moves[0].change'],
      [[{ vm: a, change: 100 }], 'moves[0].change'],
      [[{ vm: a, change: '-16 pages' }], 'moves[0].change'],
      [[{ vm: a, change, by: 1 }], 'moves[0].by'],
    ] as const) {
      const error = thrownBy(() => engine.reconfigure(moves as never)) as { details: { field: string } };
      expect(error).toMatchObject({ code: 'INVALID_OPTION' });
      expect(error.details.field).toBe(field);
    }
    a.dispose();
    expect(thrownBy(() => engine.reconfigure([{ vm: a, change }]))).toMatchObject({ code: 'DISPOSED' });
  });
});
