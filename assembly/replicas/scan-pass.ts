// What the two kinds of scan have in common: which pages they look at, and the pages that they have met, by hash.
import {
  CB_COUNT_COPIES,
  CB_KNOWN_SHIFT,
  CB_NODE_CHECKS,
  CB_NODE_TOP,
  CB_OBJECT_TOP,
  CB_SCAN_BUCKETS,
  CB_SCAN_COMMON,
  CB_SCAN_HASHES,
  CB_SCAN_LEFT,
  CB_SCAN_MERGED,
  CB_SCAN_NEXT,
  CB_SCAN_VOLATILE,
  CB_SCAN_ZERO,
  ENTRY_OBJECT_MASK,
  OBJECT_CHECK,
  OBJECT_COMMON,
  OBJECT_REFERENCES,
  OBJECT_SAID,
  REPLICA_NEXT,
  SCAN_BITS,
  SCAN_LOOKED,
  SCAN_VOLATILE,
  VM_REPLICA_FIRST,
} from '../shared/layout.ts';
import { pageIsZero } from '../base/page-bytes.ts';
import { pageHash } from '../base/page-hash.ts';
import { objectFrame, objectHas, objectRecord } from '../paging/page-object.ts';
import { objectHold } from '../paging/scattered.ts';
import { word, wordAdd, wordSet } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';
import { objectRelease, pageErase } from '../swap/page-free.ts';

const GOLDEN: u32 = 0x9e3779b1;
const SALT_WEIGHT: u32 = 0x85ebca6b;

/** Nothing has been met in this pass. */
export function passBegin(): void {
  memory.fill(word(CB_SCAN_BUCKETS), 0, 4 << (32 - word(CB_KNOWN_SHIFT)));
  for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) becomesSet(object, 0);
  wordSet(CB_SCAN_MERGED, 0);
  wordSet(CB_SCAN_ZERO, 0);
  wordSet(CB_SCAN_VOLATILE, 0);
  wordSet(CB_SCAN_COMMON, 0);
  wordSet(CB_SCAN_LEFT, 0);
}

/** No node has been met in this walk. */
export function walkBegin(): void {
  memory.fill(word(CB_NODE_CHECKS), 0, (word(CB_NODE_TOP) + 1) << 2);
}

/** Is it the first time that this walk meets a node? */
export function nodeMeet(node: u32): bool {
  const check: usize = word(CB_NODE_CHECKS) + (node << 2);
  if (load<u32>(check)) return false;
  store<u32>(check, 1);
  return true;
}

/** The VM's replica or snapshot that was made first. */
export function replicaOldest(vm: u32): u32 {
  let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST); // the newest
  while (load<u32>(replicaRecord(replica) + REPLICA_NEXT)) replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT);
  return replica;
}

/** What a page becomes in this pass: itself, or another one; 0: it has not been met yet. */
export function becomes(object: u32): u32 {
  return load<u32>(objectRecord(object) + OBJECT_CHECK);
}

export function becomesSet(object: u32, target: u32): void {
  store<u32>(objectRecord(object) + OBJECT_CHECK, target);
}

function hashPlace(object: u32): usize {
  return word(CB_SCAN_HASHES) + (object << 2);
}

export function scanHash(object: u32): u32 {
  return load<u32>(hashPlace(object));
}

export function scanHashSet(object: u32, hash: u32): void {
  store<u32>(hashPlace(object), hash);
}

/** Where the chain of pages begins that were met with a hash, by VMs of a salt. */
function bucket(hash: u32, salt: u32): usize {
  return word(CB_SCAN_BUCKETS) + ((((hash ^ (salt * SALT_WEIGHT)) * GOLDEN) >>> word(CB_KNOWN_SHIFT)) << 2);
}

export function metFirst(hash: u32, salt: u32): u32 {
  return load<u32>(bucket(hash, salt));
}

export function metNext(object: u32): u32 {
  return load<u32>(word(CB_SCAN_NEXT) + (object << 2));
}

export function metAdd(object: u32, salt: u32): void {
  const first = bucket(scanHash(object), salt);
  store<u32>(word(CB_SCAN_NEXT) + (object << 2), load<u32>(first));
  store<u32>(first, object);
}

/** Looks at a page that is met for the first time. Is it to be compared with others: in a frame, with content, unchanged since a pass before, nothing said of it? */
export function pageSettled(object: u32): bool {
  const frame = objectFrame(object);
  if (!frame || objectHas(object, OBJECT_SAID | OBJECT_COMMON)) return false;
  const address = frameAddress(frame);
  const hash = (pageHash(address) & ~(SCAN_BITS as u32)) | SCAN_LOOKED;
  const before = scanHash(object) & ~(SCAN_VOLATILE as u32);
  wordAdd(CB_COUNT_COPIES, 1);
  if (before != hash) {
    scanHashSet(object, hash | SCAN_VOLATILE);
    wordAdd(CB_SCAN_VOLATILE, 1);
    return false;
  }
  scanHashSet(object, hash);
  if (!pageIsZero(address)) return true;
  wordAdd(CB_SCAN_ZERO, 1);
  pageErase(object);
  return false;
}

/** The entry of page `page` at `place`, which refers to `object`, refers to `target` from now on. */
export function entryPoint(place: usize, object: u32, target: u32, page: u32): void {
  store<u32>(place, (load<u32>(place) & ~ENTRY_OBJECT_MASK) | target);
  const references = objectRecord(target) + OBJECT_REFERENCES;
  store<u32>(references, load<u32>(references) + 1);
  objectHold(target, page);
  objectRelease(object);
}
