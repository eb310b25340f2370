// Fig. 15, early release by statistics (3rd embodiment), step by step through the public API.
import { describe, expect, test } from 'vitest';
import type { AccessFigures, EarlyRelease, Engine, Vm } from '../../bindings/node.ts';
import { drawing, drawn, eventsNote, REGION_PAGES, touchRegions, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import type { Build } from '../support/builds.ts';

const ACCESS_NS = 1;
const READ_NS = 1_000;
const WRITE_NS = 10_000;
const NEVER: EarlyRelease = { when: { statistic: 'accesses', comparison: '<', constant: 0 } };
/** Addresses of OS1 in region 3, which it has given up, and in region 0, which it manages. */
const LENT = 12 * PAGE_BYTES;
const OWN = 0;

interface Machine {
  readonly engine: Engine;
  readonly os1: Vm;
  readonly os2: Vm;
}

/** OS1 manages 0-2 and uses 0-3, OS2 manages 3 and 4; nobody uses 4, 5 is free. OS1 has just been given its release condition. */
async function machineMake(build: Build, earlyRelease: EarlyRelease | null): Promise<Machine> {
  const swap = { size: 64 * PAGE_BYTES, readLatency: READ_NS, writeLatency: WRITE_NS };
  const engine = await engineMake(build, { regions: 6, accessNs: ACCESS_NS, statistics: true, swap });
  const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
  useAll(os1);
  os1.reduce(REGION_BYTES);
  const os2 = engine.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
  os1.releaseEarly(earlyRelease);
  return { engine, os1, os2 };
}

function figuresOf(vm: Vm): AccessFigures {
  const [figures] = vm.accessFigures();
  if (figures === undefined) throw new Error('the VM uses nothing that it does not manage');
  return figures;
}

describe.each(shipped)('Fig. 15, $name', (build) => {
  test('S601, S602 Yes, S617 No, S611: each access of a user that is not the manager is counted', async () => {
    const { os1 } = await machineMake(build, NEVER);
    for (let count = 1; count <= 5; count += 1) {
      os1.replica.memory.load32(LENT + count * 8); // the same page each time: nothing but the judgement looks at it
      expect(figuresOf(os1)).toMatchObject({ region: 3, accesses: count, bytes: 4 * count });
    }
  });

  test('S617 No: also where nobody is the manager', async () => {
    const { engine, os1, os2 } = await machineMake(build, NEVER);
    os2.reduce({ from: 0, bytes: REGION_BYTES });
    expect(drawn(engine)).toBe(drawing('region 0-2 3 4 5', 'manager OS1 - OS2 -', 'user OS1 OS1 - -'));
    os1.replica.memory.load32(LENT);
    expect(figuresOf(os1).accesses).toBe(1);
  });

  test('S617 Yes, S608: the accesses of a manager are not counted', async () => {
    const { os1 } = await machineMake(build, NEVER);
    os1.replica.memory.load32(OWN);
    expect(os1.accessFigures()).toMatchObject([{ region: 3, accesses: 0 }]);
  });

  test('S602 No, S603 Yes, S607, S608: as Fig. 9, a region without user', async () => {
    const { engine, os2 } = await machineMake(build, NEVER);
    const events = eventsNote(engine, ['use']);
    os2.replica.memory.store8(0, 1);
    expect(events).toEqual(['use OS2 4']);
  });

  test('S604 No, S609: as Fig. 9, neither user nor manager', async () => {
    const { engine, os1, os2 } = await machineMake(build, NEVER);
    touchRegions(engine, os2, [3]);
    expect(thrownBy(() => os1.touch(3 * REGION_BYTES))).toMatchObject({ code: 'ACCESS_REFUSED' });
  });

  test('S604 Yes, S605, S606, S607, S608: as Fig. 9, the manager takes over and waits for the page-out', async () => {
    const { engine, os2 } = await machineMake(build, NEVER);
    const events = eventsNote(engine, ['release', 'takeOver', 'earlyRelease']);
    touchRegions(engine, os2, [3]);
    expect(events).toEqual(['release OS1 3 reduce 4', 'takeOver OS2 3 4']);
    expect(os2.counters.ioWaitNs).toBe(REGION_PAGES * WRITE_NS);
  });

  test('S611: all the statistics of [0359]', async () => {
    const periodNs = 100;
    const { os1 } = await machineMake(build, { ...NEVER, period: periodNs });
    const { memory } = os1.replica;
    const { timeNs: startNs } = os1;
    const sinceNs = startNs - figuresOf(os1).timeSinceNs;
    // to the beginning of a period, then 3 accesses of 2, 4 and 8 bytes in it, then 1 of 1 byte in the next
    while ((os1.timeNs - sinceNs) % periodNs !== 0) memory.load8(OWN);
    memory.load16(LENT);
    memory.load32(LENT);
    memory.load64(LENT);
    while ((os1.timeNs - sinceNs) % periodNs !== 0) memory.load8(OWN);
    memory.store8(LENT, 1);
    expect(figuresOf(os1)).toEqual({
      vm: 'OS1',
      region: 3,
      machineAddress: 3 * REGION_BYTES,
      timeNs: os1.timeNs,
      accesses: 4,
      accessesSince: 4,
      accessesPerPeriod: 3,
      bytesEach: 1,
      bytes: 15,
      bytesSince: 15,
      bytesSinceAverage: 15 / 4,
      bytesPerPeriod: 14,
      bytesPerPeriodAverage: 14 / 3,
      timeSinceNs: os1.timeNs - sinceNs,
      borrowedRegions: 1,
    });
  });

  test('S612 No, S608: the condition does not hold, the access is allowed', async () => {
    const { engine, os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 4 } });
    const events = eventsNote(engine, ['release', 'fault']);
    for (let count = 1; count <= 3; count += 1) expect(os1.replica.memory.load32(LENT)).toBe(LENT + 1);
    expect(events).toEqual([]);
    os1.replica.memory.load32(LENT);
    expect(events).toEqual(['release OS1 3 reduce 4', 'fault OS1 12']);
  });

  test.each([
    ['[0360] a period of grace', { statistic: 'timeSinceNs', comparison: '>', constant: 0 }],
    ['[0361] a comparison with a constant', { statistic: 'bytes', comparison: '==', constant: 4 }],
    [
      '[0361] an evaluation function before the comparison',
      { evaluate: ({ bytes, accesses }) => bytes * accesses, comparison: '>=', constant: 4 },
    ],
    [
      '[0361] a threshold that varies with the situation',
      { statistic: 'accesses', comparison: '>=', threshold: ({ borrowedRegions }) => borrowedRegions },
    ],
    ['[0361] a threshold that grows with what is borrowed', { statistic: 'accesses', comparison: '>=', constant: 0, perBorrowedRegion: 1 }],
  ] satisfies readonly (readonly [string, EarlyRelease['when']])[])('S612 Yes: %s', async (_, when) => {
    const { engine, os1 } = await machineMake(build, { when });
    os1.replica.memory.load32(OWN);
    expect(os1.counters.earlyReleases, 'a region of its own').toBe(0);
    os1.replica.memory.load32(LENT);
    expect(os1.counters.earlyReleases).toBe(1);
    expect(engine.inspect().regions[3]).toMatchObject({ manager: 'OS2', user: null });
  });

  test('S613, S614, S615: the region is released now, the user waits for the page-out, nobody is the user', async () => {
    const { engine, os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    const events = eventsNote(engine, ['pageOut', 'release', 'earlyRelease', 'follow']);
    const { ioWaitNs } = os1.counters;
    os1.replica.memory.load32(LENT);
    const written = [12, 13, 14, 15].map((page) => `pageOut OS1 ${page}`);
    const again = 'pageOut OS1 0'; // S616: a page of its own makes room for the one that comes in
    expect(events).toEqual([...written, 'follow OS1 3 reduce 4', 'release OS1 3 reduce 4', 'earlyRelease OS1 3 4', again]);
    expect(os1.counters.ioWaitNs - ioWaitNs).toBeGreaterThanOrEqual(REGION_PAGES * WRITE_NS);
    expect(drawn(engine)).toBe(drawing('region 0-2 3-4 5', 'manager OS1 OS2 -', 'user OS1 - -'));
  });

  test('S616, S610: access again: it completes on the page that went out, as a fault', async () => {
    const { os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    const before = os1.counters;
    expect(os1.replica.memory.load32(LENT)).toBe(LENT + 1);
    const after = os1.counters;
    // the four pages of the region, and one of its own to make room for the page that comes in
    expect(after.pageOuts - before.pageOuts).toBe(REGION_PAGES + 1);
    expect([after.accesses - before.accesses, after.faults - before.faults, after.pageIns - before.pageIns]).toEqual([1, 1, 1]);
    expect(after.ioWaitNs - before.ioWaitNs).toBe((REGION_PAGES + 1) * WRITE_NS + READ_NS);
  });

  test('S616: a store completes too, and reaches the page', async () => {
    const { engine, os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    os1.replica.memory.store32(LENT, 77);
    expect(os1.replica.memory.load32(LENT)).toBe(77);
    const [page] = engine.pages(os1.replica, { from: 12, to: 13 });
    expect(page).toMatchObject({ state: 'resident', zone: 'managed' });
  });

  test('S616, with moving first (ours): the page is still in memory, and there is no fault', async () => {
    const { os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    os1.releaseBy('moveFirst');
    os1.replica.advise(OWN, REGION_BYTES, 'unused'); // room for the region
    const before = os1.counters;
    expect(os1.replica.memory.load32(LENT)).toBe(LENT + 1);
    const after = os1.counters;
    expect([after.earlyReleases, after.pagesMoved]).toEqual([1, REGION_PAGES]);
    expect([after.faults, after.pageOuts, after.ioWaitNs]).toEqual([before.faults, before.pageOuts, before.ioWaitNs]);
  });

  test('S612 before evacuation: the page goes out with its region', async () => {
    const { os1 } = await machineMake(build, null);
    os1.replica.advise(OWN, REGION_BYTES, 'unused');
    os1.reduce({ from: 2 * REGION_BYTES, bytes: REGION_BYTES }, { declaration: { access: 'evacuate' } });
    os1.releaseEarly({ when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    const before = os1.counters;
    expect(os1.replica.memory.load32(8 * PAGE_BYTES)).toBe(8 * PAGE_BYTES + 1);
    const after = os1.counters;
    expect([after.earlyReleases, after.pagesMoved]).toEqual([1, 0]);
    expect([after.pageOuts - before.pageOuts, after.pageIns - before.pageIns]).toEqual([REGION_PAGES, 1]);
  });

  test('[0372] the manager finds the region without user and does not wait', async () => {
    const { engine, os1, os2 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    os1.replica.memory.load32(LENT);
    const events = eventsNote(engine, ['use', 'takeOver']);
    touchRegions(engine, os2, [3]);
    expect(events).toEqual(['use OS2 3']);
    expect(os2.counters).toMatchObject({ takeOvers: 0, ioWaitNs: 0 });
  });

  test('S603 (ours): the old user does not get back what it released early', async () => {
    const { engine, os1 } = await machineMake(build, { when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    os1.replica.memory.load32(LENT);
    os1.replica.memory.fill(0, 4 * REGION_BYTES, 9); // needs more frames than it manages
    expect(thrownBy(() => os1.touch(3 * REGION_BYTES))).toMatchObject({ code: 'ACCESS_REFUSED' });
    expect(engine.inspect().regions[3]!.user).toBeNull();
  });

  test('sampled: a page counts once between two sweeps, and what lies idle is judged by the sweeps', async () => {
    const { engine, os1 } = await machineMake(build, {
      counting: 'sampled',
      period: 1_000,
      sweep: 1_000,
      when: { statistic: 'accessesPerPeriod', comparison: '<=', constant: 1 },
    });
    const { memory } = os1.replica;
    const dueNs = engine.dueNs!;
    for (let count = 0; count < 3; count += 1) for (const page of [12, 13]) memory.load32(page * PAGE_BYTES);
    expect(figuresOf(os1).accesses).toBe(2);
    engine.advance(dueNs); // two pages in the period: it stays
    expect(engine.inspect().regions[3]!.user).toBe('OS1');
    expect(engine.advance(dueNs + 2_000)).toBe(2); // none since
    expect(engine.inspect().regions[3]!.user).toBeNull();
    expect(os1.counters.earlyReleases).toBe(1);
  });
});
