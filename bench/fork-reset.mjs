// What does a fork cost, and a reset to it: 16,384 hot writable pages, 100 stores, in a loop?
import { layout } from './support/built.mjs';
import { nativeNumber } from './support/native.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median, timed } from './support/side-by-side.mjs';

const PAGES = 16384;
const STORES = 100;
const REGION_PAGES = 64;
/** Frames for the copies that the stores make. */
const SPARE_REGIONS = 4;
const PAGE_BYTES = 4096;
/** Stores to pages far apart, each below a node of its own, or side by side. */
const STRIDES = [
  { how: 'far apart', bytes: Math.floor(PAGES / STORES) * PAGE_BYTES },
  { how: 'side by side', bytes: PAGE_BYTES },
];
const CYCLES = 50;

function prepare() {
  const regions = PAGES / REGION_PAGES + SPARE_REGIONS;
  const engine = new RawEngine({ regions, regionPages: REGION_PAGES, columnPages: 4 * PAGES });
  const replica = engine.exports.vmReplica(engine.vmCreate(regions, PAGES));
  engine.touchAll(replica, PAGES);
  return { engine, replica };
}

/** Nanoseconds a call of `cycle`. @param {() => void} cycle */
function nsOf(cycle) {
  const calls = () => {
    for (let i = 0; i < CYCLES; i++) cycle();
  };
  timed(calls, 10, undefined);
  return (median(Array.from({ length: 15 }, () => timed(calls, 3, undefined))) * 1e6) / CYCLES;
}

/** @param {string} what @param {number} ours @param {number | null} reference @returns {import('./support/figure.mjs').Figure} */
function figure(what, ours, reference) {
  return { what, ours, reference, ratio: reference === null ? null : ours / reference, bound: null };
}

/**
 * @param {RawEngine} engine @param {number} replica @param {{ how: string, bytes: number }} stride
 * @param {number} sliceNs @param {number | null} processNs
 */
function figuresOf(engine, replica, { how, bytes }, sliceNs, processNs) {
  const { replicaFork, replicaRestore, replicaDispose, store32 } = engine.exports;
  let value = 0;
  const stores = () => {
    value++;
    for (let i = 0, at = 0; i < STORES; i++, at += bytes) engine.expect(store32(replica, at, value));
  };
  const storesNs = nsOf(stores);
  const cycleNs = nsOf(() => {
    const saved = engine.expectHandle(replicaFork(replica));
    stores();
    engine.expect(replicaRestore(replica, saved));
    engine.expect(replicaDispose(saved));
  });
  const saved = engine.expectHandle(replicaFork(replica));
  const resetNs = nsOf(() => {
    stores();
    engine.expect(replicaRestore(replica, saved));
  });
  engine.expect(replicaDispose(saved));
  if (engine.word(layout.CB_OBJECTS_USED) !== PAGES) throw new Error('a reset left page objects behind');
  const cycle = `fork, ${STORES} stores ${how}, restore, dispose, ns a cycle`;
  return [
    figure(`${cycle}; reference: Uint8Array.slice of as much`, cycleNs, sliceNs),
    figure(`${cycle}; reference: fork of a Linux process, stores far apart, exit`, cycleNs, processNs),
    figure(
      `${STORES} stores ${how}, restore to one fork, ns a page; reference: the stores with nothing shared`,
      resetNs / STORES,
      storesNs / STORES,
    ),
  ];
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'fork-reset',
  title: `Fork, ${STORES} stores, reset, with ${PAGES} hot writable pages (64 MiB)`,
  measure: () => {
    const { engine, replica } = prepare();
    const { replicaFork, replicaDispose } = engine.exports;
    const buffer = new Uint8Array(PAGES * PAGE_BYTES).fill(1);
    const sliceNs = median(Array.from({ length: 5 }, () => timed(() => buffer.slice(), 1, undefined))) * 1e6;
    const processNs = nativeNumber('fork', [PAGES, STORES]);
    const forkNs = nsOf(() => engine.expect(replicaDispose(engine.expectHandle(replicaFork(replica)))));
    return [
      figure('fork and dispose, ns; reference: Uint8Array.slice of as much', forkNs, sliceNs),
      ...STRIDES.flatMap((stride) => figuresOf(engine, replica, stride, sliceNs, processNs)),
    ];
  },
};
