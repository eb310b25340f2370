// What the decoder learns from the records of a payload: a graph of nodes in the cursor. The encoder learns the same in the same order:
// bindings/trace/predictor.ts and this file change together.
import {
  CURSOR_FINDER,
  CURSOR_LAST_DATA,
  CURSOR_LAST_FETCH,
  CURSOR_NODE,
  CURSOR_NODES,
  CURSOR_NODE_TABLE,
  FINDER_BUCKETS,
  FINDER_FACTOR,
  FINDER_SHIFT,
  KIND_FETCH,
  NODE_BYTES,
  NODE_DEPTH,
  NODE_DEPTH_MOST,
  NODE_DISTANCE,
  NODE_LAST,
  NODE_NEXT,
  NODE_OTHER,
  NODE_SEEN,
  NODE_SHAPE,
  NODE_SHAPE_BY_DISTANCE,
  NODE_SHAPE_MASK,
  NODE_STRIDE,
  TRACE_KIND_BITS,
} from '../shared/trace-format.ts';

const DEPTH_MOST: u32 = NODE_DEPTH_MOST;
const BY_DISTANCE: u32 = 1 << NODE_SHAPE_BY_DISTANCE;

/** Forgets all nodes. The start stands in for the node of the last fetch: its shape and address are given. */
export function nodesForget(cursor: usize, fetchShape: u32, fetchAddress: u32): void {
  memory.fill(cursor + CURSOR_FINDER, 0, FINDER_BUCKETS << 1);
  const start = cursor + CURSOR_NODE_TABLE;
  memory.fill(start, 0, NODE_BYTES);
  store<u32>(start, fetchShape, NODE_SHAPE);
  store<u32>(start, fetchAddress, NODE_LAST);
  store<u32>(cursor, <u32>start, CURSOR_NODE);
  store<u32>(cursor, <u32>start, CURSOR_LAST_FETCH);
  store<u32>(cursor, 1, CURSOR_NODES);
}

/** The address that the node foresees for its next record. A fetch node's stride stays 0. */
export function nodeGuess(node: usize, lastData: u32): u32 {
  const byStride = load<u32>(node, NODE_LAST) + load<u32>(node, NODE_STRIDE);
  const byDistance = lastData + load<u32>(node, NODE_DISTANCE);
  return select<u32>(byDistance, byStride, load<i32>(node, NODE_SHAPE) < 0);
}

/** The address that it foresees less. */
export function nodeOtherGuess(node: usize, lastData: u32): u32 {
  const byStride = load<u32>(node, NODE_LAST) + load<u32>(node, NODE_STRIDE);
  const byDistance = lastData + load<u32>(node, NODE_DISTANCE);
  return select<u32>(byStride, byDistance, load<i32>(node, NODE_SHAPE) < 0);
}

/** Makes `node` the successor taken last. */
export function nodeEnter(cursor: usize, node: usize): usize {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  const next: usize = load<u32>(here, NODE_NEXT);
  if (next != node) {
    store<u32>(here, <u32>next, NODE_OTHER);
    store<u32>(here, <u32>node, NODE_NEXT);
  }
  return node;
}

/** The node of a fetch that was not foreseen: the one that the finder knows, else a new one. */
export function fetchEnter(cursor: usize, size: u32, address: u32): usize {
  const shape = KIND_FETCH | (size << TRACE_KIND_BITS);
  const bucket = finderBucket(cursor, address);
  let node = finderNode(cursor, bucket, shape);
  if (node == 0 || load<u32>(node, NODE_LAST) != address) node = finderMake(cursor, bucket, shape, address, 0);
  return nodeEnter(cursor, node);
}

/** The node of a data record that was not foreseen: a successor of this shape, or a deep one that the finder knows, else a new one. */
export function dataEnter(cursor: usize, shape: u32, address: u32): usize {
  const here: usize = load<u32>(cursor, CURSOR_NODE);
  const next: usize = load<u32>(here, NODE_NEXT);
  if (nodeFits(next, shape)) return nodeEnter(cursor, next);
  const other: usize = load<u32>(here, NODE_OTHER);
  if (nodeFits(other, shape)) return nodeEnter(cursor, other);
  const depth = load<u32>(here, NODE_DEPTH) + 1;
  if (depth <= DEPTH_MOST) return nodeEnter(cursor, nodeMake(cursor, shape, address, depth));
  const bucket = finderBucket(cursor, shape);
  let node = finderNode(cursor, bucket, shape);
  if (node == 0) node = finderMake(cursor, bucket, shape, address, DEPTH_MOST);
  return nodeEnter(cursor, node);
}

function finderBucket(cursor: usize, key: u32): usize {
  return cursor + CURSOR_FINDER + (((key * FINDER_FACTOR) >> FINDER_SHIFT) << 1);
}

/** The bucket's node if it has the shape, else 0. */
function finderNode(cursor: usize, bucket: usize, shape: u32): usize {
  const number: u32 = load<u16>(bucket);
  const node = nodeAddress(cursor, number);
  return number != 0 && nodeFits(node, shape) ? node : 0;
}

function finderMake(cursor: usize, bucket: usize, shape: u32, address: u32, depth: u32): usize {
  store<u16>(bucket, <u16>load<u32>(cursor, CURSOR_NODES));
  return nodeMake(cursor, shape, address, depth);
}

function nodeAddress(cursor: usize, number: u32): usize {
  return cursor + CURSOR_NODE_TABLE + number * NODE_BYTES;
}

function nodeFits(node: usize, shape: u32): bool {
  return node != 0 && (load<u32>(node, NODE_SHAPE) & NODE_SHAPE_MASK) == shape;
}

function nodeMake(cursor: usize, shape: u32, address: u32, depth: u32): usize {
  const number = load<u32>(cursor, CURSOR_NODES);
  store<u32>(cursor, number + 1, CURSOR_NODES);
  const node = nodeAddress(cursor, number);
  store<u32>(node, shape, NODE_SHAPE);
  store<u32>(node, 0, NODE_NEXT);
  store<u32>(node, 0, NODE_OTHER);
  store<u32>(node, address, NODE_LAST);
  store<u32>(node, 0, NODE_STRIDE);
  store<u32>(node, address - load<u32>(cursor, CURSOR_LAST_DATA), NODE_DISTANCE);
  store<u32>(node, 0, NODE_SEEN);
  store<u32>(node, depth, NODE_DEPTH);
  return node;
}

/** Learns from a data record at any address. */
export function nodeLearn(node: usize, address: u32, lastData: u32): void {
  const step = address - load<u32>(node, NODE_LAST);
  const distance = address - lastData;
  const strideRight = step == load<u32>(node, NODE_STRIDE);
  const distanceRight = distance == load<u32>(node, NODE_DISTANCE);
  if (strideRight != distanceRight) {
    store<u32>(node, (load<u32>(node, NODE_SHAPE) & NODE_SHAPE_MASK) | (distanceRight ? BY_DISTANCE : 0), NODE_SHAPE);
  }
  nodeStep(node, step);
  store<u32>(node, address, NODE_LAST);
  store<u32>(node, distance, NODE_DISTANCE);
}

/** Learns from a data record at the address that the node foresaw: nodeLearn, short of what cannot change. */
export function nodeConfirm(node: usize, address: u32, lastData: u32): void {
  nodeStep(node, address - load<u32>(node, NODE_LAST));
  store<u32>(node, address, NODE_LAST);
  store<u32>(node, address - lastData, NODE_DISTANCE);
}

function nodeStep(node: usize, step: u32): void {
  const stride = load<u32>(node, NODE_STRIDE);
  store<u32>(node, select<u32>(step, stride, step == load<u32>(node, NODE_SEEN)), NODE_STRIDE);
  store<u32>(node, step, NODE_SEEN);
}
