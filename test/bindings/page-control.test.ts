// The control information of pages ([0146-0148]): flags, references, and what the region they are in is to their VM.
import { expect, test } from 'vitest';
import type { PageRow } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES } from '../support/engines.ts';
import { borrowing, REGION_PAGES, timedEngine } from '../support/rights.ts';

const pick = (rows: Iterable<PageRow>, ...fields: readonly (keyof PageRow)[]): unknown[] =>
  [...rows].map((row) => fields.map((field) => row[field]));

test('[0147] dirty, swap-cached, locked, discardable', async () => {
  const engine = await timedEngine({ regions: 4 });
  const { replica } = engine.createVm({ memory: REGION_BYTES });
  for (let page = 0; page < REGION_PAGES + 1; page += 1) replica.memory.store8(page * PAGE_BYTES, 1);
  replica.memory.load8(0); // page 1 goes out for it
  replica.advise(2 * PAGE_BYTES, PAGE_BYTES, 'locked');
  replica.advise(3 * PAGE_BYTES, PAGE_BYTES, 'discardable');
  expect(pick(engine.pages(replica), 'page', 'state', 'dirty', 'swapCached', 'locked', 'discardable')).toEqual([
    [0, 'resident', false, true, false, false],
    [1, 'out', false, false, false, false],
    [2, 'resident', true, false, true, false],
    [3, 'resident', true, false, false, true],
    [4, 'resident', true, false, false, false],
  ]);
  replica.memory.store8(0, 2);
  expect(pick(engine.pages(replica, { to: 1 }), 'dirty', 'swapCached')).toEqual([[true, false]]);
});

test('[0147] referenced: kept where eviction goes by it', async () => {
  const engine = await timedEngine({ regions: 4 });
  const clock = engine.createVm({ memory: REGION_BYTES, eviction: 'clock' }).replica;
  for (let page = 0; page < REGION_PAGES + 1; page += 1) clock.memory.store8(page * PAGE_BYTES, 1);
  expect(pick(engine.pages(clock), 'page', 'referenced')).toEqual([
    [0, null], // out
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ]);
  clock.memory.load8(2 * PAGE_BYTES);
  expect(pick(engine.pages(clock, { from: 2, to: 3 }), 'referenced')).toEqual([[true]]);
  const lru = engine.createVm({ memory: REGION_BYTES }).replica;
  lru.memory.store8(0, 1);
  expect(pick(engine.pages(lru), 'referenced')).toEqual([[null]]);
});

test('[0146] the reference count', async () => {
  const engine = await timedEngine({ regions: 4 });
  const { replica } = engine.createVm({ memory: 2 * REGION_BYTES });
  replica.memory.store8(0, 1);
  replica.memory.store8(PAGE_BYTES, 1);
  expect(pick(engine.pages(replica), 'references', 'shared')).toEqual([
    [1, false],
    [1, false],
  ]);
  const second = replica.fork();
  second.memory.store8(0, 2); // its own table from now on
  expect(pick(engine.pages(replica), 'references', 'shared')).toEqual([
    [1, false],
    [2, true],
  ]);
  replica.protect(5 * PAGE_BYTES, PAGE_BYTES, 'read');
  expect(pick(engine.pages(replica, { from: 5 }), 'state', 'references', 'region', 'zone')).toEqual([['untouched', 0, null, null]]);
});

test('[0148] the zone: regions that the VM manages, uses only, or must leave at an access', async () => {
  const { engine, a } = await borrowing(0);
  a.reduce({ from: REGION_BYTES, bytes: REGION_BYTES });
  a.reduce({ from: 2 * REGION_BYTES, bytes: REGION_BYTES }, { declaration: { access: 'evacuate' } });
  a.reduce({ from: 3 * REGION_BYTES, bytes: REGION_BYTES }, { declaration: { access: 'readOnly' } });
  const zones = [...engine.pages(a.replica)].filter(({ page }) => page % REGION_PAGES === 0);
  expect(pick(zones, 'page', 'region', 'zone')).toEqual([
    [0, 0, 'managed'],
    [4, 1, 'borrowed'],
    [8, 2, 'evacuation'],
    [12, 3, 'readOnly'],
  ]);
  expect([...engine.pages(a.replica)].map(({ frame, region }) => Math.floor(frame! / REGION_PAGES) === region)).not.toContain(false);
});
