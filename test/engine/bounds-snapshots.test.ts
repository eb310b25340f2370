/** What snapshots, going back to them, and asking what has changed since may grow with: what was written since. Counted as in bounds.test.ts. */
import { describe, expect, test } from 'vitest';
import * as layout from '../../assembly/shared/layout.ts';
import { BoundsEngine, type Work } from './bounds-engine.ts';
import { atTimes, expectLinear, expectSame, isCovered } from './bounds-growth.ts';

const SPACE_PAGES = 16384;
const OPTIONS = { regions: 330, regionPages: 64, slots: 0, columnPages: 2 * SPACE_PAGES, nodes: 8192 };

/** `mapped` pages, of which `written` are stored to once a snapshot is taken. */
function withSnapshot(mapped: number, written: number, stride = 1): { engine: BoundsEngine; replica: number; saved: number } {
  const engine = new BoundsEngine(OPTIONS);
  const { replica } = engine.vm(330, SPACE_PAGES);
  engine.fill(replica, mapped);
  const saved = engine.handle(engine.exports.replicaSnapshot(replica));
  engine.fill(replica, written, 0, stride);
  return { engine, replica, saved };
}

describe.skipIf(isCovered)('a snapshot', () => {
  test('is taken in the same number of steps whatever is mapped, and takes neither node nor page object', () => {
    const works = atTimes(1000, (mapped) => {
      const { engine, replica } = withSnapshot(mapped, 10);
      return engine.work(() => engine.handle(engine.exports.replicaSnapshot(replica)));
    });
    expectSame(works);
    const { nodesTaken, objectsTaken, copies } = works[0];
    expect({ nodesTaken, objectsTaken, copies }).toEqual({ nodesTaken: 0, objectsTaken: 0, copies: 0 });
  });

  test('is restored in steps that grow with the pages written since', () => {
    const restored = (written: number, stride = 1): Work => {
      const { engine, replica, saved } = withSnapshot(SPACE_PAGES, written, stride);
      return engine.work(() => engine.expect(engine.exports.replicaRestore(replica, saved)));
    };
    expectLinear(atTimes(64, restored));
    expectLinear(atTimes(16, (written) => restored(written, 64)));
  });

  test('is dropped in steps that grow with the pages that only it holds', () => {
    const dropped = (mapped: number, written: number): Work => {
      const { engine, saved } = withSnapshot(mapped, written);
      return engine.work(() => engine.expect(engine.exports.replicaDispose(saved)));
    };
    expectLinear(atTimes(64, (written) => dropped(SPACE_PAGES, written)));
    expectSame(atTimes(1000, (mapped) => dropped(mapped, 0)));
  });
});

describe.skipIf(isCovered)('what has changed since a snapshot', () => {
  function changed(mapped: number, written: number, stride = 1): Work {
    const { engine, replica, saved } = withSnapshot(mapped, written, stride);
    return engine.work(() => {
      expect(engine.exports.replicaChanged(replica, saved, 0, layout.PAGE_LIST_MOST)).toBe(Math.min(written, layout.PAGE_LIST_MOST));
    });
  }

  test('is found in steps that grow with the pages that differ', () => {
    expectLinear(atTimes(64, (written) => changed(SPACE_PAGES, written)));
    expectLinear(atTimes(16, (written) => changed(SPACE_PAGES, written, 64)));
  });

  test('does not grow with the pages mapped', () => {
    expectSame([1024, 8192, SPACE_PAGES].map((mapped) => changed(mapped, 100)));
    for (const { steps } of atTimes(1000, (mapped) => changed(mapped, 0))) expect(steps).toBeLessThan(16);
  });
});

const FORKS = 10_000;
const PAGES_EACH = 16;
/** A page of its own for each fork, far from the others. */
const STRIDE = SPACE_PAGES / PAGES_EACH;
const FORK_BYTES_MOST = 1024;
const PAGE_BYTES_MOST = 600;
const NODE_WHOLE_BYTES = layout.NODE_BYTES + 8; // with its count, and its word for walks
const FORK_RECORD_BYTES = layout.REPLICA_BYTES + layout.PROCESSOR_BYTES + layout.SWEEP_WORDS * 4;

describe.skipIf(isCovered)('memory of forks', () => {
  test('10,000 that each write 16 scattered pages: 1 KiB a fork and 600 bytes a page', () => {
    // pages of 1 KiB, so that what is counted beside the frames has the space
    const pages = FORKS * PAGES_EACH;
    const nodes = 24 * FORKS;
    const engine = new BoundsEngine({
      regions: 2560,
      regionPages: 64,
      slots: 0,
      replicas: FORKS + 1,
      nodes,
      pageObjects: pages + 64,
      pageKib: 1,
    });
    const { replica } = engine.vm(2560, SPACE_PAGES);
    engine.fill(replica, PAGES_EACH, 0, STRIDE);
    const { nodesTaken, objectsTaken } = engine.work(() => {
      for (let i = 0; i < FORKS; i++) engine.fill(engine.fork(replica), PAGES_EACH, 0, STRIDE);
    });
    expect(objectsTaken).toBe(pages);
    const bytes = nodesTaken * NODE_WHOLE_BYTES + objectsTaken * layout.OBJECT_BYTES + FORKS * FORK_RECORD_BYTES;
    expect(bytes).toBeLessThanOrEqual(FORKS * FORK_BYTES_MOST + pages * PAGE_BYTES_MOST);
    expect(engine.exports.engineValidate()).toBe(0);
  });
});
