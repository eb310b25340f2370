import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, RegionReport, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;
const WRITE_NS = 1000;
const READ_NS = 3000;

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let a: Vm;
  let b: Vm;

  beforeEach(async () => {
    engine = await engineMake(build, {
      regions: 8,
      swap: { size: 64 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: READ_NS },
      maxChanges: 8,
    });
    a = engine.createVm({ name: 'a', memory: 6 * REGION_BYTES });
    b = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
    for (let page = 0; page < 6 * REGION_PAGES; page += 1) a.replica.memory.store32(page * PAGE_BYTES, page + 1);
  });

  /** b uses its own two regions, then takes over what it was granted, page by page. */
  const use = (regions: number): void => {
    for (let page = 0; page < regions * REGION_PAGES; page += 1) b.replica.memory.store32(page * PAGE_BYTES, page + 1);
  };

  test('a reduction: granted at once, settled when its last region was released', () => {
    const given = a.reduce(2 * REGION_BYTES);
    const taken = b.expand(2 * REGION_BYTES);
    expect(given.report()).toEqual({
      vm: 'a',
      kind: 'reduce',
      state: 'granted',
      regions: 2,
      pending: 2,
      superseded: 0,
      grantNs: 0,
      settledNs: null,
      pageOutsBeforeGrant: 0,
      pageOutsAfterGrant: 0,
    });
    expect(taken).toMatchObject({ kind: 'expand', state: 'granted', pending: 2 });
    use(3);
    expect(given).toMatchObject({ state: 'granted', pending: 1, pageOutsAfterGrant: REGION_PAGES });
    use(4);
    // requested at a's clock (24), settled on b's: 16 accesses (the first 12 twice), the last take-over began before the 25th
    expect(given).toMatchObject({ state: 'settled', pending: 0, pageOutsAfterGrant: 2 * REGION_PAGES, superseded: 0 });
    expect(taken).toMatchObject({ state: 'settled', pending: 0, pageOutsAfterGrant: 0 });
    expect(given.settledNs).toBe(b.timeNs - 24 - (REGION_PAGES - 1));
    expect(taken.settledNs).toBe(b.timeNs - (REGION_PAGES - 1));
    engine.validate();
  });

  test('of memory that was never used: settled at the request', () => {
    const change = b.reduce(REGION_BYTES);
    expect(change).toMatchObject({ state: 'settled', settledNs: 0, pending: 0, regions: 1 });
  });

  test('settled is a promise; it tells the way the change ended, and never rejects', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    const taken = b.expand(2 * REGION_BYTES);
    const ends: string[] = [];
    void given.settled.then((state) => ends.push(`given ${state}`));
    void taken.settled.then((state) => ends.push(`taken ${state}`));
    await Promise.resolve();
    expect(ends).toEqual([]);
    use(4);
    expect(await given.settled).toBe('settled');
    expect(await taken.settled).toBe('settled');
    expect(ends).toEqual(['given settled', 'taken settled']);
    expect(engine.inspect().changes).toEqual([]);
  });

  test('whenSettled: the wait can be aborted, the change goes on', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    b.expand(2 * REGION_BYTES);
    const controller = new AbortController();
    const wait = given.whenSettled({ signal: controller.signal });
    controller.abort('tired');
    await expect(wait).rejects.toBe('tired');
    await expect(given.whenSettled({ signal: controller.signal })).rejects.toBe('tired');
    expect(given.state).toBe('granted');
    use(4);
    expect(await given.whenSettled({ signal: new AbortController().signal })).toBe('settled');
  });

  test('a report for each region that follows', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    const taken = b.expand(2 * REGION_BYTES);
    const collect = async (reports: AsyncIterable<RegionReport>): Promise<unknown[]> => {
      const list: unknown[] = [];
      for await (const { type, vm, region, ...rest } of reports)
        list.push([type, vm.name, region, 'pending' in rest ? rest.pending : null]);
      return list;
    };
    const both = Promise.all([collect(given.regionReports()), collect(taken.regionReports())]);
    await Promise.resolve();
    use(4);
    const [ofGiven, ofTaken] = await both;
    expect(ofGiven).toEqual([
      ['follow', 'a', 4, 1],
      ['follow', 'a', 5, 0],
    ]);
    expect(ofTaken).toEqual([
      ['follow', 'b', 4, 1],
      ['follow', 'b', 5, 0],
    ]);
    expect(await collect(given.regionReports())).toEqual([]);
  });

  test('region reports can be aborted', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _report of given.regionReports({ signal: controller.signal }));
    })();
    await Promise.resolve();
    controller.abort(new Error('stop'));
    await expect(reading).rejects.toThrow('stop');
  });

  test('superseded: given back before it followed', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    const settled = given.settled;
    a.expand(2 * REGION_BYTES);
    expect(given).toMatchObject({ state: 'settled', superseded: 2, pending: 0, settledNs: 0 });
    expect(await settled).toBe('settled');
    expect(a.counters.pageOuts).toBe(0);
    engine.validate();
  });

  test('cancel of a reduction: what is still without manager comes back', async () => {
    const given = a.reduce(3 * REGION_BYTES);
    b.expand(REGION_BYTES);
    const { settled } = given;
    given.cancel();
    expect(given).toMatchObject({ state: 'cancelled', settledNs: null });
    expect(await settled).toBe('cancelled');
    expect([a.managedBytes, b.managedBytes]).toEqual([5 * REGION_BYTES, 3 * REGION_BYTES]);
    expect(thrownBy(() => given.cancel())).toMatchObject({ code: 'CHANGE_FINISHED' });
    engine.validate();
  });

  test('cancel of an expansion: what is managed and not used goes', () => {
    a.reduce(2 * REGION_BYTES);
    const taken = b.expand(2 * REGION_BYTES);
    use(3);
    taken.cancel();
    expect(taken.state).toBe('cancelled');
    expect(b.managedBytes).toBe(3 * REGION_BYTES);
    expect(engine.regionsFree).toBe(1);
    engine.validate();
  });

  test('abandoned: its VM ended', async () => {
    const given = a.reduce(2 * REGION_BYTES);
    const { settled } = given;
    a.dispose();
    expect(await settled).toBe('abandoned');
    expect(given).toMatchObject({ state: 'abandoned', settledNs: null });
    expect(thrownBy(() => given.cancel())).toMatchObject({ code: 'CHANGE_FINISHED' });
  });

  test('old changes are forgotten; those that somebody waited for are kept', async () => {
    const kept = b.reduce(REGION_BYTES);
    expect(await kept.settled).toBe('settled');
    const pendingOne = a.reduce(REGION_BYTES);
    const { settled } = pendingOne;
    const forgotten = b.expand(REGION_BYTES);
    for (let round = 0; round < 8; round += 1) b[round % 2 === 0 ? 'reduce' : 'expand'](REGION_BYTES);
    expect(thrownBy(() => forgotten.state)).toMatchObject({ code: 'CHANGE_FORGOTTEN' });
    expect(thrownBy(() => forgotten.cancel())).toMatchObject({ code: 'CHANGE_FORGOTTEN' });
    expect(pendingOne.state, 'unfinished changes are never forgotten').toBe('granted');
    pendingOne.cancel();
    expect(await settled).toBe('cancelled');
    for (let round = 0; round < 8; round += 1) b[round % 2 === 0 ? 'reduce' : 'expand'](REGION_BYTES);
    expect(pendingOne).toMatchObject({ state: 'cancelled', regions: 1 });
  });

  test('as many unfinished changes as there is room for', async () => {
    const small = await engineMake(build, { regions: 8, maxChanges: 2 });
    const vm = small.createVm({ memory: 6 * REGION_BYTES });
    vm.replica.memory.fill(0, 6 * REGION_BYTES, 1);
    vm.reduce(REGION_BYTES);
    vm.reduce(REGION_BYTES);
    expect(thrownBy(() => vm.reduce(REGION_BYTES))).toMatchObject({ code: 'TABLES_FULL', details: { capacity: 2 } });
    expect(vm.managedBytes).toBe(4 * REGION_BYTES);
    small.validate();
  });
});
