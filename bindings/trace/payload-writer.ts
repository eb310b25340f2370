// Records to the tokens of a payload (docs/trace-format.md).
import {
  KIND_FETCH,
  TOKEN_DATA,
  TOKEN_FETCH_JUMP,
  TOKEN_FETCH_ON,
  TOKEN_FROM_DATA,
  TOKEN_FROM_LAST,
  TOKEN_OTHER_GUESS,
  TOKEN_OTHER_NODE,
  TOKEN_WHOLE,
  TRACE_BLOCK_BYTES,
  TRACE_DATA_SIZE_MOST,
  TRACE_FETCH_SIZE_MOST,
  TRACE_RUN_LONG,
  TRACE_SECOND_BIT,
  TRACE_TYPE_BITS,
} from '../../assembly/shared/trace-format.ts';
import { NODE_NONE, Predictor, shapeOf } from './predictor.ts';

/** A varint of 32 bits has five bytes; the longest token has its type, two varints of 32 bits, flags, size and run. */
const VARINT_BYTES_MOST = 5;
const TOKEN_BYTES_MOST = 2 + 4 * VARINT_BYTES_MOST;
const NO_TOKEN = -1;

/** Signed to unsigned, small numbers to small numbers. */
function zigzag(delta: number): number {
  return ((delta << 1) ^ (delta >> 31)) >>> 0;
}

export class PayloadWriter {
  readonly #bytes = new Uint8Array(TRACE_BLOCK_BYTES);
  readonly #predictor = new Predictor();
  #used = 0;
  #token = NO_TOKEN; // where the open token stands
  #run = 0;

  constructor() {
    this.reset();
  }

  /** Starts a new payload. */
  reset(): void {
    this.#predictor.reset();
    this.#used = 0;
    this.#token = NO_TOKEN;
    this.#run = 0;
  }

  /** Is there room for one more record, whatever it is? */
  get fits(): boolean {
    return this.#used + TOKEN_BYTES_MOST + VARINT_BYTES_MOST <= TRACE_BLOCK_BYTES;
  }

  /** Adds a record at a linear address (i32); `second` is the unit of its second part where that is not the next one, else -1. */
  add(kind: number, size: number, address: number, second: number): void {
    const predictor = this.#predictor;
    const node = predictor.next[predictor.here]!;
    const nodeFits = node !== NODE_NONE && predictor.shapes[node] === shapeOf(kind, size);
    if (nodeFits && second < 0 && predictor.guess(node) === address) {
      predictor.enterNext();
      predictor.learn(address);
      this.#run++;
      return;
    }
    this.#tokenClose();
    this.#token = this.#used++;
    this.#bytes[this.#token] = this.#tokenFields(kind, size, address, second, nodeFits);
    predictor.learn(address);
    predictor.tokenEnd();
  }

  /** The payload; it holds until `reset`. */
  take(): Uint8Array {
    this.#tokenClose();
    this.#token = NO_TOKEN;
    return this.#bytes.subarray(0, this.#used);
  }

  /** Writes the fields of the token and moves to the record's node. Returns the type. */
  #tokenFields(kind: number, size: number, address: number, second: number, nextFits: boolean): number {
    const predictor = this.#predictor;
    if (second >= 0) return this.#whole(kind, size, address, second);
    const other = predictor.other[predictor.here]!;
    const shape = shapeOf(kind, size);
    if (other !== NODE_NONE && predictor.shapes[other] === shape && predictor.guess(other) === address) {
      predictor.enterOther();
      return TOKEN_OTHER_NODE;
    }
    if (kind === KIND_FETCH) return this.#fetch(size, address);
    if (nextFits) return this.#nextData(address);
    if (size > TRACE_DATA_SIZE_MOST) return this.#whole(kind, size, address, second);
    this.#byte(shape);
    this.#varint(zigzag(address - predictor.lastData));
    predictor.enterData(shape, address);
    return TOKEN_DATA;
  }

  #fetch(size: number, address: number): number {
    const predictor = this.#predictor;
    if (size > TRACE_FETCH_SIZE_MOST) return this.#whole(KIND_FETCH, size, address, -1);
    this.#byte(size);
    const on = address === ((predictor.lastFetch + predictor.fetchSize) | 0);
    if (!on) this.#varint(zigzag(address - predictor.lastFetch));
    predictor.enterFetch(size, address);
    return on ? TOKEN_FETCH_ON : TOKEN_FETCH_JUMP;
  }

  #nextData(address: number): number {
    const predictor = this.#predictor;
    const node = predictor.enterNext();
    if (predictor.otherGuess(node) === address) return TOKEN_OTHER_GUESS;
    const fromLast = zigzag(address - predictor.last[node]!);
    const fromData = zigzag(address - predictor.lastData);
    this.#varint(Math.min(fromLast, fromData));
    return fromData <= fromLast ? TOKEN_FROM_DATA : TOKEN_FROM_LAST;
  }

  #whole(kind: number, size: number, address: number, second: number): number {
    this.#byte(second < 0 ? kind : kind | TRACE_SECOND_BIT);
    this.#varint(size);
    this.#varint(address >>> 0);
    if (second >= 0) this.#varint(second);
    if (kind === KIND_FETCH) this.#predictor.enterFetch(size, address);
    else this.#predictor.enterData(shapeOf(kind, size), address);
    return TOKEN_WHOLE;
  }

  #tokenClose(): void {
    if (this.#token === NO_TOKEN) return;
    const run = this.#run;
    this.#bytes[this.#token]! |= Math.min(run, TRACE_RUN_LONG) << TRACE_TYPE_BITS;
    if (run >= TRACE_RUN_LONG) this.#varint(run - TRACE_RUN_LONG);
    this.#run = 0;
  }

  #byte(value: number): void {
    this.#bytes[this.#used++] = value;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#used++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#used++] = rest;
  }
}
