// The decoder of compact-trace payloads. Everything it knows is in its cursor (shared/trace-format.ts draws it), so any number of cursors can be
// decoded by any instance. It reads nothing outside the payload and trusts nothing in it: what is not a payload ends in DECODE_CORRUPT.
// The encoder learns the same things in the same order: bindings/trace/predictor.ts and `recordTell` below change together.

import {
  CURSOR_ADDRESS,
  CURSOR_END,
  CURSOR_FETCH_SIZE,
  CURSOR_FINDER,
  CURSOR_LAST_DATA,
  CURSOR_LAST_FETCH,
  CURSOR_LEFT,
  CURSOR_NODE,
  CURSOR_NODES,
  CURSOR_NODE_TABLE,
  CURSOR_POSITION,
  CURSOR_RECORDS,
  CURSOR_RUN,
  CURSOR_SECOND,
  CURSOR_SIZE,
  CURSOR_START,
  DECODE_CORRUPT,
  DECODE_CROSSING,
  DECODE_END,
  FINDER_BUCKETS,
  FINDER_FACTOR,
  FINDER_SHIFT,
  KIND_FETCH,
  NODES_MOST,
  NODE_BYTES,
  NODE_DISTANCE,
  NODE_LAST,
  NODE_NEXT,
  NODE_OTHER,
  NODE_SEEN,
  NODE_SHAPE,
  NODE_SHAPE_BY_DISTANCE,
  NODE_SHAPE_MASK,
  NODE_STRIDE,
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

// The portable constants are i32 to asc; these are compared with u32.
const UNIT_BYTES: u32 = TRACE_UNIT_BYTES;
const OFFSET_MASK: u32 = TRACE_UNIT_BYTES - 1;
const UNITS_MOST: u32 = TRACE_UNITS_MOST;
const SIZE_MOST: u32 = TRACE_SIZE_MOST;
const SECOND_BIT: u32 = TRACE_SECOND_BIT;
const BY_DISTANCE: u32 = 1 << NODE_SHAPE_BY_DISTANCE;

/** Points the cursor at a payload of `bytes` bytes that holds `records` records, and forgets what it learned from another. */
export function decodeReset(cursor: usize, payload: usize, bytes: u32, records: u32): void {
  store<u32>(cursor, <u32>payload, CURSOR_START);
  store<u32>(cursor, <u32>payload, CURSOR_POSITION);
  store<u32>(cursor, <u32>payload + bytes, CURSOR_END);
  store<u32>(cursor, records, CURSOR_RECORDS);
  store<u32>(cursor, records, CURSOR_LEFT);
  store<u32>(cursor, 0, CURSOR_RUN);
  store<u32>(cursor, 0, CURSOR_LAST_DATA);
  store<u32>(cursor, 0, CURSOR_LAST_FETCH);
  store<u32>(cursor, 0, CURSOR_FETCH_SIZE);
  forget(cursor);
}

/**
 * The next record: its kind, or-ed with DECODE_CROSSING where it has a part in a second unit; address and size are in the cursor.
 * DECODE_END behind the last one, DECODE_CORRUPT where the payload is not one; both for ever after.
 */
export function decodeNext(cursor: usize): u32 {
  const run = load<u32>(cursor, CURSOR_RUN);
  if (run == 0) return tokenDecode(cursor);
  const number: u32 = load<u16>(load<u32>(cursor, CURSOR_NODE), NODE_NEXT);
  if (number == 0) return DECODE_CORRUPT;
  store<u32>(cursor, run - 1, CURSOR_RUN);
  const node = nodeAddress(cursor, number);
  return recordTell(cursor, node, nodeGuess(cursor, node));
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
  return UNIT_BYTES - (load<u32>(cursor, CURSOR_ADDRESS) & OFFSET_MASK);
}

/** After DECODE_CORRUPT: number of the record in the block that could not be told. */
export function decodedRecord(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_RECORDS) - load<u32>(cursor, CURSOR_LEFT) - load<u32>(cursor, CURSOR_RUN);
}

/** After DECODE_CORRUPT: byte of the payload where reading stood. */
export function decodedByte(cursor: usize): u32 {
  return load<u32>(cursor, CURSOR_POSITION) - load<u32>(cursor, CURSOR_START);
}

// ---- tokens -------------------------------------------------------------------------------------------------------------

function tokenDecode(cursor: usize): u32 {
  const left = load<u32>(cursor, CURSOR_LEFT);
  if (left == 0) return load<u32>(cursor, CURSOR_POSITION) == load<u32>(cursor, CURSOR_END) ? DECODE_END : DECODE_CORRUPT;
  const token = byteRead(cursor);
  const answer = tokenRecord(cursor, <i32>(token & TRACE_TYPE_MASK));
  let run = token >> TRACE_TYPE_BITS;
  if (run == TRACE_RUN_LONG) run += min<u32>(varintRead(cursor), left);
  if (answer == DECODE_CORRUPT || overrun(cursor) || run >= left) return payloadEnd(cursor);
  if (load<u32>(cursor, CURSOR_NODES) == NODES_MOST) forget(cursor);
  store<u32>(cursor, run, CURSOR_RUN);
  store<u32>(cursor, left - run - 1, CURSOR_LEFT);
  return answer;
}

/** Ends the payload where reading stands, so that every later call finds it too short. */
function payloadEnd(cursor: usize): u32 {
  if (overrun(cursor)) store<u32>(cursor, load<u32>(cursor, CURSOR_END), CURSOR_POSITION);
  else store<u32>(cursor, load<u32>(cursor, CURSOR_POSITION), CURSOR_END);
  return DECODE_CORRUPT;
}

/** Reads the fields of a token and tells its record. Where the payload ended early, what it tells is nonsense that the caller drops. */
function tokenRecord(cursor: usize, type: i32): u32 {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  const next = nodeAddress(cursor, load<u16>(here, NODE_NEXT));
  const nextIsData = (load<u32>(next, NODE_SHAPE) & TRACE_KIND_MASK) != KIND_FETCH;
  if (type == TOKEN_OTHER_NODE) {
    const other = load<u16>(here, NODE_OTHER);
    if (other == 0) return DECODE_CORRUPT;
    const node = nodeEnter(cursor, other);
    return recordTell(cursor, node, nodeGuess(cursor, node));
  }
  if (type <= TOKEN_FROM_DATA) {
    if (!nextIsData) return DECODE_CORRUPT;
    const address =
      type == TOKEN_OTHER_GUESS
        ? nodeOtherGuess(cursor, next)
        : type == TOKEN_FROM_LAST
          ? load<u32>(next, NODE_LAST) + deltaRead(cursor)
          : load<u32>(cursor, CURSOR_LAST_DATA) + deltaRead(cursor);
    return recordTell(cursor, next, address);
  }
  if (type <= TOKEN_FETCH_JUMP) {
    const size: u32 = byteRead(cursor);
    if (size == 0) return DECODE_CORRUPT;
    const last = load<u32>(cursor, CURSOR_LAST_FETCH);
    const address = type == TOKEN_FETCH_ON ? last + load<u32>(cursor, CURSOR_FETCH_SIZE) : last + deltaRead(cursor);
    return recordTell(cursor, fetchEnter(cursor, size, address), address);
  }
  if (type == TOKEN_DATA) {
    const shape: u32 = byteRead(cursor);
    if ((shape & TRACE_KIND_MASK) == KIND_FETCH || shape >> TRACE_KIND_BITS == 0) return DECODE_CORRUPT;
    const address = load<u32>(cursor, CURSOR_LAST_DATA) + deltaRead(cursor);
    return recordTell(cursor, dataEnter(cursor, shape, address), address);
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
  const answer = recordTell(cursor, node, address);
  if (flags < SECOND_BIT) return answer;
  const second = varintRead(cursor);
  if (second >= UNITS_MOST || (address & OFFSET_MASK) + size <= UNIT_BYTES) return DECODE_CORRUPT;
  store<u32>(cursor, second << TRACE_UNIT_SHIFT, CURSOR_SECOND);
  return kind | DECODE_CROSSING;
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

// ---- what has been learned -------------------------------------------------------------------------------------------------

function forget(cursor: usize): void {
  memory.fill(cursor + CURSOR_FINDER, 0, FINDER_BUCKETS << 1);
  const start = cursor + CURSOR_NODE_TABLE;
  memory.fill(start, 0, NODE_BYTES);
  store<u32>(cursor, <u32>start, CURSOR_NODE);
  store<u32>(cursor, 1, CURSOR_NODES);
}

function nodeAddress(cursor: usize, number: u32): usize {
  return cursor + CURSOR_NODE_TABLE + number * NODE_BYTES;
}

/** The address that the node foresees for its next record. */
function nodeGuess(cursor: usize, node: usize): u32 {
  const shape = load<u32>(node, NODE_SHAPE);
  return <i32>shape < 0
    ? load<u32>(cursor, CURSOR_LAST_DATA) + load<u32>(node, NODE_DISTANCE)
    : load<u32>(node, NODE_LAST) + load<u32>(node, NODE_STRIDE);
}

function nodeOtherGuess(cursor: usize, node: usize): u32 {
  const shape = load<u32>(node, NODE_SHAPE);
  return <i32>shape < 0
    ? load<u32>(node, NODE_LAST) + load<u32>(node, NODE_STRIDE)
    : load<u32>(cursor, CURSOR_LAST_DATA) + load<u32>(node, NODE_DISTANCE);
}

function nodeMake(cursor: usize, shape: u32, address: u32): u32 {
  const number = load<u32>(cursor, CURSOR_NODES);
  store<u32>(cursor, number + 1, CURSOR_NODES);
  const node = nodeAddress(cursor, number);
  store<u32>(node, shape, NODE_SHAPE);
  store<u16>(node, 0, NODE_NEXT);
  store<u16>(node, 0, NODE_OTHER);
  store<u32>(node, address, NODE_LAST);
  store<u32>(node, 0, NODE_STRIDE);
  store<u32>(node, address - load<u32>(cursor, CURSOR_LAST_DATA), NODE_DISTANCE);
  store<u32>(node, 0, NODE_SEEN);
  return number;
}

/** Makes node `number` the successor taken last. */
function nodeEnter(cursor: usize, number: u32): usize {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  const next: u32 = load<u16>(here, NODE_NEXT);
  if (next != number) {
    store<u16>(here, <u16>next, NODE_OTHER);
    store<u16>(here, <u16>number, NODE_NEXT);
  }
  return nodeAddress(cursor, number);
}

/** The node of a fetch that was not foreseen: the one that the finder knows, else a new one. */
function fetchEnter(cursor: usize, size: u32, address: u32): usize {
  const bucket = cursor + CURSOR_FINDER + (((address * FINDER_FACTOR) >> FINDER_SHIFT) << 1);
  const shape = KIND_FETCH | (size << TRACE_KIND_BITS);
  let number: u32 = load<u16>(bucket);
  const known = nodeAddress(cursor, number);
  if (number == 0 || load<u32>(known, NODE_LAST) != address || (load<u32>(known, NODE_SHAPE) & NODE_SHAPE_MASK) != shape) {
    number = nodeMake(cursor, shape, address);
    store<u16>(bucket, <u16>number);
  }
  return nodeEnter(cursor, number);
}

/** The node of a data record that was not foreseen: a successor of this shape, else a new one. */
function dataEnter(cursor: usize, shape: u32, address: u32): usize {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  let number: u32 = load<u16>(here, NODE_NEXT);
  if (!nodeFits(cursor, number, shape)) {
    number = load<u16>(here, NODE_OTHER);
    if (!nodeFits(cursor, number, shape)) number = nodeMake(cursor, shape, address);
  }
  return nodeEnter(cursor, number);
}

function nodeFits(cursor: usize, number: u32, shape: u32): bool {
  return number != 0 && (load<u32>(nodeAddress(cursor, number), NODE_SHAPE) & NODE_SHAPE_MASK) == shape;
}

/** Puts the record into the cursor, moves to its node, and learns from it. */
function recordTell(cursor: usize, node: usize, address: u32): u32 {
  const shape = load<u32>(node, NODE_SHAPE);
  const kind = shape & TRACE_KIND_MASK;
  const size = (shape & NODE_SHAPE_MASK) >> TRACE_KIND_BITS;
  store<u32>(cursor, address, CURSOR_ADDRESS);
  store<u32>(cursor, size, CURSOR_SIZE);
  store<u32>(cursor, <u32>node, CURSOR_NODE);
  if (kind == KIND_FETCH) {
    store<u32>(cursor, address, CURSOR_LAST_FETCH);
    store<u32>(cursor, size, CURSOR_FETCH_SIZE);
  } else {
    nodeLearn(node, shape, address, load<u32>(cursor, CURSOR_LAST_DATA));
    store<u32>(cursor, address, CURSOR_LAST_DATA);
  }
  if ((address & OFFSET_MASK) + size <= UNIT_BYTES) return kind;
  store<u32>(cursor, ((address >> TRACE_UNIT_SHIFT) + 1) << TRACE_UNIT_SHIFT, CURSOR_SECOND);
  return kind | DECODE_CROSSING;
}

function nodeLearn(node: usize, shape: u32, address: u32, lastData: u32): void {
  const step = address - load<u32>(node, NODE_LAST);
  const distance = address - lastData;
  const strideRight = step == load<u32>(node, NODE_STRIDE);
  const distanceRight = distance == load<u32>(node, NODE_DISTANCE);
  if (strideRight != distanceRight) store<u32>(node, (shape & NODE_SHAPE_MASK) | (distanceRight ? BY_DISTANCE : 0), NODE_SHAPE);
  if (step == load<u32>(node, NODE_SEEN)) store<u32>(node, step, NODE_STRIDE);
  store<u32>(node, address, NODE_LAST);
  store<u32>(node, distance, NODE_DISTANCE);
  store<u32>(node, step, NODE_SEEN);
}
