/** The compiled engine, driven by operations through its raw boundary. */
import {
  ADVICE_DISCARDABLE,
  ADVICE_LOCKED,
  ADVICE_NORMAL,
  ADVICE_UNUSED,
  ADVICE_WILL_NEED,
  CB_REGIONS,
  CHANGE_ABANDONED,
  CHANGE_CANCELLED,
  CHANGE_GRANTED,
  CHANGE_GRANT_NS,
  CHANGE_KIND,
  CHANGE_OUTS_AFTER,
  CHANGE_OUTS_BEFORE,
  CHANGE_PENDING,
  CHANGE_REDUCE,
  CHANGE_REGIONS,
  CHANGE_REQUEST_NS,
  CHANGE_SETTLED,
  CHANGE_SETTLED_NS,
  CHANGE_STATE,
  CHANGE_SUPERSEDED,
  EVICTION_CLOCK,
  EVICTION_FARTHEST,
  EVICTION_FIFO,
  EVICTION_LRU,
  FLAG_BEST_EFFORT,
  FLAG_EAGER,
  PROTECTION_DEVICE,
  PROTECTION_NONE,
  PROTECTION_NO_DEVICE,
  PROTECTION_READ,
  PROTECTION_READ_WRITE,
  SEEK_BORROWED,
  SEEK_EVICT,
  SEEK_MANAGED,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
  SLOT_BY_POLICY,
  VM_ACCESSES,
  VM_COPIES,
  VM_EVICTIONS,
  VM_FAULTS,
  VM_MANAGED,
  VM_OWN,
  VM_PAGE_INS,
  VM_PAGE_OUTS,
  VM_RESIDENT,
  VM_TAKE_OVERS,
  VM_TIME_NS,
  VM_USED,
} from '../../assembly/shared/layout.ts';
import type { RawEngine, RawOptions } from '../support/raw.ts';
import {
  bytesOf,
  hex,
  rightText,
  type ChangeView,
  type Operation,
  type Outcome,
  type Subject,
  type View,
  type VmView,
} from './operation.ts';

const EVICTION = { lru: EVICTION_LRU, fifo: EVICTION_FIFO, clock: EVICTION_CLOCK, farthest: EVICTION_FARTHEST };
const SEEK = { managed: SEEK_MANAGED, userless: SEEK_USERLESS, borrowed: SEEK_BORROWED, takeOver: SEEK_TAKE_OVER, evict: SEEK_EVICT };
const ADVICE = {
  normal: ADVICE_NORMAL,
  unused: ADVICE_UNUSED,
  discardable: ADVICE_DISCARDABLE,
  willNeed: ADVICE_WILL_NEED,
  locked: ADVICE_LOCKED,
};
const PROTECTION = {
  none: PROTECTION_NONE,
  read: PROTECTION_READ,
  readWrite: PROTECTION_READ_WRITE,
  device: PROTECTION_DEVICE,
  noDevice: PROTECTION_NO_DEVICE,
};
const STATES: Readonly<Record<number, ChangeView['state']>> = {
  [CHANGE_GRANTED]: 'granted',
  [CHANGE_SETTLED]: 'settled',
  [CHANGE_ABANDONED]: 'abandoned',
  [CHANGE_CANCELLED]: 'cancelled',
};
/** A handle that no VM, replica or change has. */
const NO_HANDLE = 0xffff;

interface ReplicaEntry {
  readonly handle: number;
  readonly vm: number;
  readonly pages: number;
  live: boolean;
}

export class EngineSubject implements Subject {
  readonly raw: RawEngine;
  readonly #vms: { handle: number; live: boolean }[] = [];
  readonly #replicas: ReplicaEntry[] = [];
  readonly #changes: number[] = [];

  constructor(raw: RawEngine, options: RawOptions) {
    raw.start(options);
    this.raw = raw;
  }

  apply(operation: Operation): Outcome {
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
        const flags = (operation.bestEffort ? FLAG_BEST_EFFORT : 0) | (operation.eager ? FLAG_EAGER : 0);
        const firstSlot = operation.firstSlot ?? SLOT_BY_POLICY;
        return this.#change(exports.rightsReduce(this.#vm(operation.vm), operation.regions, firstSlot, flags, operation.requestNs));
      }
      case 'expand': {
        const flags = operation.bestEffort ? FLAG_BEST_EFFORT : 0;
        const { regions, requestNs, grantNs } = operation;
        return this.#change(exports.rightsExpand(this.#vm(operation.vm), regions, flags, requestNs, grantNs));
      }
      case 'expandRange': {
        const flags = operation.bestEffort ? FLAG_BEST_EFFORT : 0;
        const { slots, firstSlot, requestNs } = operation;
        return this.#change(exports.rightsExpandRange(this.#vm(operation.vm), slots, firstSlot, flags, requestNs));
      }
      case 'touch':
        return { status: exports.rightsTouch(this.#vm(operation.vm), operation.slot) };
      case 'cancel':
        return { status: exports.changeCancel(this.#changes[operation.change] ?? NO_HANDLE) };
      case 'fork':
        return this.#fork(operation.replica);
      case 'restore':
        return { status: exports.replicaRestore(this.#replica(operation.replica), this.#replica(operation.from)) };
      case 'replicaDispose': {
        const status = exports.replicaDispose(this.#replica(operation.replica));
        const entry = this.#replicas[operation.replica];
        if (status === 0 && entry) entry.live = false;
        return { status };
      }
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
    }
  }

  #vmCreate(operation: Extract<Operation, { op: 'vmCreate' }>): Outcome {
    const { regions, spacePages, evictBatch } = operation;
    const seek = operation.seek.reduce((order, seekClass, index) => order | (SEEK[seekClass] << (4 * index)), 0);
    const flags = operation.bestEffort ? FLAG_BEST_EFFORT : 0;
    const handle = this.raw.exports.vmCreate(regions, spacePages, EVICTION[operation.eviction], seek, evictBatch, flags);
    if (handle < 0) return { status: -handle };
    this.#vms.push({ handle, live: true });
    this.#replicas.push({ handle: this.raw.exports.vmReplica(handle), vm: this.#vms.length - 1, pages: spacePages, live: true });
    return { status: 0 };
  }

  #change(handle: number): Outcome {
    if (handle < 0) return { status: -handle };
    this.#changes.push(handle);
    return { status: 0 };
  }

  #fork(replica: number): Outcome {
    const handle = this.raw.exports.replicaFork(this.#replica(replica));
    if (handle < 0) return { status: -handle };
    const { vm = 0, pages = 0 } = this.#replicas[replica] ?? {};
    this.#replicas.push({ handle, vm, pages, live: true });
    return { status: 0 };
  }

  #load({ replica, address, width }: Extract<Operation, { op: 'load' }>): Outcome {
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

  #store({ replica, address, width, byte }: Extract<Operation, { op: 'store' }>): number {
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

  #bulk(operation: Extract<Operation, { op: 'read' | 'fill' }>): Outcome {
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
      const at = (isFill ? exports.pageForWrite(handle, from) : exports.pageForRead(handle, from)) >>> 0;
      if (at === 0) status = this.raw.status();
      else {
        if (isFill) this.raw.bytes().fill(operation.byte, at, at + piece);
        else bytes += hex(this.raw.bytes().slice(at, at + piece));
        done += piece;
      }
    }
    return isFill ? { status, done } : { status, done, bytes };
  }

  #vm(number: number): number {
    return this.#vms[number]?.handle ?? NO_HANDLE;
  }

  #replica(number: number): number {
    return this.#replicas[number]?.handle ?? NO_HANDLE;
  }

  view(): View {
    const { raw } = this;
    const vmNumber = (handle: number): number | null =>
      handle === 0 ? null : this.#vms.findIndex((vm) => vm.live && vm.handle === handle);
    return {
      regions: Array.from({ length: raw.word(CB_REGIONS) }, (_, region) => {
        const { manager, managerSlot, user, userSlot } = raw.regionRow(region);
        return `${rightText(vmNumber(manager), managerSlot - 1)} ${rightText(vmNumber(user), userSlot - 1)}`;
      }),
      vms: this.#vms.map(({ handle, live }) => (live ? this.#vmView(raw.vmRecord(handle)) : null)),
      changes: this.#changes.map((handle) => this.#changeView(raw.changeRecord(handle))),
      places: this.#replicas.map(({ live, handle, pages }) =>
        live ? Array.from({ length: pages }, (_, page) => raw.place(handle, page)) : null,
      ),
      slotsUsed: raw.slotsUsed(),
    };
  }

  #vmView(record: number): VmView {
    const word = (offset: number): number => this.raw.wordAt(record + offset);
    const number = (offset: number): number => this.raw.numberAt(record + offset);
    return {
      managed: word(VM_MANAGED),
      used: word(VM_USED),
      usable: word(VM_MANAGED) + word(VM_USED) - word(VM_OWN),
      resident: word(VM_RESIDENT),
      timeNs: number(VM_TIME_NS),
      accesses: number(VM_ACCESSES),
      faults: number(VM_FAULTS),
      pageIns: number(VM_PAGE_INS),
      pageOuts: number(VM_PAGE_OUTS),
      evictions: number(VM_EVICTIONS),
      takeOvers: number(VM_TAKE_OVERS),
      copies: number(VM_COPIES),
    };
  }

  #changeView(record: number): ChangeView {
    const word = (offset: number): number => this.raw.wordAt(record + offset);
    const number = (offset: number): number => this.raw.numberAt(record + offset);
    const state = STATES[word(CHANGE_STATE)];
    if (state === undefined) throw new Error(`a change in state ${word(CHANGE_STATE)}`);
    return {
      state,
      kind: word(CHANGE_KIND) === CHANGE_REDUCE ? 'reduce' : 'expand',
      regions: word(CHANGE_REGIONS),
      pending: word(CHANGE_PENDING),
      superseded: word(CHANGE_SUPERSEDED),
      pageOutsBeforeGrant: word(CHANGE_OUTS_BEFORE),
      pageOutsAfterGrant: word(CHANGE_OUTS_AFTER),
      grantNs: number(CHANGE_GRANT_NS) - number(CHANGE_REQUEST_NS),
      settledNs: state === 'settled' ? number(CHANGE_SETTLED_NS) - number(CHANGE_REQUEST_NS) : null,
    };
  }

  content(replica: number, page: number): Uint8Array {
    return this.raw.content(this.#replica(replica), page);
  }
}
