import {
  CB_ACCESS_NS,
  CB_BULK_DONE,
  CB_CHANGE_TABLE,
  CB_CHANGE_TOP,
  CB_ERROR_A,
  CB_ERROR_B,
  CB_ERROR_C,
  CB_REGION_SHIFT,
  CB_REPLICA_TABLE,
  CB_SCRATCH,
  CB_STATUS,
  CB_VM_TABLE,
  CHANGE_BYTES,
  CHANGE_GRANT_NS,
  CHANGE_GRANTED,
  CHANGE_REQUEST_NS,
  CHANGE_SETTLED_NS,
  CHANGE_STATE,
  REPLICA_BYTES,
  VM_ACCESSES,
  VM_BYTES,
  VM_TIME_NS,
} from '../../assembly/shared/layout.ts';
import { ReentrantError } from '../errors.ts';
import type { DisposedError, ErrorDetails, UsufructError } from '../errors.ts';
import { disposedError } from '../dispose.ts';
import type { Origin } from '../dispose.ts';
import type { EngineExports } from './exports.ts';
import { failureError } from './failure.ts';

/** Reasons why calls must not take the shortest way. */
export const ATTENTION_BUSY = 1; // a swap store, a device page or a policy is being called: the engine must not be changed
export const ATTENTION_LISTENING = 2; // somebody waits for events
export const ATTENTION_DISPOSED = 4;

/**
 * One instance of the compiled engine with its memory and views: what all public classes of one engine share. Raw addresses stay in this folder.
 * `attention` is the one word that hot calls look at.
 */
export class Core {
  attention = 0;
  /** Above 0: an operation of several parts runs; who listens is told when all of it is done. */
  held = 0;
  /** Set by the events; called when an operation has ended and somebody listens. */
  drain: () => void = () => undefined;
  /** What a swap store or a policy threw last, for the `cause` of the error that follows. */
  hostFailure: unknown = undefined;
  /** For messages. */
  readonly vmNames = new Map<number, string>();

  u8: Uint8Array<ArrayBufferLike>;
  u32: Uint32Array<ArrayBufferLike>;
  f64: Float64Array<ArrayBufferLike>;
  /** The eight bytes of load64 and store64. */
  scratch: DataView<ArrayBufferLike>;
  readonly pageBytes: number;

  exports: EngineExports;
  readonly control: number;
  readonly origin: Origin;

  constructor(exports: EngineExports, buffer: ArrayBufferLike, control: number, origin: Origin) {
    this.exports = exports;
    this.control = control;
    this.origin = origin;
    this.u8 = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.scratch = new DataView(buffer, control + CB_SCRATCH, 8);
    this.pageBytes = 2 ** exports.pageShift();
  }

  // ---- the control block and the records ---------------------------------------------------------------------------

  word(offset: number): number {
    return this.u32[(this.control + offset) >>> 2]!;
  }
  wordSet(offset: number, value: number): void {
    this.u32[(this.control + offset) >>> 2] = value;
  }
  number(offset: number): number {
    return this.f64[(this.control + offset) >>> 3]!;
  }

  numberSet(offset: number, value: number): void {
    this.f64[(this.control + offset) >>> 3] = value;
  }

  vmWord(vm: number, offset: number): number {
    return this.u32[(this.word(CB_VM_TABLE) + vm * VM_BYTES + offset) >>> 2]!;
  }
  vmNumber(vm: number, offset: number): number {
    return this.f64[(this.word(CB_VM_TABLE) + vm * VM_BYTES + offset) >>> 3]!;
  }
  /** Sets a VM's clock. */
  vmTimeSet(vm: number, timeNs: number): void {
    this.f64[(this.word(CB_VM_TABLE) + vm * VM_BYTES + VM_TIME_NS) >>> 3] = timeNs;
  }
  /** Counts an access of a VM that the compiled engine does not see, and its time. */
  accessCount(vm: number): void {
    const record = this.word(CB_VM_TABLE) + vm * VM_BYTES;
    this.f64[(record + VM_ACCESSES) >>> 3]! += 1;
    this.f64[(record + VM_TIME_NS) >>> 3]! += this.number(CB_ACCESS_NS);
  }
  replicaWord(replica: number, offset: number): number {
    return this.u32[(this.word(CB_REPLICA_TABLE) + replica * REPLICA_BYTES + offset) >>> 2]!;
  }
  changeWord(change: number, offset: number): number {
    return this.u32[(this.word(CB_CHANGE_TABLE) + change * CHANGE_BYTES + offset) >>> 2]!;
  }
  changeNumber(change: number, offset: number): number {
    return this.f64[(this.word(CB_CHANGE_TABLE) + change * CHANGE_BYTES + offset) >>> 3]!;
  }
  /** Changes that have not ended. */
  changesOpen(): number {
    const { u32 } = this;
    const first = (this.word(CB_CHANGE_TABLE) + CHANGE_STATE) >>> 2;
    let open = 0;
    for (let change = this.word(CB_CHANGE_TOP); change > 0; change -= 1) {
      if (u32[first + (change * CHANGE_BYTES) / 4] === CHANGE_GRANTED) open += 1;
    }
    return open;
  }
  /** A change that is granted later than it was made: nothing of it settled before. */
  changeGrantSet(change: number, grantNs: number): void {
    const record = this.word(CB_CHANGE_TABLE) + change * CHANGE_BYTES;
    this.f64[(record + CHANGE_GRANT_NS) >>> 3] = grantNs;
    this.f64[(record + CHANGE_SETTLED_NS) >>> 3] = Math.max(grantNs, this.f64[(record + CHANGE_SETTLED_NS) >>> 3]!);
  }
  /** A change that is part of a larger request counts its times from there. */
  changeRequestSet(change: number, requestNs: number): void {
    this.f64[(this.word(CB_CHANGE_TABLE) + change * CHANGE_BYTES + CHANGE_REQUEST_NS) >>> 3] = requestNs;
  }
  /** Word `index` of the column whose address stands in the control block at `offset`. */
  columnWord(offset: number, index: number): number {
    return this.u32[(this.word(offset) >>> 2) + index]!;
  }

  get status(): number {
    return this.word(CB_STATUS);
  }
  get pagesDone(): number {
    return this.word(CB_BULK_DONE);
  }

  // ---- failures -------------------------------------------------------------------------------------------------------

  /** The error for a status, with the numbers of the control block and what the caller adds. */
  failure(code: number, extra?: ErrorDetails): UsufructError {
    const cause = this.hostFailure;
    this.hostFailure = undefined;
    const error = failureError(code, {
      a: this.word(CB_ERROR_A),
      b: this.word(CB_ERROR_B),
      c: this.word(CB_ERROR_C),
      pageBytes: this.pageBytes,
      regionBytes: this.pageBytes * 2 ** this.word(CB_REGION_SHIFT),
      vmName: (handle) => this.vmNames.get(handle) ?? `number ${handle}`,
      cause,
    });
    if (extra !== undefined) Object.assign(error.details, extra);
    return error;
  }

  /** Throws unless the status is 0. */
  require(code: number): void {
    if (code !== 0) throw this.failure(code);
  }

  /** A handle or count, or the negated status: throws for the latter. */
  requireIndex(result: number): number {
    if (result < 0) throw this.failure(-result);
    return result;
  }

  // ---- operations ------------------------------------------------------------------------------------------------------

  /** Before an operation that may change the engine. */
  begin(operation: string): void {
    if ((this.attention & ~ATTENTION_LISTENING) !== 0) this.refuse(operation);
  }

  /** After an operation, whether it succeeded or not. */
  end(): void {
    if ((this.attention & ATTENTION_LISTENING) !== 0 && this.held === 0) this.drain();
  }

  /** Before something that only reads. */
  check(): void {
    if ((this.attention & ATTENTION_DISPOSED) !== 0) throw this.disposed();
  }

  /** Throws for a core that is busy or disposed of. */
  private refuse(operation: string): never {
    this.check();
    throw new ReentrantError(
      `${operation} was called from inside a swap store, device page or policy while the engine was in the middle of an operation; do it afterwards, for instance in an event listener.`,
      { operation },
    );
  }

  /** The end: nothing here keeps the memory alive any more. */
  release(): void {
    this.attention = ATTENTION_DISPOSED;
    const none = new ArrayBuffer(0);
    this.u8 = new Uint8Array(none);
    this.u32 = new Uint32Array(none);
    this.f64 = new Float64Array(none);
    this.scratch = new DataView(none);
    this.exports = {} as EngineExports;
  }

  disposed(): DisposedError {
    return disposedError('The engine', this.origin);
  }
}
