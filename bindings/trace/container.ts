// The compact file around the payloads: header, blocks, end mark (docs/trace-format.md draws them). All numbers little endian.
import { TRACE_BLOCK_BYTES, TRACE_BLOCK_RECORDS, TRACE_UNITS_MOST } from '../../assembly/shared/trace-format.ts';
import { crc32 } from './crc32.ts';
import { TRACED_UNITS } from './record.ts';
import type { TraceBlock, TraceTotals } from './trace.ts';
import { corruptAt, TraceError } from './trace-error.ts';

/** As in PNG: a byte over 127 and a newline, so that what mangles text is noticed at once. */
export const MAGIC = Uint8Array.of(0x89, 0x55, 0x54, 0x52, 0x41, 0x43, 0x45, 0x0a); // \x89 U T R A C E \n
const VERSION = 1;

//   0        8         12        16        24           32       36        40             48          60    64
//   ┌────────┬─────────┬─────────┬─────────┬────────────┬────────┬─────────┬──────────────┬───────────┬─────┐
//   │ magic  │ version │ length  │ records │ data       │ units  │ blocks  │ payload bytes│ 0         │ CRC │
//   └────────┴─────────┴─────────┴─────────┴────────────┴────────┴─────────┴──────────────┴───────────┴─────┘
const HEADER_VERSION = MAGIC.length;
const HEADER_LENGTH = HEADER_VERSION + 4;
const HEADER_RECORDS = HEADER_LENGTH + 4;
const HEADER_DATA_RECORDS = HEADER_RECORDS + 8;
const HEADER_UNITS = HEADER_DATA_RECORDS + 8;
const HEADER_BLOCKS = HEADER_UNITS + 4;
const HEADER_PAYLOAD_BYTES = HEADER_BLOCKS + 4;
const HEADER_ZERO = HEADER_PAYLOAD_BYTES + 8;
const HEADER_CRC = HEADER_ZERO + 12;
export const HEADER_BYTES = HEADER_CRC + 4;

//   0        4         8              12              16      20                 24    28
//   ┌────────┬─────────┬──────────────┬───────────────┬───────┬──────────────────┬─────┬──────────────┬───────────┐
//   │ mark   │ records │ data records │ payload bytes │ units │ dictionary bytes │ CRC │ dictionary … │ payload … │
//   └────────┴─────────┴──────────────┴───────────────┴───────┴──────────────────┴─────┴──────────────┴───────────┘
//   The CRC is over all before it and all behind it.
const BLOCK_MARK = 0x4b434c42; // 'BLCK'
const BLOCK_RECORDS = 4;
const BLOCK_DATA_RECORDS = BLOCK_RECORDS + 4;
const BLOCK_PAYLOAD_BYTES = BLOCK_DATA_RECORDS + 4;
const BLOCK_UNITS = BLOCK_PAYLOAD_BYTES + 4;
const BLOCK_DICTIONARY_BYTES = BLOCK_UNITS + 4;
const BLOCK_CRC = BLOCK_DICTIONARY_BYTES + 4;
const BLOCK_HEAD_BYTES = BLOCK_CRC + 4;

//   0        4        8     12
//   ┌────────┬────────┬─────┐
//   │ mark   │ blocks │ CRC │
//   └────────┴────────┴─────┘
const END_MARK = 0x21444e45; // 'END!'
const END_BLOCKS = 4;
const END_CRC = END_BLOCKS + 4;
export const END_BYTES = END_CRC + 4;

/** A dictionary entry is twice a number below 2^52 and a sign: 53 bits. */
const ENTRY_BYTES_MOST = 8;

const WORD = 2 ** 32;

function setNumber(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % WORD, true);
  view.setUint32(at + 4, Math.floor(value / WORD), true);
}

function getNumber(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * WORD;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function headerBytes(totals: TraceTotals): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(HEADER_VERSION, VERSION, true);
  view.setUint32(HEADER_LENGTH, HEADER_BYTES, true);
  setNumber(view, HEADER_RECORDS, totals.records);
  setNumber(view, HEADER_DATA_RECORDS, totals.dataRecords);
  view.setUint32(HEADER_UNITS, totals.units, true);
  view.setUint32(HEADER_BLOCKS, totals.blocks, true);
  setNumber(view, HEADER_PAYLOAD_BYTES, totals.payloadBytes);
  view.setUint32(HEADER_CRC, crc32(bytes.subarray(0, HEADER_CRC)), true);
  return bytes;
}

export function blockBytes(block: TraceBlock): Uint8Array {
  const dictionary = dictionaryBytes(block.units);
  const bytes = new Uint8Array(BLOCK_HEAD_BYTES + dictionary.length + block.payload.length);
  const view = viewOf(bytes);
  view.setUint32(0, BLOCK_MARK, true);
  view.setUint32(BLOCK_RECORDS, block.records, true);
  view.setUint32(BLOCK_DATA_RECORDS, block.dataRecords, true);
  view.setUint32(BLOCK_PAYLOAD_BYTES, block.payload.length, true);
  view.setUint32(BLOCK_UNITS, block.units.length, true);
  view.setUint32(BLOCK_DICTIONARY_BYTES, dictionary.length, true);
  bytes.set(dictionary, BLOCK_HEAD_BYTES);
  bytes.set(block.payload, BLOCK_HEAD_BYTES + dictionary.length);
  view.setUint32(BLOCK_CRC, blockCrc(bytes.subarray(0, BLOCK_CRC), bytes.subarray(BLOCK_HEAD_BYTES)), true);
  return bytes;
}

function blockCrc(head: Uint8Array, body: Uint8Array): number {
  return crc32(body, crc32(head));
}

export function endBytes(blocks: number): Uint8Array {
  const bytes = new Uint8Array(END_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, END_MARK, true);
  view.setUint32(END_BLOCKS, blocks, true);
  view.setUint32(END_CRC, crc32(bytes.subarray(0, END_CRC)), true);
  return bytes;
}

/** Each unit as the difference from the one before (the first from 0): twice the distance, odd where it goes down; varint. */
function dictionaryBytes(units: Float64Array): Uint8Array {
  const bytes = new Uint8Array(units.length * ENTRY_BYTES_MOST);
  let used = 0;
  let before = 0;
  for (const unit of units) {
    let rest = Math.abs(unit - before) * 2 + (unit < before ? 1 : 0);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[used++] = (rest % 0x80) | 0x80;
    bytes[used++] = rest;
    before = unit;
  }
  return bytes.subarray(0, used);
}

/** A stream of chunks, read by the number of bytes wanted. */
interface ByteSource {
  /** Bytes taken so far. */
  readonly position: number;
  /** The next `count` bytes, or fewer where the stream ends. They hold until the next call. */
  take(count: number): Promise<Uint8Array>;
}

/** Reads a compact file from its magic on. */
export class ContainerReader {
  readonly #file: string;
  readonly #source: ByteSource;

  constructor(file: string, source: ByteSource) {
    this.#file = file;
    this.#source = source;
  }

  async totals(): Promise<TraceTotals> {
    const bytes = await this.#exactly(HEADER_BYTES, 'its header');
    const view = viewOf(bytes);
    const version = view.getUint32(HEADER_VERSION, true);
    if (version !== VERSION) {
      const message = `${this.#file} is a compact trace of version ${version}; allowed: ${VERSION}.`;
      throw new TraceError('TRACE_VERSION', message, { file: this.#file, value: version, allowed: VERSION });
    }
    if (view.getUint32(HEADER_CRC, true) !== crc32(bytes.subarray(0, HEADER_CRC)))
      throw corruptAt(this.#file, 0, 'the header does not match its checksum');
    const totals: TraceTotals = {
      records: getNumber(view, HEADER_RECORDS),
      dataRecords: getNumber(view, HEADER_DATA_RECORDS),
      units: view.getUint32(HEADER_UNITS, true),
      blocks: view.getUint32(HEADER_BLOCKS, true),
      payloadBytes: getNumber(view, HEADER_PAYLOAD_BYTES),
    };
    if (totals.units > TRACE_UNITS_MOST) throw corruptAt(this.#file, HEADER_UNITS, `${totals.units} units, more than ${TRACE_UNITS_MOST}`);
    if (totals.records === 0) throw new TraceError('TRACE_EMPTY', `${this.#file} holds no records.`, { file: this.#file });
    return totals;
  }

  /** The blocks behind the header, whose totals they have to add up to. */
  async *blocks(totals: TraceTotals): AsyncGenerator<TraceBlock> {
    const sums = { records: 0, dataRecords: 0, units: 0, blocks: 0, payloadBytes: 0 };
    for (; sums.blocks < totals.blocks; sums.blocks++) {
      const block = await this.#block(sums.blocks, sums.records, sums.units);
      sums.records += block.records;
      sums.dataRecords += block.dataRecords;
      sums.units += block.units.length;
      sums.payloadBytes += block.payload.length;
      yield block;
    }
    await this.#end(totals.blocks);
    for (const name of ['records', 'dataRecords', 'units', 'payloadBytes'] as const) {
      if (sums[name] !== totals[name])
        throw corruptAt(this.#file, this.#source.position, `${name} add up to ${sums[name]}, the header says ${totals[name]}`);
    }
  }

  async #block(index: number, firstRecord: number, firstUnit: number): Promise<TraceBlock> {
    const start = this.#source.position;
    const head = (await this.#exactly(BLOCK_HEAD_BYTES, `the head of block ${index}`)).slice();
    const view = viewOf(head);
    const [records, dataRecords, payloadBytes, units, dictionaryLength] = [
      view.getUint32(BLOCK_RECORDS, true),
      view.getUint32(BLOCK_DATA_RECORDS, true),
      view.getUint32(BLOCK_PAYLOAD_BYTES, true),
      view.getUint32(BLOCK_UNITS, true),
      view.getUint32(BLOCK_DICTIONARY_BYTES, true),
    ];
    const sound =
      view.getUint32(0, true) === BLOCK_MARK &&
      records > 0 &&
      records <= TRACE_BLOCK_RECORDS &&
      dataRecords <= records &&
      payloadBytes <= TRACE_BLOCK_BYTES &&
      units <= records * 2 &&
      dictionaryLength <= units * ENTRY_BYTES_MOST;
    if (!sound) throw corruptAt(this.#file, start, `no head of block ${index} here`);
    const body = (await this.#exactly(dictionaryLength + payloadBytes, `block ${index}`)).slice();
    if (blockCrc(head.subarray(0, BLOCK_CRC), body) !== view.getUint32(BLOCK_CRC, true)) {
      throw corruptAt(this.#file, start, `block ${index} does not match its checksum`);
    }
    return {
      index,
      firstRecord,
      records,
      dataRecords,
      payload: body.subarray(dictionaryLength),
      firstUnit,
      units: this.#dictionary(body.subarray(0, dictionaryLength), units, start),
    };
  }

  #dictionary(bytes: Uint8Array, count: number, blockStart: number): Float64Array {
    const units = new Float64Array(count);
    let at = 0;
    let before = 0;
    for (let i = 0; i < count; i++) {
      let value = 0;
      let byte = 0x80;
      for (let power = 1; byte >= 0x80 && at < bytes.length; power *= 0x80) {
        byte = bytes[at++]!;
        value += (byte & 0x7f) * power;
      }
      const distance = Math.floor(value / 2);
      before += value % 2 === 1 ? -distance : distance;
      if (byte >= 0x80 || !(before >= 0 && before < TRACED_UNITS))
        throw corruptAt(this.#file, blockStart, `entry ${i} of the block's dictionary is no unit`);
      units[i] = before;
    }
    if (at !== bytes.length) throw corruptAt(this.#file, blockStart, "bytes behind the block's dictionary");
    return units;
  }

  async #end(blocks: number): Promise<void> {
    const start = this.#source.position;
    const bytes = await this.#exactly(END_BYTES, 'its end mark');
    const view = viewOf(bytes);
    const sound =
      view.getUint32(0, true) === END_MARK &&
      view.getUint32(END_BLOCKS, true) === blocks &&
      view.getUint32(END_CRC, true) === crc32(bytes.subarray(0, END_CRC));
    if (!sound) throw corruptAt(this.#file, start, 'no end mark here');
    if ((await this.#source.take(1)).length > 0) throw corruptAt(this.#file, start + END_BYTES, 'bytes behind the end mark');
  }

  async #exactly(count: number, what: string): Promise<Uint8Array> {
    const start = this.#source.position;
    const bytes = await this.#source.take(count);
    if (bytes.length === count) return bytes;
    const message = `${this.#file}, byte ${start}: the file ends in ${what}, ${count - bytes.length} bytes early; it was cut off, copy or make it again.`;
    throw new TraceError('TRACE_TRUNCATED', message, { file: this.#file, byte: start + bytes.length, value: bytes.length, allowed: count });
  }
}
