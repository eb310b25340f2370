// A change larger than the reserve that waits for it, in parts: JP 2009-26117A [0074-0077] ("it has to wait until 512 MB have been released").
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, ReserveOptions, Vm } from '../../bindings/node.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import { reconfigurationAt } from '../../bindings/reconfiguration/request.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';
import { rightsRow } from '../support/requests.ts';

const R = REGION_BYTES;
const REGION_PAGES = R / PAGE_BYTES;
const WRITE_NS = 1000;
const RELEASE_NS = REGION_PAGES * WRITE_NS;
const swap = { size: 128 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: 3000 };

describe.each(shipped)('$name', (build) => {
  /** a has 8 regions and uses them, b has 1, the pool 2 of 11. */
  const setup = async (
    reserve: Partial<ReserveOptions> = {},
    options: Partial<EngineOptions> = {},
  ): Promise<{ engine: Engine; a: Vm; b: Vm }> => {
    const engine = await engineMake(build, {
      regions: 11,
      handover: 'reserve',
      reserve: { memory: 2 * R, shortfall: 'wait', ...reserve },
      swap,
      accessNs: 0,
      ...options,
    });
    const a = engine.createVm({ name: 'a', memory: 8 * R });
    const b = engine.createVm({ name: 'b', memory: R });
    for (let at = 0; at < 8 * R; at += PAGE_BYTES) a.replica.memory.store32(at, at + 1);
    return { engine, a, b };
  };
  const managers = (engine: Engine): string => rightsRow(engine, 'manager').replaceAll('reserve', 'r');
  const move = (a: Vm, b: Vm, regions: number) => [
    { vm: a, change: -regions * R },
    { vm: b, change: regions * R },
  ];

  test('vm.reduce: one change, granted when its last part is', async () => {
    const { engine, a } = await setup();
    const change = a.reduce(5 * R);
    // two at once, one more at the end of each page-out; then the fourth one goes out
    expect(change.report()).toMatchObject({
      regions: 5,
      state: 'granted',
      grantNs: 3 * RELEASE_NS,
      pending: 1,
      pageOutsAfterGrant: 4 * REGION_PAGES,
    });
    expect(a.managedBytes).toBe(3 * R);
    expect(engine.regionsFree).toBe(5);
    engine.advance(1e9);
    expect(change.report()).toMatchObject({ state: 'settled', settledNs: 5 * RELEASE_NS });
    expect(managers(engine).replaceAll(/[^r]/g, '')).toBe('rr');
    for (let at = 0; at < 8 * R; at += PAGE_BYTES) expect(a.replica.memory.load32(at)).toBe(at + 1);
    engine.validate();
  });

  test('engine.reconfigure: parts as large as what is unused, each a request of its own', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 5));
    expect(request.changes.map(({ kind, regions, grantNs }) => [kind, regions, grantNs / RELEASE_NS])).toEqual([
      ['reduce', 2, 0],
      ['reduce', 1, 1],
      ['reduce', 1, 2],
      ['reduce', 1, 3],
      ['expand', 5, 3],
    ]);
    expect(request).toMatchObject({ state: 'granted', grantNs: 3 * RELEASE_NS, regions: 5 });
    expect([a, b].map((vm) => vm.managedBytes / R)).toEqual([3, 6]);
    engine.validate();
  });

  test('cycles: the receiver has each part when it is there', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 4), { order: 'cycles', chunk: R });
    expect(request.changes.map(({ kind, grantNs }) => [kind, grantNs / RELEASE_NS])).toEqual([
      ['reduce', 0],
      ['expand', 0],
      ['reduce', 0],
      ['expand', 0],
      ['reduce', 1],
      ['expand', 1],
      ['reduce', 2],
      ['expand', 2],
    ]);
    engine.validate();
  });

  test('throttled: the change waits for the throttle', async () => {
    const { engine, a, b } = await setup({ refill: (R * 1e9) / 40_000 });
    expect(engine.reconfigure(move(a, b, 4))).toMatchObject({ grantNs: 40_000 + RELEASE_NS });
  });

  test('stepped: the refill is done as its time comes, not before', async () => {
    const { engine, a, b } = await setup();
    const request = reconfigurationAt(engine, 0, move(a, b, 4));
    expect(request).toMatchObject({ state: 'requested', grantNs: null, regions: 2 });
    expect(a.counters.pageOuts).toBe(REGION_PAGES); // the first region is on its way
    const times: number[] = [];
    for (let dueNs = request.dueNs; dueNs !== null; dueNs = request.dueNs) {
      times.push(dueNs / RELEASE_NS);
      engine.advance(dueNs);
      request.step();
    }
    expect(times).toEqual([1, 2]);
    expect(request).toMatchObject({ state: 'granted', grantNs: 2 * RELEASE_NS });
    engine.validate();
  });

  test('cancelled while it waits: what has not been paged out comes back', async () => {
    const { engine, a, b } = await setup();
    const request = reconfigurationAt(engine, 0, move(a, b, 4));
    request.cancel();
    expect(request).toMatchObject({ state: 'ended', dueNs: null });
    // the region that was on its way out is lost to a; what was handed over for it is nobody's
    expect([a.managedBytes / R, b.managedBytes / R, engine.regionsFree]).toEqual([7, 1, 1]);
    engine.validate();
  });

  test('ranges are given up in parts from the top', async () => {
    const { engine, a } = await setup();
    const request = engine.reconfigure([{ vm: a, give: { from: R, bytes: 3 * R } }]);
    expect(request.changes.map(({ regions }) => regions)).toEqual([2, 1]);
    expect(engine.inspect().regions.flatMap(({ manager, managerAddress }) => (manager === 'a' ? [managerAddress! / R] : []))).toEqual([
      0, 4, 5, 6, 7,
    ]);
    engine.validate();
  });

  test('a refill that fails ends it: what was answered stands', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const { engine, a, b } = await setup({}, { swap: { ...swap, store } });
    faults.writesLeft = REGION_PAGES;
    expect(thrownBy(() => engine.reconfigure(move(a, b, 5)))).toMatchObject({
      code: 'SWAP_WRITE_FAILED',
      details: { answered: 2, unissued: 2 },
    });
    expect([a, b].map((vm) => vm.managedBytes / R)).toEqual([5, 1]);
    expect(engine.regionsFree).toBe(3);
    engine.validate();
    faults.writesLeft = Infinity;
    expect(engine.reconfigure([{ vm: b, change: 3 * R }]).regions).toBe(3);
  });

  test('vm.reduce and a refill that fails: what was not handed over goes back to its VM', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const { engine, a } = await setup({}, { swap: { ...swap, store } });
    faults.writesLeft = REGION_PAGES;
    expect(thrownBy(() => a.reduce(5 * R))).toMatchObject({
      name: 'SwapWriteError',
      code: 'SWAP_WRITE_FAILED',
      message: expect.stringMatching(/3 had been handed over and stand, 2 went back to VM 'a'\.$/) as string,
      details: { handedOver: 3, returned: 2 },
    });
    expect([a.managedBytes / R, engine.regionsFree]).toEqual([5, 3]);
    expect(engine.inspect().changes).toMatchObject([{ vm: 'a', kind: 'reduce', state: 'granted', regions: 5, pending: 2, superseded: 2 }]);
    engine.validate();
  });
});
