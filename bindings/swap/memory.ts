import type { SwapStore } from './store.ts';

/** Host buffers are made in this size, when a slot of theirs is first written. */
const CHUNK_BYTES = 2 ** 20;

/** Pages kept in host buffers, outside the WebAssembly memory. */
export function memorySwapStore(): SwapStore {
  let chunks: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  let pageBytes = 0;

  const put = (start: number, bytes: Uint8Array<ArrayBufferLike>): void => {
    const index = Math.floor(start / CHUNK_BYTES);
    const chunk = (chunks[index] ??= new Uint8Array(CHUNK_BYTES));
    chunk.set(bytes, start - index * CHUNK_BYTES);
  };

  return {
    attach(geometry) {
      pageBytes = geometry.pageBytes;
      chunks = new Array<Uint8Array<ArrayBuffer> | undefined>(Math.ceil((geometry.slots * pageBytes) / CHUNK_BYTES)).fill(undefined);
    },
    read(slot, into) {
      const start = slot * pageBytes;
      const index = Math.floor(start / CHUNK_BYTES);
      const chunk = chunks[index];
      if (chunk === undefined) throw new RangeError(`slot ${slot} was never written`);
      const offset = start - index * CHUNK_BYTES;
      into.set(chunk.subarray(offset, offset + pageBytes));
    },
    write(slot, from) {
      put(slot * pageBytes, from);
    },
    writeRun(firstSlot, pieces) {
      let start = firstSlot * pageBytes;
      for (const piece of pieces) {
        for (let done = 0; done < piece.length;) {
          const room = CHUNK_BYTES - ((start + done) % CHUNK_BYTES);
          const count = Math.min(room, piece.length - done);
          put(start + done, count === piece.length ? piece : piece.subarray(done, done + count));
          done += count;
        }
        start += piece.length;
      }
      return start / pageBytes - firstSlot;
    },
    close() {
      chunks = [];
    },
  };
}
