// Swap slots: a bitmap with a bitmap over its words; the lowest free slot is taken. Slots are kept as number + 1 in page objects.
// Numbers from IMAGE_SLOT_FIRST on are pages of images: nobody takes or frees them.
import {
  CB_CLEAN_PAGES,
  CB_COUNT_OBJECTS,
  CB_RECLAIM_FRAME,
  CB_REGIONS,
  CB_REGION_SHIFT,
  CB_SLOTS,
  CB_SLOTS_USED,
  CB_SLOT_BITS,
  CB_SLOT_HINT,
  CB_SLOT_SUMMARY,
  IMAGE_SLOT_FIRST,
  OBJECT_FRAME,
  OBJECT_SLOT,
} from '../shared/layout.ts';
import { word, wordAdd, wordSet } from '../store/control.ts';
import { frameObject } from '../store/frame.ts';
import { objectRecord, objectSlot, objectSlotSet } from '../paging/page-object.ts';

function bitsWord(index: u32): usize {
  return word(CB_SLOT_BITS) + (index << 3);
}

function summaryWord(index: u32): usize {
  return word(CB_SLOT_SUMMARY) + (index << 3);
}

/** Is a slot (number + 1) a page of an image, and none of swap? */
export function slotIsImage(slot: u32): bool {
  return slot > (IMAGE_SLOT_FIRST as u32);
}

/** `amount` more resident pages could give up a slot of swap, if `object` has one. */
export function cleanAdd(object: u32, amount: i32): void {
  const slot = objectSlot(object);
  if (slot && !slotIsImage(slot)) wordAdd(CB_CLEAN_PAGES, amount);
}

export function slotIsFree(slot: u32): bool {
  return ((load<u64>(bitsWord(slot >>> 6)) >> ((slot & 63) as u64)) & 1) != 0;
}

export function slotsFree(): u32 {
  return word(CB_SLOTS) - word(CB_SLOTS_USED);
}

/** The lowest free slot + 1; there must be one. */
function slotTake(): u32 {
  let group = word(CB_SLOT_HINT);
  while (!load<u64>(summaryWord(group))) group++;
  wordSet(CB_SLOT_HINT, group);
  const index = (group << 6) + (ctz(load<u64>(summaryWord(group))) as u32);
  const bits = load<u64>(bitsWord(index));
  const slot = (index << 6) + (ctz(bits) as u32);
  const left = bits & (bits - 1);
  store<u64>(bitsWord(index), left);
  if (!left) store<u64>(summaryWord(group), load<u64>(summaryWord(group)) & ~((1 as u64) << ((index & 63) as u64)));
  wordAdd(CB_SLOTS_USED, 1);
  return slot + 1;
}

/** Frees a slot, given as number + 1. */
export function slotGive(slot: u32): void {
  const index = (slot - 1) >>> 6;
  const group = index >>> 6;
  store<u64>(bitsWord(index), load<u64>(bitsWord(index)) | ((1 as u64) << (((slot - 1) & 63) as u64)));
  store<u64>(summaryWord(group), load<u64>(summaryWord(group)) | ((1 as u64) << ((index & 63) as u64)));
  if (group < word(CB_SLOT_HINT)) wordSet(CB_SLOT_HINT, group);
  wordAdd(CB_SLOTS_USED, -1);
}

/** A slot + 1 for a page that goes out; a clean resident page gives its slot up when none is free. 0: swap is full. */
export function slotAcquire(): u32 {
  if (slotsFree()) return slotTake();
  return word(CB_CLEAN_PAGES) ? slotReclaim() : 0;
}

/** Frames in ascending order behind the last one reclaimed, wrapping: the first clean page becomes dirty. There must be one. */
function slotReclaim(): u32 {
  const first: u32 = 1 << word(CB_REGION_SHIFT);
  const end = (word(CB_REGIONS) + 1) << word(CB_REGION_SHIFT);
  let frame = word(CB_RECLAIM_FRAME);
  while (true) {
    frame++;
    if (frame >= end || frame < first) frame = first;
    const object = frameObject(frame);
    if (!object) continue;
    wordAdd(CB_COUNT_OBJECTS, 1);
    const slot = load<u32>(objectRecord(object) + OBJECT_SLOT);
    if (!slot || slotIsImage(slot)) continue;
    objectSlotSet(object, 0);
    wordAdd(CB_CLEAN_PAGES, -1);
    wordSet(CB_RECLAIM_FRAME, frame);
    return slot;
  }
  return 0;
}

/** A page's slot, if it has one, is given up: its content in the slot is no longer needed. */
export function slotDrop(object: u32): void {
  const record = objectRecord(object);
  const slot = load<u32>(record + OBJECT_SLOT);
  if (!slot) return;
  if (load<u32>(record + OBJECT_FRAME)) cleanAdd(object, -1);
  objectSlotSet(object, 0);
  if (!slotIsImage(slot)) slotGive(slot);
}
