// Partial and final reports: Fig. 18 S803, JP 2009-26117A [0421-0422], [0430-0431]; regions that follow: [0267-0276].
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Reconfiguration, ReconfigurationReport, Vm } from '../../bindings/node.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import { reconfigurationAt } from '../../bindings/reconfiguration/request.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';

const R = REGION_BYTES;
const swap = { size: 64 * PAGE_BYTES, writeLatency: 1000, readLatency: 3000 };

describe.each(shipped)('$name', (build) => {
  const setup = async (options: Partial<EngineOptions> = {}): Promise<{ engine: Engine; a: Vm; b: Vm }> => {
    const engine = await engineMake(build, { regions: 8, swap, ...options });
    const a = engine.createVm({ name: 'a', memory: 6 * R });
    const b = engine.createVm({ name: 'b', memory: 2 * R });
    for (let at = 0; at < 6 * R; at += PAGE_BYTES) a.replica.memory.store32(at, at + 1);
    return { engine, a, b };
  };
  const move = (a: Vm, b: Vm, regions: number) => [
    { vm: a, change: -regions * R },
    { vm: b, change: regions * R },
  ];
  /** One line a report. */
  const line = (report: ReconfigurationReport): string => {
    if (report.kind === 'answered')
      return `answered ${report.change.kind} ${report.regions} of ${report.change.vm.name}, ${report.unissued} to go`;
    if (report.kind === 'granted') return `granted ${report.regions}`;
    if (report.kind === 'final') return `final ${report.state}`;
    return `${report.kind} ${report.change.kind} region ${report.region}`;
  };
  const lines = async (reconfiguration: Reconfiguration): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const report of reconfiguration.reports()) found.push(line(report));
    return found;
  };

  test('each answer, all of them together, each region that follows, and the end', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 2));
    const all = lines(request);
    b.touch(2 * R);
    b.touch(3 * R);
    expect(await all).toEqual([
      'answered reduce 2 of a, 1 to go',
      'answered expand 2 of b, 0 to go',
      'granted 2',
      'followed reduce region 4',
      'followed expand region 4',
      'followed reduce region 5',
      'followed expand region 5',
      'final settled',
    ]);
    // who asks later hears what was told, once it is there
    expect((await lines(request)).at(-1)).toBe('final settled');
  });

  test('regions that were given to somebody else before they followed are superseded, and no longer waited for', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 2));
    const all = lines(request);
    engine.reconfigure([{ vm: a, real: { from: 5 * R, bytes: R } }]);
    b.touch(2 * R);
    expect((await all).slice(3)).toEqual([
      'superseded expand region 5',
      'superseded reduce region 5',
      'followed reduce region 4',
      'followed expand region 4',
      'final settled',
    ]);
  });

  test('reports have numbers: times count from the request', async () => {
    const { engine, a, b } = await setup({ handover: 'eager' });
    const request = engine.reconfigure(move(a, b, 2), { chunk: R, order: 'cycles' });
    const reports: ReconfigurationReport[] = [];
    const reading = (async () => {
      for await (const report of request.reports()) reports.push(report);
    })();
    b.touch(2 * R);
    b.touch(3 * R);
    await reading;
    const [first, , third, , granted, follow] = reports;
    expect(first).toMatchObject({ kind: 'answered', regions: 1, round: 0, issueNs: 0, answerNs: 4000, unissued: 3 });
    expect(third).toMatchObject({ kind: 'answered', regions: 1, round: 2, issueNs: 4000, answerNs: 8000, unissued: 1 });
    expect(granted).toMatchObject({ kind: 'granted', grantNs: 8000, regions: 2, changes: [{ vm: 'a', kind: 'reduce' }, {}, {}, {}] });
    expect(follow).toMatchObject({ kind: 'followed', region: 5 });
    expect(reports.at(-1)).toMatchObject({ kind: 'final', state: 'settled', code: null, grantNs: 8000, regions: 2 });
    const final = reports.at(-1);
    expect(final.kind === 'final' && final.changes.map(({ state }) => state)).toEqual(Array(4).fill('settled'));
  });

  test('as events: every reconfiguration, in order, each with what it speaks of', async () => {
    const { engine, a, b } = await setup();
    const heard: string[] = [];
    const off = engine.on('report', ({ reconfiguration, report }) => heard.push(`${requests.indexOf(reconfiguration)}: ${line(report)}`));
    const requests: Reconfiguration[] = [];
    const make = (regions: number): Reconfiguration => {
      const request = reconfigurationAt(engine, 0, move(a, b, regions));
      requests.push(request);
      return request;
    };
    const first = make(1);
    const second = make(1);
    b.touch(2 * R);
    b.touch(3 * R);
    await Promise.all([first.settled, second.settled]);
    await Promise.resolve(); // what waits for the end is told next
    // the first reports of each came while it was being made
    expect(heard.filter((text) => text.startsWith('-1'))).toHaveLength(6);
    expect(heard.filter((text) => text.startsWith('0'))).toEqual([
      '0: followed reduce region 5',
      '0: followed expand region 5',
      '0: final settled',
    ]);
    expect(heard.filter((text) => text.startsWith('1'))).toEqual([
      '1: followed reduce region 4',
      '1: followed expand region 4',
      '1: final settled',
    ]);
    off();
    engine.reconfigure([{ vm: a, change: -R }]);
    expect(heard).toHaveLength(12);
  });

  test('a listener may use the engine: not before the step is done', async () => {
    const { engine, a, b } = await setup();
    const seen: number[] = [];
    let isFirst = true;
    engine.on('declare', () => {
      if (!isFirst) return;
      isFirst = false;
      seen.push(engine.regionsFree, b.managedBytes / R); // nothing half done: what was given up has come already
      engine.reconfigure([{ vm: b, change: -R }]);
    });
    const request = engine.reconfigure(move(a, b, 3), { chunk: R });
    expect(seen).toEqual([0, 5]);
    expect(request.state).toBe('granted');
    expect(engine.regionsFree).toBe(1);
    engine.validate();
  });

  test('a request that is cancelled: its regions are not reported, the end is', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 2));
    const all = lines(request);
    b.touch(2 * R);
    request.cancel();
    expect((await all).slice(3)).toEqual(['followed reduce region 4', 'followed expand region 4', 'final ended']);
  });

  test('the engine ends: so does what is reported', async () => {
    const { engine, a, b } = await setup();
    const request = engine.reconfigure(move(a, b, 2));
    const all = lines(request);
    b.touch(2 * R);
    engine.dispose();
    expect((await all).slice(2)).toEqual(['granted 2', 'followed reduce region 4', 'followed expand region 4', 'final ended']);
  });

  test('a failure in the middle: the final report says what stands', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const { engine, a, b } = await setup({ handover: 'eager', swap: { ...swap, store } });
    const heard: ReconfigurationReport[] = [];
    engine.on('report', ({ report }) => heard.push(report));
    faults.writesLeft = 6;
    const error = thrownBy(() => engine.reconfigure(move(a, b, 3), { chunk: R, order: 'cycles' }));
    expect(error).toMatchObject({ code: 'SWAP_WRITE_FAILED', details: { answered: 2, unissued: 4 } });
    expect(heard.map(line)).toEqual(['answered reduce 1 of a, 5 to go', 'answered expand 1 of b, 4 to go', 'final failed']);
    expect(heard[2]).toMatchObject({ kind: 'final', code: 'SWAP_WRITE_FAILED', grantNs: null, settledNs: null, regions: 1 });
    engine.validate();
  });

  describe('AbortSignal', () => {
    test('of the reports: the wait ends, the reconfiguration goes on', async () => {
      const { engine, a, b } = await setup();
      const request = engine.reconfigure(move(a, b, 1));
      const controller = new AbortController();
      const reading = (async () => {
        for await (const report of request.reports({ signal: controller.signal }))
          if (report.kind === 'granted') controller.abort(new Error('enough'));
      })();
      await expect(reading).rejects.toThrow('enough');
      expect(thrownBy(() => request.reports({ signal: controller.signal }))).toMatchObject({ message: 'enough' });
      b.touch(2 * R);
      expect(await request.settled).toBe('settled');
    });

    test('of the request: what has not followed is taken back', async () => {
      const { engine, a, b } = await setup();
      const controller = new AbortController();
      const request = engine.reconfigure(move(a, b, 3), { signal: controller.signal });
      b.touch(2 * R);
      controller.abort();
      expect(request.state).toBe('ended');
      expect([a, b].map((vm) => vm.managedBytes / R)).toEqual([5, 3]);
      expect(await request.settled).toBe('ended');
      engine.validate();
    });

    test('under eager the giver has settled: what the receiver loses is without manager', async () => {
      const { engine, a, b } = await setup({ handover: 'eager' });
      const controller = new AbortController();
      const request = engine.reconfigure(move(a, b, 3), { signal: controller.signal });
      controller.abort();
      expect(request.state).toBe('ended');
      expect(request.changes.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['reduce settled', 'expand cancelled']);
      expect([a, b].map((vm) => vm.managedBytes / R)).toEqual([3, 2]);
      expect(engine.regionsFree).toBe(3);
      engine.validate();
    });

    test('aborted before: nothing happens; aborted after the end: nothing either', async () => {
      const { engine, a, b } = await setup();
      const before = engine.inspect();
      expect(thrownBy(() => engine.reconfigure(move(a, b, 1), { signal: AbortSignal.abort(new Error('no')) }))).toMatchObject({
        message: 'no',
      });
      expect(engine.inspect()).toEqual(before);
      const controller = new AbortController();
      const request = engine.reconfigure(move(a, b, 1), { signal: controller.signal });
      b.touch(2 * R);
      await request.settled;
      controller.abort();
      expect(request.state).toBe('settled');
    });

    test('what cannot be taken back stands', async () => {
      const { engine, a, b } = await setup();
      const controller = new AbortController();
      const request = engine.reconfigure(move(a, b, 1), { signal: controller.signal });
      b.reduce({ from: 0, bytes: 2 * R }); // now it has nothing but what came
      controller.abort();
      expect(b.managedBytes).toBe(R);
      expect(request.changes.map(({ state }) => state)).toEqual(['cancelled', 'granted']);
      expect(thrownBy(() => request.cancel())).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
      expect(request.state).toBe('granted');
      engine.validate();
    });
  });
});
