/**
 * What each operation may grow with, and what not, checked by counting: the same operation with n, 2n and 16n of the thing it must not depend on takes
 * the same number of steps. A step is a block of compiled code that ran.
 */
import { describe, expect, test } from 'vitest';
import { NODE_BYTES, NODE_ENTRIES, OBJECT_BYTES, PROCESSOR_BYTES, REPLICA_BYTES } from '../../assembly/shared/layout.ts';
import { BoundsEngine, type BoundsOptions, type Work } from './bounds-engine.ts';
import { atTimes, expectLinear, expectSame, isCovered } from './bounds-growth.ts';

const WORD_BYTES = 4;
/** A node with its count and its mark for engineValidate. */
const NODE_WHOLE_BYTES = NODE_BYTES + 2 * WORD_BYTES;

describe.skipIf(isCovered)('granting a management right', () => {
  interface Setup extends BoundsOptions {
    /** Pages that the giver stores to, and how far they lie apart. */
    readonly pages?: number;
    readonly forks?: number;
    readonly moved?: number;
    readonly given?: number;
  }

  /** `moved` regions go from one VM to another. */
  function granted({ pages = 0, forks = 0, moved = 8, given = 128, ...options }: Setup): Work {
    const engine = new BoundsEngine(options);
    const giver = engine.vm(given);
    const receiver = engine.vm(2);
    engine.fill(giver.replica, pages);
    engine.fork(giver.replica, forks);
    return engine.work(() => {
      engine.reduce(giver.vm, moved);
      engine.expand(receiver.vm, moved);
    });
  }

  test('does not grow with the pages in the regions', () => {
    // the moved regions are the last 8 of 128: filled to 1, 2 and 16 pages of 16 each
    const filled = (inLast: number): Work => granted({ pages: 120 * 16 + 8 * inLast });
    expectSame(atTimes(1, filled));
  });

  test('does not grow with the bytes that the giver uses', () => {
    expectSame(atTimes(120, (pages) => granted({ pages })));
  });

  test('does not grow with replicas', () => {
    expectSame(atTimes(1, (forks) => granted({ pages: 512, forks })));
    expectSame(atTimes(1, (forks) => granted({ pages: 512, forks, columnPages: 32 * 16384 })));
  });

  test('does not grow with other VMs, nor with swap in use', () => {
    const withVms = (others: number): Work => {
      const engine = new BoundsEngine({ vms: 32 });
      const giver = engine.vm(64);
      const receiver = engine.vm(2);
      for (let i = 0; i < others; i++) engine.vm(2);
      return engine.work(() => {
        engine.reduce(giver.vm, 8);
        engine.expand(receiver.vm, 8);
      });
    };
    expectSame(atTimes(1, withVms));
    // 2,048 frames of the giver; what is more goes out
    expectSame(atTimes(50, (out) => granted({ pages: 2048 + out })));
  });

  test('does not grow with the pool, given as many levels of its map', () => {
    expectSame(atTimes(160, (regions) => granted({ regions, regionPages: 1, given: 100 })));
  });

  test('touches no page', () => {
    const { objects, copies, nodes, processors } = granted({ pages: 2048, forks: 4, columnPages: 5 * 16384, moved: 64 });
    expect({ objects, copies, nodes, processors }).toEqual({ objects: 0, copies: 0, nodes: 0, processors: 0 });
  });

  test('grows with the regions moved, in runs by a few steps each', () => {
    const works = atTimes(64, (moved) => granted({ regions: 4096, regionPages: 2, given: 2048, moved }));
    expectLinear(works);
    const [one, , sixteen] = works;
    const stepsMost = 10; // given up and granted
    expect((sixteen.steps - one.steps) / (15 * 64)).toBeLessThan(stepsMost);
  });

  test('grows with the regions moved, where they are scattered', () => {
    /** Every other region is the receiver's already. */
    const scattered = (moved: number): Work => {
      const engine = new BoundsEngine({ regions: 4096, regionPages: 2, changes: 2100 });
      const giver = engine.vm(2 * 1024 + 2);
      const between = engine.vm(2);
      const receiver = engine.vm(2);
      for (let slot = 0; slot < 2 * 1024; slot += 2) engine.reduce(giver.vm, 1, slot);
      engine.expand(between.vm, 1024);
      for (let slot = 1; slot < 2 * moved; slot += 2) engine.reduce(giver.vm, 1, slot);
      return engine.work(() => engine.expand(receiver.vm, moved));
    };
    expectLinear(atTimes(64, scattered));
  });
});

describe.skipIf(isCovered)('one page with many replicas that share it', () => {
  const PAGES = 16;

  /** A VM of 16 frames whose 16 pages `sharers` replicas share; the first page is the oldest. */
  function shared(sharers: number, columnPages = 0): { engine: BoundsEngine; replica: number; vm: number } {
    const engine = new BoundsEngine({ regions: 3, regionPages: 16, columnPages });
    const { vm, replica } = engine.vm(1, 64);
    engine.fill(replica, PAGES);
    engine.fork(replica, sharers);
    return { engine, replica, vm };
  }

  /** The first page goes out, shared; something else comes in its place. */
  function pageOut(sharers: number): Work {
    const { engine, replica } = shared(sharers);
    return engine.work(() => engine.load(replica, PAGES));
  }

  function pageIn(sharers: number): Work {
    const { engine, replica } = shared(sharers);
    engine.load(replica, PAGES); // page 0 goes out
    return engine.work(() => engine.load(replica, 0)); // page 1 goes out for it
  }

  function unshare(sharers: number): Work {
    const engine = new BoundsEngine({ regions: 4, regionPages: 16 });
    const { replica } = engine.vm(2, 64);
    engine.fill(replica, PAGES);
    engine.fork(replica, sharers);
    return engine.work(() => engine.store(replica, 3));
  }

  /** The region with all the pages is handed over: each goes out once. */
  function takeOver(sharers: number): Work {
    const { engine, vm } = shared(sharers);
    engine.expand(vm, 1);
    const other = engine.vm(1, 64);
    engine.reduce(vm, 1, 0);
    engine.expand(other.vm, 1);
    return engine.work(() => engine.expect(engine.exports.rightsTouch(other.vm, 1)));
  }

  test('goes out in the same number of steps', () => expectSame(atTimes(1, pageOut)));
  test('comes in in the same number of steps', () => expectSame(atTimes(1, pageIn)));
  test('becomes one replica’s own in the same number of steps', () => expectSame(atTimes(1, unshare)));
  test('is released with its region in the same number of steps', () => {
    const works = atTimes(1, takeOver);
    expectSame(works);
    expect(works[0].copies).toBe(PAGES);
  });

  test('goes out in steps that grow with the processors that have cached it, and no further', () => {
    const works = atTimes(1, (forks) => {
      const { engine, replica } = shared(forks, 32 * 64);
      return engine.work(() => engine.load(replica, PAGES));
    });
    expect(works.map((work) => work.processors)).toEqual([2, 3, 17]);
    const [one, two, sixteen] = works.map((work) => work.steps) as [number, number, number];
    expect(sixteen - one).toBe(15 * (two - one));
  });

  test('is evicted in the same number of steps however many others are resident', () => {
    const resident = (pages: number): Work => {
      const engine = new BoundsEngine({ regions: 64, regionPages: 16 });
      const { replica } = engine.vm(pages / 16, 4096);
      engine.fill(replica, pages);
      return engine.work(() => engine.load(replica, pages));
    };
    expectSame(atTimes(64, resident));
  });
});

describe.skipIf(isCovered)('fork', () => {
  const forked = (pages: number, columnPages = 0): Work => {
    const engine = new BoundsEngine({ regions: 256, regionPages: 64, columnPages });
    const { replica } = engine.vm(256, 16384);
    engine.fill(replica, pages);
    return engine.work(() => engine.fork(replica));
  };

  test('does not grow with the pages mapped', () => expectSame(atTimes(1000, (pages) => forked(pages))));
  test('does not grow with the translations cached', () => expectSame(atTimes(1000, (pages) => forked(pages, 2 * 16384))));

  test('takes no node and no page object', () => {
    const { nodes, objects, copies, nodesTaken, objectsTaken } = forked(1000);
    expect({ nodes, objects, copies, nodesTaken, objectsTaken }).toEqual({
      nodes: 0,
      objects: 0,
      copies: 0,
      nodesTaken: 0,
      objectsTaken: 0,
    });
  });

  test('does not grow with the replicas there are', () => {
    const another = (forks: number): Work => {
      const engine = new BoundsEngine({ replicas: 64 });
      const { replica } = engine.vm(16);
      engine.fill(replica, 16);
      engine.fork(replica, forks);
      return engine.work(() => engine.fork(replica));
    };
    expectSame(atTimes(2, another));
  });
});

describe.skipIf(isCovered)('restore', () => {
  /** Of `mapped` pages `written` have been stored to since the fork. */
  function restored(mapped: number, written: number, stride = 1): Work {
    const engine = new BoundsEngine({ regions: 330, regionPages: 64, slots: 0, columnPages: 2 * 16384 });
    const { replica } = engine.vm(330, 16384);
    engine.fill(replica, mapped);
    const saved = engine.fork(replica);
    engine.fill(replica, written, 0, stride);
    return engine.work(() => engine.expect(engine.exports.replicaRestore(replica, saved)));
  }

  test('does not grow with the pages mapped, but for the entries of the nodes on the way', () => {
    const [one, two, sixteen] = atTimes(1024, (mapped) => restored(mapped, 100));
    // 100 pages in a row: two leaves, one node above them, the root
    const entriesMost = 4 * NODE_ENTRIES;
    const stepsAnEntry = 8;
    expect(two.steps - one.steps).toBeLessThanOrEqual(entriesMost * stepsAnEntry);
    expect(sixteen.steps - one.steps).toBeLessThanOrEqual(entriesMost * stepsAnEntry);
    for (const { nodes, objectsTaken } of [one, two, sixteen]) {
      expect(nodes).toBe(one.nodes);
      expect(objectsTaken).toBe(-100);
    }
    // the same again: growth stops where the nodes are full
    expect(restored(16384, 100).steps).toBe(sixteen.steps);
  });

  test('grows with the pages written', () => {
    expectLinear(atTimes(64, (written) => restored(16384, written)));
    expectLinear(atTimes(16, (written) => restored(16384, written, 64)));
  });

  test('takes hardly a step when nothing was written', () => {
    expectSame(atTimes(1000, (mapped) => restored(mapped, 0)));
    expect(restored(16000, 0).steps).toBeLessThan(16);
  });
});

describe.skipIf(isCovered)('memory beside the frames', () => {
  const books = (options: BoundsOptions): number => new BoundsEngine(options).bookBytes;

  test.each([64, 256])('at most 61 bytes a frame, with regions of %i pages', (regionPages) => {
    const plain = { regionPages, slots: 0 };
    const [few, many] = [4096, 65536].map((frames) => books({ ...plain, regions: frames / regionPages })) as [number, number];
    expect((many - few) / (65536 - 4096)).toBeLessThanOrEqual(61);
  });

  test('at most 48 bytes a page in swap', () => {
    const [few, many] = [4096, 65536].map((slots) => books({ slots })) as [number, number];
    expect((many - few) / (65536 - 4096)).toBeLessThanOrEqual(48);
  });

  test('8 bytes a page of address space and processor', () => {
    const [none, some] = [0, 65536].map((columnPages) => books({ columnPages })) as [number, number];
    expect((some - none) / 65536).toBeLessThanOrEqual(8);
  });

  test('a fork: at most 1 KiB with its record, whatever is mapped', () => {
    const [few, many] = [32, 1056].map((replicas) => books({ replicas, nodes: 1024 })) as [number, number];
    const recordsBytes = (many - few) / 1024;
    expect(recordsBytes).toBeGreaterThanOrEqual(REPLICA_BYTES + PROCESSOR_BYTES);
    const engine = new BoundsEngine({ regions: 256, regionPages: 64 });
    const { replica } = engine.vm(256);
    engine.fill(replica, 10_000);
    expect(recordsBytes + bytesTaken(engine.work(() => engine.fork(replica)))).toBeLessThanOrEqual(1024);
  });

  /** Nodes and page objects, in bytes. */
  function bytesTaken({ nodesTaken, objectsTaken }: Work): number {
    return nodesTaken * NODE_WHOLE_BYTES + objectsTaken * OBJECT_BYTES;
  }

  /** Of a forked address space, the bytes for `pages` pages that differ, `stride` apart. */
  function differing(addressSpacePages: number, pages: number, stride: number): Work {
    const engine = new BoundsEngine({ regions: 128, regionPages: 64, slots: 0, nodes: 8192 });
    const { replica } = engine.vm(128, addressSpacePages);
    engine.fill(replica, pages, 0, stride);
    const fork = engine.fork(replica);
    return engine.work(() => engine.fill(fork, pages, 0, stride));
  }

  const FORK_BYTES = 1024;
  const GIB_PAGES = 2 ** 18;

  test('a page that differs and whose neighbours differ too: at most 64 bytes', () => {
    for (const pages of [64, 128, 1024]) {
      expect(bytesTaken(differing(GIB_PAGES, pages, 1)) - FORK_BYTES).toBeLessThanOrEqual(64 * pages);
    }
  });

  test.each([
    [16384, 60, 256],
    [GIB_PAGES, 64, 4096],
  ])('a page that stands alone in %i pages: at most 600 bytes', (addressSpacePages, pages, stride) => {
    for (const some of [1, 2, pages]) {
      expect(bytesTaken(differing(addressSpacePages, some, stride)) - FORK_BYTES).toBeLessThanOrEqual(600 * some);
    }
  });

  test('a page that stands alone in 4 GiB: at most 860 bytes', () => {
    for (const pages of [1, 2, 4, 64, 256]) {
      expect(bytesTaken(differing(4 * GIB_PAGES, pages, 4096)) - FORK_BYTES).toBeLessThanOrEqual(860 * pages);
    }
  });
});

describe.skipIf(isCovered)('making a change', () => {
  test('does not grow with the changes that have not settled', () => {
    const another = (open: number): Work => {
      const engine = new BoundsEngine({ regions: 4096, regionPages: 2, changes: 48 });
      const { vm } = engine.vm(64);
      for (let i = 0; i < open; i++) engine.expand(vm, 1);
      for (let i = open; i < 48; i++) engine.expand(vm, 0); // settled at once: every record has been used
      return engine.work(() => engine.expand(vm, 0));
    };
    expectSame(atTimes(2, another));
  });
});
