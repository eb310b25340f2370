// 4th embodiment: what changes at the declaration already (Fig. 16 S703), and what at the release.
import { describe, expect, test } from 'vitest';
import type { Declaration, Engine, EngineOptions, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import {
  borrowing,
  contentWrong,
  eventsOf,
  READ_NS,
  REGION_PAGES,
  rightsOf,
  stateOf,
  timedEngine,
  useAll,
  WRITE_NS,
} from '../support/rights.ts';

const AT = 3 * REGION_BYTES;

/** VM a manages regions 0-3 and uses 1-3, has given region 3 up with a declaration: region 0 is where pages can go. b manages and uses region 4. */
async function declared(
  declaration: Declaration,
  { by = 'request', ...options }: Partial<EngineOptions> & { by?: 'request' | 'engine' } = {},
  build = shipped[0]!,
): Promise<{ engine: Engine; a: Vm; b: Vm }> {
  const engine = await timedEngine({ regions: 12, ...options, ...(by === 'engine' ? { declaration } : {}) }, build);
  const a = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES });
  const b = engine.createVm({ name: 'b', memory: REGION_BYTES });
  useAll(a);
  useAll(b);
  a.replica.advise(0, REGION_BYTES, 'unused');
  if (by === 'engine') a.reduce({ from: AT, bytes: REGION_BYTES });
  else a.reduce({ from: AT, bytes: REGION_BYTES }, { declaration });
  return { engine, a, b };
}

const load = (vm: Vm, page: number): number => vm.replica.memory.load32(AT + page * PAGE_BYTES);
const store = (vm: Vm, page: number, value: number): void => vm.replica.memory.store32(AT + page * PAGE_BYTES, value);
const value = (page: number): number => 3 * REGION_PAGES + page + 1;
/** Pages of the region that was given up, where they are now. */
const zones = (engine: Engine, vm: Vm): unknown[] => [...engine.pages(vm.replica, { from: AT / PAGE_BYTES })].map(({ zone }) => zone);

describe('Fig. 16 S703 [0381]: the total capacity', () => {
  test('shrinks at the release by default', async () => {
    const { a, b } = await declared({});
    expect(a.information().totalBytes).toBe(4 * REGION_BYTES);
    b.expand(REGION_BYTES);
    b.touch(REGION_BYTES);
    expect(a.information().totalBytes).toBe(3 * REGION_BYTES);
  });

  test.each(['request', 'engine'] as const)(
    'shrinks at the declaration, as the %s says; the release does not change it again',
    async (by) => {
      const { engine, a, b } = await declared({ capacity: 'atDeclaration' }, { by });
      expect(a.information().totalBytes).toBe(3 * REGION_BYTES);
      expect(a.information().residentBytes, 'the rest follows at the release').toBe(3 * REGION_BYTES);
      expect(load(a, 0)).toBe(value(0));
      b.expand(REGION_BYTES);
      b.touch(REGION_BYTES);
      expect(a.information()).toMatchObject({ totalBytes: 3 * REGION_BYTES, residentBytes: 2 * REGION_BYTES });
      expect(a.counters.pageOuts).toBe(REGION_PAGES);
      engine.validate();
    },
  );

  test('is back when the region comes back, or the change is cancelled', async () => {
    const { a } = await declared({ capacity: 'atDeclaration' });
    a.expand({ from: AT, bytes: REGION_BYTES });
    expect(a.information().totalBytes).toBe(4 * REGION_BYTES);
    const change = a.reduce({ from: AT, bytes: REGION_BYTES }, { declaration: { capacity: 'atDeclaration' } });
    expect(a.information().totalBytes).toBe(3 * REGION_BYTES);
    change.cancel();
    expect(a.information().totalBytes).toBe(4 * REGION_BYTES);
  });
});

describe.each(shipped)('[0396] evacuation, on $name', (build) => {
  test.each(['request', 'engine'] as const)('an access moves the page into memory that the VM manages, as the %s says', async (by) => {
    const { engine, a } = await declared({ access: 'evacuate' }, { by }, build);
    const events = eventsOf(engine, 'move', 'pageOut', 'pageIn', 'fault');
    expect(zones(engine, a)).toEqual(['evacuation', 'evacuation', 'evacuation', 'evacuation']);
    const { timeNs, counters } = a;
    expect(load(a, 1)).toBe(value(1));
    store(a, 2, 77);
    expect(zones(engine, a)).toEqual(['evacuation', 'managed', 'managed', 'evacuation']);
    expect(a.timeNs, 'no I/O').toBe(timeNs + 2);
    expect(a.counters).toEqual({ ...counters, accesses: counters.accesses + 2, pagesMoved: 2 });
    expect(events).toMatchObject([
      { type: 'move', vm: a, page: AT / PAGE_BYTES + 1, fromRegion: 3, toRegion: 0 },
      { type: 'move', page: AT / PAGE_BYTES + 2, fromRegion: 3, toRegion: 0 },
    ]);
    expect(load(a, 2)).toBe(77);
    engine.validate();
  });
});

describe('[0396] evacuation', () => {
  test('less is left to page out when the manager comes', async () => {
    const { a, b } = await declared({ access: 'evacuate' });
    b.expand(REGION_BYTES);
    load(a, 0);
    load(a, 3);
    const before = b.timeNs;
    b.touch(REGION_BYTES);
    expect(b.timeNs).toBe(before + 2 * WRITE_NS);
    expect(a.counters.pageOuts).toBe(2);
  });

  test('with its last page the region is released: its reduction has followed there', async () => {
    const { engine, a, b } = await declared({ access: 'evacuate' });
    const [change] = engine.inspect().changes;
    expect(change).toMatchObject({ state: 'granted', pending: 1 });
    const events = eventsOf(engine, 'follow', 'release', 'settled');
    for (let page = 0; page < REGION_PAGES; page += 1) load(a, page);
    expect(rightsOf(engine)[2]).toBe('user     a    -  b  -');
    expect(engine.inspect().changes).toEqual([]);
    expect(events.map(({ type }) => type).sort()).toEqual(['follow', 'release', 'settled']);
    expect(events.find(({ type }) => type === 'follow')).toMatchObject({ pagesWritten: 0, pending: 0 });
    expect(a.counters).toMatchObject({ pagesMoved: REGION_PAGES, pageOuts: 0 });
    b.expand(REGION_BYTES);
    const before = b.timeNs;
    b.touch(REGION_BYTES);
    expect(b.timeNs, 'nothing to wait for').toBe(before);
    expect(contentWrong(a, 4 * REGION_PAGES).filter((page) => page >= REGION_PAGES)).toEqual([]);
    engine.validate();
  });

  test('without room the page stays, and the access goes on', async () => {
    const { engine, a } = await borrowing(0);
    a.reduce(REGION_BYTES, { declaration: { access: 'evacuate' } });
    const { timeNs } = a;
    expect(load(a, 0)).toBe(value(0));
    expect(a.timeNs).toBe(timeNs + 1);
    expect(a.counters.pagesMoved).toBe(0);
    expect(zones(engine, a)).toEqual(['evacuation', 'evacuation', 'evacuation', 'evacuation']);
  });

  test('new pages do not go there', async () => {
    const { engine, a } = await declared({ access: 'evacuate' });
    a.replica.advise(AT, REGION_BYTES / 2, 'unused');
    for (let page = 0; page < REGION_PAGES; page += 1) a.replica.memory.store32((100 + page) * PAGE_BYTES, 1); // fills region 0
    a.replica.memory.store32(200 * PAGE_BYTES, 1);
    expect([...engine.pages(a.replica, { from: 200 })]).toMatchObject([{ zone: 'managed' }]);
    expect(a.counters.evictions, 'rather a page of its own goes').toBe(1);
  });
});

describe('[0397] read-only', () => {
  test('a load leaves the page where it is, a store moves it first', async () => {
    const { engine, a } = await declared({ access: 'readOnly' });
    expect(zones(engine, a)).toEqual(['readOnly', 'readOnly', 'readOnly', 'readOnly']);
    expect(load(a, 0)).toBe(value(0));
    expect(a.counters.pagesMoved).toBe(0);
    store(a, 0, 99);
    expect(zones(engine, a)).toEqual(['managed', 'readOnly', 'readOnly', 'readOnly']);
    expect(load(a, 0)).toBe(99);
    expect(a.counters.pagesMoved).toBe(1);
    engine.validate();
  });

  test('a load before does not let a store through', async () => {
    const { a } = await declared({ access: 'readOnly' });
    for (let turn = 0; turn < 3; turn += 1) load(a, 1);
    store(a, 1, 5);
    expect(a.counters.pagesMoved).toBe(1);
  });

  test('what is clean stays clean: the manager waits for no write', async () => {
    const { a, b } = await declared({ access: 'readOnly' });
    b.expand(REGION_BYTES);
    for (let page = 0; page < REGION_PAGES; page += 1) store(a, page, 5);
    const before = b.timeNs;
    b.touch(REGION_BYTES);
    expect(b.timeNs).toBe(before);
    expect(a.timeNs, 'and the old user has waited for none').toBeLessThan(READ_NS);
  });
});

describe('modes end', () => {
  test('when the region comes back', async () => {
    const { engine, a } = await declared({ access: 'evacuate' });
    a.expand({ from: AT, bytes: REGION_BYTES });
    load(a, 0);
    expect(a.counters.pagesMoved).toBe(0);
    expect(zones(engine, a)).toEqual(['managed', 'managed', 'managed', 'managed']);
  });

  test('when the change is cancelled', async () => {
    const { engine, a } = await borrowing(0);
    a.replica.advise(0, REGION_BYTES, 'unused');
    const change = a.reduce({ from: AT, bytes: REGION_BYTES }, { declaration: { access: 'evacuate' } });
    change.cancel();
    load(a, 0);
    expect(a.counters.pagesMoved).toBe(0);
    engine.validate();
  });
});

describe('what a request says replaces what the engine says, field by field', () => {
  test.each<readonly [Declaration, Declaration, boolean, string]>([
    [{ capacity: 'atDeclaration', access: 'evacuate' }, {}, true, 'evacuation'],
    [{ capacity: 'atDeclaration', access: 'evacuate' }, { access: 'readOnly' }, true, 'readOnly'],
    [{ capacity: 'atDeclaration', access: 'evacuate' }, { access: 'unchanged' }, true, 'borrowed'],
    [{ capacity: 'atDeclaration', access: 'evacuate' }, { capacity: 'atRelease' }, false, 'evacuation'],
    [{}, { capacity: 'atDeclaration', access: 'readOnly' }, true, 'readOnly'],
  ])('%j, then %j', async (engineSays, requestSays, isWithdrawn, zone) => {
    const { engine, a } = await borrowing(0, { engine: { declaration: engineSays } });
    a.reduce(REGION_BYTES, { declaration: requestSays });
    expect(a.information().totalBytes).toBe((isWithdrawn ? 3 : 4) * REGION_BYTES);
    expect(zones(engine, a)[0]).toBe(zone);
  });

  test('a reconfiguration takes it for its reductions', async () => {
    const { engine, a, b } = await borrowing(0);
    engine.reconfigure(
      [
        { vm: a, change: -REGION_BYTES },
        { vm: b, change: REGION_BYTES },
      ],
      { declaration: { access: 'readOnly', capacity: 'atDeclaration' } },
    );
    expect(zones(engine, a)[0]).toBe('readOnly');
    expect(a.information().totalBytes).toBe(3 * REGION_BYTES);
    expect(b.information().totalBytes).toBe(2 * REGION_BYTES);
  });
});

describe('refused', () => {
  test.each<readonly [unknown, string]>([
    [5, 'declaration'],
    [null, 'declaration'],
    [[], 'declaration'],
    [{ size: 1 }, 'declaration.size'],
    [{ capacity: 'now' }, 'declaration.capacity'],
    [{ capacity: null }, 'declaration.capacity'],
    [{ access: 'readonly' }, 'declaration.access'],
    [{ access: 1 }, 'declaration.access'],
  ])('%j', async (declaration, field) => {
    await expect(engineMake(shipped[0]!, { declaration: declaration as never })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { field },
    });
    const { engine, a } = await borrowing(0);
    const state = stateOf(engine);
    expect(thrownBy(() => a.reduce(REGION_BYTES, { declaration: declaration as never }))).toMatchObject({
      code: 'INVALID_OPTION',
      details: { field: `options.${field}` },
    });
    expect(stateOf(engine)).toBe(state);
  });

  test('with the handover eager nobody uses what was given up', async () => {
    for (const declaration of [{ capacity: 'atDeclaration' }, { access: 'evacuate' }, { access: 'readOnly' }] as const) {
      await expect(engineMake(shipped[0]!, { handover: 'eager', declaration })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      const engine = await engineMake(shipped[0]!, { handover: 'eager', declaration: { capacity: 'atRelease', access: 'unchanged' } });
      const vm = engine.createVm({ memory: 2 * REGION_BYTES });
      expect(thrownBy(() => vm.reduce(REGION_BYTES, { declaration }))).toMatchObject({ code: 'INVALID_OPTION' });
      expect(vm.managedBytes).toBe(2 * REGION_BYTES);
    }
  });

  test('an expansion has no such option', async () => {
    const { b } = await borrowing(1);
    expect(thrownBy(() => b.expand(REGION_BYTES, { declaration: {} } as never))).toMatchObject({
      details: { field: 'options.declaration' },
    });
  });
});
