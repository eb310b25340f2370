// What does a page-out cost, against moving the same bytes with no book-keeping?
import { closeSync, mkdtempSync, openSync, rmSync, writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout, usufruct } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { nativeNumber } from './support/native.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const PAGE_BYTES = 4096;
const REGION_PAGES = 64;
const REGION_BYTES = REGION_PAGES * PAGE_BYTES;
/** Pages in one request to a swap store. */
const BATCH_PAGES = 64;
/** More than any cache: 256 MiB of frames and as much swap. */
const COLD_REGIONS = 1024;

/**
 * To the linear memory: regions are given up under 'eager', which pages them out, against memory.copy of the same frames to the same slots.
 * @param {string} how @param {number} regions @param {number} most @param {{ rounds: number, samples: number, warmups?: number }} effort
 */
async function toMemory(how, regions, most, effort) {
  const pages = regions * REGION_PAGES;
  const engine = new RawEngine({
    regions: regions + 1,
    regionPages: REGION_PAGES,
    slots: pages + REGION_PAGES,
    columnPages: pages + REGION_PAGES,
  });
  const vm = engine.vmCreate(regions + 1, pages + REGION_PAGES);
  const replica = engine.exports.vmReplica(vm);
  engine.touchAll(replica, pages + REGION_PAGES);
  const { exports } = await WebAssembly.instantiate((await loopsCompile('copy')).module, { env: { memory: engine.memory } });
  const pagesCopy = /** @type {(from: number, to: number, pages: number, pageBytes: number) => void} */ (exports['pagesCopy']);
  const swapBase = engine.word(layout.CB_SWAP_BASE);
  // the regions that are given up are all but the lowest; they go out from the highest down
  const firstFrame = engine.word(layout.CB_FRAME_BASE) + 2 * REGION_BYTES;
  const sides = sideBySide({
    ...effort,
    before: () => {
      if (engine.vmWord(vm, layout.VM_MANAGED) === 1) engine.expectHandle(engine.exports.rightsExpand(vm, regions, 0, 0, 0));
      engine.touchAll(replica, pages + REGION_PAGES);
    },
    ours: () => engine.expectHandle(engine.exports.rightsReduce(vm, regions, layout.SLOT_BY_POLICY, layout.FLAG_EAGER, 0)),
    reference: () => {
      for (let region = regions - 1, to = swapBase; region >= 0; region--, to += REGION_BYTES)
        pagesCopy(firstFrame + region * REGION_BYTES, to, REGION_PAGES, PAGE_BYTES);
    },
  });
  return compared(`to memory, ${how}: page-out against memory.copy, ns a page`, sides, 1e6 / pages, ratioMost(most));
}

/**
 * An engine under 'eager' with a swap store of the host, and a function that makes all pages dirty and resident again.
 * @param {number} regions @param {import('../bindings/swap/store.ts').SwapStore} store
 */
async function withStore(regions, store) {
  const pages = regions * REGION_PAGES;
  const engine = await usufruct.Engine.create({
    memory: (regions + 1) * REGION_BYTES,
    region: REGION_BYTES,
    swap: { size: (regions + 1) * REGION_BYTES, store },
    handover: 'eager',
    shared: false,
  });
  const vm = engine.createVm({ memory: (regions + 1) * REGION_BYTES, addressSpace: (regions + 1) * REGION_BYTES });
  const [replica] = vm.replicas;
  if (!replica) throw new Error('a VM has a replica');
  const { memory } = replica;
  const before = () => {
    if (vm.managedBytes === REGION_BYTES) vm.expand(regions * REGION_BYTES);
    for (let page = 0; page < pages + REGION_PAGES; page++) memory.store32(page * PAGE_BYTES, page + 1);
  };
  before();
  const { core } = engine;
  const firstFrame = core.word(layout.CB_FRAME_BASE) + 2 * REGION_BYTES;
  const views = Array.from({ length: pages }, (_, page) =>
    core.u8.subarray(firstFrame + page * PAGE_BYTES, firstFrame + (page + 1) * PAGE_BYTES),
  );
  return { engine, pages, before, views, pageOut: () => void vm.reduce(regions * REGION_BYTES) };
}

/** @param {string} how @param {number} regions @param {{ rounds: number, samples: number }} effort */
async function toHostBuffer(how, regions, effort) {
  const { engine, pages, before, views, pageOut } = await withStore(regions, usufruct.memorySwapStore());
  const buffers = views.map(() => new Uint8Array(PAGE_BYTES));
  const sides = sideBySide({
    ...effort,
    before,
    ours: pageOut,
    reference: () => {
      for (const [page, view] of views.entries()) /** @type {Uint8Array} */ (buffers[page]).set(view);
    },
  });
  engine.dispose();
  return compared(`to host buffers, ${how}: page-out against Uint8Array.set, ns a page`, sides, 1e6 / pages, ratioMost(1.6));
}

/** @param {number} regions */
async function toFile(regions) {
  const folder = mkdtempSync(join(tmpdir(), 'usufruct-bench-'));
  const { engine, pages, before, views, pageOut } = await withStore(regions, usufruct.fileSwapStore(join(folder, 'swap')));
  const file = openSync(join(folder, 'bare'), 'w+');
  try {
    const sides = sideBySide({
      rounds: 9,
      samples: 3,
      before,
      ours: pageOut,
      reference: () => {
        for (let page = 0; page < pages; page += BATCH_PAGES) writevSync(file, views.slice(page, page + BATCH_PAGES), page * PAGE_BYTES);
      },
    });
    const how = `to a file, requests of ${BATCH_PAGES} pages: page-out against`;
    const figures = [compared(`${how} fs.writevSync of as many, ns a page`, sides, 1e6 / pages)];
    const oursNs = (sides.oursMs * 1e6) / pages;
    for (const batch of [1, BATCH_PAGES]) {
      const pwriteNs = nativeNumber('pwrite', [join(folder, 'native'), pages, batch]);
      if (pwriteNs === null) continue;
      const what = `${how} pwrite in C, ${batch} ${batch === 1 ? 'page' : 'pages'} a call, ns a page`;
      figures.push({ what, ours: oursNs, reference: pwriteNs, ratio: oursNs / pwriteNs, bound: ratioMost(1.35) });
    }
    return figures;
  } finally {
    engine.dispose();
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'page-out',
  title: 'Paging out, against moving the same bytes barely',
  measure: async () => [
    await toMemory('from DRAM (256 MiB)', COLD_REGIONS, 1.25, { rounds: 5, samples: 1, warmups: 1 }),
    await toMemory('hot (256 KiB)', 1, 1.6, { rounds: 31, samples: 9 }),
    await toHostBuffer('hot (256 KiB)', 1, { rounds: 31, samples: 9 }),
    await toHostBuffer('64 MiB', 256, { rounds: 5, samples: 1 }),
    ...(await toFile(64)),
  ],
};
