// Reading and writing the WebAssembly binary format, as far as instrumenting needs it.

export const SECTION = Object.freeze({ custom: 0, import: 2, global: 6, code: 10 });
const HEADER_BYTES = 8;

/** Reads numbers and runs of bytes one after the other. */
export class Reader {
  /** @param {Uint8Array} bytes @param {number} [at] */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error(`the module ends at byte ${this.at - 1}, in the middle of something`);
    return byte;
  }

  /** An unsigned LEB128 number. */
  varint() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Passes over a LEB128 number of any size. */
  skipVarint() {
    while (this.byte() >= 0x80);
  }

  /** @param {number} count */
  skip(count) {
    this.at += count;
  }
}

/** An unsigned number in LEB128. @param {number} value @returns {number[]} */
export function varint(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
}

/** @typedef {{ id: number, start: number, payload: Uint8Array }} Section `start` is the payload's place in the module */

/** @param {Uint8Array} bytes @returns {Section[]} */
export function sections(bytes) {
  const reader = new Reader(bytes, HEADER_BYTES);
  const found = [];
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const length = reader.varint();
    found.push({ id, start: reader.at, payload: bytes.subarray(reader.at, reader.at + length) });
    reader.skip(length);
  }
  return found;
}

/** A module from sections. @param {Uint8Array} original its header is taken @param {{ id: number, payload: Uint8Array }[]} parts */
export function moduleOf(original, parts) {
  const pieces = [original.subarray(0, HEADER_BYTES)];
  for (const { id, payload } of parts) pieces.push(new Uint8Array([id, ...varint(payload.length)]), payload);
  return concat(pieces);
}

/** @param {Uint8Array[]} pieces */
export function concat(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export const OPCODE = Object.freeze({ loop: 0x03, if: 0x04, else: 0x05, globalGet: 0x23, globalSet: 0x24 });

/** Passes over the immediates of the instruction whose opcode was just read. @param {Reader} reader @param {number} opcode */
export function skipImmediates(reader, opcode) {
  if (opcode >= 0x28 && opcode <= 0x3e) return skipMemoryArgument(reader);
  if (opcode === 0x0e) return skipVector(reader, () => reader.skipVarint(), 1);
  if (opcode === 0x1c) return skipVector(reader, () => reader.skip(1), 0);
  if (opcode === 0x43) return reader.skip(4);
  if (opcode === 0x44) return reader.skip(8);
  if (opcode === 0xfc) return skipBulk(reader);
  if (opcode === 0xfd) return skipVector128(reader);
  if (opcode === 0xfe) return reader.varint() === 3 ? reader.skip(1) : skipMemoryArgument(reader);
  for (let i = numbersBehind(opcode); i > 0; i--) reader.skipVarint();
}

/** How many LEB128 numbers follow a plain opcode. @param {number} opcode */
function numbersBehind(opcode) {
  if (opcode === 0x11) return 2; // call_indirect
  const one =
    (opcode >= 0x02 && opcode <= 0x04) || // block, loop, if
    (opcode >= 0x0c && opcode <= 0x0d) || // br, br_if
    opcode === 0x10 || // call
    (opcode >= 0x20 && opcode <= 0x26) || // local.…, global.…, table.get, table.set
    (opcode >= 0x3f && opcode <= 0x42) || // memory.size, memory.grow, i32.const, i64.const
    opcode === 0xd0 || // ref.null
    opcode === 0xd2; // ref.func
  return one ? 1 : 0;
}

/** @param {Reader} reader */
function skipMemoryArgument(reader) {
  reader.skipVarint();
  reader.skipVarint();
}

/** @param {Reader} reader @param {() => void} skipOne @param {number} more how many stand behind the counted ones */
function skipVector(reader, skipOne, more) {
  for (let i = reader.varint() + more; i > 0; i--) skipOne();
}

/** @param {Reader} reader */
function skipBulk(reader) {
  const opcode = reader.varint();
  if (opcode < 8) return;
  const two = opcode === 8 || opcode === 10 || opcode === 12 || opcode === 14;
  for (let i = two ? 2 : 1; i > 0; i--) reader.skipVarint();
}

/** @param {Reader} reader */
function skipVector128(reader) {
  const opcode = reader.varint();
  if (opcode <= 11 || opcode === 92 || opcode === 93) skipMemoryArgument(reader);
  else if (opcode === 12 || opcode === 13) reader.skip(16);
  else if (opcode >= 21 && opcode <= 34) reader.skip(1);
  else if (opcode >= 84 && opcode <= 91) {
    skipMemoryArgument(reader);
    reader.skip(1);
  }
}
