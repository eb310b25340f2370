// The decoder of compact-trace payloads. Everything it knows is in its cursor (shared/trace-format.ts draws it), so any number of cursors can be
// decoded by any instance. It reads nothing outside the payload and trusts nothing in it: what is not a payload ends in DECODE_CORRUPT.
import {
  CURSOR_ADDRESS,
  CURSOR_END,
  CURSOR_LAST_DATA,
  CURSOR_LAST_FETCH,
  CURSOR_LEFT,
  CURSOR_NODE,
  CURSOR_NODES,
  CURSOR_FINDER,
  CURSOR_POSITION,
  CURSOR_RECORDS,
  CURSOR_RUN,
  CURSOR_SECOND,
  CURSOR_SIZE,
  CURSOR_START,
  DECODE_CORRUPT,
  DECODE_CROSSING,
  DECODE_END,
  KIND_FETCH,
  NODES_MOST,
  NODE_LAST,
  NODE_NEXT,
  NODE_OTHER,
  NODE_SHAPE,
  NODE_SHAPE_MASK,
  TOKEN_DATA,
  TOKEN_FETCH_JUMP,
  TOKEN_FETCH_ON,
  TOKEN_FROM_DATA,
  TOKEN_FROM_LAST,
  TOKEN_OTHER_GUESS,
  TOKEN_OTHER_NODE,
  TRACE_KIND_BITS,
  TRACE_KIND_MASK,
  TRACE_RUN_LONG,
  TRACE_SECOND_BIT,
  TRACE_SIZE_MOST,
  TRACE_TYPE_BITS,
  TRACE_TYPE_MASK,
  TRACE_UNITS_MOST,
  TRACE_UNIT_BYTES,
  TRACE_UNIT_SHIFT,
} from '../shared/trace-format.ts';
import { dataEnter, fetchEnter, nodeConfirm, nodeEnter, nodeGuess, nodeLearn, nodeOtherGuess, nodesForget } from './decode-nodes.ts';

// The portable constants are i32 to asc; these are compared with u32.
const UNIT_BYTES: u32 = TRACE_UNIT_BYTES;
const OFFSET_MASK: u32 = TRACE_UNIT_BYTES - 1;
const UNITS_MOST: u32 = TRACE_UNITS_MOST;
const SIZE_MOST: u32 = TRACE_SIZE_MOST;
const SECOND_BIT: u32 = TRACE_SECOND_BIT;

/** Points the cursor at a payload of `bytes` bytes that holds `records` records, and forgets what it learned from another. */
export function decodeReset(cursor: usize, payload: usize, bytes: u32, records: u32): void {
  memory.fill(cursor, 0, CURSOR_FINDER);
  store<u32>(cursor, <u32>payload, CURSOR_START);
  store<u32>(cursor, <u32>payload, CURSOR_POSITION);
  store<u32>(cursor, <u32>payload + bytes, CURSOR_END);
  store<u32>(cursor, records, CURSOR_RECORDS);
  store<u32>(cursor, records, CURSOR_LEFT);
  nodesForget(cursor, KIND_FETCH, 0);
}

/**
 * The next record: its kind, or-ed with DECODE_CROSSING where it has a part in a second unit; the rest can be asked for until the next call.
 * DECODE_END behind the last one, DECODE_CORRUPT where the payload is not one; both for ever after.
 */
export function decodeNext(cursor: usize): u32 {
  const run = load<u32>(cursor, CURSOR_RUN);
  if (run == 0) return tokenDecode(cursor);
  const node: usize = load<u32>(load<u32>(cursor, CURSOR_NODE), NODE_NEXT);
  if (node == 0) return DECODE_CORRUPT;
  store<u32>(cursor, run - 1, CURSOR_RUN);
  store<u32>(cursor, <u32>node, CURSOR_NODE);
  const shape = load<u32>(node, NODE_SHAPE);
  let address: u32;
  if ((shape & TRACE_KIND_MASK) == KIND_FETCH) {
    address = load<u32>(node, NODE_LAST);
    store<u32>(cursor, <u32>node, CURSOR_LAST_FETCH);
  } else {
    const lastData = load<u32>(cursor, CURSOR_LAST_DATA);
    address = nodeGuess(node, lastData);
    nodeConfirm(node, address, lastData);
    store<u32>(cursor, address, CURSOR_LAST_DATA);
  }
  return recordTell(cursor, shape, address);
}

/** Linear address of the record's first byte. */
export function decodedAddress(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_ADDRESS);
}

/** Bytes of the whole record. */
export function decodedSize(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_SIZE);
}

/** Of a crossing record: linear address of its second part, the start of a unit. */
export function decodedSecondAddress(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_SECOND);
}

/** Of a crossing record: bytes in its first unit. */
export function decodedFirstBytes(cursor: usize): u32 {
  return UNIT_BYTES - (decodedAddress(cursor) & OFFSET_MASK);
}

/** After DECODE_CORRUPT: number of the record in the block that could not be told. */
export function decodedRecord(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_RECORDS) - load<u32>(cursor, CURSOR_LEFT) - load<u32>(cursor, CURSOR_RUN);
}

/** After DECODE_CORRUPT: byte of the payload where reading stood. */
export function decodedByte(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_POSITION) - load<u32>(cursor, CURSOR_START);
}

/** Puts a record into the cursor. Returns its kind, or-ed with DECODE_CROSSING. */
function recordTell(cursor: usize, shape: u32, address: u32): u32 {
  const size = (shape & NODE_SHAPE_MASK) >> TRACE_KIND_BITS;
  const kind = shape & TRACE_KIND_MASK;
  store<u32>(cursor, address, CURSOR_ADDRESS);
  store<u32>(cursor, size, CURSOR_SIZE);
  if ((address & OFFSET_MASK) + size <= UNIT_BYTES) return kind;
  store<u32>(cursor, (address | OFFSET_MASK) + 1, CURSOR_SECOND);
  return kind | DECODE_CROSSING;
}

// ---- tokens -------------------------------------------------------------------------------------------------------------

/** Decodes the record of the next token. Returns its code, DECODE_END or DECODE_CORRUPT. */
function tokenDecode(cursor: usize): u32 {
  const left = load<u32>(cursor, CURSOR_LEFT);
  if (left == 0) return load<u32>(cursor, CURSOR_POSITION) == load<u32>(cursor, CURSOR_END) ? DECODE_END : DECODE_CORRUPT;
  const token = byteRead(cursor);
  const code = tokenRecord(cursor, <i32>(token & TRACE_TYPE_MASK));
  let run = token >> TRACE_TYPE_BITS;
  if (run == TRACE_RUN_LONG) run += min<u32>(varintRead(cursor), left);
  if (code == DECODE_CORRUPT || run >= left || overrun(cursor)) {
    if (overrun(cursor)) store<u32>(cursor, load<u32>(cursor, CURSOR_END), CURSOR_POSITION);
    store<u32>(cursor, load<u32>(cursor, CURSOR_POSITION), CURSOR_END);
    return DECODE_CORRUPT;
  }
  if (load<u32>(cursor, CURSOR_NODES) == NODES_MOST) {
    const fetch: usize = load<u32>(cursor, CURSOR_LAST_FETCH);
    nodesForget(cursor, load<u32>(fetch, NODE_SHAPE), load<u32>(fetch, NODE_LAST));
  }
  store<u32>(cursor, run, CURSOR_RUN);
  store<u32>(cursor, left - run - 1, CURSOR_LEFT);
  return code;
}

/** Reads the fields of a token and tells its record. Where the payload ends early, what it tells is nonsense that the caller drops. */
function tokenRecord(cursor: usize, type: i32): u32 {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  const lastData = load<u32>(cursor, CURSOR_LAST_DATA);
  if (type == TOKEN_OTHER_NODE) {
    const node: usize = load<u32>(here, NODE_OTHER);
    if (node == 0) return DECODE_CORRUPT;
    nodeEnter(cursor, node);
    return recordLearn(cursor, node, nodeGuess(node, lastData));
  }
  if (type <= TOKEN_FROM_DATA) {
    const next: usize = load<u32>(here, NODE_NEXT);
    if (next == 0 || (load<u32>(next, NODE_SHAPE) & TRACE_KIND_MASK) == KIND_FETCH) return DECODE_CORRUPT;
    if (type == TOKEN_OTHER_GUESS) return recordLearn(cursor, next, nodeOtherGuess(next, lastData));
    const from = type == TOKEN_FROM_LAST ? load<u32>(next, NODE_LAST) : lastData;
    return recordLearn(cursor, next, from + deltaRead(cursor));
  }
  if (type <= TOKEN_FETCH_JUMP) {
    const size: u32 = byteRead(cursor);
    if (size == 0) return DECODE_CORRUPT;
    const fetch: usize = load<u32>(cursor, CURSOR_LAST_FETCH);
    const from = load<u32>(fetch, NODE_LAST);
    const address =
      from + (type == TOKEN_FETCH_ON ? (load<u32>(fetch, NODE_SHAPE) & NODE_SHAPE_MASK) >> TRACE_KIND_BITS : deltaRead(cursor));
    return recordLearn(cursor, fetchEnter(cursor, size, address), address);
  }
  if (type == TOKEN_DATA) {
    const shape: u32 = byteRead(cursor);
    if ((shape & TRACE_KIND_MASK) == KIND_FETCH || shape >> TRACE_KIND_BITS == 0) return DECODE_CORRUPT;
    const address = lastData + deltaRead(cursor);
    return recordLearn(cursor, dataEnter(cursor, shape, address), address);
  }
  return wholeRecord(cursor);
}

function wholeRecord(cursor: usize): u32 {
  const flags: u32 = byteRead(cursor);
  const size = varintRead(cursor);
  const address = varintRead(cursor);
  if (flags >> 1 >= SECOND_BIT || size == 0 || size > SIZE_MOST) return DECODE_CORRUPT;
  const kind = flags & TRACE_KIND_MASK;
  const shape = kind | (size << TRACE_KIND_BITS);
  const node = kind == KIND_FETCH ? fetchEnter(cursor, size, address) : dataEnter(cursor, shape, address);
  const code = recordLearn(cursor, node, address);
  if (flags < SECOND_BIT) return code;
  const second = varintRead(cursor);
  if (second >= UNITS_MOST || code < <u32>DECODE_CROSSING) return DECODE_CORRUPT;
  store<u32>(cursor, second << TRACE_UNIT_SHIFT, CURSOR_SECOND);
  return code;
}

/** Moves to the node of a record that was not foreseen, learns from it, and tells it. */
function recordLearn(cursor: usize, node: usize, address: u32): u32 {
  const shape = load<u32>(node, NODE_SHAPE);
  store<u32>(cursor, <u32>node, CURSOR_NODE);
  if ((shape & TRACE_KIND_MASK) == KIND_FETCH) store<u32>(cursor, <u32>node, CURSOR_LAST_FETCH);
  else {
    nodeLearn(node, address, load<u32>(cursor, CURSOR_LAST_DATA));
    store<u32>(cursor, address, CURSOR_LAST_DATA);
  }
  return recordTell(cursor, shape, address);
}

// ---- bytes --------------------------------------------------------------------------------------------------------------

/** 0 behind the end; `overrun` tells. */
function byteRead(cursor: usize): u32 {
  const position = load<u32>(cursor, CURSOR_POSITION);
  const end = load<u32>(cursor, CURSOR_END);
  store<u32>(cursor, position + 1, CURSOR_POSITION);
  return position < end ? <u32>load<u8>(position) : 0;
}

function overrun(cursor: usize): bool {
  return load<u32>(cursor, CURSOR_POSITION) > load<u32>(cursor, CURSOR_END);
}

/** Five bytes at most; what does not fit 32 bits overruns. */
function varintRead(cursor: usize): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte = byteRead(cursor);
    if (shift == 28 && byte > 15) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  store<u32>(cursor, load<u32>(cursor, CURSOR_END) + 1, CURSOR_POSITION);
  return 0;
}

function deltaRead(cursor: usize): u32 {
  const value = varintRead(cursor);
  return (value >> 1) ^ -(value & 1);
}
