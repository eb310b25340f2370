/**
 * Comparisons, also on write, scans and what has changed, in address spaces so wide that page tables have three levels, with pages at the edges of their nodes:
 * the random machine has small ones, page by page.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildOf } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { EngineSubject, rawOptions } from './engine-subject.ts';
import { stepBoth } from './machine.ts';
import { ModelSubject } from './model-subject.ts';
import type { Operation } from './operation.ts';
import { SEEK_ORDER_DEFAULT } from './world.ts';

const NODE_PAGES = 64;
const LEVEL_PAGES = NODE_PAGES * NODE_PAGES;
const SPACE_PAGES = LEVEL_PAGES + NODE_PAGES + 1;
const PAGES = [0, 1, NODE_PAGES - 1, NODE_PAGES, 2 * NODE_PAGES + 5, LEVEL_PAGES - 1, LEVEL_PAGES, LEVEL_PAGES + NODE_PAGES] as const;
const REPLICAS = 3;
const WORLD = {
  regions: 6,
  regionPages: 4,
  slots: 40,
  accessNs: 1,
  readNs: 100,
  writeNs: 30,
  queue: 1,
  expand: 'lowest',
} as const;

const replica = fc.nat(REPLICAS - 1);
/** The last one is a snapshot. */
const holder = fc.nat(REPLICAS);
const page = fc.constantFrom(...PAGES);

/** Mostly stores of few values, so that contents are often equal again. */
function operation(pageBytes: number): fc.Arbitrary<Operation> {
  const store = fc
    .record({ replica, page, byte: fc.constantFrom(null, 1, 1, 2) })
    .map((drawn): Operation => ({ op: 'store', replica: drawn.replica, address: drawn.page * pageBytes, width: 4, byte: drawn.byte }));
  const restore = fc.record({ replica, from: holder }).map((drawn): Operation => ({ op: 'restore', ...drawn }));
  const unused = fc.record({ replica, page }).map((drawn): Operation => ({ op: 'advise', ...drawn, pages: 1, advice: 'unused' }));
  const difference = fc.record({ from: fc.oneof(page, fc.constant(SPACE_PAGES)) }).map((drawn): Operation => {
    return { op: 'difference', vm: 0, from: drawn.from };
  });
  const changed = fc
    .record({ a: holder, b: fc.option(holder), from: page })
    .map((drawn): Operation => ({ op: 'changed', ...drawn, most: 1024 }));
  const compareBy = fc.record({
    trigger: fc.constantFrom('any' as const, 'never' as const),
    keep: fc.constantFrom('target' as const, 'basic' as const),
  });
  const policy = compareBy.map((drawn): Operation => ({
    op: 'compareBy',
    vm: 0,
    merge: 'equal',
    afterCopy: true,
    retries: false,
    ...drawn,
  }));
  const counted = fc.constantFrom<Operation>({ op: 'scan', vm: 0 }, { op: 'scan', vm: 0 }, { op: 'sharing', vm: 0 });
  return fc.oneof(
    { weight: 3, arbitrary: changed },
    { weight: 2, arbitrary: policy },
    { weight: 3, arbitrary: counted },
    { weight: 12, arbitrary: store },
    { weight: 1, arbitrary: restore },
    { weight: 2, arbitrary: unused },
    { weight: 3, arbitrary: difference },
    { weight: 3, arbitrary: fc.constant<Operation>({ op: 'compare', vm: 0 }) },
  );
}

const SETUP: readonly Operation[] = [
  {
    op: 'vmCreate',
    regions: WORLD.regions,
    bestEffort: false,
    spacePages: SPACE_PAGES,
    eviction: 'lru',
    seek: SEEK_ORDER_DEFAULT,
    evictBatch: 1,
  },
  ...Array.from({ length: REPLICAS - 1 }, (): Operation => ({ op: 'fork', replica: 0 })),
  ...Array.from({ length: REPLICAS }, (_, index): Operation => ({ op: 'step', replica: index, isInStep: true })),
  { op: 'snapshot', replica: 0 },
];

describe('comparisons of page tables of three levels', () => {
  test('the compiled engine does what the plain model does', () => {
    const build = buildOf('release-shared');
    const raw = new RawEngine(build);
    const seen = new Set<string>();
    const property = fc.property(fc.array(operation(build.pageBytes), { minLength: 16, maxLength: 36, size: 'max' }), (operations) => {
      const model = new ModelSubject({ ...WORLD, pageBytes: build.pageBytes });
      const engine = new EngineSubject(raw, rawOptions(WORLD, 'linear', 0));
      for (const each of [...SETUP, ...operations, { op: 'compare', vm: 0 } as const]) stepBoth(engine, model, each);
      for (const what of model.world.seen.keys()) seen.add(what);
    });
    fc.assert(property, { numRuns: 15 });
    expect([...seen]).toEqual(expect.arrayContaining(['merged into a resident area', 'merged into none', 'merged on write, target kept']));
  });
});
