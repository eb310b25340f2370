/** The compiled engine, driven by operations through its raw boundary. */
import {
  FLAG_BEST_EFFORT,
  FLAG_BY_LIST,
  FLAG_EAGER,
  FLAG_MANAGER_PREFERRED,
  PLAYER_KNOWS_NEXT_USE,
  PLAYER_LOADS_STORE,
  PLAYER_RECORDS,
  RUN_BLOCK_DONE,
  SLOT_BY_POLICY,
  VM_TIME_NS,
} from '../../assembly/shared/layout.ts';
import { STATUS_NOT_SELECTABLE, STATUS_POLICY_FAILED } from '../../assembly/shared/status.ts';
import { objectAt } from '../support/raw-pages.ts';
import type { RawEngine, RawOptions } from '../support/raw.ts';
import { ADVICE, COMPARISON, EVICTION, MODE, PROTECTION, SEEK, STATISTIC, SUMMARY, VERDICT, WATCH } from './engine-names.ts';
import { handleOf, NO_HANDLE, replicaRun, type MutableEntries } from './engine-replicas.ts';
import { engineView, statisticsOf, type ReplicaEntry, type VmEntry } from './engine-view.ts';
import { imageBytes } from './image-slots.ts';
import { judgeDecide, type JudgeRule } from './judgement.ts';
import { bytesOf, hex, withAbout, type Operation, type Outcome, type Subject, type View } from './operation.ts';
import { playBlock, playColumn } from './play.ts';
import type { WorldOptions } from './world.ts';

type Of<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

export class EngineSubject implements Subject {
  readonly raw: RawEngine;
  readonly #vms: VmEntry[] = [];
  readonly #replicas: ReplicaEntry[] = [];
  readonly #changes: number[] = [];
  readonly #entries: MutableEntries = { vms: this.#vms, replicas: this.#replicas, changes: this.#changes };
  /** The host's function, by VM; its clock while a sweep is on. */
  readonly #judges = new Map<number, JudgeRule>();
  #sweepNs: number | null = null;

  constructor(raw: RawEngine, options: RawOptions) {
    raw.start(options);
    raw.imageBytes = (slot) => imageBytes(raw.pageBytes, slot);
    raw.releaseJudge = (vm, region) => this.#judge(vm, region);
    this.raw = raw;
  }

  apply(operation: Operation): Outcome {
    const outcome = this.#run(operation);
    const [a = 0, b = 0, c = 0] = this.raw.errors();
    if (outcome.status === STATUS_NOT_SELECTABLE) return withAbout(outcome, [a - 1, b, c]);
    return outcome.status === STATUS_POLICY_FAILED ? withAbout(outcome, [b - 1]) : outcome;
  }

  #run(operation: Operation): Outcome {
    const { exports } = this.raw;
    switch (operation.op) {
      case 'vmCreate':
        return this.#vmCreate(operation);
      case 'vmDispose': {
        const status = exports.vmDispose(this.#vm(operation.vm));
        if (status === 0) {
          (this.#vms[operation.vm] ?? { live: false }).live = false;
          for (const replica of this.#replicas) if (replica.vm === operation.vm) replica.live = false;
        }
        return { status };
      }
      case 'reduce': {
        const { regions, flags } = this.#selection(operation);
        const firstSlot = operation.firstSlot ?? SLOT_BY_POLICY;
        const allFlags = flags | reductionFlags(operation);
        return this.#change(exports.rightsReduce(this.#vm(operation.vm), regions, firstSlot, allFlags, operation.requestNs));
      }
      case 'expand': {
        const { regions, flags } = this.#selection(operation);
        const { requestNs, grantNs } = operation;
        return this.#change(exports.rightsExpand(this.#vm(operation.vm), regions, flags, requestNs, grantNs));
      }
      case 'expandRange': {
        const flags = operation.bestEffort ? FLAG_BEST_EFFORT : 0;
        const { slots, firstSlot, requestNs } = operation;
        return this.#change(exports.rightsExpandRange(this.#vm(operation.vm), slots, firstSlot, flags, requestNs));
      }
      case 'touch':
        return { status: exports.rightsTouch(this.#vm(operation.vm), operation.slot) };
      case 'release': {
        const status = exports.rightsRelease(this.#vm(operation.vm), operation.slot, operation.issueNs);
        return status === 0 ? { status, endNs: this.raw.ioEndNs() } : { status };
      }
      case 'watch':
        return { status: this.#watch(operation) };
      case 'movesFirst':
        return { status: exports.vmMovesFirst(this.#vm(operation.vm), operation.isOn ? 1 : 0) };
      case 'sweep':
        return this.#sweep(operation);
      case 'play':
        return this.#play(operation);
      case 'cancel':
        return { status: exports.changeCancel(this.#changes[operation.change] ?? NO_HANDLE) };
      case 'load':
        return this.#load(operation);
      case 'store':
        return { status: this.#store(operation) };
      case 'read':
      case 'fill':
        return this.#bulk(operation);
      case 'advise': {
        const status = exports.advise(this.#replica(operation.replica), operation.page, operation.pages, ADVICE[operation.advice]);
        return { status, done: this.raw.bulkDone() };
      }
      case 'protect':
        return {
          status: exports.protect(this.#replica(operation.replica), operation.page, operation.pages, PROTECTION[operation.protection]),
        };
      case 'failWrites':
        this.raw.writesLeft = operation.after;
        return { status: 0 };
      case 'failReads':
        this.raw.readsLeft = operation.after;
        return { status: 0 };
      default:
        return replicaRun(this.raw, this.#entries, operation);
    }
  }

  /** How many regions are asked for, with the flags that say how they are chosen; a list is written where the engine reads it. */
  #selection({ regions, list, bestEffort }: Of<'vmCreate' | 'expand' | 'reduce'>): { regions: number; flags: number } {
    const flags = bestEffort ? FLAG_BEST_EFFORT : 0;
    if (!list) return { regions, flags };
    this.raw.setPicks(list);
    return { regions: list.length, flags: flags | FLAG_BY_LIST };
  }

  #vmCreate(operation: Of<'vmCreate'>): Outcome {
    const { spacePages, evictBatch, eviction } = operation;
    const seek = operation.seek.reduce((order, seekClass, index) => order | (SEEK[seekClass] << (4 * index)), 0);
    const { regions, flags } = this.#selection(operation);
    const handle = this.raw.exports.vmCreate(regions, spacePages, EVICTION[eviction], seek, evictBatch, flags);
    if (handle < 0) return { status: -handle };
    this.#vms.push({ handle, eviction, live: true });
    this.#judges.delete(handle);
    this.#replicas.push({ handle: this.raw.exports.vmReplica(handle), vm: this.#vms.length - 1, pages: spacePages, live: true });
    return { status: 0 };
  }

  #watch({ vm: number, mode, periodNs, conditions, judge }: Of<'watch'>): number {
    const { exports } = this.raw;
    const vm = this.#vm(number);
    const status = exports.vmWatch(vm, WATCH[mode], periodNs, judge ? 1 : 0);
    if (status !== 0) return status;
    if (judge) this.#judges.set(vm, judge);
    for (const { statistic, comparison, constant, perBorrowedRegion } of conditions) {
      const refusal = exports.vmCondition(vm, STATISTIC[statistic], COMPARISON[comparison], constant, perBorrowedRegion);
      if (refusal !== 0) return refusal;
    }
    return 0;
  }

  #judge(vm: number, region: number): number {
    const rule = this.#judges.get(vm);
    if (!rule) throw new Error(`nobody judges for VM ${vm}`);
    const { sinceNs, ...counts } = statisticsOf(this.raw, region);
    const timeNs = this.#sweepNs ?? this.raw.numberAt(this.raw.vmRecord(vm) + VM_TIME_NS);
    return VERDICT[judgeDecide(rule, { ...counts, region, timeSinceNs: Math.max(0, timeNs - sinceNs) })];
  }

  #sweep({ vm, timeNs }: Of<'sweep'>): Outcome {
    this.#sweepNs = timeNs;
    const released = this.raw.exports.vmSweep(this.#vm(vm), timeNs);
    this.#sweepNs = null;
    return released < 0 ? { status: -released } : { status: 0, done: released };
  }

  #play({ replica: number, loadsStore, isRetried, records }: Of<'play'>): Outcome {
    const { raw } = this;
    const { exports } = raw;
    const vm = this.#vms[this.#replicas[number]?.vm ?? -1];
    const knowsNextUse = vm?.eviction === 'farthest';
    const flags = (loadsStore ? PLAYER_LOADS_STORE : 0) | (knowsNextUse ? PLAYER_KNOWS_NEXT_USE : 0);
    const player = exports.playerCreate(this.#replica(number), flags);
    if (player < 0) return { status: -player, done: 0 };
    const payload = playBlock(records);
    raw.bytes().set(payload, exports.playerBuffer(player) >>> 0);
    if (knowsNextUse) raw.setWordsAt(exports.playerNextUse(player) >>> 0, playColumn(records, raw.pageBytes));
    let result = -exports.playerFeed(player, payload.length, records.length);
    let triesLeft = isRetried ? 1 : 0;
    while (result !== RUN_BLOCK_DONE && (result >= 0 || triesLeft-- > 0)) {
      if (result < 0) raw.writesLeft = raw.readsLeft = null;
      result = exports.playerRun(player, Infinity, Infinity);
    }
    const done = raw.numberAt((exports.playerFigures(player) >>> 0) + PLAYER_RECORDS);
    const status = exports.playerDispose(player);
    return { status: result < 0 ? -result : status, done };
  }

  #change(handle: number): Outcome {
    if (handle < 0) return { status: -handle };
    this.#changes.push(handle);
    return { status: 0 };
  }

  #load({ replica, address, width }: Of<'load'>): Outcome {
    const { exports } = this.raw;
    const handle = this.#replica(replica);
    if (width === 8) {
      const status = exports.load64(handle, address);
      return status === 0 ? { status, bytes: hex(this.raw.scratch()) } : { status };
    }
    const value =
      width === 1 ? exports.load8(handle, address) : width === 2 ? exports.load16(handle, address) : exports.load32(handle, address);
    if (value < 0) return { status: -value };
    const bytes = Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff);
    return { status: 0, bytes: hex(bytes) };
  }

  #store({ replica, address, width, byte }: Of<'store'>): number {
    const { exports } = this.raw;
    const handle = this.#replica(replica);
    const bytes = bytesOf(8, byte);
    const value = new DataView(bytes.buffer).getUint32(0, true);
    if (width === 8) {
      this.raw.scratch().set(bytes);
      return exports.store64(handle, address);
    }
    if (width === 4) return exports.store32(handle, address, value);
    return width === 2 ? exports.store16(handle, address, value & 0xffff) : exports.store8(handle, address, value & 0xff);
  }

  #bulk(operation: Of<'read' | 'fill'>): Outcome {
    const { exports, pageBytes } = this.raw;
    const { address, length } = operation;
    const isFill = operation.op === 'fill';
    const handle = this.#replica(operation.replica);
    let status = exports.rangeCheck(handle, address, length, isFill ? 1 : 0);
    let done = 0;
    let bytes = '';
    while (status === 0 && done < length) {
      const from = address + done;
      const piece = Math.min(length - done, pageBytes - (from % pageBytes));
      const at = (isFill ? exports.pageForWrite(handle, from, piece) : exports.pageForRead(handle, from, piece)) >>> 0;
      if (at === 0) status = this.raw.status();
      else {
        if (isFill) {
          this.raw.bytes().fill(operation.byte, at, at + piece);
          exports.pageWritten(handle, from, piece);
        } else bytes += hex(this.raw.bytes().slice(at, at + piece));
        done += piece;
      }
    }
    return isFill ? { status, done } : { status, done, bytes };
  }

  #vm(number: number): number {
    return handleOf(this.#vms, number);
  }

  #replica(number: number): number {
    return handleOf(this.#replicas, number);
  }

  view(): View {
    return engineView(this.raw, this.#entries);
  }

  /** Do two replicas have the same page there, or both none? */
  isSame(replica: number, other: number, page: number): boolean {
    return objectAt(this.raw, this.#replica(replica), page) === objectAt(this.raw, this.#replica(other), page);
  }

  content(replica: number, page: number): Uint8Array {
    return this.raw.content(this.#replica(replica), page);
  }
}

function reductionFlags({ eager, managerPreferred, modes = [] }: Of<'reduce'>): number {
  const first = (eager ? FLAG_EAGER : 0) | (managerPreferred ? FLAG_MANAGER_PREFERRED : 0);
  return modes.reduce((flags, mode) => flags | MODE[mode], first);
}

/** The engine's options for a world of the model's. */
export function rawOptions(world: Omit<WorldOptions, 'pageBytes'>, store: RawOptions['store'], columnPages: number): RawOptions {
  const { summaries, ...options } = world;
  const bits = summaries?.reduce((sum, summary) => sum | SUMMARY[summary], 0);
  return { ...options, store, columnPages, ...(bits === undefined ? {} : { summaries: bits }) };
}
