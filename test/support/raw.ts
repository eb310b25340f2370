/**
 * A thin harness over the boundary of the compiled engine, below all bindings: it configures the control block, calls the exports, and reads the
 * tables back. Tests only.
 */
import {
  CB_ACCESS_NS,
  CB_BULK_DONE,
  CB_CHANGES,
  CB_CHANGE_TABLE,
  CB_COLUMN_PAGES,
  CB_ERROR_A,
  CB_ERROR_B,
  CB_ERROR_C,
  CB_EVENTS,
  CB_EXPAND_SELECTION,
  CB_FEATURES,
  CB_FRAME_BASE,
  CB_INFORMATION,
  CB_IO_END_NS,
  CB_PICKS,
  CB_PLAYERS,
  CB_QUEUE,
  CB_READ_NS,
  CB_REGIONS,
  CB_REGION_SHIFT,
  CB_REPLICAS,
  CB_SCRATCH,
  CB_SLOTS,
  CB_SLOTS_USED,
  CB_STATUS,
  CB_SUMMARIES,
  CB_SWAP_BASE,
  CB_SWAP_STORE,
  CB_TOTAL_BYTES,
  CB_VMS,
  CB_VM_TABLE,
  CB_WRITE_NS,
  CHANGE_BYTES,
  EXPAND_LOWEST,
  EXPAND_OWN_FIRST,
  FEATURE_ALL,
  IMAGE_SLOT_FIRST,
  SUMMARY_ALL,
  SWAP_STORE_HOST,
  SWAP_STORE_LINEAR,
  SWAP_STORE_NONE,
  VM_BYTES,
} from '../../assembly/shared/layout.ts';
import type { EngineExports } from '../../bindings/engine/exports.ts';
import { buildModule, type Build } from './builds.ts';

const WASM_PAGE_BYTES = 65536;
/** The most that an engine of these tests may grow to: a shared memory must say so beforehand. */
const MEMORY_PAGES_MOST = 65536;
const JUNK = 0xa5;

export interface RawOptions {
  readonly regions: number;
  readonly regionPages: number;
  readonly slots: number;
  readonly store: 'linear' | 'host';
  readonly accessNs: number;
  readonly readNs: number;
  readonly writeNs: number;
  readonly queue: number;
  readonly expand: 'lowest' | 'ownFirst';
  /** Pages of address space that cached translations can cover; 0: none, all accesses take the slow path. */
  readonly columnPages: number;
  /** SUMMARY_… bits; absent: all. */
  readonly summaries?: number;
  /** FEATURE_… bits; absent: all. */
  readonly features?: number;
}

/** The host's answer to whether a VM (handle) should release a region (from 0): JUDGE_…, or a failure. */
export type ReleaseJudge = (vm: number, region: number) => number;
const FAILURE = -1;

const CAPACITY = { vms: 16, replicas: 32, changes: 128, players: 2, events: 256 };

export class RawEngine {
  readonly pageBytes: number;
  readonly exports: EngineExports;
  readonly #memory: WebAssembly.Memory;
  readonly #store = new Map<number, Uint8Array>();
  /** The faulty device of the host: how many more transfers succeed; null: all. */
  writesLeft: number | null = null;
  readsLeft: number | null = null;
  releaseJudge: ReleaseJudge | null = null;
  /** The contents of pages of images, by slot. */
  imageBytes: ((slot: number) => Uint8Array) | null = null;
  #options: RawOptions | null = null;
  readonly #control: number;
  /** How far the engine before this one reached. */
  #dirtyBytes = 0;

  constructor(build: Build) {
    const module = buildModule(build);
    this.#memory = build.shared
      ? new WebAssembly.Memory({ initial: 1, maximum: MEMORY_PAGES_MOST, shared: true })
      : new WebAssembly.Memory({ initial: 1 });
    const offered: Record<string, unknown> = {
      memory: this.#memory,
      swapWrite: (batch: number, count: number) => this.#swapWrite(batch >>> 0, count),
      swapRead: (slot: number, address: number) => this.#swapRead(slot, address >>> 0),
      releaseJudge: (vm: number, region: number) => this.releaseJudge?.(vm, region - 1) ?? FAILURE,
      abort: () => {
        throw new Error('the engine aborted');
      },
    };
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (!(name in offered)) throw new Error(`the module wants ${from}.${name}, which this harness does not have`);
      (imports[from] ??= {})[name] = offered[name];
    }
    const instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    this.exports = instance.exports as unknown as EngineExports;
    this.pageBytes = 2 ** this.exports.pageShift();
    this.#control = this.exports.controlAddress();
  }

  /** A new engine in the same memory, cleared as a new one would be. */
  start(options: RawOptions): void {
    this.#options = options;
    this.#store.clear();
    this.writesLeft = null;
    this.readsLeft = null;
    this.releaseJudge = null;
    this.bytes().fill(0, 0, this.#dirtyBytes);
    const store = options.slots === 0 ? SWAP_STORE_NONE : options.store === 'host' ? SWAP_STORE_HOST : SWAP_STORE_LINEAR;
    const words: readonly (readonly [number, number])[] = [
      [CB_REGIONS, options.regions],
      [CB_REGION_SHIFT, Math.log2(options.regionPages)],
      [CB_SLOTS, options.slots],
      [CB_SWAP_STORE, store],
      [CB_VMS, CAPACITY.vms],
      [CB_REPLICAS, CAPACITY.replicas],
      [CB_CHANGES, CAPACITY.changes],
      [CB_PLAYERS, CAPACITY.players],
      [CB_EVENTS, CAPACITY.events],
      [CB_COLUMN_PAGES, options.columnPages],
      [CB_QUEUE, options.queue],
      [CB_EXPAND_SELECTION, options.expand === 'lowest' ? EXPAND_LOWEST : EXPAND_OWN_FIRST],
      [CB_SUMMARIES, options.summaries ?? SUMMARY_ALL],
      [CB_FEATURES, options.features ?? FEATURE_ALL],
    ];
    for (const [offset, value] of words) this.setWord(offset, value);
    this.#setNumber(CB_ACCESS_NS, options.accessNs);
    this.#setNumber(CB_READ_NS, options.readNs);
    this.#setNumber(CB_WRITE_NS, options.writeNs);
    this.#expectOk('enginePlan', this.exports.enginePlan());
    const missing = this.number(CB_TOTAL_BYTES) - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
    this.#dirtyBytes = this.number(CB_TOTAL_BYTES);
    this.#expectOk('engineInit', this.exports.engineInit());
    this.#litter(options);
  }

  /** Frames and slots hold something from before: whoever is given one must not see it. */
  #litter({ regions, regionPages, slots, store }: RawOptions): void {
    const fill = (from: number, pages: number): void => void this.bytes().fill(JUNK, from, from + pages * this.pageBytes);
    fill(this.word(CB_FRAME_BASE) + regionPages * this.pageBytes, regions * regionPages);
    if (store === 'linear') fill(this.word(CB_SWAP_BASE), slots);
  }

  #expectOk(call: string, status: number): void {
    if (status !== 0) throw new Error(`${call} answered ${status} (${this.errors().join(', ')})`);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  /** The numbers that belong to the last failure. */
  errors(): number[] {
    return [CB_ERROR_A, CB_ERROR_B, CB_ERROR_C].map((offset) => this.word(offset));
  }

  /** A word of the control block. */
  word(offset: number): number {
    return this.#view().getUint32(this.#control + offset, true);
  }

  setWord(offset: number, value: number): void {
    this.#view().setUint32(this.#control + offset, value, true);
  }

  number(offset: number): number {
    return this.#view().getFloat64(this.#control + offset, true);
  }

  #setNumber(offset: number, value: number): void {
    this.#view().setFloat64(this.#control + offset, value, true);
  }

  wordAt(address: number): number {
    return this.#view().getUint32(address, true);
  }

  setWordsAt(address: number, words: readonly number[]): void {
    const view = this.#view();
    words.forEach((word, index) => view.setUint32(address + index * 4, word, true));
  }

  numberAt(address: number): number {
    return this.#view().getFloat64(address, true);
  }

  vmRecord(vm: number): number {
    return this.word(CB_VM_TABLE) + vm * VM_BYTES;
  }

  changeRecord(change: number): number {
    return this.word(CB_CHANGE_TABLE) + change * CHANGE_BYTES;
  }

  status(): number {
    return this.word(CB_STATUS);
  }

  bulkDone(): number {
    return this.word(CB_BULK_DONE);
  }

  slotsUsed(): number {
    return this.word(CB_SLOTS_USED);
  }

  /** Writes the regions of a request by list. */
  setPicks(regions: readonly number[]): void {
    this.setWordsAt(
      this.word(CB_PICKS),
      regions.map((region) => region + 1),
    );
  }

  /** When the I/O of the last step ended. */
  ioEndNs(): number {
    return this.number(CB_IO_END_NS);
  }

  /** A word of what vmInformation found: INFORMATION_…. */
  information(offset: number): number {
    return this.word(CB_INFORMATION + offset);
  }

  scratch(): Uint8Array {
    const at = this.#control + CB_SCRATCH;
    return this.bytes().subarray(at, at + 8);
  }

  /** Where a page's content is: "f3", "s2" or "" for zeros. */
  place(replica: number, page: number): string {
    const address = this.exports.peek(replica, page) >>> 0;
    const { regionPages = 1, slots = 0, store = 'linear' } = this.#options ?? {};
    if (address === 0) {
      const slot = this.exports.peekSlot();
      return slot === 0 ? '' : `s${slot - 1}`;
    }
    const swapBase = this.word(CB_SWAP_BASE);
    const inSwap = store === 'linear' && address >= swapBase && address < swapBase + slots * this.pageBytes;
    return inSwap ? `s${(address - swapBase) / this.pageBytes}` : `f${(address - this.word(CB_FRAME_BASE)) / this.pageBytes - regionPages}`;
  }

  /** A page's content, read without any effect. */
  content(replica: number, page: number): Uint8Array {
    const address = this.exports.peek(replica, page) >>> 0;
    if (address !== 0) return this.bytes().subarray(address, address + this.pageBytes);
    const slot = this.exports.peekSlot();
    if (slot === 0) return new Uint8Array(this.pageBytes);
    return this.#stored(slot - 1);
  }

  /** What the host holds of a slot. */
  #stored(slot: number): Uint8Array {
    const stored = slot >= IMAGE_SLOT_FIRST ? this.imageBytes?.(slot) : this.#store.get(slot);
    if (!stored) throw new Error(`slot ${slot} was never written`);
    return stored;
  }

  #swapWrite(batch: number, count: number): number {
    for (let index = 0; index < count; index++) {
      if (this.writesLeft === 0) return index;
      if (this.writesLeft !== null) this.writesLeft--;
      const [slot, address] = [this.wordAt(batch + index * 8), this.wordAt(batch + index * 8 + 4)];
      this.#store.set(slot, this.bytes().slice(address, address + this.pageBytes));
    }
    return count;
  }

  #swapRead(slot: number, address: number): number {
    if (this.readsLeft === 0) {
      this.bytes().fill(0xee, address, address + this.pageBytes);
      return 1;
    }
    if (this.readsLeft !== null) this.readsLeft--;
    this.bytes().set(this.#stored(slot), address);
    return 0;
  }
}
