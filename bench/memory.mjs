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

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'memory',
  title: 'Bytes beside the frames',
  measure: () => {
    const framesWith = (/** @type {number} */ regionPages) => growth((frames) => bookBytes({ regions: frames / regionPages, regionPages }));
    const fixed = bookBytes({ regions: 1, regionPages: 2 });
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
    ];
  },
};
