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
  const store: SwapStore = {
    attach: (geometry) => inner.attach(geometry),
    read(slot, into) {
      if (faults.readsFail) throw faults.error;
      inner.read(slot, into);
    },
    write(slot, from) {
      if (faults.writesLeft <= 0) throw faults.error;
      faults.writesLeft -= 1;
      inner.write(slot, from);
    },
    writeRun(firstSlot, pages) {
      let written = 0;
      for (const page of pages) {
        if (faults.writesLeft <= 0) break;
        store.write(firstSlot + written, page);
        written += 1;
      }
      return written;
    },
    close: () => inner.close(),
  };
  return [store, faults];
}
