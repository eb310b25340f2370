// A user releases a region (Fig. 8, S301–S306): what must be kept goes out, locked pages move, and the use right is taken.
import { pageIsZero } from '../base/page-bytes.ts';
import {
  CB_BATCH,
  CB_IO_END_NS,
  CB_PAGES_MOVE,
  CB_PINNED_REGION,
  CB_STATUS,
  EVENT_RELEASE,
  MOVE_FIRST,
  MOVE_LOCKED,
  MOVE_NONE,
  OBJECT_DISCARDABLE,
  OBJECT_LOCKED,
  VM_MOVES_FIRST,
  VM_PAGE_OUTS,
} from '../shared/layout.ts';
import { STATUS_OK } from '../shared/status.ts';
import { objectFrame, objectHas, objectSlot } from '../paging/page-object.ts';
import { number, numberSet, word, wordSet } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameAddress, frameGive, frameObject } from '../store/frame.ts';
import { regionFirstFrame, regionFrames, regionReduce, regionUser } from '../store/region.ts';
import { BATCH_PAGES } from '../store/plan.ts';
import { vmRecord } from '../store/vm.ts';
import { deviceWrite } from '../swap/device.ts';
import { pageForget } from '../swap/page-free.ts';
import { failSwapWrite, pageLeave, pageMayBeZero, pageNeedsWrite, pageOut, pageWritten } from '../swap/page-out.ts';
import { slotAcquire, slotGive, slotsFree } from '../swap/slot.ts';
import { changeIsOpen, changeTally } from './change.ts';
import { pageMove } from './page-move.ts';
import { userClear } from './rights.ts';

/** A locked page moves to memory of its VM elsewhere, unless nothing may move; false also if there is no room. */
function lockedMove(vm: u32, object: u32, issueNs: f64): bool {
  return word(CB_PAGES_MOVE) != MOVE_NONE && pageMove(vm, object, issueNs);
}

/** Would the page be missed? One that is discardable or all zero would not. */
function isMissed(object: u32): bool {
  const isZero = pageMayBeZero(object) && pageIsZero(frameAddress(objectFrame(object)));
  return !objectHas(object, OBJECT_DISCARDABLE) && !isZero;
}

/** Moving first: pages of the region, the locked ones or the others that would be missed, move while there is room. */
function pagesMove(vm: u32, region: u32, areLocked: bool, issueNs: f64): void {
  const end = regionFirstFrame(region) + regionFrames();
  for (let frame = regionFirstFrame(region); frame < end; frame++) {
    const object = frameObject(frame);
    if (!object || objectHas(object, OBJECT_LOCKED) != areLocked) continue;
    if (!areLocked && !isMissed(object)) continue;
    if (!pageMove(vm, object, issueNs)) return;
  }
}

/** Must the pages before this one be dealt with first? A locked page needs a frame elsewhere, a discardable one gives its slot back. */
function isBarrier(object: u32): bool {
  return objectHas(object, OBJECT_LOCKED) || (objectHas(object, OBJECT_DISCARDABLE) && objectSlot(object) != 0);
}

/**
 * From `frame` on, the pages that can go out in one request: their slots and addresses go to the batch. Returns how many; none before a
 * barrier or with swap full.
 */
function batchCollect(frame: u32, end: u32): u32 {
  const batch: usize = word(CB_BATCH);
  let pages: u32 = 0;
  while (frame < end && pages < BATCH_PAGES && slotsFree()) {
    const object = frameObject(frame);
    if (object) {
      if (isBarrier(object)) break;
      if (pageNeedsWrite(object)) {
        store<u32>(batch + (pages << 3), slotAcquire() - 1);
        store<u32>(batch + (pages << 3) + 4, frameAddress(frame) as u32);
        pages++;
      }
    }
    frame++;
  }
  return pages;
}

/** S302–S305 for one page; `slot` (number + 1) if its content was just written there. Status. */
function pageRelease(vm: u32, object: u32, slot: u32, issueNs: f64, tally: usize): i32 {
  if (slot) {
    pageWritten(object, slot, issueNs, tally);
  } else {
    if (objectHas(object, OBJECT_LOCKED) && lockedMove(vm, object, issueNs)) return STATUS_OK;
    const status = pageOut(object, issueNs, tally);
    if (status) return status;
  }
  frameGive(pageLeave(object));
  pageForget(object);
  return STATUS_OK;
}

/**
 * Frames from `frame` on, up to the last page of the batch (of which `written` are in the store), or with no batch up to a barrier. Returns
 * the frame to go on from; failures are noted.
 */
function framesRelease(vm: u32, first: u32, end: u32, pages: u32, written: u32, issueNs: f64, tally: usize): u32 {
  const batch: usize = word(CB_BATCH);
  let next: u32 = 0;
  let frame = first;
  while (frame < end) {
    const object = frameObject(frame);
    if (object) {
      const isInBatch = next < pages && load<u32>(batch + (next << 3) + 4) == (frameAddress(frame) as u32);
      const slot = isInBatch ? load<u32>(batch + (next << 3)) + 1 : 0;
      const barrier = isBarrier(object);
      if (isInBatch && next == written) {
        failSwapWrite(object, slot);
        break;
      }
      if (pageRelease(vm, object, slot, issueNs, tally)) break;
      if (isInBatch && ++next == pages) return frame + 1;
      if (barrier) return frame + 1;
    }
    frame++;
  }
  for (let i = next; i < pages; i++) slotGive(load<u32>(batch + (i << 3)) + 1);
  return frame;
}

/** Pages of the region go out in ascending order of frames, in requests as large as may be. Stops at the first that cannot. Status. */
function pagesRelease(vm: u32, region: u32, issueNs: f64, tally: usize): i32 {
  const end = regionFirstFrame(region) + regionFrames();
  const batch: usize = word(CB_BATCH);
  let frame = regionFirstFrame(region);
  wordSet(CB_STATUS, STATUS_OK);
  while (frame < end) {
    const pages = batchCollect(frame, end);
    const written = pages ? deviceWrite(batch, pages) : 0;
    frame = framesRelease(vm, frame, end, pages, written, issueNs, tally);
    if (word(CB_STATUS)) return word(CB_STATUS);
  }
  return STATUS_OK;
}

/** Which of its pages a VM moves out of a region that it releases. */
function movesOf(vm: u32): u32 {
  return load<u32>(vmRecord(vm) + VM_MOVES_FIRST) ? MOVE_FIRST : MOVE_LOCKED;
}

/**
 * The user of `region` releases it. I/O is issued at `issueNs`; `change` is the one before whose grant it is done, else 0; `mayMove`: pages may go
 * to other frames. CB_IO_END_NS becomes the end of the I/O, if that is later. Status.
 */
export function regionRelease(region: u32, issueNs: f64, change: u32, mayMove: bool): i32 {
  const vm = regionUser(region);
  const reduction = regionReduce(region);
  const outs = vmRecord(vm) + VM_PAGE_OUTS;
  const outsBefore = load<f64>(outs);
  const endBefore = number(CB_IO_END_NS);
  let tally: usize = 0;
  if (change) tally = changeTally(change, true);
  else if (reduction && changeIsOpen(reduction)) tally = changeTally(reduction, false);
  numberSet(CB_IO_END_NS, issueNs);
  wordSet(CB_PINNED_REGION, region);
  wordSet(CB_PAGES_MOVE, mayMove ? movesOf(vm) : MOVE_NONE);
  if (word(CB_PAGES_MOVE) == MOVE_FIRST) {
    pagesMove(vm, region, true, issueNs);
    pagesMove(vm, region, false, issueNs);
  }
  const status = pagesRelease(vm, region, issueNs, tally);
  wordSet(CB_PINNED_REGION, 0);
  const timeNs = number(CB_IO_END_NS);
  if (!status) {
    const written = u32(load<f64>(outs) - outsBefore);
    userClear(region, written, timeNs);
    eventRecord(EVENT_RELEASE, vm, region - 1, written, 0, reduction, timeNs);
  }
  numberSet(CB_IO_END_NS, max<f64>(endBefore, timeNs));
  return status;
}
