// A page leaves its frame (Fig. 8 S303–S305): written if it must be, dropped if it may be. The frame is left to the caller.
import { pageIsZero } from '../base/page-bytes.ts';
import {
  CB_BATCH,
  CB_COUNT_COPIES,
  CB_COUNT_OBJECTS,
  CB_IO_END_NS,
  CB_SLOTS,
  CONTROL,
  EVENT_PAGE_OUT,
  FRAME_OBJECT,
  OBJECT_DISCARDABLE,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_HASHED,
  OBJECT_KNOWN,
  OBJECT_PAGE,
  OBJECT_SCRUBBED,
  OBJECT_SLOT,
  VM_OUT,
  VM_PAGE_OUTS,
  VM_REPLICA_COUNT,
} from '../shared/layout.ts';
import { STATUS_OK, STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED } from '../shared/status.ts';
import { pageHash } from '../base/page-hash.ts';
import { objectFlag, objectHas, objectIsCache, objectRecord, objectSlotSet, objectUnflag, objectVm } from '../paging/page-object.ts';
import { knownForget } from '../paging/known.ts';
import { recencyLeave } from '../paging/recency.ts';
import { objectDropTranslations } from '../paging/scattered.ts';
import { fail, number, numberAdd, word, wordAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameAddress, frameRecord, frameRegion } from '../store/frame.ts';
import { regionCacheAdd } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { deviceWrite, deviceWriteNs } from './device.ts';
import { cleanAdd, slotAcquire, slotDrop, slotGive, slotIsImage } from './slot.ts';

/** What has a slot of swap was written, so that it is not all zero. */
export function pageMayBeZero(object: u32): bool {
  const slot = load<u32>(objectRecord(object) + OBJECT_SLOT);
  return !slot || slotIsImage(slot);
}

/** Must the content be written before the page can leave its frame? */
export function pageNeedsWrite(object: u32): bool {
  const record = objectRecord(object);
  wordAdd(CB_COUNT_OBJECTS, 1);
  return (
    !load<u32>(record + OBJECT_SLOT) &&
    !objectHas(object, OBJECT_DISCARDABLE) &&
    !pageIsZero(frameAddress(load<u32>(record + OBJECT_FRAME)))
  );
}

/** The page was written to `slot` (number + 1) by a request issued at `issueNs`; `tally`, if not 0, is the address of one more count of it. */
export function pageWritten(object: u32, slot: u32, issueNs: f64, tally: usize): void {
  const record = objectRecord(object);
  const vm = objectVm(object);
  objectSlotSet(object, slot);
  cleanAdd(object, 1);
  wordAdd(CB_COUNT_COPIES, 1);
  numberAdd(vmRecord(vm) + VM_PAGE_OUTS, 1);
  if (tally) store<u32>(tally, load<u32>(tally) + 1);
  const endNs = deviceWriteNs(issueNs);
  if (endNs > number(CB_IO_END_NS)) store<f64>(CONTROL + CB_IO_END_NS, endNs);
  eventRecord(EVENT_PAGE_OUT, vm, load<u32>(record + OBJECT_PAGE), slot - 1, 0, 0, endNs);
}

/** Where replicas may be compared, a page that is out keeps its hash, so that a different one need not be read. */
function hashKeep(object: u32, frame: u32): void {
  if (load<u32>(vmRecord(objectVm(object)) + VM_REPLICA_COUNT) == 1) {
    objectUnflag(object, OBJECT_HASHED);
    return;
  }
  if (!objectHas(object, OBJECT_KNOWN)) store<u32>(objectRecord(object) + OBJECT_HASH, pageHash(frameAddress(frame)));
  objectFlag(object, OBJECT_HASHED);
}

/** The page leaves its frame; its content is in its slot, or it is or becomes a page of zeros. Returns the frame, which holds nothing now. */
export function pageLeave(object: u32): u32 {
  const record = objectRecord(object);
  const frame = load<u32>(record + OBJECT_FRAME);
  const vm = objectVm(object);
  if (objectHas(object, OBJECT_DISCARDABLE)) {
    objectUnflag(object, OBJECT_DISCARDABLE);
    slotDrop(object);
  }
  if (pageMayBeZero(object) && pageIsZero(frameAddress(frame))) slotDrop(object);
  objectDropTranslations(object);
  if (objectHas(object, OBJECT_SCRUBBED)) objectUnflag(object, OBJECT_SCRUBBED);
  recencyLeave(vm, frame);
  if (objectIsCache(object)) regionCacheAdd(frameRegion(frame), -1);
  store<u32>(frameRecord(frame) + FRAME_OBJECT, 0);
  store<u32>(record + OBJECT_FRAME, 0);
  if (load<u32>(record + OBJECT_SLOT)) {
    hashKeep(object, frame);
    cleanAdd(object, -1);
    const out = vmRecord(vm) + VM_OUT;
    store<u32>(out, load<u32>(out) + 1);
  } else {
    knownForget(object);
  }
  return frame;
}

export function failSwapFull(object: u32): i32 {
  return fail(STATUS_SWAP_FULL, objectVm(object), load<u32>(objectRecord(object) + OBJECT_PAGE), word(CB_SLOTS));
}

export function failSwapWrite(object: u32, slot: u32): i32 {
  return fail(STATUS_SWAP_WRITE_FAILED, objectVm(object), load<u32>(objectRecord(object) + OBJECT_PAGE), slot - 1);
}

/** One page goes out by itself. On failure it keeps its frame and all is as it was. Status. */
export function pageOut(object: u32, issueNs: f64, tally: usize): i32 {
  if (pageNeedsWrite(object)) {
    const slot = slotAcquire();
    if (!slot) return failSwapFull(object);
    const batch: usize = word(CB_BATCH);
    store<u32>(batch, slot - 1);
    store<u32>(batch + 4, frameAddress(load<u32>(objectRecord(object) + OBJECT_FRAME)) as u32);
    if (deviceWrite(batch, 1) != 1) {
      slotGive(slot);
      return failSwapWrite(object, slot);
    }
    pageWritten(object, slot, issueNs, tally);
  }
  return STATUS_OK;
}
