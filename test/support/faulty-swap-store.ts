// A swap store that fails when told to.
import type { SwapStore } from '../../bindings/node.ts';

export interface Faults {
  /** Writes that still succeed; Infinity: all. May be changed at any time. */
  writesLeft: number;
  readsFail: boolean;
  /** What the store throws. */
  readonly error: Error;
}

/** A store over another one, and the switch of its faults. */
export function faultySwapStore(
  inner: SwapStore,
  initial: Partial<Pick<Faults, 'writesLeft' | 'readsFail'>> = {},
): readonly [SwapStore, Faults] {
  const faults: Faults = { writesLeft: Infinity, readsFail: false, error: new Error('the device is on fire'), ...initial };
  let pageBytes = 0;
  const store: SwapStore = {
    attach(geometry) {
      pageBytes = geometry.pageBytes;
      inner.attach(geometry);
    },
    read(slot, into) {
      if (faults.readsFail) throw faults.error;
      inner.read(slot, into);
    },
    write(slot, from) {
      if (faults.writesLeft <= 0) throw faults.error;
      faults.writesLeft -= 1;
      inner.write(slot, from);
    },
    writeRun(firstSlot, pieces) {
      let written = 0;
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; at += pageBytes) {
          if (faults.writesLeft <= 0) return written;
          store.write(firstSlot + written, piece.subarray(at, at + pageBytes));
          written += 1;
        }
      }
      return written;
    },
    close: () => inner.close(),
  };
  return [store, faults];
}
