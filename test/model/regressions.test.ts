/** Sequences on which model and engine once disagreed, made as short as random testing could. Each stays, on every build. */
import { describe, it } from 'vitest';
import { builds } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { EngineSubject, rawOptions } from './engine-subject.ts';
import type { Condition } from './judgement.ts';
import { stepBoth } from './machine.ts';
import { ModelSubject } from './model-subject.ts';
import type { Operation } from './operation.ts';
import { COMPARE_POLICY_DEFAULT, SEEK_ORDER_DEFAULT, type ComparePolicy, type SeekClass } from './world.ts';

interface Regression {
  readonly name: string;
  readonly regions: number;
  readonly regionPages: number;
  /** Absent: linear. */
  readonly store?: 'host';
  readonly operations: (pageBytes: number) => readonly Operation[];
}

const SPACE_PAGES = 5;

function create(regions: number, seek: readonly SeekClass[] = SEEK_ORDER_DEFAULT): Operation {
  return { op: 'vmCreate', regions, bestEffort: false, spacePages: SPACE_PAGES, eviction: 'lru', seek, evictBatch: 1 };
}

function reduce(vm: number, regions: number, options: { eager?: boolean; firstSlot?: number; requestNs?: number } = {}): Operation {
  const { eager = false, firstSlot, requestNs = 0 } = options;
  return { op: 'reduce', vm, regions, firstSlot, bestEffort: false, eager, requestNs };
}

function expand(vm: number, regions: number): Operation {
  return { op: 'expand', vm, regions, bestEffort: false, requestNs: 0, grantNs: 0 };
}

function store(replica: number, address: number, width: 1 | 2 | 4 | 8 = 1): Operation {
  return { op: 'store', replica, address, width, byte: 19 };
}

function watch(vm: number, mode: 'exact' | 'sampled', condition: Omit<Condition, 'perBorrowedRegion'>): Operation {
  return { op: 'watch', vm, mode, periodNs: 0, conditions: [{ ...condition, perBorrowedRegion: 0 }], judge: null };
}

function compareBy(vm: number, policy: Partial<ComparePolicy>): Operation {
  return { op: 'compareBy', vm, ...COMPARE_POLICY_DEFAULT, ...policy };
}

const REGRESSIONS: readonly Regression[] = [
  {
    name: 'a fault that finds no frame leaves the page untouched: later it is not shared by a fork',
    regions: 4,
    regionPages: 1,
    operations: (page) => [
      create(2, ['managed', 'evict']),
      store(0, 4 * page),
      expand(0, 2),
      { op: 'fork', replica: 0 },
      { op: 'touch', vm: 0, slot: 0 },
      store(0, 4 * page),
    ],
  },
  {
    name: 'while the first page of a crossing access is brought in, the second is no victim',
    regions: 2,
    regionPages: 1,
    operations: (page) => [create(2), store(0, page), store(0, 2 * page), store(0, page - 1, 2)],
  },
  {
    name: 'an expansion superseded by an eager reduction is so at the grant, not at the request',
    regions: 8,
    regionPages: 1,
    operations: (page) => [
      create(6),
      create(2),
      reduce(0, 2),
      expand(1, 2),
      store(1, page),
      { op: 'load', replica: 1, address: 0, width: 1 },
      store(1, 3 * page - 3, 2),
      reduce(1, 2, { eager: true, requestNs: 3 }),
    ],
  },
  {
    name: 'a cancelled reduction counts no page-outs any more',
    regions: 3,
    regionPages: 2,
    operations: (page) => [
      create(1),
      create(1),
      expand(0, 1),
      { op: 'fill', replica: 0, address: 0, length: page, byte: 1 },
      reduce(0, 1, { firstSlot: 0, requestNs: 1 }),
      create(1),
      { op: 'cancel', change: 1 },
      { op: 'load', replica: 2, address: 0, width: 1 },
    ],
  },
  {
    name: 'after an expansion is cancelled, cancelling the reduction that paid for it gives the memory back',
    regions: 10,
    regionPages: 1,
    operations: () => [
      create(3),
      create(5),
      { op: 'touch', vm: 1, slot: 3 },
      reduce(1, 2),
      expand(0, 2),
      { op: 'cancel', change: 1 },
      { op: 'cancel', change: 0 },
    ],
  },
  {
    name: 'a page that is locked has been seen: the next access to it is not counted as a sample',
    regions: 4,
    regionPages: 2,
    operations: () => [
      create(2),
      watch(0, 'sampled', { statistic: 'accesses', comparison: '>=', constant: 1 }),
      store(0, 0),
      reduce(0, 1, { firstSlot: 0 }),
      { op: 'advise', replica: 0, page: 0, pages: 1, advice: 'locked' },
      store(0, 0),
    ],
  },
  {
    name: 'an early release that is cut short after it forgot the accessed page of zeros leaves nothing to evacuate',
    regions: 4,
    regionPages: 2,
    store: 'host',
    operations: (page) => [
      create(2),
      watch(0, 'exact', { statistic: 'accesses', comparison: '>=', constant: 1 }),
      { op: 'load', replica: 0, address: 0, width: 1 },
      { op: 'fill', replica: 0, address: page, length: 3 * page, byte: 1 },
      { op: 'advise', replica: 0, page: 3, pages: 1, advice: 'unused' },
      { ...reduce(0, 1, { firstSlot: 0 }), modes: ['evacuate'] },
      { op: 'failWrites', after: 0 },
      { op: 'load', replica: 0, address: 0, width: 1 },
    ],
  },
  {
    name: 'a hash kept up to date word by word is that of the whole page',
    regions: 3,
    regionPages: 2,
    operations: (page) => [
      create(3),
      { op: 'step', replica: 0, isInStep: true },
      compareBy(0, { trigger: 'any' }),
      { op: 'store', replica: 0, address: page - 4, width: 4, byte: 0xe0 },
      { op: 'store', replica: 0, address: 0, width: 4, byte: 0xc4 },
      { op: 'store', replica: 0, address: page >> 1, width: 8, byte: 0xf0 },
      { op: 'fill', replica: 0, address: 8, length: 243, byte: 0xee },
      { op: 'scrub', vm: 0 },
    ],
  },
  {
    name: 'which of two equal areas is kept is decided before they are one',
    regions: 3,
    regionPages: 8,
    operations: (page) => [
      create(3),
      store(0, 3 * page),
      { op: 'fork', replica: 0 },
      { op: 'fork', replica: 0 },
      ...[0, 1, 2].map((replica): Operation => ({ op: 'step', replica, isInStep: true })),
      compareBy(0, { trigger: 'any', keep: 'basic', afterCopy: false }),
      ...[2, 1, 2, 0].map((replica): Operation => ({ op: 'fill', replica, address: 3 * page, length: page, byte: 1 })),
    ],
  },
  {
    name: 'a page that was copied is known, also when the store then fails at its second page',
    regions: 7,
    regionPages: 1,
    operations: (page) => [
      create(4, ['managed', 'userless']),
      { op: 'fill', replica: 0, address: 0, length: 3 * page, byte: 1 },
      { op: 'fork', replica: 0 },
      { op: 'step', replica: 0, isInStep: true },
      compareBy(0, { trigger: 'copy' }),
      store(0, page - 1, 2),
      { op: 'fill', replica: 0, address: 0, length: page, byte: 1 },
    ],
  },
];

describe.each(builds)('sequences that once went wrong, on $name', (build) => {
  const raw = new RawEngine(build);

  it.each(REGRESSIONS)('$name', ({ regions, regionPages, store, operations }: Regression) => {
    const timing = { slots: 9, accessNs: 1, readNs: 90, writeNs: 25, queue: 1, expand: 'lowest' as const };
    const model = new ModelSubject({ ...timing, regions, regionPages, pageBytes: build.pageBytes });
    const engine = new EngineSubject(raw, rawOptions({ ...timing, regions, regionPages }, store ?? 'linear', 64));
    for (const operation of operations(build.pageBytes)) stepBoth(engine, model, operation);
  });
});
