// The baseline 'reserve': JP 2005-148875, as JP 2009-26117A [0049-0078] and its Fig. 4 (steps 201-213) tell it.
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, ReserveEvent, ReserveOptions, Vm } from '../../bindings/node.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';
import { rightsRow } from '../support/requests.ts';

const R = REGION_BYTES;
const REGION_PAGES = R / PAGE_BYTES;
const WRITE_NS = 1000;
const RELEASE_NS = REGION_PAGES * WRITE_NS;
const swap = { size: 128 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: 3000 };

describe.each(shipped)('$name', (build) => {
  /** a has 6 regions and uses them, b has 2, the pool the last 4 of 12. */
  const setup = async (
    reserve: Partial<ReserveOptions> = {},
    options: Partial<EngineOptions> & { regions?: number } = {},
  ): Promise<{ engine: Engine; a: Vm; b: Vm }> => {
    const engine = await engineMake(build, {
      regions: 12,
      handover: 'reserve',
      reserve: { memory: 4 * R, ...reserve },
      swap,
      accessNs: 0,
      ...options,
    });
    const a = engine.createVm({ name: 'a', memory: 6 * R });
    const b = engine.createVm({ name: 'b', memory: 2 * R });
    for (let at = 0; at < 6 * R; at += PAGE_BYTES) a.replica.memory.store32(at, at + 1);
    return { engine, a, b };
  };
  /** Managers, one letter a region; 'r': the pool. */
  const managers = (engine: Engine): string => rightsRow(engine, 'manager').replaceAll('reserve', 'r');
  const row = (engine: Engine) => {
    const { regionsUnused, regionsRefilling, pagesWaiting } = engine.inspect().reserve!;
    return [regionsUnused, regionsRefilling, pagesWaiting];
  };
  const move = (a: Vm, b: Vm, regions: number) => [
    { vm: a, change: -regions * R },
    { vm: b, change: regions * R },
  ];

  test('what is being paged out takes nothing new ([0053])', async () => {
    const { engine, a } = await setup();
    a.replica.advise(5 * R, R, 'unused'); // its last region has room
    a.reduce(R);
    a.replica.memory.store32(20 * R, 1);
    expect(a.counters.evictions, 'a page of its own goes instead').toBe(1);
    const [page] = [...engine.pages(a.replica, { from: (20 * R) / PAGE_BYTES })];
    expect(page).toMatchObject({ zone: 'managed' });
    engine.validate();
  });

  test('a request that is refused has done the background work that was due, and nothing of its own', async () => {
    const { engine, a, b } = await setup();
    engine.reconfigure(move(a, b, 2));
    b.replica.memory.store8(0, 1);
    const before = managers(engine);
    expect(row(engine)).toEqual([2, 2, 2 * REGION_PAGES]);
    expect(thrownBy(() => engine.reconfigure([{ vm: a, take: { from: 0, bytes: R } }]))).toMatchObject({ code: 'SLOT_TAKEN' });
    expect(managers(engine)).toBe(before);
    expect(row(engine), 'the pages of one region are on their way').toEqual([2, 2, REGION_PAGES]);
    expect(b.managedBytes).toBe(4 * R);
    engine.validate();
  });

  test('the pool stands from the start, and no VM can have it ([0053], [0073])', async () => {
    const { engine, a, b } = await setup();
    expect(managers(engine)).toBe('aaaaaabbrrrr');
    expect(rightsRow(engine, 'user')).toBe('aaaaaa------');
    expect(engine.vms).toEqual([a, b]);
    expect(engine.regionsFree).toBe(0);
    expect(thrownBy(() => b.expand(R))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
    expect(engine.inspect()).toMatchObject({
      vms: [{ name: 'a' }, { name: 'b' }],
      changes: [],
      reserve: {
        bytes: 4 * R,
        regions: 4,
        regionsUnused: 4,
        regionsRefilling: 0,
        pagesWaiting: 0,
        refillBytesPerSecond: null,
        shortfall: 'reject',
        failure: null,
      },
    });
    engine.validate();
  });

  test('201-205: what is declared joins the pool, as much of it is handed over, and the answer comes at once ([0058-0061])', async () => {
    const { engine, a } = await setup();
    const change = a.reduce(2 * R);
    expect(change).toMatchObject({ state: 'granted', grantNs: 0, regions: 2, pending: 2, pageOutsBeforeGrant: 0 });
    expect(managers(engine)).toBe('aaaarrbb--rr'); // 4 and 5 are the pool's now, 8 and 9 anybody's
    expect(rightsRow(engine, 'user')).toBe('aaaaaa------'); // [0055] what is being detached can still be read
    expect(a.replica.memory.load32(5 * R)).toBe(5 * R + 1);
    expect(row(engine)).toEqual([2, 2, 2 * REGION_PAGES]);
    expect(a.counters.pageOuts).toBe(0);
    engine.validate();
  });

  test('206-210: another VM gets memory at once, without waiting for a page-out ([0062-0064])', async () => {
    const { engine, a, b } = await setup();
    a.reduce(2 * R);
    const change = b.expand(2 * R);
    expect(change).toMatchObject({ grantNs: 0, regions: 2 });
    expect(managers(engine)).toBe('aaaarrbbbbrr');
    for (let at = 0; at < 4 * R; at += PAGE_BYTES) b.replica.memory.store32(at, 1);
    expect(change.state).toBe('settled');
    expect([a.counters.pageOuts, b.counters.ioWaitNs, b.counters.takeOvers]).toEqual([0, 0, 0]);
    engine.validate();
  });

  test('211-213: page-out goes on in the background, and only its end completes the reduction ([0066-0068])', async () => {
    const { engine, a } = await setup();
    const change = a.reduce(2 * R);
    expect(engine.dueNs).toBe(0);
    expect(engine.advance(0)).toBe(1); // the first region; the second when that is written
    expect(change).toMatchObject({ state: 'granted', pending: 1, pageOutsAfterGrant: REGION_PAGES });
    expect(engine.dueNs).toBe(RELEASE_NS);
    expect(engine.advance(RELEASE_NS - 1)).toBe(0);
    expect(engine.advance(RELEASE_NS)).toBe(1);
    expect(change).toMatchObject({ state: 'settled', settledNs: 2 * RELEASE_NS, pageOutsAfterGrant: 2 * REGION_PAGES });
    expect(engine.dueNs).toBe(null);
    expect(managers(engine)).toBe('aaaarrbb--rr');
    expect(rightsRow(engine, 'user')).toBe('aaaa--------');
    expect(a.timeNs).toBe(0); // nobody waited
    for (let at = 0; at < 6 * R; at += PAGE_BYTES) expect(a.replica.memory.load32(at)).toBe(at + 1);
    engine.validate();
  });

  test('unused again at the end of its page-out: no earlier ([0067])', async () => {
    const { engine, a, b } = await setup({}, { accessNs: 100 });
    const startNs = engine.virtualNs;
    engine.reconfigure(move(a, b, 3));
    engine.advance();
    expect(row(engine)).toEqual([1, 3, 2 * REGION_PAGES]); // one is on its way out
    expect(thrownBy(() => a.reduce(2 * R))).toMatchObject({ code: 'RESERVE_EXHAUSTED', details: { requested: 2, available: 1 } });
    while (engine.virtualNs < startNs + RELEASE_NS) a.replica.memory.load32(0);
    expect(row(engine)).toEqual([2, 2, 2 * REGION_PAGES]);
    expect(a.reduce(2 * R)).toMatchObject({ state: 'granted', grantNs: 0 });
    expect(row(engine)).toEqual([0, 4, 3 * REGION_PAGES]); // the next one is on its way meanwhile
    engine.validate();
  });

  test('the page-out can be throttled ([0065])', async () => {
    // 4 pages every 40 us
    const { engine, a } = await setup({ refill: (REGION_PAGES * PAGE_BYTES * 1e9) / 40_000 });
    const change = a.reduce(3 * R);
    const times: number[] = [];
    for (let dueNs = engine.dueNs; dueNs !== null; dueNs = engine.dueNs) {
      times.push(dueNs);
      engine.advance(dueNs);
    }
    expect(times).toEqual([0, 40_000, 80_000]);
    expect(change.settledNs).toBe(80_000 + RELEASE_NS);
    expect(engine.inspect().reserve).toMatchObject({ refillBytesPerSecond: (R * 1e9) / 40_000 });
  });

  test('regions with nothing to write cost nothing, throttled or not', async () => {
    const { engine, b } = await setup({ refill: '1kB/s' }, { regions: 14 });
    const c = engine.createVm({ name: 'c', memory: 2 * R });
    expect(c.reduce(R)).toMatchObject({ state: 'settled', settledNs: 0 }); // never used
    b.expand(R);
    expect(engine.advance(0)).toBe(1);
    expect(row(engine)).toEqual([4, 0, 0]);
    engine.validate();
  });

  describe('a change larger than what is unused ([0074-0075])', () => {
    test('fails, and nothing is changed: vm.reduce', async () => {
      const { engine, a } = await setup();
      const before = engine.inspect();
      expect(thrownBy(() => a.reduce(5 * R))).toMatchObject({
        name: 'ReserveExhaustedError',
        code: 'RESERVE_EXHAUSTED',
        details: { requested: 5, available: 4, requestedBytes: 5 * R, availableBytes: 4 * R },
      });
      expect(engine.inspect()).toEqual(before);
      engine.validate();
    });

    test('fails, and nothing is changed: a reconfiguration, in whatever order and pieces', async () => {
      const { engine, a, b } = await setup();
      const before = engine.inspect();
      for (const options of [{}, { chunk: R }, { order: 'cycles', chunk: R }, { order: 'oneByOne' }] as const)
        expect(thrownBy(() => engine.reconfigure(move(a, b, 5), options))).toMatchObject({
          code: 'RESERVE_EXHAUSTED',
          details: { available: expect.any(Number) as number },
        });
      expect(engine.inspect()).toEqual(before);
    });

    test('best effort: as much as is unused', async () => {
      const { engine, a, b } = await setup();
      expect(engine.reconfigure(move(a, b, 5), { shortfall: 'bestEffort' }).regions).toBe(4);
      expect(a.reduce(R, { shortfall: 'bestEffort' })).toMatchObject({ regions: 0, state: 'settled' });
      engine.validate();
    });

    test('best effort, with regions that a policy chose: the first of them', async () => {
      const { engine, a } = await setup({ memory: 2 * R });
      const byAddress = (candidates: readonly { region: number }[]): readonly number[] => candidates.map(({ region }) => region);
      const request = engine.reconfigure([{ vm: a, change: -4 * R }], { shortfall: 'bestEffort', selection: { release: byAddress } });
      expect(request).toMatchObject({ regions: 2, grantNs: 0 });
      expect(managers(engine)).toBe('rraaaabb----');
      engine.validate();
    });

    test('what fails in itself is refused before the pool is looked at', async () => {
      const { engine, a, b } = await setup({ memory: 2 * R });
      expect(thrownBy(() => a.reduce(7 * R))).toMatchObject({ code: 'RESERVE_EXHAUSTED' });
      expect(thrownBy(() => engine.reconfigure(move(a, b, 7)))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
      expect(thrownBy(() => b.reduce(2 * R))).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
      expect(managers(engine)).toBe('aaaaaabb--rr');
      engine.validate();
    });
  });

  test('ranges of machine addresses give up those regions; ranges of real memory cannot be had from others', async () => {
    const { engine, a, b } = await setup();
    a.reduce({ from: R, bytes: 2 * R });
    expect(managers(engine)).toBe('arraaabb--rr');
    engine.reconfigure([{ vm: a, give: { from: 3 * R, bytes: R } }]);
    expect(managers(engine)).toBe(
      'arraraabb--rr'.replace('arraraabb--rr', 'arraaabb---r').replace('arraaabb', 'arraaabb').slice(0, 3) + 'raabb---r',
    );
    for (const from of [0, 1, 11])
      expect(thrownBy(() => engine.reconfigure([{ vm: b, real: { from: from * R, bytes: R } }]))).toMatchObject({
        code: 'NOT_SELECTABLE',
        details: { field: 'moves[0].real', region: from },
      });
    engine.reconfigure([{ vm: b, real: { from: 10 * R, bytes: R } }]); // without manager: nothing has to be given up
    expect(managers(engine)).toBe('arrraabb--br');
    engine.validate();
  });

  test('cancel: what was not paged out yet comes back, against memory that nobody has got', async () => {
    const { engine, a, b } = await setup();
    const change = a.reduce(3 * R);
    engine.advance(0); // one is out
    b.expand(R); // and one of the three that were handed over is gone
    change.cancel();
    expect(change.state).toBe('cancelled');
    expect(a.managedBytes).toBe(5 * R);
    expect(engine.regionsFree).toBe(0);
    expect(row(engine)).toEqual([3, 1, 0]);
    for (let at = 0; at < 6 * R; at += PAGE_BYTES) expect(a.replica.memory.load32(at)).toBe(at + 1);
    expect(engine.inspect().changes.filter(({ vm }) => vm === 'a')).toEqual([]);
    engine.validate();
  });

  test('a reconfiguration is cancelled: its expansions first, so that all can come back', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 3));
    request.cancel();
    expect(request.state).toBe('ended');
    expect([a, b].map((vm) => vm.managedBytes / R)).toEqual([6, 2]);
    expect(row(engine)).toEqual([4, 0, 0]);
    engine.advance(1e9);
    expect(a.counters.pageOuts).toBe(0);
    engine.validate();
  });

  test('the giver goes: what it used is unused at once', async () => {
    const { engine, a } = await setup();
    a.reduce(3 * R);
    a.dispose();
    expect(engine.advance(0)).toBe(3);
    expect(row(engine)).toEqual([4, 0, 0]);
    expect(managers(engine)).toBe('---rrrbb---r');
    engine.validate();
  });

  test('events: swapped, refilled; grants of the pool have a VM that is none of the engine', async () => {
    const { engine, a, b } = await setup();
    const steps: string[] = [];
    const granted: string[] = [];
    engine.on('reserve', ({ step, regions, pagesWritten, timeNs, refilling }) =>
      steps.push(`${step} ${regions} ${pagesWritten} ${timeNs} ${refilling}`),
    );
    engine.on('grant', ({ vm, regions }) => granted.push(`${vm.name} ${regions} ${engine.vms.includes(vm)}`));
    engine.reconfigure(move(a, b, 2));
    engine.advance(1e6);
    expect(steps).toEqual(['swapped 2 0 0 2', `refilled 1 4 ${RELEASE_NS} 1`, `refilled 1 4 ${2 * RELEASE_NS} 0`]);
    expect(granted).toEqual(['reserve 2 false', 'b 2 true']);
  });

  test('a listener may use the engine: not before the request is done', async () => {
    const { engine, a, b } = await setup();
    const seen: number[] = [];
    engine.on('reserve', ({ step }) => {
      if (step === 'swapped') seen.push(b.managedBytes / R, engine.regionsFree);
    });
    engine.reconfigure(move(a, b, 2), { chunk: R });
    expect(seen).toEqual([4, 0, 4, 0]);
    a.reduce(R);
    expect(seen.slice(4)).toEqual([4, 1]);
  });

  test('a page-out that fails in the background hurts nobody, is told, and is tried again a millisecond later', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const { engine, a } = await setup({}, { swap: { ...swap, store } });
    const failed: ReserveEvent[] = [];
    engine.on('reserve', (event) => event.step === 'failed' && failed.push(event));
    faults.writesLeft = 1;
    const change = a.reduce(R);
    expect(engine.advance(10)).toBe(1);
    expect(failed).toMatchObject([{ code: 'SWAP_WRITE_FAILED', timeNs: 0, refilling: 1 }]);
    expect(engine.inspect().reserve).toMatchObject({ failure: 'SWAP_WRITE_FAILED', pagesWaiting: REGION_PAGES - 1 });
    expect(engine.dueNs).toBe(1e6);
    faults.writesLeft = Infinity;
    engine.advance(1e6);
    expect(change).toMatchObject({ state: 'settled', pageOutsAfterGrant: REGION_PAGES });
    expect(engine.inspect().reserve).toMatchObject({ failure: null, regionsUnused: 3 }); // unused at the end of the write, which a's clock has not reached
    expect(row(engine)).toEqual([3, 1, 0]);
    engine.validate();
  });

  test("the name 'reserve', the number of VMs and their tables are the user's as ever", async () => {
    const { engine } = await setup({}, { regions: 16, maxVms: 3, maxReplicas: 3 });
    expect(thrownBy(() => engine.createVm({ name: 'reserve', memory: R }))).toMatchObject({ code: 'INVALID_OPTION' });
    engine.createVm({ memory: R });
    expect(thrownBy(() => engine.createVm({ memory: R }))).toMatchObject({ code: 'TABLES_FULL' });
    const other = await engineMake(build, { regions: 4, maxVms: 1, maxReplicas: 1 });
    other.createVm({ name: 'reserve', memory: 2 * R });
    engine.dispose();
  });
});
