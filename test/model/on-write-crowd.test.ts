/**
 * Comparison on write with so many areas at one page that they are found in another way than few are (paging/known.ts: a ring takes eight): the random machine
 * has seven replicas at most.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildOf } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { EngineSubject, rawOptions } from './engine-subject.ts';
import { stepBoth } from './machine.ts';
import { ModelSubject } from './model-subject.ts';
import type { Operation } from './operation.ts';
import { SEEK_ORDER_DEFAULT } from './world.ts';

const REPLICAS = 14;
const SPACE_PAGES = 3;
const WORLD = { regions: 9, regionPages: 4, slots: 60, accessNs: 1, readNs: 100, writeNs: 30, queue: 1, expand: 'lowest' } as const;

const replica = fc.nat(REPLICAS - 1);
const page = fc.nat(SPACE_PAGES - 1);

const policy = fc
  .record({ afterCopy: fc.boolean(), keep: fc.constantFrom('target' as const, 'corresponding' as const, 'basic' as const) })
  .map((drawn): Operation => ({ op: 'compareBy', vm: 0, trigger: 'any', merge: 'equal', retries: false, ...drawn }));

/** Mostly stores of values of their own, so that there are many areas; then of few. */
function operation(pageBytes: number): fc.Arbitrary<Operation> {
  const byte = fc.oneof(fc.nat(30), fc.constantFrom(null, 1, 1, 2));
  const store = fc.record({ replica, page, byte, offset: fc.constantFrom(0, 4, pageBytes - 4) }).map((drawn): Operation => ({
    op: 'store',
    replica: drawn.replica,
    address: drawn.page * pageBytes + drawn.offset,
    width: 4,
    byte: drawn.byte,
  }));
  const unused = fc.record({ replica, page }).map((drawn): Operation => ({ op: 'advise', ...drawn, pages: 1, advice: 'unused' }));
  const restore = fc.record({ replica, from: replica }).map((drawn): Operation => ({ op: 'restore', ...drawn }));
  return fc.oneof(
    { weight: 20, arbitrary: store },
    { weight: 2, arbitrary: unused },
    { weight: 1, arbitrary: restore },
    { weight: 1, arbitrary: fc.constant<Operation>({ op: 'compare', vm: 0 }) },
    { weight: 1, arbitrary: policy },
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
];

/** All replicas store what nobody else does: more areas than a ring takes. */
function apart(pageBytes: number): Operation[] {
  return Array.from({ length: REPLICAS }, (_, index): Operation => ({
    op: 'store',
    replica: index,
    address: pageBytes,
    width: 4,
    byte: 40 + index,
  }));
}

test('the compiled engine does what the plain model does, with many areas', () => {
  const build = buildOf('debug');
  const raw = new RawEngine(build);
  const seen = new Set<string>();
  const operations = fc.array(operation(build.pageBytes), { minLength: 30, maxLength: 60, size: 'max' });
  const property = fc.property(policy, operations, (first, rest) => {
    const model = new ModelSubject({ ...WORLD, pageBytes: build.pageBytes });
    const engine = new EngineSubject(raw, rawOptions(WORLD, 'linear', 64));
    for (const each of [...SETUP, first, ...apart(build.pageBytes), ...rest]) stepBoth(engine, model, each);
    for (const what of model.world.seen.keys()) seen.add(what);
  });
  fc.assert(property, { numRuns: 12 });
  expect([...seen]).toEqual(expect.arrayContaining(['merged on write, basic kept', 'zeros compared on write']));
});
