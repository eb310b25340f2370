// Reads what `valgrind --tool=lackey --trace-mem=yes` prints: `I  ADDRESS,SIZE`, ` L ADDRESS,SIZE`, ` S …`, ` M …`, address in hex, size in decimal.
// Lines that do not start like a record (valgrind's own, the program's output) are skipped.
import {
  KIND_FETCH,
  KIND_LOAD,
  KIND_MODIFY,
  KIND_STORE,
  TRACE_SIZE_MOST,
  TRACE_UNIT_BYTES,
  TRACE_UNIT_SHIFT,
} from '../../assembly/shared/trace-format.ts';
import { BATCH_RECORDS, batchMake, TRACED_UNITS, type RecordBatch } from './record.ts';
import { TraceError, type TraceErrorCode } from './trace-error.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const LETTER_I = 0x49;

/** No record is longer; a longer line is kept only as far as this. */
const LINE_BYTES_MOST = 256;
const ADDRESS_DIGITS_MOST = 16;
const NOT_HEX = 16;

const HEX = hexTable();
const NOT_DATA = 0;
const DATA_KIND = dataKindTable();

function hexTable(): Uint8Array {
  const table = new Uint8Array(256).fill(NOT_HEX);
  for (let digit = 0; digit < 16; digit++) {
    const shown = digit.toString(16);
    table[shown.charCodeAt(0)] = digit;
    table[shown.toUpperCase().charCodeAt(0)] = digit;
  }
  return table;
}

function dataKindTable(): Uint8Array {
  const table = new Uint8Array(256).fill(NOT_DATA);
  table['L'.charCodeAt(0)] = KIND_LOAD;
  table['S'.charCodeAt(0)] = KIND_STORE;
  table['M'.charCodeAt(0)] = KIND_MODIFY;
  return table;
}

/** The records of lackey's text, in batches; the batch is reused. `file` is for errors. */
export async function* lackeyRecords(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RecordBatch> {
  const reader = new LackeyReader(file);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      at = reader.read(chunk, at);
      if (reader.full) yield reader.take();
    }
  }
  reader.end();
  if (reader.batch.count > 0) yield reader.take();
}

/** Lines to records. Holds one unfinished line and one batch. */
export class LackeyReader {
  readonly batch: RecordBatch = batchMake();
  readonly #file: string;
  readonly #carry = new Uint8Array(LINE_BYTES_MOST);
  #carried = 0;
  #line = 1;
  #taken = false;

  constructor(file: string) {
    this.#file = file;
  }

  get full(): boolean {
    return this.batch.count === BATCH_RECORDS;
  }

  /** The batch, to be used before the next `read`. */
  take(): RecordBatch {
    this.#taken = true;
    return this.batch;
  }

  /** Reads from byte `at` on until the chunk ends or the batch is full. Returns where it stopped. */
  read(chunk: Uint8Array, at: number): number {
    if (this.#taken) {
      this.batch.count = 0;
      this.#taken = false;
    }
    let start = at;
    if (this.#carried > 0) {
      start = this.#carriedLine(chunk, at);
      if (start === 0) return chunk.length;
    }
    while (start < chunk.length && this.batch.count < BATCH_RECORDS) {
      const next = this.#record(chunk, start);
      if (next === 0) {
        this.#keep(chunk, start, chunk.length);
        return chunk.length;
      }
      this.#line++;
      start = next;
    }
    return start;
  }

  /** The last line may lack its end. */
  end(): void {
    if (this.#taken) {
      this.batch.count = 0;
      this.#taken = false;
    }
    if (this.#carried === 0) return;
    const line = new Uint8Array(this.#carried + 1);
    line.set(this.#carry.subarray(0, this.#carried));
    line[this.#carried] = NEWLINE;
    this.#carried = 0;
    this.#record(line, 0);
  }

  /** Completes the line whose start was kept. Where the rest of it starts anew, or 0 where it still goes on. */
  #carriedLine(chunk: Uint8Array, at: number): number {
    const end = chunk.indexOf(NEWLINE, at);
    this.#keep(chunk, at, end < 0 ? chunk.length : end);
    if (end < 0) return 0;
    this.end();
    this.#line++;
    return end + 1;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const kept = chunk.subarray(start, Math.min(end, start + LINE_BYTES_MOST - this.#carried));
    this.#carry.set(kept, this.#carried);
    this.#carried += kept.length;
  }

  /** Reads the line at `start`. Returns where the next one starts, or 0 where the line does not end in the chunk. */
  #record(chunk: Uint8Array, start: number): number {
    const length = chunk.length;
    const first = chunk[start]!;
    let at = start + 1;
    let kind = KIND_FETCH;
    if (first === SPACE) {
      kind = at < length ? DATA_KIND[chunk[at]!]! : NOT_DATA;
      if (kind === NOT_DATA) return chunk.indexOf(NEWLINE, start) + 1;
      at++;
    } else if (first !== LETTER_I) return chunk.indexOf(NEWLINE, start) + 1;
    if (at >= length || chunk[at] !== SPACE) return chunk.indexOf(NEWLINE, start) + 1;
    while (at < length && chunk[at] === SPACE) at++;

    const digits = at;
    let unit = 0;
    let offset = 0; // the last three digits; what leaves them goes to the unit
    for (let digit; at < length && (digit = HEX[chunk[at]!]!) !== NOT_HEX; at++) {
      unit = unit * 16 + (offset >>> (TRACE_UNIT_SHIFT - 4));
      offset = ((offset << 4) & (TRACE_UNIT_BYTES - 1)) | digit;
    }
    const addressDigits = at - digits;
    const comma = at < length && chunk[at] === COMMA;
    const sizeStart = ++at;
    let size = 0;
    for (let digit; at < length && (digit = chunk[at]! - DIGIT_0) >= 0 && digit <= 9; at++) size = size * 10 + digit;
    if (at > sizeStart && at < length && chunk[at] === RETURN) at++;
    if (at >= length) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) return 0;
      at = end;
    }
    if (chunk[at] !== NEWLINE || !comma || at === sizeStart || addressDigits === 0 || addressDigits > ADDRESS_DIGITS_MOST)
      this.#notRecord(chunk, start);
    if (size === 0 || size > TRACE_SIZE_MOST) this.#badSize(size);
    if (unit === TRACED_UNITS - 1 && offset + size > TRACE_UNIT_BYTES) this.#badAddress(chunk, digits, addressDigits, size);

    const batch = this.batch;
    const index = batch.count++;
    batch.kinds[index] = kind;
    batch.units[index] = unit;
    batch.offsets[index] = offset;
    batch.sizes[index] = size;
    return at + 1;
  }

  #fail(code: TraceErrorCode, what: string, value: string | number, allowed: string): never {
    const line = this.#line;
    throw new TraceError(code, `${this.#file}, line ${line}: ${what}; allowed: ${allowed}.`, { file: this.#file, line, value, allowed });
  }

  #notRecord(chunk: Uint8Array, start: number): never {
    const end = chunk.indexOf(NEWLINE, start);
    const line = new TextDecoder()
      .decode(chunk.subarray(start, Math.min(end < 0 ? chunk.length : end, start + 40)))
      .replace(/[^ -~]/g, '?');
    const shape = `'I  ADDRESS,SIZE', ' L ADDRESS,SIZE', ' S ADDRESS,SIZE' or ' M ADDRESS,SIZE', the address in 1 to ${ADDRESS_DIGITS_MOST} hex digits`;
    this.#fail('TRACE_LINE', `'${line}' starts like a record but is not one`, line, shape);
  }

  #badSize(size: number): never {
    this.#fail('TRACE_SIZE', `a record of ${size} bytes`, size, `1 to ${TRACE_SIZE_MOST} bytes`);
  }

  #badAddress(chunk: Uint8Array, digits: number, addressDigits: number, size: number): never {
    const address = new TextDecoder().decode(chunk.subarray(digits, digits + addressDigits));
    this.#fail('TRACE_ADDRESS', `${size} bytes at 0x${address} end past 2^64`, `0x${address}`, 'records that end at 2^64 or below');
  }
}
