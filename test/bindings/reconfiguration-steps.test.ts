// A reconfiguration on the virtual clock: what is due when, requests that come while others are under way, and failures in the middle.
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Vm } from '../../bindings/node.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import { RECONFIGURATION_ORDERS } from '../../bindings/node.ts';
import type { ReconfigurationOrder } from '../../bindings/node.ts';
import { reconfigurationAt } from '../../bindings/reconfiguration/request.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';
import { rightsRows } from '../support/requests.ts';

const R = REGION_BYTES;
const REGION_PAGES = R / PAGE_BYTES;
const WRITE_NS = 1000;
const RELEASE_NS = REGION_PAGES * WRITE_NS;
const swap = { size: 128 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: 3000 };
const ORDERS = Object.keys(RECONFIGURATION_ORDERS) as ReconfigurationOrder[];

describe.each(shipped)('$name', (build) => {
  const setup = async (options: Partial<EngineOptions> = {}): Promise<{ engine: Engine; a: Vm; b: Vm; c: Vm }> => {
    const engine = await engineMake(build, { regions: 12, swap, accessNs: 0, ...options });
    const make = (name: string, regions: number): Vm => engine.createVm({ name, memory: regions * R });
    const [a, b, c] = [make('a', 6), make('b', 4), make('c', 2)];
    for (const vm of [a, b]) for (let at = 0; at < vm.managedBytes; at += PAGE_BYTES) vm.replica.memory.store32(at, at + 1);
    return { engine, a, b, c };
  };
  const managed = (...vms: Vm[]): readonly number[] => vms.map((vm) => vm.managedBytes / R);

  test.each(ORDERS)('%s: stepped at its times it does what it does at once', async (order) => {
    const moves = ({ a, b, c }: { a: Vm; b: Vm; c: Vm }) => [
      { vm: a, change: -3 * R },
      { vm: c, change: 4 * R },
      { vm: b, change: -R },
    ];
    const run =
      order === 'oneByOne'
        ? ({ a, b, c }: { a: Vm; b: Vm; c: Vm }) => [moves({ a, b, c })[0]!, moves({ a, b, c })[2]!, moves({ a, b, c })[1]!]
        : moves;
    const options = { order, chunk: R };
    const atOnce = await setup({ handover: 'eager' });
    const whole = atOnce.engine.reconfigure(run(atOnce), options);
    const stepped = await setup({ handover: 'eager' });
    const request = reconfigurationAt(stepped.engine, 0, run(stepped), options);
    const times: number[] = [];
    let granted = false;
    void request.granted.then(() => (granted = true));
    for (let dueNs = request.dueNs; dueNs !== null; dueNs = request.dueNs) {
      expect(request).toMatchObject({ state: 'requested', grantNs: null, settledNs: null });
      await Promise.resolve();
      expect(granted).toBe(false);
      times.push(dueNs);
      request.step();
    }
    await request.granted;
    expect(times).toEqual([1, 2, 3, 4].map((releases) => releases * RELEASE_NS));
    expect(request.changes.map((change) => change.report())).toEqual(whole.changes.map((change) => change.report()));
    expect(rightsRows(stepped.engine)).toEqual(rightsRows(atOnce.engine));
    request.step(); // nothing is left to do
    stepped.engine.validate();
  });

  test('under rights everything is answered at the request: nothing is ever due later', async () => {
    for (const order of ORDERS) {
      const { engine, a, c } = await setup();
      const request = reconfigurationAt(
        engine,
        50,
        [
          { vm: a, change: -2 * R },
          { vm: c, change: 2 * R },
        ],
        { order, chunk: R, sameVmOnceAtATime: true },
      );
      expect(request).toMatchObject({ dueNs: null, state: 'granted', grantNs: 0 });
    }
  });

  test('manager preferred (Fig. 12 S504): the reductions wait for the page-outs, and the expansions for them', async () => {
    const { engine, a, b, c } = await setup();
    engine.reconfigure([
      { vm: a, change: -2 * R },
      { vm: b, change: 2 * R },
    ]); // b manages two regions that a still uses
    const request = reconfigurationAt(
      engine,
      100,
      [
        { vm: b, change: -2 * R },
        { vm: c, change: 2 * R },
      ],
      { useRight: 'managerPreferred' },
    );
    expect(request).toMatchObject({ state: 'requested', dueNs: 100 + 2 * RELEASE_NS });
    expect(managed(b, c)).toEqual([4, 2]);
    request.step();
    expect(request).toMatchObject({ state: 'granted', dueNs: null, grantNs: 2 * RELEASE_NS, pageOutsBeforeGrant: 2 * REGION_PAGES });
    expect(request.changes.map(({ kind, grantNs }) => [kind, grantNs])).toEqual([
      ['reduce', 2 * RELEASE_NS],
      ['expand', 2 * RELEASE_NS],
    ]);
    expect(managed(b, c)).toEqual([4, 4]);
    engine.validate();
  });

  test('per request: the present user keeps it, or the declaration changes more, as vm.reduce has it', async () => {
    const { engine, a, b, c } = await setup({ useRight: 'managerPreferred' });
    engine.reconfigure([
      { vm: a, change: -R },
      { vm: b, change: R },
    ]);
    const kept = engine.reconfigure(
      [
        { vm: b, change: -R },
        { vm: c, change: R },
      ],
      { useRight: 'presentUser' },
    );
    expect(kept).toMatchObject({ grantNs: 0, pageOutsBeforeGrant: 0 });
    const total = a.information().totalBytes;
    engine.reconfigure([{ vm: a, change: -R }], { declaration: { capacity: 'atDeclaration' } });
    expect(a.information().totalBytes).toBe(total - R);
    engine.validate();
  });

  describe('requests that come while earlier ones have not settled compose', () => {
    test('a region travels on before anybody has touched it: only its last manager waits for it', async () => {
      const { engine, a, b, c } = await setup();
      const first = engine.reconfigure([{ vm: b, real: { from: 4 * R, bytes: 2 * R } }]);
      const second = engine.reconfigure([{ vm: c, real: { from: 5 * R, bytes: R } }]);
      expect(rightsRows(engine)).toEqual(['aaaabcbbbbcc', 'aaaaaabbbb--']);
      expect(first.changes.map(({ kind, pending, superseded }) => [kind, pending, superseded])).toEqual([
        ['reduce', 2, 0],
        ['expand', 1, 1],
      ]);
      b.touch(b.managedBytes - R);
      const settled = [first.settled, second.settled];
      c.touch(2 * R);
      expect(await Promise.all(settled)).toEqual(['settled', 'settled']);
      expect(rightsRows(engine)).toEqual(['aaaabcbbbbcc', 'aaaabcbbbb--']);
      expect(a.managedBytes).toBe(4 * R);
      engine.validate();
    });

    test('a region comes back: nothing is paged out, and both requests are settled', async () => {
      const { engine, a, b } = await setup();
      const there = engine.reconfigure([{ vm: b, real: { from: 4 * R, bytes: 2 * R } }]);
      const back = engine.reconfigure([{ vm: a, real: { from: 4 * R, bytes: 2 * R } }]);
      expect(await Promise.all([there.settled, back.settled])).toEqual(['settled', 'settled']);
      expect(rightsRows(engine)).toEqual(['aaaaaabbbbcc', 'aaaaaabbbb--']);
      expect(a.counters.pageOuts).toBe(0);
      engine.validate();
    });

    test('one that is under way keeps the memory it is going to hand out, and what it is going to take away', async () => {
      const { engine, a, b, c } = await setup({ handover: 'eager' });
      const first = reconfigurationAt(engine, 0, [
        { vm: a, change: -2 * R },
        { vm: c, change: 2 * R },
      ]);
      expect(engine.regionsFree).toBe(2); // given up, and promised
      const before = engine.inspect();
      expect(thrownBy(() => engine.reconfigure([{ vm: b, change: R }]))).toMatchObject({
        code: 'NOT_ENOUGH_MEMORY',
        details: { available: 0 },
      });
      const late = reconfigurationAt(engine, 0, [{ vm: a, change: -3 * R }], { order: 'oneByOne', chunk: R });
      expect(thrownBy(() => engine.reconfigure([{ vm: a, change: -R }]))).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
      expect(before.vms[1]).toEqual(engine.inspect().vms[1]);
      for (const request of [first, late]) while (request.dueNs !== null) request.step();
      expect(managed(a, b, c)).toEqual([1, 4, 4]);
      expect([first.state, late.state]).toEqual(['granted', 'settled']);
      engine.validate();
    });

    test('in turns, as a scheduler would have it', async () => {
      const { engine, a, b, c } = await setup({ handover: 'eager' });
      const options = { order: 'cycles', chunk: R } as const;
      const requests = [
        reconfigurationAt(
          engine,
          0,
          [
            { vm: a, change: -3 * R },
            { vm: c, change: 3 * R },
          ],
          options,
        ),
        reconfigurationAt(
          engine,
          10,
          [
            { vm: b, change: -2 * R },
            { vm: c, change: 2 * R },
          ],
          options,
        ),
      ];
      for (;;) {
        const next = requests.filter(({ dueNs }) => dueNs !== null).sort((x, y) => x.dueNs! - y.dueNs!)[0];
        if (next === undefined) break;
        next.step();
      }
      expect(managed(a, b, c)).toEqual([3, 2, 7]);
      expect(requests.map(({ state }) => state)).toEqual(['granted', 'granted']);
      engine.validate();
    });
  });

  describe('failures in the middle: what was answered stands, what was not issued is not, and nothing else has moved', () => {
    test('eager: a page-out of the second cycle fails', async () => {
      const [store, faults] = faultySwapStore(memorySwapStore());
      const { engine, a, c } = await setup({ handover: 'eager', swap: { ...swap, store } });
      faults.writesLeft = REGION_PAGES + 1;
      const moves = [
        { vm: a, change: -3 * R },
        { vm: c, change: 3 * R },
      ];
      const error = thrownBy(() => engine.reconfigure(moves, { order: 'cycles', chunk: R }));
      expect(error).toMatchObject({
        code: 'SWAP_WRITE_FAILED',
        cause: faults.error,
        message: expect.stringMatching(/2 of the 6 requests of the reconfiguration had been carried out and stand/) as string,
        details: { answered: 2, unissued: 4 },
      });
      expect(managed(a, c)).toEqual([5, 3]);
      expect(engine.regionsFree).toBe(0);
      expect(a.outPages).toBe(REGION_PAGES + 1); // the region that moved, and one page that went out in vain
      engine.validate();
      faults.writesLeft = Infinity;
      engine.reconfigure([{ vm: a, change: -2 * R }]);
      for (let at = 0; at < 6 * R; at += PAGE_BYTES) expect(a.replica.memory.load32(at)).toBe(at + 1);
    });

    test('S504: a page-out for the manager fails', async () => {
      const [store, faults] = faultySwapStore(memorySwapStore());
      const { engine, a, b, c } = await setup({ swap: { ...swap, store } });
      engine.reconfigure([
        { vm: a, change: -2 * R },
        { vm: b, change: 2 * R },
      ]);
      faults.writesLeft = REGION_PAGES;
      const moves = [
        { vm: b, change: -2 * R },
        { vm: c, change: 2 * R },
      ];
      expect(thrownBy(() => engine.reconfigure(moves, { useRight: 'managerPreferred', chunk: R }))).toMatchObject({
        code: 'SWAP_WRITE_FAILED',
        details: { answered: 1, unissued: 3 },
      });
      // the first piece was answered: given up, with b as its user; the second was not
      expect(managed(b, c)).toEqual([5, 2]);
      expect(engine.regionsFree).toBe(1);
      engine.validate();
    });

    test('while it is stepped: state, error, promises', async () => {
      const [store, faults] = faultySwapStore(memorySwapStore());
      const { engine, a, c } = await setup({ handover: 'eager', swap: { ...swap, store } });
      const moves = [
        { vm: a, change: -2 * R },
        { vm: c, change: 2 * R },
      ];
      const request = reconfigurationAt(engine, 0, moves, { order: 'oneByOne', chunk: R });
      const { granted, settled } = request;
      faults.writesLeft = 0;
      expect(thrownBy(() => request.step())).toMatchObject({ code: 'SWAP_WRITE_FAILED' });
      expect(request).toMatchObject({
        state: 'failed',
        dueNs: null,
        grantNs: null,
        settledNs: null,
        regions: 1,
        error: { code: 'SWAP_WRITE_FAILED' },
      });
      await expect(granted).rejects.toMatchObject({ code: 'SWAP_WRITE_FAILED' });
      expect(await settled).toBe('failed');
      expect(managed(a, c)).toEqual([5, 2]);
      engine.validate();
    });

    test('a VM that has gone before its turn', async () => {
      const { engine, a, c } = await setup({ handover: 'eager' });
      const request = reconfigurationAt(engine, 0, [
        { vm: a, change: -R },
        { vm: c, change: R },
      ]);
      c.dispose();
      engine.createVm({ name: 'd', memory: R }); // has its record now
      expect(thrownBy(() => request.step())).toMatchObject({ code: 'DISPOSED' });
      expect(request.state).toBe('failed');
      engine.validate();
    });

    test('cancelled before its turn: what was given up and is free comes back, the rest is never issued', async () => {
      const { engine, a, c } = await setup({ handover: 'eager' });
      const request = reconfigurationAt(
        engine,
        0,
        [
          { vm: a, change: -2 * R },
          { vm: c, change: 2 * R },
        ],
        { order: 'cycles', chunk: R },
      );
      const { granted, settled } = request;
      request.cancel();
      expect(request).toMatchObject({ dueNs: null, state: 'ended' });
      await granted;
      expect(await settled).toBe('ended');
      expect(managed(a, c)).toEqual([5, 2]); // an eager reduction that was answered has settled: it stands
      request.cancel();
      engine.validate();
    });
  });

  test('operator mode ([0435]): the owner of the engine moves memory and takes it back, the handles of VMs do not', async () => {
    const { engine, a, c } = await setup({ operatorOnly: true });
    for (const action of [() => a.reduce(R), () => c.expand(R)]) expect(thrownBy(action)).toMatchObject({ code: 'OPERATOR_ONLY' });
    const request = engine.reconfigure(
      [
        { vm: a, change: -2 * R },
        { vm: c, change: 2 * R },
      ],
      { order: 'overlappedCycles', chunk: R },
    );
    expect(managed(a, c)).toEqual([4, 4]);
    expect(thrownBy(() => request.changes[0]!.cancel())).toMatchObject({ code: 'OPERATOR_ONLY' });
    request.cancel();
    expect(managed(a, c)).toEqual([6, 2]);
    expect(request.state).toBe('ended');
    engine.reconfigure([{ vm: c, real: { from: 0, bytes: R } }]);
    expect(managed(a, c)).toEqual([5, 3]);
    engine.validate();
  });
});
