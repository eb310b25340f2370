import { bytesAreEqual } from '../byte-ranges.ts';
import type { SwapStore } from './store.ts';

/** What the suite needs of a test runner: vitest, node:test and most others have both. */
export interface ConformanceTools {
  test(name: string, run: () => void | Promise<void>): void;
  /** Throws, with the message, unless the condition holds. */
  assert(condition: boolean, message: string): void;
}

const GEOMETRIES = [
  { slots: 1, pageBytes: 4096 },
  { slots: 67, pageBytes: 4096 },
  { slots: 5, pageBytes: 16384 },
  { slots: 300, pageBytes: 4096 },
] as const;

/** Content that tells slot, round and place apart. */
function pattern(pageBytes: number, slot: number, round: number): Uint8Array<ArrayBuffer> {
  const page = new Uint8Array(pageBytes);
  for (let index = 0; index < pageBytes; index += 1) page[index] = slot * 31 + round * 131 + index * 7 + (index >>> 8);
  return page;
}

function joined(pages: readonly Uint8Array[], pageBytes: number): Uint8Array {
  const bytes = new Uint8Array(pages.length * pageBytes);
  pages.forEach((page, index) => {
    bytes.set(page, index * pageBytes);
  });
  return bytes;
}

/** The contract of a SwapStore as tests, for the stores of this package and for your own. `makeStore` gives a new store each time. */
export function swapStoreConformance(name: string, makeStore: () => SwapStore, tools: ConformanceTools): void {
  const { assert } = tools;
  for (const geometry of GEOMETRIES) {
    const { slots, pageBytes } = geometry;
    const title = (what: string): string => `${name}, ${slots} slots of ${pageBytes} bytes: ${what}`;
    const withStore = (what: string, run: (store: SwapStore) => void): void =>
      tools.test(title(what), () => {
        const store = makeStore();
        store.attach(geometry);
        try {
          run(store);
        } finally {
          store.close();
        }
      });
    const check = (store: SwapStore, slot: number, round: number): void => {
      // read into the middle of a larger buffer, as the engine does: nothing beside the page may change
      const expected = new Uint8Array(pageBytes * 3).fill(0xee);
      const around = expected.slice();
      store.read(slot, around.subarray(pageBytes, pageBytes * 2));
      const page = around.slice(pageBytes, pageBytes * 2);
      assert(bytesAreEqual(page, pattern(pageBytes, slot, round)), `slot ${slot} does not read what was written to it in round ${round}`);
      expected.set(page, pageBytes);
      assert(bytesAreEqual(around, expected), `reading slot ${slot} wrote beside the page`);
    };

    withStore('each slot keeps its own page', (store) => {
      for (let slot = 0; slot < slots; slot += 1) store.write(slot, pattern(pageBytes, slot, 1));
      for (let slot = slots - 1; slot >= 0; slot -= 1) check(store, slot, 1);
    });

    withStore('the last write counts, and reading changes nothing', (store) => {
      for (let round = 1; round <= 3; round += 1)
        for (let slot = 0; slot < slots; slot += 1) store.write(slot, pattern(pageBytes, slot, round));
      for (let slot = 0; slot < slots; slot += 1) check(store, slot, 3);
      for (let slot = 0; slot < slots; slot += 1) check(store, slot, 3);
    });

    withStore('the source is copied, not kept', (store) => {
      const page = pattern(pageBytes, 0, 1);
      store.write(0, page);
      page.fill(0x55);
      check(store, 0, 1);
    });

    withStore('it takes views of shared memory', (store) => {
      if (typeof SharedArrayBuffer !== 'function') return;
      const page = new Uint8Array(new SharedArrayBuffer(pageBytes));
      page.set(pattern(pageBytes, 0, 2));
      store.write(0, page);
      page.fill(0);
      store.read(0, page);
      assert(bytesAreEqual(page, pattern(pageBytes, 0, 2)), 'a page of shared memory did not come back as it went');
    });

    withStore('methods answer when the work is done', (store) => {
      assert((store.write(0, pattern(pageBytes, 0, 1)) as unknown) === undefined, 'write returned something: is it asynchronous?');
      assert((store.read(0, new Uint8Array(pageBytes)) as unknown) === undefined, 'read returned something: is it asynchronous?');
    });

    withStore('runs of slots, where it takes them', (store) => {
      if (store.writeRun === undefined) return;
      for (const count of [1, 2, slots].filter((number) => number <= slots)) {
        // once page by page, once in one piece, once mixed
        for (const [round, pieceOf] of [() => 1, () => count, (done: number) => (done === 0 ? 1 : count - 1)].entries()) {
          const first = slots - count;
          const pieces: Uint8Array[] = [];
          for (let done = 0; done < count;) {
            const pages = Array.from({ length: pieceOf(done) }, (_, index) => pattern(pageBytes, first + done + index, round));
            pieces.push(joined(pages, pageBytes));
            done += pages.length;
          }
          const written = store.writeRun(first, pieces);
          assert(written === count, `writeRun of ${count} pages in ${pieces.length} pieces answered ${written}`);
          for (let slot = first; slot < slots; slot += 1) check(store, slot, round);
        }
      }
    });

    withStore('closing twice is harmless', (store) => {
      store.write(0, pattern(pageBytes, 0, 1));
      store.close();
    });
  }
}
