// What do a fork of 64 MiB, the first write after it, the translations that it drops, and a reset cost?
import { most } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median } from './support/side-by-side.mjs';

const PAGES = 16384;
const REGION_PAGES = 64;
const PAGE_BYTES = 4096;
const ROUNDS = 101;
/** Of an operation on its own: until it runs compiled by the optimising compiler. */
const WARMUPS = 20_000;
const WRITTEN_PAGES = 176;
/** Written pages far apart: each below a node of its own. */
const APART_PAGES = Math.floor(PAGES / WRITTEN_PAGES);

/** @param {string} what @param {number} ours @param {number | null} bound @returns {import('./support/figure.mjs').Figure} */
function figure(what, ours, bound) {
  return { what, ours, reference: null, ratio: null, bound: bound === null ? null : most(bound) };
}

/** Nanoseconds of `action` without the clock's own: medians over the rounds. `before` is not timed. @param {() => void} before @param {() => void} action */
function nsOf(before, action) {
  return timed(before, action) - timed(before, () => undefined);
}

/** @param {() => void} before @param {() => void} action */
function timed(before, action) {
  return median(
    Array.from({ length: ROUNDS }, () => {
      before();
      const started = performance.now();
      action();
      return (performance.now() - started) * 1e6;
    }),
  );
}

/** A replica of 64 MiB, all written. @param {number} columnPages pages that it and its forks have translations for */
function prepare(columnPages) {
  const regions = PAGES / REGION_PAGES + Math.ceil(WRITTEN_PAGES / REGION_PAGES);
  const engine = new RawEngine({ regions, regionPages: REGION_PAGES, columnPages });
  const replica = engine.exports.vmReplica(engine.vmCreate(regions, PAGES));
  engine.touchAll(replica, PAGES);
  return { engine, replica };
}

/** @param {number} columnPages @param {string} how */
function forks(columnPages, how) {
  const { engine, replica } = prepare(columnPages);
  const { replicaFork, replicaDispose, store32 } = engine.exports;
  let fork = 0;
  let page = 0;
  const make = () => void (fork = engine.expectHandle(replicaFork(replica)));
  const write = () => engine.expect(store32(replica, page * PAGE_BYTES, page));
  /** No fork is there, and all translations are. */
  const restart = () => {
    if (fork !== 0) engine.expect(replicaDispose(fork));
    fork = 0;
    engine.touchAll(replica, PAGES);
  };
  for (let i = 0; i < WARMUPS; i++) {
    make();
    write();
    engine.expect(replicaDispose(fork));
  }
  fork = 0;
  const forkNs = nsOf(restart, make);
  const writeNs = nsOf(() => {
    restart();
    make();
    page = (page + APART_PAGES) % PAGES;
  }, write);
  return [figure(`fork, ${how}, us`, forkNs / 1000, 0.5), figure(`first write after it, ${how}, us`, writeNs / 1000, 1.2)];
}

/** Stores to all pages of a replica, of which none is shared: with the translations that it has, and with those that a fork has dropped. */
function refills() {
  const { engine, replica } = prepare(2 * PAGES);
  const { replicaFork, replicaDispose } = engine.exports;
  const stores = () => engine.touchAll(replica, PAGES);
  const drop = () => engine.expect(replicaDispose(engine.expectHandle(replicaFork(replica))));
  const hotNs = nsOf(stores, stores) / PAGES;
  const refillNs = nsOf(drop, stores) / PAGES;
  return figure('a store whose translation a fork has dropped, over one that has it, ns', refillNs - hotNs, null);
}

/** @param {string} how @param {number} stride in pages @param {number | null} bound */
function resets(how, stride, bound) {
  const { engine, replica } = prepare(2 * PAGES);
  const { replicaFork, replicaRestore, store32 } = engine.exports;
  const saved = engine.expectHandle(replicaFork(replica));
  const ns = nsOf(
    () => {
      for (let i = 0; i < WRITTEN_PAGES; i++) engine.expect(store32(replica, i * stride * PAGE_BYTES, i));
    },
    () => engine.expect(replicaRestore(replica, saved)),
  );
  return figure(`reset of ${WRITTEN_PAGES} written pages, ${how}, us`, ns / 1000, bound);
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'fork',
  title: 'Forks and resets of 64 MiB, piece by piece',
  measure: () => [
    ...forks(0, 'no translations'),
    ...forks(2 * PAGES, `${PAGES.toLocaleString('en-US')} hot writable translations`),
    refills(),
    resets('side by side', 1, 10),
    resets('each below a node of its own', APART_PAGES, null),
  ],
};
