/**
 * An engine that counts what it does. Its module has a counter in every block of code (each function, each arm of an `if`, each turn of a loop), so that
 * whatever a call does beyond a fixed amount of work shows, also where the engine's own counters do not look. Tests only.
 */
import * as layout from '../../assembly/shared/layout.ts';
import type { EngineExports } from '../../bindings/engine/exports.ts';
import { instrument } from '../../scripts/wasm-coverage/instrument.mjs';
import { buildBytes, buildOf } from '../support/builds.ts';

const WASM_PAGE_BYTES = 65536;
const PAGE_KIB = 4;

export interface BoundsOptions {
  readonly regions?: number;
  readonly regionPages?: number;
  readonly slots?: number;
  readonly replicas?: number;
  readonly vms?: number;
  /** Pages of address space that cached translations can cover; 0: no replica gets a processor. */
  readonly columnPages?: number;
  readonly nodes?: number;
  readonly pageObjects?: number;
  readonly players?: number;
  readonly changes?: number;
  readonly events?: number;
  /** SUMMARY_… bits. */
  readonly summaries?: number;
  /** FEATURE_… bits. */
  readonly features?: number;
  /** The page size of the module. */
  readonly pageKib?: number;
}

/** What one call did: blocks of code run, the engine's own counters, and what it took out of the arenas. */
export interface Work {
  readonly steps: number;
  readonly objects: number;
  readonly nodes: number;
  readonly regions: number;
  readonly processors: number;
  readonly copies: number;
  readonly nodesTaken: number;
  readonly objectsTaken: number;
}

const COUNTERS = {
  objects: layout.CB_COUNT_OBJECTS,
  nodes: layout.CB_COUNT_NODES,
  regions: layout.CB_COUNT_REGIONS,
  processors: layout.CB_COUNT_PROCESSORS,
  copies: layout.CB_COUNT_COPIES,
  nodesTaken: layout.CB_NODES_USED,
  objectsTaken: layout.CB_OBJECTS_USED,
};

interface Counting {
  readonly module: WebAssembly.Module;
  readonly points: number;
}

const counting = new Map<number, Counting>();

/** The shipped module with its counters, or the one of another page size; made once. */
function countingModule(pageKib: number): Counting {
  let made = counting.get(pageKib);
  if (made === undefined) {
    const { bytes, points } = instrument(buildBytes(buildOf('release-shared', pageKib)));
    made = { module: new WebAssembly.Module(new Uint8Array(bytes)), points: points.length };
    counting.set(pageKib, made);
  }
  return made;
}

export class BoundsEngine {
  readonly exports: EngineExports;
  readonly bookBytes: number;
  readonly pageBytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #counters: WebAssembly.Global<'i32'>[];
  readonly #control: number;

  constructor(options: BoundsOptions = {}) {
    const { module, points } = countingModule(options.pageKib ?? PAGE_KIB);
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: WASM_PAGE_BYTES, shared: true });
    this.#counters = Array.from({ length: points }, () => new WebAssembly.Global<'i32'>({ value: 'i32', mutable: true }, 0));
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
      host: { swapWrite: () => 0, swapRead: () => 1, releaseJudge: () => layout.JUDGE_KEEP },
      coverage: Object.fromEntries(this.#counters.map((counter, index) => [String(index), counter])),
    });
    this.exports = instance.exports as unknown as EngineExports;
    this.#control = this.exports.controlAddress();
    this.pageBytes = 2 ** this.exports.pageShift();
    this.#configure(options);
    this.expect(this.exports.enginePlan());
    this.bookBytes = new Float64Array(this.#memory.buffer, this.#control + layout.CB_BOOK_BYTES, 1)[0]!;
    const [totalBytes] = new Float64Array(this.#memory.buffer, this.#control + layout.CB_TOTAL_BYTES, 1);
    this.#memory.grow(Math.max(0, Math.ceil(totalBytes! / WASM_PAGE_BYTES) - 1));
    this.expect(this.exports.engineInit());
  }

  #configure(options: BoundsOptions): void {
    const { regions = 256, regionPages = 16, slots = 1024, replicas = 32, vms = 8, columnPages = 0 } = options;
    const words: readonly (readonly [number, number])[] = [
      [layout.CB_REGIONS, regions],
      [layout.CB_REGION_SHIFT, Math.log2(regionPages)],
      [layout.CB_SLOTS, slots],
      [layout.CB_SWAP_STORE, slots === 0 ? layout.SWAP_STORE_NONE : layout.SWAP_STORE_LINEAR],
      [layout.CB_VMS, vms],
      [layout.CB_REPLICAS, replicas],
      [layout.CB_CHANGES, options.changes ?? 16],
      [layout.CB_PLAYERS, options.players ?? 0],
      [layout.CB_EVENTS, options.events ?? 16],
      [layout.CB_PAGE_OBJECTS, options.pageObjects ?? 0],
      [layout.CB_NODES, options.nodes ?? 0],
      [layout.CB_COLUMN_PAGES, columnPages],
      [layout.CB_QUEUE, 1],
      [layout.CB_SUMMARIES, options.summaries ?? 0],
      [layout.CB_FEATURES, options.features ?? 0],
    ];
    for (const [offset, value] of words) this.#words(offset)[0] = value;
  }

  #words(offset: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.#control + offset, 1);
  }

  word(offset: number): number {
    return this.#words(offset)[0]!;
  }

  expect(status: number): void {
    if (status === 0) return;
    const [a, b, c] = [layout.CB_ERROR_A, layout.CB_ERROR_B, layout.CB_ERROR_C].map((offset) => this.word(offset));
    throw new Error(`the engine answered status ${status} (${a}, ${b}, ${c})`);
  }

  /** A handle, or the failure it stands for. */
  handle(result: number): number {
    if (result < 0) this.expect(-result);
    return result;
  }

  /** A VM with its first replica. */
  vm(regions: number, pages = 16384): { readonly vm: number; readonly replica: number } {
    const vm = this.handle(this.exports.vmCreate(regions, pages, layout.EVICTION_LRU, 0, 1, 0));
    return { vm, replica: this.exports.vmReplica(vm) };
  }

  fork(replica: number, times = 1): number {
    let fork = replica;
    for (let i = 0; i < times; i++) fork = this.handle(this.exports.replicaFork(replica));
    return fork;
  }

  reduce(vm: number, regions: number, firstSlot = layout.SLOT_BY_POLICY, flags = 0): void {
    this.handle(this.exports.rightsReduce(vm, regions, firstSlot, flags, 0));
  }

  /** Names the regions (from 0) of requests by list, until the next call. */
  pick(regions: readonly number[]): void {
    new Uint32Array(this.#memory.buffer, this.word(layout.CB_PICKS), regions.length).set(regions.map((region) => region + 1));
  }

  reduceList(vm: number, regions: number): void {
    this.reduce(vm, regions, layout.SLOT_BY_POLICY, layout.FLAG_BY_LIST);
  }

  expandList(vm: number, regions: number): void {
    this.handle(this.exports.rightsExpand(vm, regions, layout.FLAG_BY_LIST, 0, 0));
  }

  /** A release condition that never holds; the engine must keep SUMMARY_STATISTICS. */
  watch(vm: number, mode: number): void {
    this.expect(this.exports.vmWatch(vm, mode, 1000, 0));
    this.expect(this.exports.vmCondition(vm, layout.STATISTIC_ACCESSES, layout.COMPARISON_BELOW, 0, 0));
  }

  expand(vm: number, regions: number): void {
    this.handle(this.exports.rightsExpand(vm, regions, 0, 0, 0));
  }

  store(replica: number, page: number, value = 0xabcd): void {
    this.expect(this.exports.store32(replica, page * this.pageBytes, value));
  }

  load(replica: number, page: number): number {
    const value = this.exports.load32(replica, page * this.pageBytes);
    if (value < 0) this.expect(-value);
    return value;
  }

  /** Stores to `pages` pages from `first` on, `stride` pages apart. */
  fill(replica: number, pages: number, first = 0, stride = 1): void {
    for (let i = 0; i < pages; i++) this.store(replica, first + i * stride, first + i * stride + 1);
  }

  work(action: () => void): Work {
    const before = this.#now();
    action();
    const after = this.#now();
    return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - before[name as keyof Work]])) as unknown as Work;
  }

  #now(): Work {
    const words = Object.entries(COUNTERS).map(([name, offset]) => [name, this.word(offset)] as const);
    const steps = this.#counters.reduce((sum, counter) => sum + counter.value, 0);
    return { steps, ...(Object.fromEntries(words) as Record<keyof typeof COUNTERS, number>) };
  }
}
