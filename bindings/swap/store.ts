/** What a store is told once, before its first page. */
export interface SwapGeometry {
  readonly slots: number;
  readonly pageBytes: number;
}

/**
 * Where pages are kept that have no frame: the narrow interface to implement for a swap device of your own. Everything is synchronous; slots are
 * 0 … slots-1; pages have `pageBytes` bytes. Throwing is how a store fails: the engine then keeps the page where it was and gives its user a typed
 * error whose `cause` is what was thrown. Views must not be kept after the call: they show the engine's own memory.
 * A slot is read only after it was written, and holds what was written last. `swapStoreConformance` checks a store of your own.
 */
export interface SwapStore {
  /** Called once, when an engine takes the store; a store serves one engine. */
  attach(geometry: SwapGeometry): void;
  read(slot: number, into: Uint8Array<ArrayBufferLike>): void;
  write(slot: number, from: Uint8Array<ArrayBufferLike>): void;
  /**
   * The content of slots that follow one another, in pieces of one or more whole pages, wherever those stand side by side in memory. Returns how many
   * pages were written, in order. After fewer than all, the rest is asked for again; a page at which it stops comes to `write` alone, which can say what
   * is wrong. Throwing fails the whole run.
   */
  writeRun?(firstSlot: number, pieces: readonly Uint8Array<ArrayBufferLike>[]): number;
  /** The engine is done with the store. */
  close(): void;
}
