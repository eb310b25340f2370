// Release by moving first: pages of a region that is released go to free frames that their VM manages, the rest to swap.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES, thrownBy } from '../support/engines.ts';
import { borrowing, contentWrong, eventsOf, REGION_PAGES, stateOf, WRITE_NS } from '../support/rights.ts';

const AT = 3 * REGION_BYTES;

let engine: Engine;
let a: Vm;
let b: Vm;
beforeEach(async () => {
  ({ engine, a, b } = await borrowing(1, { release: 'moveFirst' }));
  b.expand(REGION_BYTES);
});

/** Pages that a no longer needs: frames it manages become free. */
const free = (pages: number): void => a.replica.advise(0, pages * PAGE_BYTES, 'unused');
/** How long the new manager waits for region 3. */
function takeOverNs(): number {
  const before = b.timeNs;
  b.touch(REGION_BYTES);
  return b.timeNs - before;
}

test('with room for all of them nothing is written and nobody waits', () => {
  free(REGION_PAGES);
  const events = eventsOf(engine, 'move', 'pageOut');
  expect(takeOverNs()).toBe(0);
  expect(a.counters).toMatchObject({ pagesMoved: REGION_PAGES, pageOuts: 0 });
  expect(events.map((event) => [event.type, event.page])).toEqual(
    Array.from({ length: REGION_PAGES }, (_, page) => ['move', AT / PAGE_BYTES + page]),
  );
  expect(events[0]).toMatchObject({ vm: a, fromRegion: 3, toRegion: 0 });
  expect([...engine.pages(a.replica, { from: AT / PAGE_BYTES })].every(({ zone }) => zone === 'managed')).toBe(true);
  expect(contentWrong(a, 4 * REGION_PAGES).filter((page) => page >= REGION_PAGES)).toEqual([]);
  engine.validate();
});

test('with room for some, ascending by frame; the others go out', () => {
  free(2);
  const change = engine.inspect().changes[0]!;
  expect(takeOverNs()).toBe(2 * WRITE_NS);
  expect(a.counters).toMatchObject({ pagesMoved: 2, pageOuts: 2 });
  expect([...engine.pages(a.replica, { from: AT / PAGE_BYTES })].map(({ state }) => state)).toEqual(['resident', 'resident', 'out', 'out']);
  expect(change.regions).toBe(1);
  engine.validate();
});

test('locked pages come first', () => {
  free(1);
  a.replica.advise(AT + 3 * PAGE_BYTES, PAGE_BYTES, 'locked');
  takeOverNs();
  expect([...engine.pages(a.replica, { from: AT / PAGE_BYTES })].map(({ state }) => state)).toEqual(['out', 'out', 'out', 'resident']);
});

test('pages that nobody would miss do not move: all zero, or discardable', () => {
  free(REGION_PAGES);
  a.replica.memory.fill(AT, PAGE_BYTES, 0);
  a.replica.advise(AT + PAGE_BYTES, PAGE_BYTES, 'discardable');
  expect(takeOverNs()).toBe(0);
  expect(a.counters).toMatchObject({ pagesMoved: 2, pageOuts: 0 });
});

test('without room all go out, as without the option', () => {
  expect(takeOverNs()).toBe(REGION_PAGES * WRITE_NS);
  expect(a.counters).toMatchObject({ pagesMoved: 0, pageOuts: REGION_PAGES });
});

test('an early release moves first too', () => {
  free(REGION_PAGES);
  a.releaseEarly({ when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
  const { timeNs } = a;
  expect(a.replica.memory.load32(AT)).toBe(AT / PAGE_BYTES + 1);
  expect(a.timeNs, 'the access finds its page where it went').toBe(timeNs + 1);
  expect(a.counters).toMatchObject({ earlyReleases: 1, pagesMoved: REGION_PAGES, pageOuts: 0, pageIns: 0 });
});

describe('the option', () => {
  test('is off by default, and can be changed at any time', async () => {
    const other = await borrowing(1);
    expect(other.a.release).toBe('pageOut');
    other.a.releaseBy('moveFirst');
    expect(other.a.release).toBe('moveFirst');
    expect(other.engine.inspect().vms.map(({ release }) => release)).toEqual(['moveFirst', 'pageOut']);
    a.releaseBy('pageOut');
    free(REGION_PAGES);
    expect(takeOverNs()).toBe(REGION_PAGES * WRITE_NS);
    expect(a.counters.pagesMoved).toBe(0);
  });

  test.each([['movefirst'], [''], [null], [true], ['toString']])('%j is refused', (way) => {
    const state = stateOf(engine);
    expect(thrownBy(() => a.releaseBy(way as never))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'release' } });
    expect(thrownBy(() => engine.createVm({ memory: REGION_BYTES, release: way as never }))).toSatisfy(
      (error: { code: string }) => error.code === 'INVALID_OPTION',
    );
    expect(stateOf(engine)).toBe(state);
  });

  test('a VM that ended', () => {
    a.dispose();
    expect(thrownBy(() => a.releaseBy('moveFirst'))).toMatchObject({ code: 'DISPOSED' });
    expect(thrownBy(() => a.release)).toMatchObject({ code: 'DISPOSED' });
  });
});
