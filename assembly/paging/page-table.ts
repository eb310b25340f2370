// Page tables: radix trees of counted nodes of 64 entries, shared by forks and copied on the way down to a write.
import {
  CB_COUNT_NODES,
  CB_NODES,
  CB_NODES_USED,
  CB_NODE_FREE,
  CB_NODE_REFERENCES,
  CB_NODE_TABLE,
  CB_NODE_TOP,
  CB_OBJECT_TABLE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES,
  NODE_BYTES_SHIFT,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_BYTES,
  OBJECT_COMMON,
  OBJECT_REFERENCES,
  REPLICA_HEIGHT,
  REPLICA_ROOT,
} from '../shared/layout.ts';
import { STATUS_TABLES_FULL, TABLE_NODES } from '../shared/status.ts';
import { fail, word, wordAdd, wordSet } from '../store/control.ts';
import { objectHas, objectRecord } from './page-object.ts';

export function nodeAddress(node: u32): usize {
  return word(CB_NODE_TABLE) + (node << NODE_BYTES_SHIFT);
}

function referencesPlace(node: u32): usize {
  return word(CB_NODE_REFERENCES) + (node << 2);
}

export function nodeReferences(node: u32): u32 {
  return load<u32>(referencesPlace(node));
}

export function nodeReferencesAdd(node: u32, amount: u32): u32 {
  const count = nodeReferences(node) + amount;
  store<u32>(referencesPlace(node), count);
  return count;
}

/** A node with one reference and undefined entries, or 0 when the arena is full (the failure is noted). */
function nodeTake(): u32 {
  let node = word(CB_NODE_FREE);
  if (node) {
    wordSet(CB_NODE_FREE, load<u32>(nodeAddress(node)));
  } else {
    node = word(CB_NODE_TOP);
    if (node >= word(CB_NODES)) {
      fail(STATUS_TABLES_FULL, TABLE_NODES, word(CB_NODES), 0);
      return 0;
    }
    node++;
    wordSet(CB_NODE_TOP, node);
  }
  store<u32>(referencesPlace(node), 1);
  wordAdd(CB_NODES_USED, 1);
  wordAdd(CB_COUNT_NODES, 1);
  return node;
}

/** A cleared node, or 0. */
export function nodeMake(): u32 {
  const node = nodeTake();
  if (node) memory.fill(nodeAddress(node), 0, NODE_BYTES);
  return node;
}

/** Takes back a node whose last reference went; what its entries refer to has been dealt with. */
export function nodeFree(node: u32): void {
  store<u32>(referencesPlace(node), 0);
  store<u32>(nodeAddress(node), word(CB_NODE_FREE));
  wordSet(CB_NODE_FREE, node);
  wordAdd(CB_NODES_USED, -1);
  wordAdd(CB_COUNT_NODES, 1);
}

/** One more reference to all that the node at `node` names; number n's count stands at `counts` + n x `stride`. */
function holdersAdd(node: usize, counts: usize, stride: u32): void {
  for (let offset: u32 = 0; offset < (NODE_BYTES as u32); offset += 4) {
    const child = load<u32>(node + offset) & ENTRY_OBJECT_MASK;
    if (!child) continue;
    const place = counts + child * stride;
    store<u32>(place, load<u32>(place) + 1);
  }
}

/** A copy of a shared node for one of its holders; all that it refers to has one more reference. 0 when the arena is full. */
function nodeCopy(node: u32, height: u32): u32 {
  const copy = nodeTake();
  if (!copy) return 0;
  const from = nodeAddress(node);
  memory.copy(nodeAddress(copy), from, NODE_BYTES);
  if (height > 1) holdersAdd(from, word(CB_NODE_REFERENCES), 4);
  else holdersAdd(from, word(CB_OBJECT_TABLE) + OBJECT_REFERENCES, OBJECT_BYTES);
  nodeReferencesAdd(node, -1);
  return copy;
}

/** The entry of a page, 0 where the tree does not reach. `replica` is a record's address. */
export function entryRead(replica: usize, page: u32): u32 {
  let node = load<u32>(replica + REPLICA_ROOT);
  let shift = load<u32>(replica + REPLICA_HEIGHT) * NODE_SHIFT;
  while (shift) {
    if (!node) return 0;
    shift -= NODE_SHIFT;
    node = load<u32>(nodeAddress(node) + (((page >> shift) & (NODE_ENTRIES - 1)) << 2));
  }
  return node;
}

/** Where the entry of a page stands, in nodes that are this replica's alone; 0 when the arena is full. */
export function entryPlace(replica: usize, page: u32): usize {
  let place: usize = replica + REPLICA_ROOT;
  let height = load<u32>(replica + REPLICA_HEIGHT);
  while (height) {
    let node = load<u32>(place);
    if (!node) {
      node = nodeMake();
      if (!node) return 0;
      store<u32>(place, node);
    } else if (nodeReferences(node) > 1) {
      node = nodeCopy(node, height);
      if (!node) return 0;
      store<u32>(place, node);
    }
    height--;
    place = nodeAddress(node) + (((page >> (height * NODE_SHIFT)) & (NODE_ENTRIES - 1)) << 2);
  }
  return place;
}

function nodeIsEmpty(address: usize): bool {
  for (let offset: u32 = 0; offset < (NODE_BYTES as u32); offset += 32) {
    if (v128.any_true(v128.or(v128.load(address + offset), v128.load(address + offset, 16)))) return false;
  }
  return true;
}

/** Below the entry at `place`: takes the page object out of a page's entry. Nodes that became empty go. */
function clearBelow(place: usize, height: u32, page: u32): void {
  const node = load<u32>(place);
  const address = nodeAddress(node);
  const child = address + (((page >> ((height - 1) * NODE_SHIFT)) & (NODE_ENTRIES - 1)) << 2);
  if (height > 1) clearBelow(child, height - 1, page);
  else store<u32>(child, load<u32>(child) & ~ENTRY_OBJECT_MASK);
  if (load<u32>(child) || !nodeIsEmpty(address)) return;
  store<u32>(place, 0);
  nodeFree(node);
}

/** Takes the page object out of a page's entry, which is in nodes that are this replica's alone; what the replica may do with the page stays. */
export function entryClear(replica: usize, page: u32): void {
  clearBelow(replica + REPLICA_ROOT, load<u32>(replica + REPLICA_HEIGHT), page);
}

/** Does anyone else hold the page too, through its page object or through a node on the way to it? */
export function entryIsShared(replica: usize, page: u32): bool {
  let node = load<u32>(replica + REPLICA_ROOT);
  let shift = load<u32>(replica + REPLICA_HEIGHT) * NODE_SHIFT;
  while (shift && node) {
    if (nodeReferences(node) > 1) return true;
    shift -= NODE_SHIFT;
    node = load<u32>(nodeAddress(node) + (((page >> shift) & (NODE_ENTRIES - 1)) << 2));
  }
  const object = node & ENTRY_OBJECT_MASK;
  return !shift && object != 0 && (load<u32>(objectRecord(object) + OBJECT_REFERENCES) > 1 || objectHas(object, OBJECT_COMMON));
}
