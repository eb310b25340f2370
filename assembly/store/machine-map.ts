// Machine maps: which region sits at which machine slot of a VM, and the lowest slot of each class in a few steps.
// A radix tree of 64; a node keeps a bitmap of 64 for each question (drawn in shared/layout.ts). The pool (VM 0) has a map of all regions.
import { recordClear } from '../base/clear.ts';
import {
  CB_COUNT_REGIONS,
  CB_MAPS_USED,
  CB_MAP_FREE,
  CB_MAP_NODES,
  CB_MAP_TABLE,
  CB_MAP_TOP,
  MAP_BITMAPS,
  MAP_BYTES,
  MAP_ENTRIES,
  MAP_HELD,
  NODE_ENTRIES,
  NODE_SHIFT,
  VM_MAP_HEIGHT,
  VM_MAP_ROOT,
  VM_SPARE,
} from '../shared/layout.ts';
import { STATUS_OK, STATUS_TABLES_FULL, TABLE_MAP_NODES } from '../shared/status.ts';
import { fail, word, wordAdd, wordSet } from './control.ts';
import { vmRecord } from './vm.ts';

const ALL: u64 = 0xffffffffffffffff;

function mapNode(node: u32): usize {
  return word(CB_MAP_TABLE) + node * MAP_BYTES;
}

function bitmap(node: usize, question: u32): u64 {
  return load<u64>(node + ((question - 1) << 3));
}

function entry(node: usize, index: u32): u32 {
  return load<u32>(node + MAP_ENTRIES + (index << 2));
}

/** A cleared node, or 0 when the arena is full. */
function mapNodeMake(): u32 {
  let node = word(CB_MAP_FREE);
  if (node) {
    wordSet(CB_MAP_FREE, load<u32>(mapNode(node) + MAP_ENTRIES));
  } else {
    node = word(CB_MAP_TOP);
    if (node >= word(CB_MAP_NODES)) return 0;
    node++;
    wordSet(CB_MAP_TOP, node);
  }
  recordClear(mapNode(node), MAP_BYTES);
  wordAdd(CB_MAPS_USED, 1);
  return node;
}

function mapNodeFree(node: u32): void {
  store<u32>(mapNode(node) + MAP_ENTRIES, word(CB_MAP_FREE));
  wordSet(CB_MAP_FREE, node);
  wordAdd(CB_MAPS_USED, -1);
}

/** The region at a machine slot, or 0. */
export function mapRegion(vm: u32, slot: u32): u32 {
  const record = vmRecord(vm);
  let height = load<u32>(record + VM_MAP_HEIGHT);
  if (slot >> (height * NODE_SHIFT) != 0 && height * NODE_SHIFT < 32) return 0;
  let node = load<u32>(record + VM_MAP_ROOT);
  while (node && height) {
    height--;
    node = entry(mapNode(node), (slot >> (height * NODE_SHIFT)) & (NODE_ENTRIES - 1));
  }
  return node;
}

/** Makes the nodes on the way to a slot, so that mapSet cannot fail. Status. */
export function mapReserve(vm: u32, slot: u32): i32 {
  const record = vmRecord(vm);
  if (!load<u32>(record + VM_MAP_ROOT)) {
    const node = mapNodeMake();
    if (!node) return fail(STATUS_TABLES_FULL, TABLE_MAP_NODES, word(CB_MAP_NODES), 0);
    store<u32>(record + VM_MAP_ROOT, node);
    store<u32>(record + VM_MAP_HEIGHT, 1);
  }
  while (slot >> (load<u32>(record + VM_MAP_HEIGHT) * NODE_SHIFT)) {
    const node = mapNodeMake();
    if (!node) return fail(STATUS_TABLES_FULL, TABLE_MAP_NODES, word(CB_MAP_NODES), 0);
    const root = load<u32>(record + VM_MAP_ROOT);
    store<u32>(mapNode(node) + MAP_ENTRIES, root);
    summarise(mapNode(node), 0, mapNode(root));
    store<u32>(record + VM_MAP_ROOT, node);
    store<u32>(record + VM_MAP_HEIGHT, load<u32>(record + VM_MAP_HEIGHT) + 1);
  }
  let height = load<u32>(record + VM_MAP_HEIGHT);
  let address = mapNode(load<u32>(record + VM_MAP_ROOT));
  while (height > 1) {
    height--;
    const place = address + MAP_ENTRIES + (((slot >> (height * NODE_SHIFT)) & (NODE_ENTRIES - 1)) << 2);
    let child = load<u32>(place);
    if (!child) {
      child = mapNodeMake();
      if (!child) return fail(STATUS_TABLES_FULL, TABLE_MAP_NODES, word(CB_MAP_NODES), 0);
      store<u32>(place, child);
    }
    address = mapNode(child);
  }
  return STATUS_OK;
}

/** Bit `bit` of the bitmap at `place` becomes what `isSet` says. */
function renew(place: usize, bit: u64, isSet: bool): void {
  const bits = load<u64>(place);
  store<u64>(place, isSet ? bits | bit : bits & ~bit);
}

/*  The six bitmaps are three vectors. Lane by lane, what is kept of a node above it: is any bit set; for HELD, the last lane: are all set. */
function keptOfPair(pair: v128): v128 {
  return i64x2.ne(pair, i64x2.splat(0));
}

function keptOfLast(pair: v128): v128 {
  const any = keptOfPair(pair);
  return i64x2.replace_lane(any, 1, i64x2.extract_lane(pair, 1) == ALL ? -1 : 0);
}

/** Child number `index` has changed: renews its bit in each bitmap of the parent. Does that change what is kept of the parent? */
function summarise(parent: usize, index: u32, child: usize): bool {
  const bit = i64x2.splat(1 << (index as i64));
  const own = v128.load(parent);
  const others = v128.load(parent, 16);
  const last = v128.load(parent, 32);
  const ownRenewed = v128.bitselect(keptOfPair(v128.load(child)), own, bit);
  const othersRenewed = v128.bitselect(keptOfPair(v128.load(child, 16)), others, bit);
  const lastRenewed = v128.bitselect(keptOfLast(v128.load(child, 32)), last, bit);
  v128.store(parent, ownRenewed);
  v128.store(parent, othersRenewed, 16);
  v128.store(parent, lastRenewed, 32);
  const changes = v128.or(
    v128.xor(keptOfPair(own), keptOfPair(ownRenewed)),
    v128.or(v128.xor(keptOfPair(others), keptOfPair(othersRenewed)), v128.xor(keptOfLast(last), keptOfLast(lastRenewed))),
  );
  return v128.any_true(changes);
}

/** The lowest node on the way to a slot; it must be there. */
export function mapLeaf(vm: u32, slot: u32): usize {
  const record = vmRecord(vm);
  let height = load<u32>(record + VM_MAP_HEIGHT);
  let address = mapNode(load<u32>(record + VM_MAP_ROOT));
  while (height > 1) {
    height--;
    address = mapNode(entry(address, (slot >> (height * NODE_SHIFT)) & (NODE_ENTRIES - 1)));
  }
  return address;
}

export function mapLeafBits(leaf: usize, question: u32): u64 {
  return bitmap(leaf, question);
}

export function mapLeafBitsSet(leaf: usize, question: u32, bits: u64): void {
  store<u64>(leaf + ((question - 1) << 3), bits);
}

export function mapLeafEntries(leaf: usize): usize {
  return leaf + MAP_ENTRIES;
}

/** The leaf of a slot was changed directly: renews the summaries above it, and frees it if it became empty. */
export function mapRenew(vm: u32, slot: u32): void {
  store<u32>(vmRecord(vm) + VM_SPARE, 0);
  const record = vmRecord(vm);
  const height = load<u32>(record + VM_MAP_HEIGHT);
  if (height > 1) renewBelow(mapNode(load<u32>(record + VM_MAP_ROOT)), height, slot);
}

/** Renews the nodes on the way to a slot, from below, as far up as they change. Is there more to do above? */
function renewBelow(node: usize, height: u32, slot: u32): bool {
  const index = (slot >> ((height - 1) * NODE_SHIFT)) & (NODE_ENTRIES - 1);
  const child = entry(node, index);
  const address = mapNode(child);
  if (height > 2 && !renewBelow(address, height - 1, slot)) return false;
  const changes = summarise(node, index, address);
  if (bitmap(address, MAP_HELD) || !nodeIsEmpty(address)) return changes;
  store<u32>(node + MAP_ENTRIES + (index << 2), 0);
  mapNodeFree(child);
  return true;
}

function nodeIsEmpty(node: usize): bool {
  if (bitmap(node, MAP_HELD)) return false;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i += 2) {
    if (load<u64>(node + MAP_ENTRIES + (i << 2))) return false;
  }
  return true;
}

/** Puts a region (0: a hole) at a slot and answers each question for it; bit q of `questions` is the answer to question q. */
export function mapSet(vm: u32, slot: u32, region: u32, questions: u32): void {
  const leaf = mapLeaf(vm, slot);
  const index = slot & (NODE_ENTRIES - 1);
  const bit: u64 = (1 as u64) << (index as u64);
  wordAdd(CB_COUNT_REGIONS, 1);
  store<u32>(leaf + MAP_ENTRIES + (index << 2), region);
  for (let question: u32 = 1; question <= (MAP_BITMAPS as u32); question++) {
    renew(leaf + ((question - 1) << 3), bit, (questions & (1 << question)) != 0);
  }
  mapRenew(vm, slot);
}

/** The lowest slot for which the answer is yes, plus 1; 0 where there is none. */
export function mapLowest(vm: u32, question: u32): u32 {
  const record = vmRecord(vm);
  let height = load<u32>(record + VM_MAP_HEIGHT);
  if (!height) return 0;
  let address = mapNode(load<u32>(record + VM_MAP_ROOT));
  let slot: u32 = 0;
  while (true) {
    const bits = bitmap(address, question);
    if (!bits) return 0; // only at the root: a child is entered where its summary says yes
    const index = ctz(bits) as u32;
    height--;
    slot |= index << (height * NODE_SHIFT);
    if (!height) return slot + 1;
    address = mapNode(entry(address, index));
  }
  return 0;
}

/** The lowest slot at or above `from` for which the answer is yes, plus 1; 0 where there is none. */
export function mapNext(vm: u32, question: u32, from: u32): u32 {
  const record = vmRecord(vm);
  const height = load<u32>(record + VM_MAP_HEIGHT);
  if (!height || (height * NODE_SHIFT < 32 && from >> (height * NODE_SHIFT))) return 0;
  return nextBelow(mapNode(load<u32>(record + VM_MAP_ROOT)), height, question, from, 0);
}

function nextBelow(node: usize, height: u32, question: u32, from: u32, base: u32): u32 {
  const shift = (height - 1) * NODE_SHIFT;
  const first = (from >> shift) & (NODE_ENTRIES - 1);
  let bits = bitmap(node, question) & (ALL << (first as u64));
  while (bits) {
    const index = ctz(bits) as u32;
    const slot = base | (index << shift);
    if (height == 1) return slot + 1;
    const found = nextBelow(mapNode(entry(node, index)), height - 1, question, index == first ? from : 0, slot);
    if (found) return found;
    bits &= bits - 1;
  }
  return 0;
}

/** The highest slot at or below `from` for which the answer is yes, plus 1; 0 where there is none. */
export function mapPrevious(vm: u32, question: u32, from: u32): u32 {
  const record = vmRecord(vm);
  const height = load<u32>(record + VM_MAP_HEIGHT);
  if (!height) return 0;
  let last = from;
  if (height * NODE_SHIFT < 32 && from >> (height * NODE_SHIFT)) last = (1 << (height * NODE_SHIFT)) - 1;
  return previousBelow(mapNode(load<u32>(record + VM_MAP_ROOT)), height, question, last, 0);
}

function previousBelow(node: usize, height: u32, question: u32, from: u32, base: u32): u32 {
  const shift = (height - 1) * NODE_SHIFT;
  const last = (from >> shift) & (NODE_ENTRIES - 1);
  let bits = bitmap(node, question) & (ALL >> ((63 - last) as u64));
  while (bits) {
    const index = 63 - (clz(bits) as u32);
    const slot = base | (index << shift);
    if (height == 1) return slot + 1;
    const found = previousBelow(mapNode(entry(node, index)), height - 1, question, index == last ? from : 0xffffffff, slot);
    if (found) return found;
    bits &= ~((1 as u64) << (index as u64));
  }
  return 0;
}

/** The lowest slot at or above `from` that the VM holds, plus 1; 0 where there is none. */
export function mapNextHeld(vm: u32, from: u32): u32 {
  const record = vmRecord(vm);
  const height = load<u32>(record + VM_MAP_HEIGHT);
  if (!height || (height * NODE_SHIFT < 32 && from >> (height * NODE_SHIFT))) return 0;
  return heldBelow(mapNode(load<u32>(record + VM_MAP_ROOT)), height, from, 0);
}

function heldBelow(node: usize, height: u32, from: u32, base: u32): u32 {
  const shift = (height - 1) * NODE_SHIFT;
  const first = (from >> shift) & (NODE_ENTRIES - 1);
  for (let index = first; index < (NODE_ENTRIES as u32); index++) {
    const child = entry(node, index);
    if (!child) continue;
    const slot = base | (index << shift);
    const found = height == 1 ? slot + 1 : heldBelow(mapNode(child), height - 1, index == first ? from : 0, slot);
    if (found) return found;
  }
  return 0;
}

/** The lowest slot that the VM does not hold. */
export function mapHole(vm: u32): u32 {
  const record = vmRecord(vm);
  let height = load<u32>(record + VM_MAP_HEIGHT);
  if (!height) return 0;
  let address = mapNode(load<u32>(record + VM_MAP_ROOT));
  if (bitmap(address, MAP_HELD) == ALL) return 1 << (height * NODE_SHIFT);
  let slot: u32 = 0;
  while (true) {
    height--;
    const index = ctz(~bitmap(address, MAP_HELD)) as u32;
    slot |= index << (height * NODE_SHIFT);
    const child = height ? entry(address, index) : 0;
    if (!child) return slot;
    address = mapNode(child);
  }
  return 0;
}

/** The lowest slot at or above `from` that the VM does not hold. */
export function mapHoleNext(vm: u32, from: u32): u32 {
  const record = vmRecord(vm);
  const height = load<u32>(record + VM_MAP_HEIGHT);
  const capacity: u32 = height ? 1 << (height * NODE_SHIFT) : 0;
  if (from >= capacity) return from;
  const found = holeBelow(mapNode(load<u32>(record + VM_MAP_ROOT)), height, from, 0);
  return found ? found - 1 : capacity;
}

/** Slot + 1, or 0. */
function holeBelow(node: usize, height: u32, from: u32, base: u32): u32 {
  const shift = (height - 1) * NODE_SHIFT;
  const first = (from >> shift) & (NODE_ENTRIES - 1);
  let bits = ~bitmap(node, MAP_HELD) & (ALL << (first as u64));
  while (bits) {
    const index = ctz(bits) as u32;
    const slot = base | (index << shift);
    const below = index == first ? from & ((1 << shift) - 1) : 0;
    const child = height == 1 ? 0 : entry(node, index);
    if (!child) return slot + below + 1;
    const found = holeBelow(mapNode(child), height - 1, below, slot);
    if (found) return found;
    bits &= bits - 1;
  }
  return 0;
}

/** Frees a whole map. */
export function mapDispose(vm: u32): void {
  const record = vmRecord(vm);
  const root = load<u32>(record + VM_MAP_ROOT);
  if (root) disposeBelow(root, load<u32>(record + VM_MAP_HEIGHT));
  store<u32>(record + VM_MAP_ROOT, 0);
  store<u32>(record + VM_MAP_HEIGHT, 0);
}

function disposeBelow(node: u32, height: u32): void {
  if (height > 1) {
    for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
      const child = entry(mapNode(node), i);
      if (child) disposeBelow(child, height - 1);
    }
  }
  mapNodeFree(node);
}

/** For engineValidate: the answers kept for a slot, in mapSet's form. */
export function mapQuestions(vm: u32, slot: u32): u32 {
  const record = vmRecord(vm);
  let height = load<u32>(record + VM_MAP_HEIGHT);
  let address = mapNode(load<u32>(record + VM_MAP_ROOT));
  while (height > 1) {
    height--;
    address = mapNode(entry(address, (slot >> (height * NODE_SHIFT)) & (NODE_ENTRIES - 1)));
  }
  let questions: u32 = 0;
  for (let question: u32 = 1; question <= (MAP_BITMAPS as u32); question++) {
    questions |= (((bitmap(address, question) >> ((slot & (NODE_ENTRIES - 1)) as u64)) & 1) as u32) << question;
  }
  return questions;
}

/** For engineValidate: every summary agrees with its children. */
export function mapSummariesHold(vm: u32): bool {
  const record = vmRecord(vm);
  const root = load<u32>(record + VM_MAP_ROOT);
  return !root || summariesHoldBelow(root, load<u32>(record + VM_MAP_HEIGHT));
}

function summariesHoldBelow(node: u32, height: u32): bool {
  if (height == 1) return true;
  const address = mapNode(node);
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const child = entry(address, i);
    for (let question: u32 = 1; question <= (MAP_BITMAPS as u32); question++) {
      const below: u64 = child ? bitmap(mapNode(child), question) : 0;
      const expected = question == MAP_HELD ? below == ALL : below != 0;
      if ((((bitmap(address, question) >> (i as u64)) & 1) != 0) != expected) return false;
    }
    if (child && !summariesHoldBelow(child, height - 1)) return false;
  }
  return true;
}

/** For engineValidate: the nodes of a map. */
export function mapNodesReached(vm: u32): u32 {
  const record = vmRecord(vm);
  const root = load<u32>(record + VM_MAP_ROOT);
  return root ? nodesBelow(root, load<u32>(record + VM_MAP_HEIGHT)) : 0;
}

function nodesBelow(node: u32, height: u32): u32 {
  let nodes: u32 = 1;
  for (let i: u32 = 0; height > 1 && i < (NODE_ENTRIES as u32); i++) {
    const child = entry(mapNode(node), i);
    if (child) nodes += nodesBelow(child, height - 1);
  }
  return nodes;
}
