// Sweeps on the virtual clock judge idle regions too; engine.advance() carries them out.
import { describe, expect, test } from 'vitest';
import { REGION_BYTES, thrownBy } from '../support/engines.ts';
import { borrowing, eventsOf, READ_NS, REGION_PAGES, rightsOf, WRITE_NS } from '../support/rights.ts';

const SWEEP_NS = 1000;
const waited = (constant: number) => ({ statistic: 'timeSinceNs', comparison: '>=', constant }) as const;
const never = { statistic: 'accesses', comparison: '<', constant: 0 } as const;

describe('when', () => {
  test('every `sweep` from the moment the condition was set, in order of time', async () => {
    const { engine, a, b } = await borrowing(1);
    expect(engine.dueNs).toBe(null);
    const startNs = engine.virtualNs;
    a.releaseEarly({ when: never, sweep: 3000 });
    b.releaseEarly({ when: never, sweep: '4us' });
    expect(engine.dueNs).toBe(startNs + 3000);
    expect(engine.advance(startNs + 2999)).toBe(0);
    expect(engine.advance(startNs + 3000)).toBe(1);
    expect(engine.dueNs).toBe(startNs + 4000);
    expect(engine.advance(startNs + 12000)).toBe(6); // 4, 6, 8, 9, 12, 12 us
    expect(engine.dueNs).toBe(startNs + 15000);
    expect(engine.virtualNs, 'no clock moves').toBe(startNs);
  });

  test('advance() alone goes up to the latest clock of all VMs', async () => {
    const { engine, a, b } = await borrowing(1, { earlyRelease: { when: waited(1), sweep: SWEEP_NS } });
    for (let access = 0; access < 2500; access += 1) b.replica.memory.load8(0); // a's clock is ahead of b's by 12
    const behindNs = engine.virtualNs;
    expect(behindNs).toBe(b.timeNs);
    expect(engine.advance()).toBe(Math.floor(behindNs / SWEEP_NS));
    expect(a.counters.earlyReleases).toBe(1);
  });

  test('no condition, no sweeps; and none of a VM that ended', async () => {
    const { engine, a, b } = await borrowing(1, { earlyRelease: { when: never, sweep: SWEEP_NS } });
    a.releaseEarly(null);
    expect(engine.dueNs).toBe(null);
    expect(engine.advance('1ms')).toBe(0);
    b.releaseEarly({ when: never, sweep: SWEEP_NS });
    expect(engine.dueNs).not.toBe(null);
    b.releaseEarly({ when: never });
    expect(engine.dueNs).toBe(null);
    b.releaseEarly({ when: never, sweep: SWEEP_NS });
    b.dispose();
    expect(engine.dueNs).toBe(null);
  });

  test.each([['a week'], [-1], [Number.NaN], [null], ['5 parsecs'], [0.5]])('until %j is refused', async (until) => {
    const { engine } = await borrowing(0);
    expect(thrownBy(() => engine.advance(until as never))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'until' } });
  });

  test('an engine that ended', async () => {
    const { engine } = await borrowing(0);
    engine.dispose();
    expect(thrownBy(() => engine.advance())).toMatchObject({ code: 'DISPOSED' });
    expect(thrownBy(() => engine.dueNs)).toMatchObject({ code: 'DISPOSED' });
  });
});

describe('what', () => {
  test('[0360] a period of grace: idle regions are released once it is over', async () => {
    const { engine, a, b } = await borrowing(2, { earlyRelease: { when: waited(2.5 * SWEEP_NS), sweep: SWEEP_NS } });
    b.expand(REGION_BYTES);
    const events = eventsOf(engine, 'earlyRelease');
    const dueNs = engine.dueNs!;
    engine.advance(dueNs + SWEEP_NS);
    expect(a.counters.earlyReleases).toBe(0);
    engine.advance(dueNs + 2 * SWEEP_NS);
    expect(a.counters).toMatchObject({ earlyReleases: 2, pageOuts: 2 * REGION_PAGES });
    expect(events).toMatchObject([
      { region: 2, pagesWritten: REGION_PAGES, cause: 'sweep', timeNs: dueNs + 2 * SWEEP_NS },
      { region: 3, pagesWritten: REGION_PAGES, cause: 'sweep', timeNs: dueNs + 2 * SWEEP_NS },
    ]);
    expect(rightsOf(engine)[2]).toBe('user     a    -  -  b  -');
    engine.validate();
  });

  test('no clock waits for it: the writes are under way while the VMs go on', async () => {
    const { engine, a } = await borrowing(1, { earlyRelease: { when: waited(0), sweep: SWEEP_NS } });
    const dueNs = engine.dueNs!;
    const clocks = engine.vms.map(({ timeNs }) => timeNs);
    engine.advance(dueNs);
    expect(engine.vms.map(({ timeNs }) => timeNs)).toEqual(clocks);
    expect(a.counters.ioWaitNs).toBe(0);
    // the next access to a page that went out waits for its turn at the device: four writes issued at the sweep, one that makes room
    a.replica.memory.load32(3 * REGION_BYTES);
    expect(a.timeNs).toBe(dueNs + REGION_PAGES * WRITE_NS + WRITE_NS + READ_NS);
  });

  test('a release that fails counts; the sweep goes on', async () => {
    const { engine, a } = await borrowing(2, { engine: { swap: { size: REGION_BYTES / 2 } } });
    a.replica.memory.fill(3 * REGION_BYTES, REGION_BYTES, 0); // region 3 goes without a write
    a.releaseEarly({ when: waited(0), sweep: SWEEP_NS });
    engine.advance(engine.dueNs!);
    expect(a.counters).toMatchObject({ earlyReleases: 1, earlyReleasesFailed: 1, pageOuts: 2 });
    expect(a.accessFigures().map(({ region }) => region)).toEqual([2]);
    engine.validate();
  });

  test('regions that are still accessed stay', async () => {
    const when = { statistic: 'accessesPerPeriod', comparison: '<', constant: 2 } as const;
    const { engine, a } = await borrowing(2, { earlyRelease: { period: SWEEP_NS, when, sweep: SWEEP_NS } });
    for (let access = 0; access < 5; access += 1) a.replica.memory.load32(3 * REGION_BYTES);
    engine.advance(engine.dueNs! + SWEEP_NS);
    expect(
      a.accessFigures().map(({ region }) => region),
      'region 3 until its accesses are a period old',
    ).toEqual([3]);
    engine.advance(engine.dueNs!);
    expect(a.accessFigures()).toEqual([]);
  });
});
