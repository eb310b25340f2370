// What does copy-on-write cost a page, with all the books, against copying 4 KiB barely, and against a Linux process?
import { layout } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { nativeNumber } from './support/native.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const PAGE_BYTES = 4096;
const REGION_PAGES = 64;
/** An address space of 64 MiB, of which more or less is written. */
const SPACE_PAGES = 16384;
/** Both copies of these and the books fit in a second-level cache of 1 MiB. */
const HOT_PAGES = 64;
/** More than any cache: 256 MiB, and as much for the copies. */
const COLD_PAGES = 65536;
/** A Linux process has to be this much slower. */
const TIMES_FASTER = 5;

/** @param {RawEngine} engine */
async function loopsOn(engine) {
  const [copy, stores] = await Promise.all([loopsCompile('copy'), loopsCompile('stores')]);
  const env = { memory: engine.memory };
  const { pagesCopy } = new WebAssembly.Instance(copy.module, { env }).exports;
  const { pagesStore } = new WebAssembly.Instance(stores.module, {
    env,
    stores: { store32: engine.exports.store32, storeSeen32: engine.exports.storeSeen32 },
  }).exports;
  return {
    pagesCopy: /** @type {(from: number, to: number, pages: number, pageBytes: number) => void} */ (pagesCopy),
    pagesStore: /** @type {(replica: number, stride: number, pages: number, value: number) => number} */ (pagesStore),
  };
}

/**
 * A replica of which `pages` pages are hot and writable is forked before each call: then all these pages are stored to, which copies them; against
 * memory.copy of as many between the same frames.
 * @param {number} pages @param {{ rounds: number, samples: number, warmups?: number }} effort
 */
async function copies(pages, effort) {
  const regions = (2 * pages) / REGION_PAGES;
  const space = Math.max(SPACE_PAGES, pages);
  const engine = new RawEngine({ regions, regionPages: REGION_PAGES, columnPages: 2 * space });
  const { replicaFork, replicaDispose, peek, vmReplica } = engine.exports;
  const replica = vmReplica(engine.vmCreate(regions, space));
  const { pagesCopy, pagesStore } = await loopsOn(engine);
  engine.touchAll(replica, pages);
  const lowest = engine.word(layout.CB_FRAME_BASE) + REGION_PAGES * PAGE_BYTES;
  let fork = 0;
  let value = 0;
  return sideBySide({
    ...effort,
    before: () => {
      if (fork !== 0) engine.expect(replicaDispose(fork));
      fork = engine.expectHandle(replicaFork(replica));
    },
    ours: () => engine.expect(pagesStore(replica, PAGE_BYTES, pages, ++value)),
    reference: () => {
      // the pages are in one half of the frames, and change over with each call of `ours`
      const from = peek(replica, 0) >>> 0;
      pagesCopy(from, from === lowest ? lowest + pages * PAGE_BYTES : lowest, pages, PAGE_BYTES);
    },
  });
}

/** @param {import('./support/side-by-side.mjs').Compared} sides @param {number} pages @returns {import('./support/figure.mjs').Figure} */
function againstLinux({ oursMs }, pages) {
  const ours = (oursMs * 1e6) / pages;
  const reference = nativeNumber('fork-write', [pages]);
  const how = `${(pages * PAGE_BYTES) / 2 ** 20} MiB: a store that copies, against the first write after fork of a Linux process, ns a page`;
  if (reference === null) return { what: `${how} (skipped: no gcc)`, ours, reference, ratio: null, bound: null };
  return { what: how, ours, reference, ratio: ours / reference, bound: ratioMost(1 / TIMES_FASTER) };
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'copy-on-write',
  title: 'Copy-on-write with all its books, against copying 4 KiB barely',
  measure: async () => {
    const hot = await copies(HOT_PAGES, { rounds: 31, samples: 25 });
    const cold = await copies(COLD_PAGES, { rounds: 5, samples: 1, warmups: 1 });
    return [
      compared('hot (256 KiB): a store that copies, against memory.copy, ns a page', hot, 1e6 / HOT_PAGES, ratioMost(1.25)),
      compared('from DRAM (256 MiB): a store that copies, against memory.copy, ns a page', cold, 1e6 / COLD_PAGES, ratioMost(1.35)),
      againstLinux(hot, HOT_PAGES),
      againstLinux(cold, COLD_PAGES),
    ];
  },
};
