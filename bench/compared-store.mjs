// What does a store cost that is compared with the other replicas' pages on the spot, where it neither copies nor merges, against one that is not?
import { layout, usufruct } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const PAGES = 256;
const REGION_PAGES = 64;
const PAGE_BYTES = 4096;
const STEPS = 200_000;
const WORD_BYTES = 4;
/** What the other replica's words are; those stored never become this. */
const OTHER = 0xffffffff;
const MOST = 6;

/** A guest's loop of stores on a replica all of whose pages are its own and translated. @param {boolean} isCompared with those of another replica in step */
async function guest(isCompared) {
  const regions = (2 * PAGES) / REGION_PAGES;
  const engine = new RawEngine({
    regions,
    regionPages: REGION_PAGES,
    columnPages: 2 * PAGES,
    features: isCompared ? layout.FEATURE_KNOWN : 0,
  });
  const { exports } = engine;
  const vm = engine.vmCreate(regions, PAGES);
  const replica = exports.vmReplica(vm);
  engine.touchAll(replica, PAGES);
  const other = engine.expectHandle(exports.replicaFork(replica));
  if (isCompared) {
    engine.expect(exports.vmComparePolicy(vm, layout.TRIGGER_ANY, layout.KEEP_TARGET, layout.COMPARE_AFTER_COPY));
    for (const member of [replica, other]) engine.expect(exports.replicaStep(member, 1));
  }
  for (let at = 0; at < PAGES * PAGE_BYTES; at += WORD_BYTES) engine.expect(exports.store32(other, at, OTHER));
  const { module } = await loopsCompile('stores');
  const instance = new WebAssembly.Instance(module, {
    env: { memory: engine.memory },
    stores: { store32: exports.store32, storeSeen32: exports.storeSeen32 },
  });
  const wordsStore =
    /** @type {(replica: number, processor: number, mask: number, stride: number, steps: number, value: number) => number} */
    (instance.exports['wordsStore']);
  const processor = engine.processor(replica);
  let value = 0;
  /** @param {number} pages @param {number} stride */
  const stores = (pages, stride) => () => {
    engine.expect(wordsStore(replica, processor, pages * PAGE_BYTES - 1, stride, STEPS, (value = (value + STEPS) % OTHER)));
  };
  stores(PAGES, WORD_BYTES)();
  stores(PAGES, PAGE_BYTES + WORD_BYTES)();
  return stores;
}

/** The same from JavaScript. @param {boolean} isCompared */
async function host(isCompared) {
  const memory = 4 * PAGES * PAGE_BYTES;
  const engine = await usufruct.Engine.create({ memory, compareOnWrite: isCompared, shared: false });
  const options = { memory, addressSpace: PAGES * PAGE_BYTES, replicas: 2 };
  const vm = engine.createVm(isCompared ? { ...options, compare: { onWrite: 'any' } } : options);
  const [replica, other] = vm.replicas;
  if (!replica || !other) throw new Error('a VM of two replicas has two');
  other.memory.fill(0, PAGES * PAGE_BYTES, OTHER & 0xff);
  let value = 0;
  return () => {
    for (let i = 0, at = 0; i < STEPS; i++, at = (at + WORD_BYTES) & (4 * PAGE_BYTES - 1))
      replica.memory.store32(at, (value = (value + 1) % OTHER));
  };
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'compared-store',
  title: 'A store that is compared on the spot and neither copies nor merges, against a plain one through translation',
  measure: async () => {
    const [ours, reference] = await Promise.all([guest(true), guest(false)]);
    /** @param {string} what @param {number} pages @param {number} stride */
    const inGuest = (what, pages, stride) =>
      compared(
        `${what}, in WebAssembly, ns`,
        sideBySide({ ours: ours(pages, stride), reference: reference(pages, stride) }),
        1e6 / STEPS,
        ratioMost(MOST),
      );
    return [
      inGuest('store, words in a row over 4 hot pages', 4, WORD_BYTES),
      inGuest('store, a page and a word on each time, over 256 pages', PAGES, PAGE_BYTES + WORD_BYTES),
      compared(
        'store32, words in a row over 4 hot pages, from JavaScript, ns',
        sideBySide({ ours: await host(true), reference: await host(false) }),
        1e6 / STEPS,
        ratioMost(MOST),
      ),
    ];
  },
};
