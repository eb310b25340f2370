// Copy-on-write: the exception of a store to a basic area (US 9,063,868 Figs. 3 and 10, S1-S4, S16).
import { PAGE_BYTES } from './base/page-bytes.ts';
import {
  CB_COUNT_COPIES,
  CB_PIN_B,
  ENTRY_OBJECT_MASK,
  EVENT_COPY,
  OBJECT_COMMON,
  OBJECT_COPY,
  OBJECT_FLAGS,
  OBJECT_HASH,
  OBJECT_REFERENCES,
  OBJECT_SAID,
  PROCESSOR_REPLICA,
  REPLICA_PROCESSOR,
  REPLICA_VM,
  VM_COPIES,
} from './shared/layout.ts';
import { knownAdd, knownLearn } from './paging/known.ts';
import { objectHas, objectMake, objectRecord, objectUnflag } from './paging/page-object.ts';
import { entryPlace } from './paging/page-table.ts';
import { objectGather } from './paging/scattered.ts';
import { translationDropPage } from './paging/translation.ts';
import { frameSeek } from './regions/seek.ts';
import { numberAdd, wordAdd, wordSet } from './store/control.ts';
import { eventRecord } from './store/event.ts';
import { frameAddress, frameGive } from './store/frame.ts';
import { storesAreSeen } from './store/replica.ts';
import { vmRecord, vmTimeNs } from './store/vm.ts';
import { objectRelease } from './swap/page-free.ts';
import { pageArrive } from './swap/page-in.ts';
import { quotaTake } from './replicas/quota.ts';

/** A page and its copy have the same contents, and are to be compared from now on. */
function copyKnown(shared: u32, copy: u32): void {
  store<u32>(objectRecord(copy) + OBJECT_HASH, knownLearn(shared));
  knownAdd(copy);
}

/** S4, S16: one holder less of a page that was a basic area; whoever is left alone with it has a not-shared basic area. */
function basicLeave(shared: u32): void {
  const record = objectRecord(shared);
  const references = load<u32>(record + OBJECT_REFERENCES);
  if (objectHas(shared, OBJECT_COPY)) objectUnflag(shared, OBJECT_COPY);
  if (references > 1) store<u32>(record + OBJECT_REFERENCES, references - 1);
  else objectRelease(shared);
}

/** Makes a resident page this replica's alone. Its frame, or 0 with the failure noted. `replica` is a record's address. */
export function pageOwn(replica: usize, page: u32, frame: u32): u32 {
  const place = entryPlace(replica, page);
  if (!place) return 0;
  const entry = load<u32>(place);
  const shared = entry & ENTRY_OBJECT_MASK;
  // S1: does anyone else hold it?
  if (load<u32>(objectRecord(shared) + OBJECT_REFERENCES) == 1 && !objectHas(shared, OBJECT_COMMON)) {
    objectGather(shared, page);
    return frame;
  }
  const vm = load<u32>(replica + REPLICA_VM);
  wordSet(CB_PIN_B, frame);
  const copyFrame = frameSeek(vm);
  wordSet(CB_PIN_B, 0);
  if (!copyFrame) return 0;
  const copy = objectMake(vm, page);
  if (!copy) {
    frameGive(copyFrame);
    return 0;
  }
  wordAdd(CB_COUNT_COPIES, 1);
  store<u16>(objectRecord(copy) + OBJECT_FLAGS, (load<u16>(objectRecord(shared) + OBJECT_FLAGS) & OBJECT_SAID) | OBJECT_COPY);
  if (storesAreSeen(replica)) copyKnown(shared, copy);
  pageArrive(copy, copyFrame);
  // S3: the writer has the copy, which no one inhibits
  store<u32>(place, (entry & ~ENTRY_OBJECT_MASK) | copy);
  basicLeave(shared);
  const processor: usize = load<u32>(replica + REPLICA_PROCESSOR);
  translationDropPage(processor, page);
  quotaTake(replica);
  numberAdd(vmRecord(vm) + VM_COPIES, 1);
  eventRecord(EVENT_COPY, vm, page, load<u32>(processor + PROCESSOR_REPLICA), 0, 0, vmTimeNs(vm));
  // S2, last: what comes behind its many lines waits for them
  memory.copy(frameAddress(copyFrame), frameAddress(frame), PAGE_BYTES);
  return copyFrame;
}
