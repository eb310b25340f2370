// Blocks of the compact format back to records. Independent of the compiled decoder, and checked against it.
import {
  KIND_FETCH,
  TOKEN_DATA,
  TOKEN_FETCH_JUMP,
  TOKEN_FETCH_ON,
  TOKEN_FROM_DATA,
  TOKEN_FROM_LAST,
  TOKEN_OTHER_GUESS,
  TOKEN_OTHER_NODE,
  TRACE_BLOCK_RECORDS,
  TRACE_KIND_BITS,
  TRACE_KIND_MASK,
  TRACE_RUN_LONG,
  TRACE_SECOND_BIT,
  TRACE_SIZE_MOST,
  TRACE_TYPE_BITS,
  TRACE_TYPE_MASK,
  TRACE_UNIT_BYTES,
  TRACE_UNIT_SHIFT,
} from '../../assembly/shared/trace-format.ts';
import { NODE_NONE, Predictor } from './predictor.ts';
import type { TraceBlock } from './trace.ts';
import { TraceError } from './trace-error.ts';

/** The records 0 … count-1 of a block, in columns. */
export interface LinearRecords {
  count: number;
  /** Number of the first one in the trace. */
  firstRecord: number;
  readonly kinds: Uint8Array;
  /** Linear addresses. */
  readonly addresses: Uint32Array;
  readonly sizes: Uint16Array;
  /** Linear unit of the second part, where address and size cross the end of a unit; else 0. */
  readonly secondUnits: Uint32Array;
}

export class BlockDecoder {
  readonly #file: string;
  readonly #predictor = new Predictor();
  readonly #records: LinearRecords = {
    count: 0,
    firstRecord: 0,
    kinds: new Uint8Array(TRACE_BLOCK_RECORDS),
    addresses: new Uint32Array(TRACE_BLOCK_RECORDS),
    sizes: new Uint16Array(TRACE_BLOCK_RECORDS),
    secondUnits: new Uint32Array(TRACE_BLOCK_RECORDS),
  };
  #payload: Uint8Array = new Uint8Array(0);
  #position = 0;
  #unitsKnown = 0;
  #block = 0;

  /** `file` is for errors. */
  constructor(file: string) {
    this.#file = file;
  }

  /** The records of a block; they hold until the next call. Throws TRACE_CORRUPT. */
  decode(block: TraceBlock): LinearRecords {
    const records = this.#records;
    const predictor = this.#predictor;
    records.count = 0;
    records.firstRecord = block.firstRecord;
    this.#block = block.index;
    this.#payload = block.payload;
    this.#position = 0;
    this.#unitsKnown = block.firstUnit + block.units.length;
    predictor.reset();
    let dataRecords = 0;
    while (records.count < block.records) {
      const token = this.#byte();
      this.#tokenRecord(token & TRACE_TYPE_MASK);
      let run = token >> TRACE_TYPE_BITS;
      if (run === TRACE_RUN_LONG) run += this.#varint();
      if (records.count + run > block.records) throw this.#corrupt('a run past the end of the block');
      for (; run > 0; run--) {
        const node = predictor.enterNext();
        if (node === NODE_NONE) throw this.#corrupt('a run without a node to go to');
        this.#tell(node, predictor.guess(node));
      }
    }
    if (this.#position !== this.#payload.length) throw this.#corrupt('bytes behind the last record');
    for (let i = 0; i < records.count; i++) {
      if (records.kinds[i] !== KIND_FETCH) dataRecords++;
      if (records.secondUnits[i]! >= this.#unitsKnown)
        throw this.#corrupt(`a second unit ${records.secondUnits[i]} of ${this.#unitsKnown}`);
    }
    if (dataRecords !== block.dataRecords) throw this.#corrupt(`${dataRecords} data records instead of ${block.dataRecords}`);
    return records;
  }

  #tokenRecord(type: number): void {
    const predictor = this.#predictor;
    if (type === TOKEN_OTHER_NODE) {
      const node = predictor.enterOther();
      if (node === NODE_NONE) throw this.#corrupt('no other node to go to');
      this.#tell(node, predictor.guess(node));
    } else if (type <= TOKEN_FROM_DATA) this.#nextData(type);
    else if (type === TOKEN_FETCH_ON || type === TOKEN_FETCH_JUMP) {
      const size = this.#byte();
      if (size === 0) throw this.#corrupt('a fetch of 0 bytes');
      const address = type === TOKEN_FETCH_ON ? predictor.lastFetch + predictor.fetchSize : predictor.lastFetch + this.#delta();
      this.#tell(predictor.enterFetch(size, address | 0), address | 0);
    } else if (type === TOKEN_DATA) {
      const shape = this.#byte();
      if ((shape & TRACE_KIND_MASK) === KIND_FETCH || shape >> TRACE_KIND_BITS === 0) throw this.#corrupt('not a data record');
      const address = (predictor.lastData + this.#delta()) | 0;
      this.#tell(predictor.enterData(shape, address), address);
    } else this.#whole();
    predictor.tokenEnd();
  }

  #nextData(type: number): void {
    const predictor = this.#predictor;
    const node = predictor.enterNext();
    if ((predictor.shapes[node]! & TRACE_KIND_MASK) === KIND_FETCH) throw this.#corrupt('the next node is not one of data');
    if (type === TOKEN_OTHER_GUESS) this.#tell(node, predictor.otherGuess(node));
    else if (type === TOKEN_FROM_LAST) this.#tell(node, (predictor.last[node]! + this.#delta()) | 0);
    else this.#tell(node, (predictor.lastData + this.#delta()) | 0);
  }

  #whole(): void {
    const predictor = this.#predictor;
    const flags = this.#byte();
    const size = this.#varint();
    const address = this.#varint() | 0;
    if (flags >= TRACE_SECOND_BIT << 1 || size === 0 || size > TRACE_SIZE_MOST)
      throw this.#corrupt(`a record of kind ${flags} and ${size} bytes`);
    const explicit = (flags & TRACE_SECOND_BIT) !== 0;
    const second = explicit ? this.#varint() : 0;
    const kind = flags & TRACE_KIND_MASK;
    const node = kind === KIND_FETCH ? predictor.enterFetch(size, address) : predictor.enterData(kind | (size << TRACE_KIND_BITS), address);
    this.#tell(node, address);
    if (!explicit) return;
    if ((address & (TRACE_UNIT_BYTES - 1)) + size <= TRACE_UNIT_BYTES) throw this.#corrupt('a second unit for a record in one');
    this.#records.secondUnits[this.#records.count - 1] = second;
  }

  /** Notes a record at the node entered last. */
  #tell(node: number, address: number): void {
    const records = this.#records;
    const shape = this.#predictor.shapes[node]!;
    const size = shape >> TRACE_KIND_BITS;
    const unit = address >>> TRACE_UNIT_SHIFT;
    const crosses = (address & (TRACE_UNIT_BYTES - 1)) + size > TRACE_UNIT_BYTES;
    if (unit >= this.#unitsKnown) throw this.#corrupt(`a record in unit ${unit} of ${this.#unitsKnown}`);
    const index = records.count++;
    records.kinds[index] = shape & TRACE_KIND_MASK;
    records.addresses[index] = address;
    records.sizes[index] = size;
    records.secondUnits[index] = crosses ? unit + 1 : 0;
    this.#predictor.learn(address);
  }

  #byte(): number {
    if (this.#position >= this.#payload.length) throw this.#corrupt('the payload ends in a record');
    return this.#payload[this.#position++]!;
  }

  #varint(): number {
    let value = 0;
    for (let power = 1; ; power *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * power;
      if (value >= 2 ** 32 || power > 2 ** 28) throw this.#corrupt('a number over 32 bits');
      if (byte < 0x80) return value;
    }
  }

  #delta(): number {
    const value = this.#varint();
    return (value >>> 1) ^ -(value & 1);
  }

  #corrupt(what: string): TraceError {
    const place = { file: this.#file, block: this.#block, byte: this.#position, record: this.#records.firstRecord + this.#records.count };
    return new TraceError(
      'TRACE_CORRUPT',
      `${place.file}, block ${place.block}, byte ${place.byte} of its payload, record ${place.record}: ${what}.`,
      place,
    );
  }
}
