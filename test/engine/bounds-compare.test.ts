/** What a comparison of replicas in step may grow with: what the replicas do not share. Counted as in bounds.test.ts. */
import { describe, expect, test } from 'vitest';
import * as layout from '../../assembly/shared/layout.ts';
import { BoundsEngine, type BoundsOptions, type Work } from './bounds-engine.ts';
import { atTimes, expectLinear, expectSame, isCovered } from './bounds-growth.ts';

const REGION_PAGES = 64;
const SPACE_PAGES = 16384;

interface Setup extends BoundsOptions {
  /** Pages stored to before the forks: all share them. */
  readonly mapped?: number;
  /** Also so many pages below each lowest node. */
  readonly mappedBelowEach?: number;
  /** Replicas in all, all in step. */
  readonly replicas?: number;
  /** Pages that every replica then stores the same to; and how far they lie apart. */
  readonly written?: number;
  readonly stride?: number;
  /** Replicas that store something else. */
  readonly deviators?: number;
}

/** A VM with replicas in step, which share all but what they have written since. */
function replicasInStep({ mapped = 0, mappedBelowEach = 0, replicas = 2, written = 0, stride = 1, deviators = 0, ...options }: Setup): {
  engine: BoundsEngine;
  vm: number;
  all: readonly number[];
} {
  const engine = new BoundsEngine({ regions: 400, regionPages: REGION_PAGES, slots: 0, replicas: replicas + 32, ...options });
  const { vm, replica } = engine.vm(400, SPACE_PAGES);
  engine.fill(replica, mapped);
  for (let first = 0; first < SPACE_PAGES; first += layout.NODE_ENTRIES) engine.fill(replica, mappedBelowEach, first);
  const all = [replica, ...Array.from({ length: replicas - 1 }, () => engine.fork(replica))];
  for (const each of all) engine.expect(engine.exports.replicaStep(each, 1));
  all.forEach((each, index) => {
    for (let i = 0; i < written; i++) engine.store(each, i * stride, 1 + i + (index < deviators ? 1000 : 0));
  });
  return { engine, vm, all };
}

/** Pages compared, areas merged, pages different. */
function countsOf(engine: BoundsEngine): number[] {
  return [layout.CB_SWEEP_COMPARED, layout.CB_SWEEP_MERGED, layout.CB_SWEEP_DIFFERENT].map((offset) => engine.word(offset));
}

function compared(setup: Setup): Work {
  const { engine, vm } = replicasInStep(setup);
  const work = engine.work(() => engine.expect(engine.exports.vmCompare(vm)));
  const { written = 0, replicas = 2 } = setup;
  expect(countsOf(engine)).toEqual([written, written * (replicas - 1), 0]);
  return work;
}

describe.skipIf(isCovered)('comparing replicas in step', () => {
  test('does not grow with the pages that they share', () => {
    // all pages below two of the lowest nodes are written; of each node not on the way more and more is mapped, until all is
    const written = 2 * layout.NODE_ENTRIES;
    expectSame(atTimes(layout.NODE_ENTRIES / 16, (mappedBelowEach) => compared({ mappedBelowEach, written })));
  });

  test('does not grow with the pages mapped, but for the entries of the nodes on the way', () => {
    const works = atTimes(1024, (mapped) => compared({ mapped, written: 100 }));
    // 100 pages in a row: two leaves, one node above them, the root
    const entriesMost = 4 * layout.NODE_ENTRIES;
    const stepsAnEntry = 4;
    for (const { steps } of works) expect(Math.abs(steps - works[0].steps)).toBeLessThanOrEqual(entriesMost * stepsAnEntry);
    for (const { copies, objectsTaken } of works) expect([copies, objectsTaken]).toEqual([works[0].copies, -100]);
  });

  test('grows with the pages written since, and no further', () => {
    expectLinear(atTimes(64, (written) => compared({ mapped: SPACE_PAGES, written, replicas: 2 })));
    expectLinear(atTimes(16, (written) => compared({ mapped: SPACE_PAGES, written, stride: 64 })));
  });

  test('costs next to nothing for page tables that are equal: forks, whatever is mapped', () => {
    const works = atTimes(1000, (mapped) => compared({ mapped }));
    expectSame(works);
    const { objects, nodes, copies } = works[0];
    expect({ objects, nodes, copies }).toEqual({ objects: 0, nodes: 0, copies: 0 });
    expect(works[0].steps).toBeLessThan(64);
  });

  test('grows with the forks by a few steps each', () => {
    const works = atTimes(2, (replicas) => compared({ mapped: 4096, replicas }));
    expectLinear(works);
    const [one, , sixteen] = works;
    const stepsMost = 32;
    expect((sixteen.steps - one.steps) / 30).toBeLessThan(stepsMost);
  });

  /** A second comparison with nothing written in between. */
  function comparedAgain(setup: Setup): Work {
    const { engine, vm } = replicasInStep(setup);
    engine.expect(engine.exports.vmCompare(vm));
    const work = engine.work(() => engine.expect(engine.exports.vmCompare(vm)));
    expect(countsOf(engine)).toEqual([0, 0, 0]);
    return work;
  }

  test('a second time, with nothing written, touches nothing, whatever was written and merged before', () => {
    const works = atTimes(100, (written) => comparedAgain({ mapped: 4096, written, replicas: 3 }));
    expectSame(works);
    const { objects, nodes, copies, nodesTaken, objectsTaken } = works[0];
    expect({ objects, nodes, copies, nodesTaken, objectsTaken }).toEqual({
      objects: 0,
      nodes: 0,
      copies: 0,
      nodesTaken: 0,
      objectsTaken: 0,
    });
    expect(works[0].steps).toBe(compared({ mapped: 4096, replicas: 3 }).steps); // as forks that never wrote
  });

  test('gives back what was taken since the fork: page objects, and nodes', () => {
    const { engine, vm, all } = replicasInStep({ mapped: 4096 });
    const taken = engine.work(() => {
      for (const replica of all) engine.fill(replica, 200);
    });
    const given = engine.work(() => engine.expect(engine.exports.vmCompare(vm)));
    expect(taken.objectsTaken).toBe(200);
    expect([given.objectsTaken, given.nodesTaken]).toEqual([-taken.objectsTaken, -taken.nodesTaken]);
  });

  test('takes neither nodes nor page objects where nothing can merge', () => {
    const { engine, vm } = replicasInStep({ mapped: 4096, written: 50, deviators: 1 });
    const { nodesTaken, objectsTaken } = engine.work(() => engine.expect(engine.exports.vmCompare(vm)));
    expect(countsOf(engine)).toEqual([50, 0, 50]);
    expect([nodesTaken, objectsTaken]).toEqual([0, 0]);
  });
});

describe.skipIf(isCovered)('looking for the first difference', () => {
  function searched(mapped: number, written = 50): Work {
    const { engine, vm } = replicasInStep({ mapped, written, deviators: 1 });
    return engine.work(() => expect(engine.exports.vmDifference(vm, written)).toBe(0));
  }

  test('does not grow with the pages that are shared', () => {
    expectSame(atTimes(1024, (mapped) => searched(mapped)));
  });

  test('takes next to nothing between forks', () => {
    const works = atTimes(1000, (mapped) => searched(mapped, 0));
    expectSame(works);
    expect(works[0].steps).toBeLessThan(64);
  });
});
