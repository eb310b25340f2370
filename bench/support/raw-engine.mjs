// An engine below all bindings: configured word by word, called by its own exports.
import { engineModule, layout } from './built.mjs';

const WASM_PAGE_BYTES = 65536;
const CAPACITY = { vms: 4, replicas: 16, players: 2, events: 4096 };
const KEEP = 0;

/**
 * @typedef {object} RawOptions
 * @property {number} regions
 * @property {number} regionPages
 * @property {number} [vms]
 * @property {number} [replicas]
 * @property {number} [slots]
 * @property {'linear' | 'host'} [store]
 * @property {number} [readNs] virtual time of a page-in
 * @property {number} [writeNs] and of a page-out
 * @property {number} [nodes] of page tables; the engine's default where it is left out
 * @property {number} [changes] records of changes
 * @property {number} [summaries] of regions, SUMMARY_…
 * @property {number} [features] what there is room for, FEATURE_…
 * @property {number} [columnPages] pages of address space that cached translations can cover
 * @property {(batch: number, count: number) => number} [swapWrite]
 * @property {(slot: number, address: number) => number} [swapRead]
 */

export class RawEngine {
  /** @param {RawOptions} options */
  constructor({
    regions,
    regionPages,
    vms = CAPACITY.vms,
    replicas = CAPACITY.replicas,
    slots = 0,
    store = 'linear',
    nodes = 0,
    changes = 64,
    columnPages = 0,
    readNs = 0,
    writeNs = 0,
    summaries = 0,
    features = 0,
    swapWrite,
    swapRead,
  }) {
    this.memory = new WebAssembly.Memory({ initial: 1 });
    const imports = {
      env: { memory: this.memory },
      host: { swapWrite: swapWrite ?? (() => 0), swapRead: swapRead ?? (() => 1), releaseJudge: () => KEEP },
    };
    const instance = new WebAssembly.Instance(engineModule(), imports);
    this.exports = /** @type {import('../../bindings/engine/exports.ts').EngineExports} */ (/** @type {unknown} */ (instance.exports));
    this.pageBytes = 2 ** this.exports.pageShift();
    this.control = this.exports.controlAddress();
    const storeKind = store === 'host' ? layout.SWAP_STORE_HOST : layout.SWAP_STORE_LINEAR;
    /** @type {readonly (readonly [number, number])[]} */
    const words = [
      [layout.CB_REGIONS, regions],
      [layout.CB_REGION_SHIFT, Math.log2(regionPages)],
      [layout.CB_SLOTS, slots],
      [layout.CB_SWAP_STORE, slots === 0 ? layout.SWAP_STORE_NONE : storeKind],
      [layout.CB_VMS, vms],
      [layout.CB_REPLICAS, replicas],
      [layout.CB_CHANGES, changes],
      [layout.CB_PLAYERS, CAPACITY.players],
      [layout.CB_EVENTS, CAPACITY.events],
      [layout.CB_NODES, nodes],
      [layout.CB_COLUMN_PAGES, columnPages],
      [layout.CB_QUEUE, 1],
      [layout.CB_SUMMARIES, summaries],
      [layout.CB_FEATURES, features],
    ];
    for (const [offset, value] of words) this.setWord(offset, value);
    const times = [layout.CB_ACCESS_NS, layout.CB_READ_NS, layout.CB_WRITE_NS].map((offset) => (this.control + offset) >>> 3);
    for (const [index, ns] of [1, readNs, writeNs].entries()) new Float64Array(this.memory.buffer)[times[index] ?? 0] = ns;
    this.expect(this.exports.enginePlan());
    const missing = this.number(layout.CB_TOTAL_BYTES) - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
    this.expect(this.exports.engineInit());
    this.u8 = new Uint8Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.f64 = new Float64Array(this.memory.buffer);
  }

  /** @param {number} offset of a word of the control block */
  word(offset) {
    return new Uint32Array(this.memory.buffer, this.control + offset, 1)[0] ?? 0;
  }

  /** @param {number} offset @param {number} value */
  setWord(offset, value) {
    new Uint32Array(this.memory.buffer, this.control + offset, 1)[0] = value;
  }

  /** @param {number} offset */
  number(offset) {
    return new Float64Array(this.memory.buffer, this.control + offset, 1)[0] ?? 0;
  }

  /** @param {number} code */
  expect(code) {
    if (code !== 0)
      throw new Error(`the engine answered status ${code} (${[0, 4, 8].map((at) => this.word(layout.CB_ERROR_A + at)).join(', ')})`);
  }

  /** A handle, or the failure it stands for. @param {number} handle */
  expectHandle(handle) {
    if (handle < 0) this.expect(-handle);
    return handle;
  }

  /** @param {number} regions @param {number} pages @param {number} [eviction] */
  vmCreate(regions, pages, eviction = layout.EVICTION_LRU) {
    return this.expectHandle(this.exports.vmCreate(regions, pages, eviction, 0, 1, 0));
  }

  /** @param {number} vm @param {number} offset of a word of its record */
  vmWord(vm, offset) {
    return this.u32[(this.word(layout.CB_VM_TABLE) + vm * layout.VM_BYTES + offset) >>> 2] ?? NaN;
  }

  /** @param {number} vm @param {number} offset of a float64 of its record */
  vmNumber(vm, offset) {
    return this.f64[(this.word(layout.CB_VM_TABLE) + vm * layout.VM_BYTES + offset) >>> 3] ?? NaN;
  }

  /** Address of the processor that runs a replica. @param {number} replica */
  processor(replica) {
    const record = this.word(layout.CB_REPLICA_TABLE) + replica * layout.REPLICA_BYTES;
    return this.u32[(record + layout.REPLICA_PROCESSOR) >>> 2] ?? 0;
  }

  /** Makes pages writable and hot: a word of each is stored to. @param {number} replica @param {number} pages */
  touchAll(replica, pages) {
    for (let page = 0; page < pages; page++) this.expect(this.exports.store32(replica, page * this.pageBytes, page + 1));
  }
}
