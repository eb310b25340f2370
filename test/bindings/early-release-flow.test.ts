// Fig. 15 step by step, through the public API.
import { expect, test } from 'vitest';
import { PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { borrowing, contentWrong, eventsOf, READ_NS, REGION_PAGES, rightsOf, timedEngine, useAll, WRITE_NS } from '../support/rights.ts';

const FIRST_BORROWED = 3 * REGION_PAGES; // page of region 3, with one region given up
const never = { statistic: 'accesses', comparison: '<', constant: 0 } as const;
const atOnce = { statistic: 'accessesSince', comparison: '>=', constant: 1 } as const;

test('Fig. 15 S617: what the VM manages is neither counted nor judged', async () => {
  const { engine, a } = await borrowing(0, { earlyRelease: { when: atOnce } });
  for (let page = 0; page < 4 * REGION_PAGES; page += 1) a.replica.memory.load32(page * PAGE_BYTES);
  expect(a.accessFigures()).toEqual([]);
  expect(a.counters.earlyReleases).toBe(0);
  expect(rightsOf(engine)[2]).toBe('user     a    b  -');
});

test('Fig. 15 S611: accesses to a region that it uses and does not manage are counted, with nobody managing it and with another manager', async () => {
  const { a, b } = await borrowing(1, { earlyRelease: { when: never } });
  const load = (): number => a.replica.memory.load32(FIRST_BORROWED * PAGE_BYTES);
  load();
  load();
  expect(a.accessFigures()).toMatchObject([{ region: 3, accesses: 2, bytes: 8 }]);
  b.expand(REGION_BYTES);
  load();
  expect(a.accessFigures()).toMatchObject([{ region: 3, accesses: 3, bytes: 12 }]);
});

test('Fig. 15 S612: a condition that does not hold leaves everything as it is', async () => {
  const { engine, a } = await borrowing(1, { earlyRelease: { when: { statistic: 'accesses', comparison: '>', constant: 3 } } });
  for (let access = 0; access < 3; access += 1) a.replica.memory.load32(FIRST_BORROWED * PAGE_BYTES);
  expect(rightsOf(engine)).toEqual(['region   0-2  3  4  5-11', 'manager  a    -  b  -', 'user     a    a  b  -']);
  expect(a.counters).toMatchObject({ earlyReleases: 0, pageOuts: 0, pageIns: 0 });
  a.replica.memory.load32(FIRST_BORROWED * PAGE_BYTES);
  expect(rightsOf(engine)[2]).toBe('user     a    -  b  -');
});

test.each(shipped)('Fig. 15 S613-S615: the region is released, page-outs and all, on $name', async (build) => {
  const engine = await timedEngine({ regions: 6 }, build);
  const a = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES, earlyRelease: { when: atOnce } });
  useAll(a);
  const change = a.reduce(REGION_BYTES);
  const events = eventsOf(engine, 'earlyRelease', 'release', 'follow');
  const before = a.timeNs;
  a.replica.memory.load32(FIRST_BORROWED * PAGE_BYTES);
  expect(rightsOf(engine)[2]).toBe('user     a    -');
  expect(a.counters).toMatchObject({ earlyReleases: 1, earlyReleasesFailed: 0, pageOuts: REGION_PAGES + 1 }); // and one that made room for the page again
  expect(change).toMatchObject({ state: 'settled', pageOutsAfterGrant: REGION_PAGES });
  expect(events.map(({ type }) => type)).toEqual(['follow', 'release', 'earlyRelease']);
  expect(events.at(-1)).toMatchObject({
    type: 'earlyRelease',
    vm: a,
    region: 3,
    pagesWritten: REGION_PAGES,
    cause: 'access',
    timeNs: before + 1,
  });
  engine.validate();
});

test('Fig. 15 S616: the access that caused it is made again, and completes on the page that went out', async () => {
  const { engine, a } = await borrowing(1, { earlyRelease: { when: atOnce } });
  const { faults, pageIns } = a.counters;
  const before = a.timeNs;
  expect(a.replica.memory.load32((FIRST_BORROWED + 1) * PAGE_BYTES)).toBe(FIRST_BORROWED + 2);
  expect(a.counters.faults).toBe(faults + 1);
  expect(a.counters.pageIns).toBe(pageIns + 1);
  expect([...engine.pages(a.replica, { from: FIRST_BORROWED })].map(({ state, zone }) => [state, zone])).toEqual([
    ['out', null],
    ['resident', 'managed'],
    ['out', null],
    ['out', null],
  ]);
  // the access, the region's page-outs, the one that made room, and the page-in
  expect(a.timeNs).toBe(before + 1 + REGION_PAGES * WRITE_NS + WRITE_NS + READ_NS);
  expect(contentWrong(a, 4 * REGION_PAGES)).toEqual([]);
  engine.validate();
});

test('Fig. 15 S616: a store that caused it is not lost', async () => {
  const { a } = await borrowing(1, { earlyRelease: { when: atOnce } });
  a.replica.memory.store32((FIRST_BORROWED + 2) * PAGE_BYTES, 77);
  expect(a.replica.memory.load32((FIRST_BORROWED + 2) * PAGE_BYTES)).toBe(77);
});

test('[0372]: the new manager finds the region free, and waits for nothing', async () => {
  const waits: number[] = [];
  for (const earlyRelease of [undefined, { when: atOnce }]) {
    const { engine, a, b } = await borrowing(1, earlyRelease === undefined ? {} : { earlyRelease });
    b.expand(REGION_BYTES);
    a.replica.memory.load32(FIRST_BORROWED * PAGE_BYTES);
    const before = b.timeNs;
    b.replica.memory.store32(REGION_BYTES, 1);
    waits.push(b.timeNs - before - 1);
    expect(rightsOf(engine)[2]).toBe('user     a    b    -');
    expect(b.counters.takeOvers).toBe(earlyRelease === undefined ? 1 : 0);
  }
  expect(waits).toEqual([REGION_PAGES * WRITE_NS, 0]);
});

test('a release that fails leaves the VM using the region, and the access succeeds', async () => {
  const { engine, a, b } = await borrowing(1, { earlyRelease: { when: atOnce }, engine: { swap: { size: 2 * PAGE_BYTES } } });
  b.expand(REGION_BYTES);
  expect(a.replica.memory.load32((FIRST_BORROWED + 3) * PAGE_BYTES)).toBe(FIRST_BORROWED + 4);
  expect(a.counters).toMatchObject({ earlyReleases: 0, earlyReleasesFailed: 1, pageOuts: 2 });
  expect(rightsOf(engine)[2]).toBe('user     a    a  b  -');
  expect(engine.inspect().vms[0]).toMatchObject({ residentPages: 4 * REGION_PAGES - 2 });
  engine.validate();
});
