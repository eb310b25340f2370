// What does an engine keep beside the frames: by frame, by slot of swap, by page of address space; and what does a fork cost?
import { layout } from './support/built.mjs';
import { most } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';

const REGION_PAGES = 64;
const FEW = 4096;
const MANY = 65536;
const WORD_BYTES = 4;
/** A node with its count and its mark for engineValidate. */
const NODE_WHOLE_BYTES = layout.NODE_BYTES + 2 * WORD_BYTES;
const FORK_BYTES = 1024;
/** Many forks of 64 MiB, each of which writes a few pages far apart. */
const FORKS = 10_000;
const FORKED_PAGES = 16384;
const FORK_WRITES = 16;
const FORK_WRITE_BYTES = 600;

/** @param {import('./support/raw-engine.mjs').RawOptions} options */
const bookBytes = (options) => new RawEngine(options).number(layout.CB_BOOK_BYTES);

/** How many bytes of books one more of something takes. @param {(amount: number) => number} bytesWith */
const growth = (bytesWith) => (bytesWith(MANY) - bytesWith(FEW)) / (MANY - FEW);

/** @param {string} what @param {number} ours @param {number | null} value @returns {import('./support/figure.mjs').Figure} */
function figure(what, ours, value) {
  return { what, ours, reference: null, ratio: null, bound: value === null ? null : most(value) };
}

/** Bytes of nodes and page objects that `action` takes. @param {RawEngine} engine @param {() => void} action */
function bytesTaken(engine, action) {
  const taken = () => engine.word(layout.CB_NODES_USED) * NODE_WHOLE_BYTES + engine.word(layout.CB_OBJECTS_USED) * layout.OBJECT_BYTES;
  const before = taken();
  action();
  return taken() - before;
}

/** Bytes for each of `pages` pages that differ after a fork, `stride` pages apart, the fork itself aside. @param {number} spacePages @param {number} pages @param {number} stride */
function differing(spacePages, pages, stride) {
  const engine = new RawEngine({ regions: 128, regionPages: REGION_PAGES, nodes: 8192 });
  const replica = engine.exports.vmReplica(engine.vmCreate(128, spacePages));
  /** @param {number} into */
  const stores = (into) => {
    for (let i = 0; i < pages; i++) engine.expect(engine.exports.store32(into, i * stride * engine.pageBytes, i + 1));
  };
  stores(replica);
  const fork = engine.expectHandle(engine.exports.replicaFork(replica));
  return Math.max(0, bytesTaken(engine, () => stores(fork)) - FORK_BYTES) / pages;
}

function forkBytes() {
  const engine = new RawEngine({ regions: 128, regionPages: REGION_PAGES });
  const replica = engine.exports.vmReplica(engine.vmCreate(128, 16384));
  engine.touchAll(replica, 8000);
  const tables = bytesTaken(engine, () => engine.expectHandle(engine.exports.replicaFork(replica)));
  return layout.REPLICA_BYTES + layout.PROCESSOR_BYTES + tables;
}

/** Frames, and bytes beside them, that many forks take; a fork's share of what is planned for its record is in them. */
function manyForks() {
  const regions = Math.ceil((FORKED_PAGES + FORKS * FORK_WRITES) / REGION_PAGES);
  const nodes = FORKS * FORK_WRITES * 2;
  const engine = new RawEngine({ regions, regionPages: REGION_PAGES, replicas: FORKS + 1, nodes });
  const vm = engine.vmCreate(regions, FORKED_PAGES);
  const replica = engine.exports.vmReplica(vm);
  engine.touchAll(replica, FORKED_PAGES);
  const framesBefore = engine.vmWord(vm, layout.VM_RESIDENT);
  const tables = bytesTaken(engine, () => {
    for (let fork = 0; fork < FORKS; fork++) {
      const child = engine.expectHandle(engine.exports.replicaFork(replica));
      for (let i = 0; i < FORK_WRITES; i++) {
        // each in a sixteenth of its own, and somewhere else in the next fork
        const page = (i * FORKED_PAGES) / FORK_WRITES + ((fork * 61) % (FORKED_PAGES / FORK_WRITES));
        engine.expect(engine.exports.store32(child, page * engine.pageBytes, fork));
      }
    }
  });
  const records = growth((replicas) => bookBytes({ regions: 16, regionPages: REGION_PAGES, replicas, nodes }));
  const frames = (engine.vmWord(vm, layout.VM_RESIDENT) - framesBefore) / FORKS;
  return { frames, records, bytes: tables / FORKS + records };
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'memory',
  title: 'Bytes beside the frames',
  measure: () => {
    const framesWith = (/** @type {number} */ regionPages) => growth((frames) => bookBytes({ regions: frames / regionPages, regionPages }));
    const fixed = bookBytes({ regions: 1, regionPages: 2 });
    const many = manyForks();
    const forks = `${FORKS.toLocaleString('en-US')} forks of 64 MiB, each writes ${FORK_WRITES} pages far apart`;
    return [
      figure('a frame, regions of 64 pages (256 KiB)', framesWith(64), 61),
      figure('a frame, regions of 16 pages', framesWith(16), null),
      figure('a frame, regions of one page', framesWith(1), null),
      figure(
        'a page in swap',
        growth((slots) => bookBytes({ regions: 16, regionPages: REGION_PAGES, slots, store: 'host' })),
        48,
      ),
      figure(
        'a page of address space, for each processor',
        growth((columnPages) => bookBytes({ regions: 16, regionPages: REGION_PAGES, columnPages })),
        8,
      ),
      figure('an engine with nothing (4 VMs, 16 replicas, 64 changes, 4,096 events)', fixed, null),
      figure('a fork of 8,000 pages', forkBytes(), FORK_BYTES),
      figure('a page that differs, 1,024 side by side in 1 GiB', differing(2 ** 18, 1024, 1), 64),
      figure('a page that differs, 64 far apart in 1 GiB', differing(2 ** 18, 64, 4096), 600),
      figure('a page that differs, 256 far apart in 4 GiB', differing(2 ** 20, 256, 4096), 860),
      figure(`${forks}: frames a fork`, many.frames, FORK_WRITES),
      figure(`${forks}: bytes a fork`, many.bytes, FORK_BYTES + FORK_WRITES * FORK_WRITE_BYTES),
      figure('a record of a replica, its processor and its place in comparisons', many.records, FORK_BYTES),
    ];
  },
};
