// Page objects: a page's content, wherever it is. Made on the first touch, counted by the page-table entries that refer to them.
import {
  CB_COUNT_OBJECTS,
  CB_OBJECTS_USED,
  CB_OBJECT_FREE,
  CB_OBJECT_TABLE,
  CB_OBJECT_TOP,
  CB_PAGE_OBJECTS,
  CB_SCAN_HASHES,
  OBJECT_BYTES,
  OBJECT_DISCARDABLE,
  OBJECT_FLAGS,
  OBJECT_FRAME,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SEEN,
  OBJECT_SLOT,
  OBJECT_VM,
} from '../shared/layout.ts';
import { STATUS_TABLES_FULL, TABLE_PAGE_OBJECTS } from '../shared/status.ts';
import { fail, word, wordAdd, wordSet } from '../store/control.ts';
import { frameRegion } from '../store/frame.ts';
import { regionCacheAdd } from '../store/region.ts';

export function objectRecord(object: u32): usize {
  return word(CB_OBJECT_TABLE) + object * OBJECT_BYTES;
}

/** A page object of zeros with one reference, or 0 when the arena is full (the failure is noted). */
export function objectMake(vm: u32, page: u32): u32 {
  let object = word(CB_OBJECT_FREE);
  if (object) {
    wordSet(CB_OBJECT_FREE, load<u32>(objectRecord(object) + OBJECT_FRAME));
  } else {
    object = word(CB_OBJECT_TOP);
    if (object >= word(CB_PAGE_OBJECTS)) {
      fail(STATUS_TABLES_FULL, TABLE_PAGE_OBJECTS, word(CB_PAGE_OBJECTS), 0);
      return 0;
    }
    object++;
    wordSet(CB_OBJECT_TOP, object);
  }
  const record = objectRecord(object);
  store<u32>(record + OBJECT_REFERENCES, 1);
  store<u32>(record + OBJECT_FRAME, 0);
  store<u32>(record + OBJECT_SLOT, 0);
  store<u32>(record + OBJECT_PAGE, page);
  store<u16>(record + OBJECT_VM, vm as u16);
  store<u16>(record + OBJECT_FLAGS, 0);
  store<u32>(record + OBJECT_SEEN, 0);
  const scanHashes = word(CB_SCAN_HASHES);
  if (scanHashes) store<u32>(scanHashes + (object << 2), 0); // another page's
  wordAdd(CB_OBJECTS_USED, 1);
  wordAdd(CB_COUNT_OBJECTS, 1);
  return object;
}

/** Takes back a page object that nothing refers to and that has neither frame nor slot. */
export function objectFree(object: u32): void {
  const record = objectRecord(object);
  store<u32>(record + OBJECT_REFERENCES, 0);
  store<u32>(record + OBJECT_FRAME, word(CB_OBJECT_FREE));
  wordSet(CB_OBJECT_FREE, object);
  wordAdd(CB_OBJECTS_USED, -1);
}

export function objectFrame(object: u32): u32 {
  return load<u32>(objectRecord(object) + OBJECT_FRAME);
}

/** Slot + 1, or 0. */
export function objectSlot(object: u32): u32 {
  return load<u32>(objectRecord(object) + OBJECT_SLOT);
}

export function objectVm(object: u32): u32 {
  return load<u16>(objectRecord(object) + OBJECT_VM);
}

export function objectHas(object: u32, flag: u32): bool {
  return (load<u16>(objectRecord(object) + OBJECT_FLAGS) & flag) != 0;
}

/** Can the page go without I/O? Its region counts those that can while they are resident. */
export function objectIsCache(object: u32): bool {
  const record = objectRecord(object);
  return load<u32>(record + OBJECT_SLOT) != 0 || (load<u16>(record + OBJECT_FLAGS) & OBJECT_DISCARDABLE) != 0;
}

/** Before and after a resident page changes in that respect. */
function cacheCount(object: u32, was: bool): void {
  const is = objectIsCache(object);
  const frame = objectFrame(object);
  if (frame && is != was) regionCacheAdd(frameRegion(frame), is ? 1 : -1);
}

function flagsSet(object: u32, flags: u32): void {
  const was = objectIsCache(object);
  store<u16>(objectRecord(object) + OBJECT_FLAGS, flags as u16);
  cacheCount(object, was);
}

export function objectFlag(object: u32, flag: u32): void {
  flagsSet(object, load<u16>(objectRecord(object) + OBJECT_FLAGS) | flag);
}

export function objectUnflag(object: u32, flag: u32): void {
  flagsSet(object, load<u16>(objectRecord(object) + OBJECT_FLAGS) & ~flag);
}

/** `slot` is number + 1; 0: none. */
export function objectSlotSet(object: u32, slot: u32): void {
  const was = objectIsCache(object);
  store<u32>(objectRecord(object) + OBJECT_SLOT, slot);
  cacheCount(object, was);
}
