// A scan across VMs: equal pages of VMs of one salt become one page of the common holder's, a hidden VM whose frames never go anywhere. First all is decided, then
// all entries are pointed elsewhere: the page that an equal one is found for has been passed already.
import {
  CB_COMMON_VM,
  CB_COUNT_COPIES,
  CB_FEATURES,
  CB_SCAN_COMMON,
  CB_SCAN_LEFT,
  CB_SCAN_MERGED,
  CB_VMS,
  ENTRY_OBJECT_MASK,
  FEATURE_SCAN,
  FRAME_OLDER,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_COMMON,
  OBJECT_HASH,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SCATTERED,
  REPLICA_HEIGHT,
  REPLICA_PREVIOUS,
  REPLICA_ROOT,
  SEEK_MANAGED,
  VM_NEWEST,
  VM_SALT,
} from '../shared/layout.ts';
import { OPTION_FEATURE, STATUS_BAD_OPTION, STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { PAGE_BYTES, pagesAreEqual } from '../base/page-bytes.ts';
import { objectFlag, objectFrame, objectHas, objectMake, objectRecord, objectVm } from '../paging/page-object.ts';
import { nodeAddress } from '../paging/page-table.ts';
import { translationsDrop } from '../paging/translation.ts';
import { fail, word, wordAdd } from '../store/control.ts';
import { frameAddress, frameObject, frameRecord, frameTake } from '../store/frame.ts';
import { mapLowest, mapRegion } from '../store/machine-map.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';
import { pageArrive } from '../swap/page-in.ts';
import {
  becomes,
  becomesSet,
  entryPoint,
  metAdd,
  metFirst,
  metNext,
  nodeMeet,
  pageSettled,
  passBegin,
  replicaOldest,
  scanHash,
  scanHashSet,
  walkBegin,
} from './scan-pass.ts';

/** 0: its pages are merged with nobody's. */
function saltOf(object: u32): u32 {
  if (objectHas(object, OBJECT_COMMON)) return load<u32>(objectRecord(object) + OBJECT_HASH);
  return load<u32>(vmRecord(objectVm(object)) + VM_SALT);
}

/** Status. */
export function vmSalt(vm: u32, salt: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  store<u32>(vmRecord(vm) + VM_SALT, salt);
  return STATUS_OK;
}

/** A common page with the content of a page that was met, which becomes it; 0: there is no room. */
function commonMake(met: u32, salt: u32): u32 {
  const common = word(CB_COMMON_VM);
  const slot = mapLowest(common, SEEK_MANAGED);
  if (!slot) return 0;
  const object = objectMake(common, load<u32>(objectRecord(met) + OBJECT_PAGE));
  if (!object) return 0;
  const frame = frameTake(mapRegion(common, slot - 1));
  memory.copy(frameAddress(frame), frameAddress(objectFrame(met)), PAGE_BYTES);
  wordAdd(CB_COUNT_COPIES, 1);
  store<u32>(objectRecord(object) + OBJECT_REFERENCES, 0); // entries come in the second walk
  store<u32>(objectRecord(object) + OBJECT_HASH, salt);
  objectFlag(object, OBJECT_COMMON | OBJECT_SCATTERED);
  pageArrive(object, frame);
  scanHashSet(object, scanHash(met));
  metAdd(object, salt);
  becomesSet(object, object);
  becomesSet(met, object);
  wordAdd(CB_SCAN_COMMON, 1);
  return object;
}

/** What a page that is met for the first time becomes. */
function fate(object: u32, salt: u32): u32 {
  if (!pageSettled(object)) return object;
  const hash = scanHash(object);
  for (let met = metFirst(hash, salt); met; met = metNext(met)) {
    if (scanHash(met) != hash || saltOf(met) != salt) continue;
    wordAdd(CB_COUNT_COPIES, 1);
    if (!pagesAreEqual(frameAddress(objectFrame(object)), frameAddress(objectFrame(met)))) continue;
    const isOthers = objectVm(met) != objectVm(object);
    const target = isOthers && !objectHas(met, OBJECT_COMMON) ? commonMake(met, salt) : met;
    if (!target) {
      wordAdd(CB_SCAN_LEFT, 1);
      return object;
    }
    wordAdd(isOthers ? CB_SCAN_COMMON : CB_SCAN_MERGED, 1);
    return target;
  }
  metAdd(object, salt);
  return object;
}

/** What it becomes in the end: a page that another one became one with may have become a common one since. */
function end(object: u32): u32 {
  let target = object;
  while (becomes(target) && becomes(target) != target) target = becomes(target);
  return target;
}

/** A node of pages `page` … `points`: the second walk. */
function nodeScan(node: u32, height: u32, page: u32, salt: u32, points: bool): void {
  if (!nodeMeet(node)) return;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const place = nodeAddress(node) + (i << 2);
    const entry = load<u32>(place) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    const first = page + (i << ((height - 1) * NODE_SHIFT));
    if (height > 1) nodeScan(entry, height - 1, first, salt, points);
    else if (points) entryEnd(place, entry, first);
    else if (!becomes(entry)) becomesSet(entry, fate(entry, salt));
  }
}

function entryEnd(place: usize, object: u32, page: u32): void {
  const target = end(object);
  if (target != object) entryPoint(place, object, target, page);
}

/** All VMs with a salt, ascending, their replicas and snapshots in the order in which they were made. */
function walk(points: bool): void {
  walkBegin();
  for (let vm: u32 = 1; vm <= word(CB_VMS); vm++) {
    const salt = vmIsLive(vm) ? load<u32>(vmRecord(vm) + VM_SALT) : 0;
    if (!salt) continue;
    for (let replica = replicaOldest(vm); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_PREVIOUS)) {
      const root = load<u32>(replicaRecord(replica) + REPLICA_ROOT);
      if (root) nodeScan(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT), 0, salt, points);
    }
    if (points) translationsDrop(vm);
  }
}

/** One pass over all VMs with a salt; each page table is walked twice. Counts: CB_SCAN_…. Status. */
export function engineScan(): i32 {
  if (!(word(CB_FEATURES) & FEATURE_SCAN) || !word(CB_COMMON_VM)) return fail(STATUS_BAD_OPTION, OPTION_FEATURE, FEATURE_SCAN, 0);
  passBegin();
  for (let frame = load<u32>(vmRecord(word(CB_COMMON_VM)) + VM_NEWEST); frame; frame = load<u32>(frameRecord(frame) + FRAME_OLDER)) {
    const object = frameObject(frame);
    becomesSet(object, object);
    metAdd(object, saltOf(object));
  }
  walk(false);
  if (word(CB_SCAN_COMMON) | word(CB_SCAN_MERGED)) walk(true);
  return STATUS_OK;
}
