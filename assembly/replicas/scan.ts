// A scan: equal pages at different addresses of a VM's replicas and snapshots become one page. Each page-table node is entered once, and its entries are
// pointed elsewhere in place, for all who share it. A page that has changed since the pass before is left alone (as Linux KSM does).
import {
  CB_COUNT_COPIES,
  CB_FEATURES,
  CB_KNOWN_SHIFT,
  CB_NODE_CHECKS,
  CB_NODE_TOP,
  CB_OBJECT_TOP,
  CB_SCAN_BUCKETS,
  CB_SCAN_HASHES,
  CB_SCAN_MERGED,
  CB_SCAN_NEXT,
  CB_SCAN_VOLATILE,
  CB_SCAN_ZERO,
  ENTRY_OBJECT_MASK,
  FEATURE_SCAN,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_CHECK,
  OBJECT_REFERENCES,
  OBJECT_SAID,
  REPLICA_HEIGHT,
  REPLICA_NEXT,
  REPLICA_PREVIOUS,
  REPLICA_ROOT,
  SCAN_BITS,
  SCAN_LOOKED,
  SCAN_VOLATILE,
  VM_REPLICA_FIRST,
} from '../shared/layout.ts';
import { OPTION_FEATURE, STATUS_BAD_OPTION, STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { pageIsZero, pagesAreEqual } from '../base/page-bytes.ts';
import { pageHash } from '../base/page-hash.ts';
import { objectFrame, objectHas, objectRecord } from '../paging/page-object.ts';
import { nodeAddress } from '../paging/page-table.ts';
import { objectHold } from '../paging/scattered.ts';
import { translationsDrop } from '../paging/translation.ts';
import { fail, word, wordAdd, wordSet } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';
import { objectRelease, pageErase } from '../swap/page-free.ts';

const GOLDEN: u32 = 0x9e3779b1;

function bucket(hash: u32): usize {
  return word(CB_SCAN_BUCKETS) + (((hash * GOLDEN) >>> word(CB_KNOWN_SHIFT)) << 2);
}

function next(object: u32): usize {
  return word(CB_SCAN_NEXT) + (object << 2);
}

function hashPlace(object: u32): usize {
  return word(CB_SCAN_HASHES) + (object << 2);
}

/** Nothing has been met in this pass. */
function passBegin(): void {
  memory.fill(word(CB_NODE_CHECKS), 0, (word(CB_NODE_TOP) + 1) << 2);
  memory.fill(word(CB_SCAN_BUCKETS), 0, 4 << (32 - word(CB_KNOWN_SHIFT)));
  for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) store<u32>(objectRecord(object) + OBJECT_CHECK, 0);
  wordSet(CB_SCAN_MERGED, 0);
  wordSet(CB_SCAN_ZERO, 0);
  wordSet(CB_SCAN_VOLATILE, 0);
}

/** The page of equal bytes that was met before; it is one from now on if there was none. */
function equalMet(object: u32, address: usize, hash: u32): u32 {
  const first = bucket(hash);
  for (let met = load<u32>(first); met; met = load<u32>(next(met))) {
    if (load<u32>(hashPlace(met)) != load<u32>(hashPlace(object))) continue;
    wordAdd(CB_COUNT_COPIES, 1);
    if (pagesAreEqual(address, frameAddress(objectFrame(met)))) return met;
  }
  store<u32>(next(object), load<u32>(first));
  store<u32>(first, object);
  return object;
}

/** What a page that is met for the first time becomes: itself (perhaps of zeros, without a frame), or another one. */
function fate(object: u32): u32 {
  const frame = objectFrame(object);
  if (!frame || objectHas(object, OBJECT_SAID)) return object;
  const address = frameAddress(frame);
  const hash = (pageHash(address) & ~(SCAN_BITS as u32)) | SCAN_LOOKED;
  const before = load<u32>(hashPlace(object)) & ~(SCAN_VOLATILE as u32);
  wordAdd(CB_COUNT_COPIES, 1);
  if (before != hash) {
    store<u32>(hashPlace(object), hash | SCAN_VOLATILE);
    wordAdd(CB_SCAN_VOLATILE, 1);
    return object;
  }
  store<u32>(hashPlace(object), hash);
  if (pageIsZero(address)) {
    wordAdd(CB_SCAN_ZERO, 1);
    pageErase(object);
    return object;
  }
  const met = equalMet(object, address, hash);
  if (met != object) wordAdd(CB_SCAN_MERGED, 1);
  return met;
}

/** The entry of page `page` at `place` refers to `object`: to what that becomes, from now on. OBJECT_CHECK says it; 0: not met in this pass. */
function entryScan(place: usize, object: u32, page: u32): void {
  const check = objectRecord(object) + OBJECT_CHECK;
  if (!load<u32>(check)) store<u32>(check, fate(object));
  const becomes = load<u32>(check);
  if (becomes == object) return;
  store<u32>(place, (load<u32>(place) & ~ENTRY_OBJECT_MASK) | becomes);
  const references = objectRecord(becomes) + OBJECT_REFERENCES;
  store<u32>(references, load<u32>(references) + 1);
  objectHold(becomes, page);
  objectRelease(object);
}

/** A node of pages `page` …, when it is met for the first time. */
function nodeScan(node: u32, height: u32, page: u32): void {
  const check: usize = word(CB_NODE_CHECKS) + (node << 2);
  if (load<u32>(check)) return;
  store<u32>(check, 1);
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const place = nodeAddress(node) + (i << 2);
    const entry = load<u32>(place) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    const first = page + (i << ((height - 1) * NODE_SHIFT));
    if (height > 1) nodeScan(entry, height - 1, first);
    else entryScan(place, entry, first);
  }
}

/** One pass over the VM's replicas and snapshots, in the order in which they were made. Counts: CB_SCAN_…. Status. */
export function vmScan(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  if (!(word(CB_FEATURES) & FEATURE_SCAN)) return fail(STATUS_BAD_OPTION, OPTION_FEATURE, FEATURE_SCAN, 0);
  passBegin();
  let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST); // the newest
  while (load<u32>(replicaRecord(replica) + REPLICA_NEXT)) replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT);
  for (; replica; replica = load<u32>(replicaRecord(replica) + REPLICA_PREVIOUS)) {
    const root = load<u32>(replicaRecord(replica) + REPLICA_ROOT);
    if (root) nodeScan(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT), 0);
  }
  if (word(CB_SCAN_MERGED)) translationsDrop(vm); // pages may be shared now, and entries have other frames
  return STATUS_OK;
}
