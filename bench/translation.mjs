// What does a load or a store through translation cost a guest, against the bare instruction?
import { compared, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const PAGES = 4096;
const PAGE_BYTES = 4096;
const REGION_PAGES = 64;
const STEPS = 500_000;

/** @typedef {(at: number, mask: number, steps: number) => number} Loop */

/** @type {readonly { loop: string, what: string, pages: number, steps: number, most: number | null }[]} */
const LOOPS = [
  { loop: 'sum', what: 'load, words in a row over 4 hot pages, added up', pages: 4, steps: STEPS, most: 1.5 },
  { loop: 'random', what: 'load, hopping at random over 256 pages', pages: 256, steps: STEPS, most: 1.25 },
  { loop: 'random', what: 'load, words at random over 16 MiB', pages: 4096, steps: STEPS / 2, most: 1.8 },
  { loop: 'compute', what: 'load, words in a row, 8 rounds of hashing each', pages: 4, steps: STEPS / 10, most: 1.05 },
  { loop: 'store', what: 'store, words in a row over 4 hot pages', pages: 4, steps: STEPS, most: 1.7 },
  {
    loop: 'stride',
    what: 'load, striding over 256 pages in order, a page and a cache line at a time',
    pages: 256,
    steps: STEPS,
    most: null,
  },
];

/** An engine with a replica whose pages are all writable and cached, and the loops on its memory. */
async function prepare() {
  const engine = new RawEngine({ regions: PAGES / REGION_PAGES, regionPages: REGION_PAGES, columnPages: PAGES });
  const replica = engine.exports.vmReplica(engine.vmCreate(PAGES / REGION_PAGES, PAGES));
  engine.touchAll(replica, PAGES);
  let misses = 0;
  const miss = (/** @type {number} */ address, /** @type {number} */ isStore) => {
    misses++;
    return isStore ? engine.exports.pageForWrite(replica, address, 1) : engine.exports.pageForRead(replica, address, 1);
  };
  const instance = await WebAssembly.instantiate((await loopsCompile('translation')).module, {
    env: { memory: engine.memory },
    translation: { miss },
  });
  const loops = /** @type {Record<string, Loop>} */ (/** @type {unknown} */ (instance.exports));
  /** @param {string} name */
  const loop = (name) => {
    const found = loops[name];
    if (!found) throw new Error(`bench/loops/translation.ts has no loop ${name}`);
    return found;
  };
  return { processor: engine.processor(replica), base: engine.exports.peek(replica, 0) >>> 0, loop, misses: () => misses };
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'translation',
  title: 'A load or a store through translation, against the bare instruction',
  measure: async () => {
    const { processor, base, loop, misses } = await prepare();
    const figures = LOOPS.map(({ loop: name, what, pages, steps, most }) => {
      const translated = loop(`${name}Translated`);
      const raw = loop(`${name}Raw`);
      const mask = pages * PAGE_BYTES - 1;
      if (name !== 'store' && translated(processor, mask, steps) !== raw(base, mask, steps)) throw new Error(`the loops ${name} differ`);
      const sides = sideBySide({ ours: () => translated(processor, mask, steps), reference: () => raw(base, mask, steps) });
      return compared(`${what}, ns`, sides, 1e6 / steps, most === null ? null : ratioMost(most));
    });
    if (misses() !== 0) throw new Error(`${misses()} accesses missed, where all pages are cached`);
    return figures;
  },
};
