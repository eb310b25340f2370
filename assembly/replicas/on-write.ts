// Comparison on write (US 9,063,868 Fig. 3, S1-S15): around each store of a replica in step, the page's hash is kept up to date, and where another page of that
// number has the same hash and the same bytes, the two become one.
import { pageIsZero } from '../base/page-bytes.ts';
import { hashTerms, pageHash } from '../base/page-hash.ts';
import {
  CB_ACCESS_NS,
  CB_ZERO_HASH,
  COMPARE_AFTER_COPY,
  COMPARE_ALL_EQUAL,
  COMPARE_RETRIES,
  ENTRY_OBJECT_MASK,
  OBJECT_COPY,
  OBJECT_CROWDED,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_KNOWN,
  OBJECT_LOCKED,
  OBJECT_PAGE,
  OBJECT_WRITING,
  REPLICA_IN_STEP,
  REPLICA_NEXT,
  REPLICA_VM,
  TRIGGER_ANY,
  TRIGGER_BASIC,
  TRIGGER_COPY,
  VM_COMPARE_FLAGS,
  VM_REPLICA_FIRST,
  VM_TIME_NS,
  VM_TRIGGER,
} from '../shared/layout.ts';
import { knownAdd, knownRank, knownRemove, knownRival } from '../paging/known.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag, objectVm } from '../paging/page-object.ts';
import { entryRead } from '../paging/page-table.ts';
import { number, numberAdd, word } from '../store/control.ts';
import { frameAddress, frameObject } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';
import { areaIsBare, areasCompare } from './area.ts';
import { areaMerge } from './merge.ts';
import { pageCompare } from './step.ts';

/** Before bytes `offset … offset+bytes-1` of the page in `frame` change: their part of its hash goes. */
export function storeBegin(frame: u32, offset: u32, bytes: u32): void {
  const object = frameObject(frame);
  const record = objectRecord(object);
  const address = frameAddress(frame);
  if (objectHas(object, OBJECT_CROWDED)) knownRemove(object);
  else if (!objectHas(object, OBJECT_KNOWN) || objectHas(object, OBJECT_WRITING)) store<u32>(record + OBJECT_HASH, pageHash(address));
  store<u32>(record + OBJECT_HASH, load<u32>(record + OBJECT_HASH) - hashTerms(address, offset, bytes));
  objectFlag(object, OBJECT_WRITING);
}

/** After they have changed (S5, S9): `copied` says whether S1 was Yes. Compares and merges (S11-S14). `replica` is a record's address. */
export function storeEnd(replica: usize, frame: u32, offset: u32, bytes: u32, copied: bool): void {
  const object = frameObject(frame);
  if (!objectHas(object, OBJECT_WRITING)) return;
  const record = objectRecord(object);
  objectUnflag(object, OBJECT_WRITING);
  store<u32>(record + OBJECT_HASH, load<u32>(record + OBJECT_HASH) + hashTerms(frameAddress(frame), offset, bytes));
  if (!objectHas(object, OBJECT_KNOWN)) knownAdd(object);
  storeSettle(replica, object, copied);
}

/** A known page was stored to: what Fig. 3 does after S5 or S9. */
export function storeSettle(replica: usize, object: u32, copied: bool): void {
  const vm = vmRecord(load<u32>(replica + REPLICA_VM));
  const flags = load<u32>(vm + VM_COMPARE_FLAGS);
  const compares = copied ? (flags & COMPARE_AFTER_COPY) != 0 : isTriggered(vm, object);
  if (flags & COMPARE_RETRIES && (copied || compares)) numberAdd(vm + VM_TIME_NS, number(CB_ACCESS_NS));
  if (compares) areaCompare(replica, object);
}

/** Does a store to this not-shared area start a comparison (claims 1-5)? */
function isTriggered(vm: usize, object: u32): bool {
  const trigger = load<u32>(vm + VM_TRIGGER);
  if (trigger == TRIGGER_ANY) return true;
  return trigger == (objectHas(object, OBJECT_COPY) ? (TRIGGER_COPY as u32) : (TRIGGER_BASIC as u32));
}

/** S11, S12: compares a known page with the corresponding areas. */
function areaCompare(replica: usize, object: u32): void {
  const record = objectRecord(object);
  const vm = objectVm(object);
  if (load<u32>(record + OBJECT_HASH) == word(CB_ZERO_HASH) && pageIsZero(frameAddress(load<u32>(record + OBJECT_FRAME)))) {
    if (!objectHas(object, OBJECT_LOCKED) && othersAreBare(vm, load<u32>(record + OBJECT_PAGE))) {
      pageCompare(vm, load<u32>(record + OBJECT_PAGE));
      return;
    }
  }
  let rival = knownRival(object, 0);
  while (rival) {
    if (areasCompare(object, rival) == 1) break;
    rival = knownRival(object, knownRank(rival));
  }
  if (!rival) return;
  if (load<u32>(vmRecord(vm) + VM_COMPARE_FLAGS) & COMPARE_ALL_EQUAL) pageCompare(vm, load<u32>(record + OBJECT_PAGE));
  else areaMerge(replica, object, rival);
}

/** Has a replica in step nothing, or a page of zeros, at a page? */
function othersAreBare(vm: u32, page: u32): bool {
  let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST);
  while (replica) {
    const record = replicaRecord(replica);
    if (load<u32>(record + REPLICA_IN_STEP) && areaIsBare(entryRead(record, page) & ENTRY_OBJECT_MASK)) return true;
    replica = load<u32>(record + REPLICA_NEXT);
  }
  return false;
}
