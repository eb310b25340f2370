// How much a VM's replicas and snapshots share. Each page-table node is entered once, however many hold it: what lies below it is kept as a word of
// CB_NODE_CHECKS and counted again for each holder.
import {
  CB_NODE_CHECKS,
  CB_NODE_TOP,
  CB_SCAN_HASHES,
  CB_SHARING,
  CONTROL,
  ENTRY_OBJECT_MASK,
  NODE_ENTRIES,
  OBJECT_CHECK,
  OBJECT_FRAME,
  OBJECT_REFERENCES,
  OBJECT_SLOT,
  REPLICA_HEIGHT,
  REPLICA_NEXT,
  REPLICA_ROOT,
  SCAN_VOLATILE,
  SHARING_BYTES,
  SHARING_DISTINCT,
  SHARING_MAPPED,
  SHARING_NODES,
  SHARING_OBJECTS,
  SHARING_SHARED,
  SHARING_SHARING,
  SHARING_VOLATILE,
  SHARING_ZERO,
  VM_REPLICA_FIRST,
} from '../shared/layout.ts';
import { STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { objectRecord } from '../paging/page-object.ts';
import { nodeAddress, nodeReferences } from '../paging/page-table.ts';
import { fail, numberAdd, word } from '../store/control.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';

function count(figure: i32, amount: f64): void {
  numberAdd(CONTROL + CB_SHARING + figure, amount);
}

function check(node: u32): usize {
  return word(CB_NODE_CHECKS) + (node << 2);
}

function checksClear(): void {
  memory.fill(word(CB_NODE_CHECKS), 0, (word(CB_NODE_TOP) + 1) << 2);
}

/** Has it content, in a frame or in swap? */
function hasContent(object: u32): bool {
  const record = objectRecord(object);
  return (load<u32>(record + OBJECT_FRAME) | load<u32>(record + OBJECT_SLOT)) != 0;
}

/** First walk: pages of zeros below a node; page objects are not counted yet. */
function zeroBelow(node: u32, height: u32): u32 {
  const kept = load<u32>(check(node));
  if (kept) return kept - 1;
  let zero: u32 = 0;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const entry = load<u32>(nodeAddress(node) + (i << 2)) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    if (height > 1) {
      zero += zeroBelow(entry, height - 1);
    } else {
      store<u32>(objectRecord(entry) + OBJECT_CHECK, 0);
      if (!hasContent(entry)) zero++;
    }
  }
  store<u32>(check(node), zero + 1);
  return zero;
}

/** A page that is met for the first time; `isHeld`: a node on the way to it has several holders. */
function objectCount(object: u32, isHeld: bool): void {
  const record = objectRecord(object);
  store<u32>(record + OBJECT_CHECK, 1);
  count(SHARING_OBJECTS, 1);
  if (!hasContent(object)) return;
  count(SHARING_DISTINCT, 1);
  if (isHeld || load<u32>(record + OBJECT_REFERENCES) > 1) {
    count(SHARING_SHARED, 1);
    return;
  }
  const hashes = word(CB_SCAN_HASHES);
  if (hashes && load<u32>(hashes + (object << 2)) & SCAN_VOLATILE) count(SHARING_VOLATILE, 1);
}

/** Second walk: pages with content below a node. A node with one holder lies below those that its only way passes: what is said of them is said once. */
function mappedBelow(node: u32, height: u32, isHeldAbove: bool): u32 {
  const kept = load<u32>(check(node));
  if (kept) return kept - 1;
  count(SHARING_NODES, 1);
  const isHeld = isHeldAbove || nodeReferences(node) > 1;
  let mapped: u32 = 0;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const entry = load<u32>(nodeAddress(node) + (i << 2)) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    if (height > 1) {
      mapped += mappedBelow(entry, height - 1, isHeld);
      continue;
    }
    if (!load<u32>(objectRecord(entry) + OBJECT_CHECK)) objectCount(entry, isHeld);
    if (hasContent(entry)) mapped++;
  }
  store<u32>(check(node), mapped + 1);
  return mapped;
}

/** Counts what the VM's replicas and snapshots share: CB_SHARING. Status. */
export function vmSharing(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  memory.fill(CONTROL + CB_SHARING, 0, SHARING_BYTES);
  const first = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST);
  checksClear();
  for (let replica = first; replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    const root = load<u32>(replicaRecord(replica) + REPLICA_ROOT);
    if (root) count(SHARING_ZERO, zeroBelow(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT)) as f64);
  }
  checksClear();
  for (let replica = first; replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    const root = load<u32>(replicaRecord(replica) + REPLICA_ROOT);
    if (root) count(SHARING_MAPPED, mappedBelow(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT), false) as f64);
  }
  const sharing = CONTROL + CB_SHARING;
  store<f64>(sharing + SHARING_SHARING, load<f64>(sharing + SHARING_MAPPED) - load<f64>(sharing + SHARING_DISTINCT));
  return STATUS_OK;
}
