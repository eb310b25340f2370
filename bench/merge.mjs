// How fast are pages hashed, and equal pages merged, against Linux's KSM?
import { layout } from './support/built.mjs';
import { least, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { nativeNumber } from './support/native.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median, timed } from './support/side-by-side.mjs';

/** Of each of two replicas: 128 MiB in all. */
const PAGES = 16384;
const REGION_PAGES = 64;
const PAGE_BYTES = 4096;
const HOT_PAGES = 64;
/** KSM has to be this much slower. */
const TIMES_FASTER = 10;

/** Two replicas in step with the same 64 MiB, no two pages of which are equal, and how to part and to merge them. */
function prepare() {
  const regions = (2 * PAGES) / REGION_PAGES;
  const engine = new RawEngine({ regions, regionPages: REGION_PAGES });
  const { replicaFork, replicaStep, store32, vmCompare, vmReplica } = engine.exports;
  const vm = engine.vmCreate(regions, PAGES);
  const first = vmReplica(vm);
  engine.touchAll(first, PAGES);
  const base = engine.exports.peek(first, 0) >>> 0;
  const words = engine.u32.subarray(base >>> 2, (base + PAGES * PAGE_BYTES) >>> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1);
  const second = engine.expectHandle(replicaFork(first));
  for (const replica of [first, second]) engine.expect(replicaStep(replica, 1));
  return {
    engine,
    base,
    /** Each page of the second replica becomes a copy, with the same contents. */
    part: () => {
      for (let page = 0; page < PAGES; page++) engine.expect(store32(second, page * PAGE_BYTES, words[(page * PAGE_BYTES) >>> 2] ?? NaN));
    },
    merge: () => {
      engine.expect(vmCompare(vm));
      if (engine.word(layout.CB_SWEEP_MERGED) !== PAGES) throw new Error(`${engine.word(layout.CB_SWEEP_MERGED)} pages merged`);
    },
  };
}

/** @param {RawEngine} engine @param {number} base */
async function hashing(engine, base) {
  const { module } = await loopsCompile('hash');
  const { exports } = new WebAssembly.Instance(module, { env: { memory: engine.memory } });
  const pagesHash = /** @type {(from: number, pages: number) => number} */ (exports['pagesHash']);
  return [
    { how: 'hot (256 KiB)', pages: HOT_PAGES, calls: 200 },
    { how: 'from DRAM (64 MiB)', pages: PAGES, calls: 1 },
  ].map(({ how, pages, calls }) => {
    const hash = () => {
      for (let call = 0; call < calls; call++) pagesHash(base, pages);
    };
    timed(hash, 5, undefined);
    const ms = median(Array.from({ length: 9 }, () => timed(hash, 3, undefined)));
    const ours = (calls * pages * PAGE_BYTES) / (ms * 1e6);
    return { what: `hashing pages, ${how}, GB/s`, ours, reference: null, ratio: null, bound: least(15) };
  });
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'merge',
  title: 'Hashing pages, and merging 128 MiB of pages that are equal in pairs',
  measure: async () => {
    const { engine, base, part, merge } = prepare();
    const hashed = await hashing(engine, base);
    const ours = median(Array.from({ length: 5 }, () => timed(merge, 1, part)));
    const reference = nativeNumber('ksm', [PAGES]);
    const what = 'comparing two replicas of 64 MiB in step: all pages hashed, compared in full and merged, against Linux KSM, ms';
    return [
      ...hashed,
      reference === null
        ? { what: `${what} (skipped: no gcc, or KSM cannot be switched on)`, ours, reference, ratio: null, bound: null }
        : { what, ours, reference, ratio: ours / reference, bound: ratioMost(1 / TIMES_FASTER) },
    ];
  },
};
