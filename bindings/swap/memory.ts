import type { SwapStore } from './store.ts';

/** Pages kept in host buffers, outside the WebAssembly memory; a buffer is made when a slot is first written. */
export function memorySwapStore(): SwapStore {
  let pages: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  let pageBytes = 0;
  return {
    attach(geometry) {
      pageBytes = geometry.pageBytes;
      pages = new Array<Uint8Array<ArrayBuffer> | undefined>(geometry.slots).fill(undefined);
    },
    read(slot, into) {
      const page = pages[slot];
      if (page === undefined) throw new RangeError(`slot ${slot} was never written`);
      into.set(page);
    },
    write(slot, from) {
      const page = (pages[slot] ??= new Uint8Array(pageBytes));
      page.set(from);
    },
    close() {
      pages = [];
    },
  };
}
