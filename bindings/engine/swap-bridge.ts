import { SwapStoreError } from '../errors.ts';
import type { SwapStore } from '../swap/store.ts';
import { ATTENTION_BUSY } from './core.ts';
import type { Core } from './core.ts';
import type { EngineImports } from './exports.ts';
import { ImageTable, slotIsImage } from './image-table.ts';

type SwapImports = Pick<EngineImports, 'swapWrite' | 'swapRead'>;

/** Bytes of a pair in the batch: slot, address. */
const PAIR_WORDS = 2;
/** Views of pages are kept: making one costs as much as copying the page. More than this many are not. */
const VIEWS_MOST = 16384;

/**
 * Carries pages between the compiled engine and a swap store of the host, and brings pages of images. Whatever a store throws stays here: the engine is told how
 * far it came, and the error that reaches the user has the exception as its cause.
 */
export class SwapBridge implements SwapImports {
  readonly images = new ImageTable();
  readonly #store: SwapStore | undefined;
  #core: Core | undefined;
  #views = new Map<number, Uint8Array<ArrayBufferLike>>();

  constructor(store: SwapStore | undefined) {
    this.#store = store;
  }

  /** The core exists only after the module is instantiated with this bridge. */
  coreSet(core: Core): void {
    this.#core = core;
  }

  readonly swapWrite = (batch: number, count: number): number => {
    const core = this.#core!;
    const first = batch >>> 2;
    let done = 0;
    core.attention |= ATTENTION_BUSY;
    try {
      while (done < count) {
        const run = this.#runLength(first, done, count);
        done += this.#writeRun(first + done * PAIR_WORDS, run);
      }
    } catch (failure) {
      core.hostFailure = failure;
    } finally {
      core.attention &= ~ATTENTION_BUSY;
    }
    return done;
  };

  readonly swapRead = (slot: number, address: number): number => {
    const core = this.#core!;
    core.attention |= ATTENTION_BUSY;
    try {
      this.read(slot >>> 0, this.#view(address >>> 0));
      return 0;
    } catch (failure) {
      core.hostFailure = failure;
      return 1;
    } finally {
      core.attention &= ~ATTENTION_BUSY;
    }
  };

  /** Reads a slot for a reader outside the engine; throws what the store throws. */
  read(slot: number, into: Uint8Array<ArrayBufferLike>): void {
    if (slotIsImage(slot)) this.images.read(slot, into);
    else checkSynchronous('read', this.#store!.read(slot, into));
  }

  close(): void {
    this.#views.clear();
    this.images.close();
    this.#store?.close();
  }

  /** How many pairs from number `done` on have slots that follow one another. One, for a store that takes no runs. */
  #runLength(first: number, done: number, count: number): number {
    if (this.#store!.writeRun === undefined) return 1;
    const { u32 } = this.#core!;
    const slot = u32[first + done * PAIR_WORDS]!;
    let run = 1;
    while (done + run < count && u32[first + (done + run) * PAIR_WORDS] === slot + run) run += 1;
    return run;
  }

  /** How many pages of the run from `pair` on were written: at least one, or the store threw. */
  #writeRun(pair: number, run: number): number {
    const written = run === 1 ? 0 : this.#writePages(pair, run);
    if (written > 0) return written;
    // alone, so that a store which stops at a page says why
    const { u32 } = this.#core!;
    checkSynchronous('write', this.#store!.write(u32[pair]!, this.#view(u32[pair + 1]!)));
    return 1;
  }

  /** The run in as few pieces as the pages' places in memory allow. */
  #writePages(pair: number, run: number): number {
    const { u8, u32, pageBytes } = this.#core!;
    const pieces: Uint8Array<ArrayBufferLike>[] = [];
    for (let index = 0; index < run;) {
      const start = u32[pair + index * PAIR_WORDS + 1]!;
      let end = start;
      do {
        end += pageBytes;
        index += 1;
      } while (index < run && u32[pair + index * PAIR_WORDS + 1] === end);
      pieces.push(u8.subarray(start, end));
    }
    const slot = u32[pair]!;
    const written = this.#store!.writeRun!(slot, pieces);
    if (Number.isInteger(written) && written >= 0 && written <= run) return written;
    throw new SwapStoreError(
      `The swap store's writeRun answered ${String(written)} for a run of ${run} pages; it must be how many were written.`,
      { slot },
    );
  }

  #view(address: number): Uint8Array<ArrayBufferLike> {
    let view = this.#views.get(address);
    if (view === undefined) {
      const core = this.#core!;
      if (this.#views.size >= VIEWS_MOST) this.#views.clear();
      view = core.u8.subarray(address, address + core.pageBytes);
      this.#views.set(address, view);
    }
    return view;
  }
}

/** An async method would answer before its work is done, and its failure would be lost. */
function checkSynchronous(method: string, result: unknown): void {
  if (result !== undefined)
    throw new SwapStoreError(`The swap store's ${method} returned something; it must do its work before it returns, and return nothing.`, {
      method,
    });
}
