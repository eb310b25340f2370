/**
 * What the other ways of moving memory may grow with: requests by list, declarations that change more than the right, release conditions, sweeps.
 * Counted as in bounds.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  FLAG_CAPACITY_NOW,
  FLAG_EVACUATE,
  FLAG_READ_ONLY,
  SLOT_BY_POLICY,
  SUMMARY_STATISTICS,
  WATCH_EXACT,
  WATCH_SAMPLED,
} from '../../assembly/shared/layout.ts';
import { BoundsEngine, type BoundsOptions, type Work } from './bounds-engine.ts';
import { atTimes, expectLinear, expectSame, isCovered } from './bounds-growth.ts';

const ALL_MODES = FLAG_CAPACITY_NOW | FLAG_EVACUATE | FLAG_READ_ONLY;
const GIVEN = 128;
const MOVED = 8;

interface Setup extends BoundsOptions {
  /** Pages that the giver stores to. */
  readonly pages?: number;
  readonly forks?: number;
  readonly given?: number;
}

/** A VM with data and replicas, and another one. */
function setUp({ pages = 0, forks = 0, given = GIVEN, ...options }: Setup): {
  engine: BoundsEngine;
  giver: number;
  replica: number;
  receiver: number;
} {
  const engine = new BoundsEngine(options);
  const { vm: giver, replica } = engine.vm(given);
  const { vm: receiver } = engine.vm(2);
  engine.fill(replica, pages);
  engine.fork(replica, forks);
  return { engine, giver, replica, receiver };
}

describe.skipIf(isCovered)('granting by list', () => {
  /** The giver holds regions 0 to given - 1; every third one of them moves, in descending order. */
  function grantedByList(moved: number, setup: Setup = {}): Work {
    const { engine, giver, receiver } = setUp(setup);
    engine.pick(Array.from({ length: moved }, (_, place) => (moved - 1 - place) * 3));
    return engine.work(() => {
      engine.reduceList(giver, moved);
      engine.expandList(receiver, moved);
    });
  }

  test('does not grow with pages, replicas or the pool', () => {
    expectSame(atTimes(120, (pages) => grantedByList(MOVED, { pages })));
    expectSame(atTimes(1, (forks) => grantedByList(MOVED, { pages: 512, forks, columnPages: 32 * 16384 })));
    expectSame(atTimes(160, (regions) => grantedByList(MOVED, { regions, regionPages: 1, given: 100 })));
  });

  test('touches no page', () => {
    const { objects, copies, nodes, processors } = grantedByList(40, { pages: 2048, forks: 4, columnPages: 5 * 16384 });
    expect({ objects, copies, nodes, processors }).toEqual({ objects: 0, copies: 0, nodes: 0, processors: 0 });
  });

  test('grows with the regions of the list', () => {
    // so many that the receiver's map has the same levels each time
    expectLinear(atTimes(80, (moved) => grantedByList(moved, { regions: 4096, regionPages: 2, given: 4000 })));
  });
});

describe.skipIf(isCovered)('declaring, by a VM that is watched, with all that a declaration may change', () => {
  function declared(setup: Setup, moved = MOVED): Work {
    const { engine, giver } = setUp({ summaries: SUMMARY_STATISTICS, ...setup });
    engine.watch(giver, WATCH_EXACT);
    return engine.work(() => engine.reduce(giver, moved, SLOT_BY_POLICY, ALL_MODES));
  }

  test('does not grow with pages, nor with the translations that are cached', () => {
    expectSame(atTimes(120, (pages) => declared({ pages })));
    expectSame(atTimes(120, (pages) => declared({ pages, columnPages: 16384 })));
  });

  test('touches no page', () => {
    const { objects, copies, nodes } = declared({ pages: 2048, forks: 4, columnPages: 5 * 16384 });
    expect({ objects, copies, nodes }).toEqual({ objects: 0, copies: 0, nodes: 0 });
  });

  test('grows with the processors, by the same number of steps each', () => {
    const works = atTimes(1, (forks) => declared({ pages: 512, forks, columnPages: 32 * 16384 }));
    const [one, two, sixteen] = works.map((work) => work.steps) as [number, number, number];
    expect(two).toBeGreaterThan(one);
    expect(sixteen - one).toBe(15 * (two - one));
  });

  test('grows with the regions', () => {
    expectLinear(atTimes(64, (moved) => declared({ regions: 4096, regionPages: 2, given: 2048 }, moved)));
  });
});

describe.skipIf(isCovered)('an access to a resident page', () => {
  const PAGES = 64;
  const MANAGED_PAGE = 3;
  const BORROWED_PAGE = 60;

  /** The second access to a page, neither of them to the newest one. */
  function accessed(mode: number | null, page: number, access: 'load' | 'store', columnPages: number): Work {
    const { engine, giver, replica } = setUp({ pages: PAGES, given: PAGES / 16, columnPages, summaries: SUMMARY_STATISTICS });
    engine.reduce(giver, 2);
    if (mode !== null) engine.watch(giver, mode);
    for (const each of [page, MANAGED_PAGE + 1, BORROWED_PAGE + 1]) engine[access](replica, each);
    return engine.work(() => engine[access](replica, page));
  }

  const CACHED = 16384;

  test.each(['load', 'store'] as const)('%s: with a sampled condition the same steps as with none', (access) => {
    for (const page of [MANAGED_PAGE, BORROWED_PAGE]) {
      expect(accessed(WATCH_SAMPLED, page, access, CACHED)).toEqual(accessed(null, page, access, CACHED));
    }
  });

  test.each(['load', 'store'] as const)('%s: an exact condition costs steps, in borrowed regions only', (access) => {
    const [none, exact] = [null, WATCH_EXACT].map((mode) => accessed(mode, BORROWED_PAGE, access, CACHED)) as [Work, Work];
    expect(exact.steps).toBeGreaterThan(none.steps);
    expect(accessed(WATCH_EXACT, MANAGED_PAGE, access, CACHED)).toEqual(accessed(null, MANAGED_PAGE, access, CACHED));
  });

  test.each(['load', 'store'] as const)(
    '%s: where no translation is cached, a sampled condition costs a look at the page, and the way to it once more',
    (access) => {
      const lookSteps = 12;
      const walkSteps = 12; // what nobody watches walks the page table once
      for (const page of [MANAGED_PAGE, BORROWED_PAGE]) {
        const [none, sampled] = [null, WATCH_SAMPLED].map((mode) => accessed(mode, page, access, 0)) as [Work, Work];
        expect(sampled.steps - none.steps).toBeLessThanOrEqual(lookSteps + walkSteps);
      }
    },
  );
});

describe.skipIf(isCovered)('a sweep', () => {
  function swept(borrowed: number, { regions = 512, ...setup }: Setup = {}): Work {
    const { engine, giver } = setUp({ regions, summaries: SUMMARY_STATISTICS, given: borrowed + 4, ...setup });
    for (let slot = 0; slot < borrowed + 4; slot++) engine.expect(engine.exports.rightsTouch(giver, slot));
    engine.reduce(giver, borrowed);
    engine.watch(giver, WATCH_SAMPLED);
    return engine.work(() => expect(engine.exports.vmSweep(giver, 1)).toBe(0));
  }

  test('grows with the regions that the VM holds', () => {
    expectLinear(atTimes(16, (borrowed) => swept(borrowed)));
  });

  test('does not grow with pages, nor with the pool', () => {
    expectSame(atTimes(20, (pages) => swept(MOVED, { pages })));
    expectSame(atTimes(200, (regions) => swept(MOVED, { regions, regionPages: 1 })));
  });
});
