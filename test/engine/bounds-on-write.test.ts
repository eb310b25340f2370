/** What a store that is compared may grow with: the bytes it writes. Counted as in bounds.test.ts. */
import { describe, expect, test } from 'vitest';
import * as layout from '../../assembly/shared/layout.ts';
import { BoundsEngine, type Work } from './bounds-engine.ts';
import { atTimes, expectSame, isCovered } from './bounds-growth.ts';

const PAGE = 5;

interface Setup {
  readonly pageKib?: number;
  /** Replicas in step, each with an area of its own at PAGE. */
  readonly areas?: number;
  /** Pages that all of them share. */
  readonly mapped?: number;
  readonly columnPages?: number;
}

/** Replicas in step, all different at PAGE, whose stores are compared. */
function apart({ pageKib = 4, areas = 2, mapped = 64, columnPages = 0 }: Setup): { engine: BoundsEngine; all: readonly number[] } {
  const options = { regions: 300, regionPages: 64, slots: 0, replicas: 300, nodes: 4096, features: layout.FEATURE_KNOWN };
  const engine = new BoundsEngine({ ...options, pageKib, columnPages });
  const { vm, replica } = engine.vm(300);
  engine.fill(replica, mapped);
  const all = [replica, ...Array.from({ length: areas - 1 }, () => engine.fork(replica))];
  for (const each of all) engine.expect(engine.exports.replicaStep(each, 1));
  engine.expect(engine.exports.vmComparePolicy(vm, layout.TRIGGER_ANY, layout.KEEP_TARGET, layout.COMPARE_AFTER_COPY));
  all.forEach((each, index) => engine.store(each, PAGE, 1000 + index));
  return { engine, all };
}

/** A store that neither copies nor merges: the page is known already. */
function stored(setup: Setup): Work {
  const { engine, all } = apart(setup);
  const work = engine.work(() => engine.store(all[0]!, PAGE, 77));
  expect(work.objectsTaken).toBe(0);
  return work;
}

/** A store that makes the page equal to that of another replica. */
function merged(setup: Setup): Work {
  const { engine, all } = apart(setup);
  const work = engine.work(() => engine.store(all[0]!, PAGE, 1001));
  expect(work.objectsTaken).toBe(-1);
  return work;
}

/** So many areas of a page are looked at one after the other; more are found by their contents. */
const FEW = 8;
const AREA_STEPS_MOST = 8;

describe.skipIf(isCovered)('a store that is compared', () => {
  test('does not grow with the page size', () => {
    for (const columnPages of [0, 65536]) expectSame([1, 4, 16].map((pageKib) => stored({ pageKib, columnPages })));
  });

  test('does not grow with the pages mapped, nor with replicas that share theirs', () => {
    expectSame(atTimes(512, (mapped) => stored({ mapped })));
  });

  test('does not grow with the areas of its page beyond a few', () => {
    const [two, ...more] = [2, 16, 32, 256].map((areas) => stored({ areas })) as [Work, ...Work[]];
    for (const { steps } of more) expect(steps - two.steps).toBeLessThanOrEqual(2 * FEW * AREA_STEPS_MOST);
    expect(more[2]!.steps).toBe(more[1]!.steps);
  });

  test('reads no other page where hashes differ', () => {
    const { copies, nodes, objects } = stored({ areas: 6 });
    expect({ copies, nodes, objects }).toEqual({ copies: 0, nodes: 0, objects: 0 });
  });

  test('that merges looks at the two pages once, whatever the number of areas', () => {
    const works = [2, 6, 32].map((areas) => merged({ areas }));
    for (const { copies, nodes } of works) expect([copies, nodes]).toEqual([1, 0]);
  });

  test('merges with what any number of replicas share in the same number of steps', () => {
    const joined = (sharers: number): Work => {
      const { engine, all } = apart({});
      for (let i = 0; i < sharers; i++) engine.fork(all[1]!);
      return engine.work(() => engine.store(all[0]!, PAGE, 1001));
    };
    expectSame(atTimes(2, joined));
  });
});
