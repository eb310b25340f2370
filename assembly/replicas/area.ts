// Areas: the different frames, slots or nothings that replicas have for one page; what is in them, and whether it is equal.
import {
  CB_COUNT_COPIES,
  CB_SWEEP_PAGES,
  OBJECT_COPY,
  OBJECT_DISCARDABLE,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_HASHED,
  OBJECT_KNOWN,
  OBJECT_LOCKED,
  OBJECT_PAGE,
  OBJECT_SLOT,
  OBJECT_WRITING,
  VM_IO_WAIT_NS,
  VM_PAGE_INS,
  VM_TIME_NS,
} from '../shared/layout.ts';
import { STATUS_OK, STATUS_SWAP_READ_FAILED } from '../shared/status.ts';
import { PAGE_BYTES, pageIsZero, pagesAreEqual } from '../base/page-bytes.ts';
import { pageHash } from '../base/page-hash.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag, objectVm } from '../paging/page-object.ts';
import { fail, numberAdd, word, wordAdd } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { vmRecord } from '../store/vm.ts';
import { deviceRead, deviceReadNs, slotAddress, slotIsLinear } from '../swap/device.ts';
import { pageErase } from '../swap/page-free.ts';
import { slotIsImage } from '../swap/slot.ts';

/** Has it no content of its own: untouched (no object), or a page of zeros? */
export function areaIsBare(object: u32): bool {
  return !object || (!load<u32>(objectRecord(object) + OBJECT_FRAME) && !load<u32>(objectRecord(object) + OBJECT_SLOT));
}

/** Are its bytes all zero? Pages that are out never are, once learnt. */
export function areaIsZero(object: u32): bool {
  if (areaIsBare(object)) return true;
  const frame = load<u32>(objectRecord(object) + OBJECT_FRAME);
  return frame != 0 && pageIsZero(frameAddress(frame));
}

export function areaIsResident(object: u32): bool {
  return load<u32>(objectRecord(object) + OBJECT_FRAME) != 0;
}

/** Where the content of an area that is not zero can be read; one that is out is read in scratch page `scratch` (0 or 1), and its VM waits. 0: the failure is noted. */
function contentAddress(object: u32, scratch: u32): usize {
  const record = objectRecord(object);
  const frame = load<u32>(record + OBJECT_FRAME);
  if (frame) return frameAddress(frame);
  const slot = load<u32>(record + OBJECT_SLOT) - 1;
  const isLinear = slotIsLinear(slot);
  const page: usize = word(CB_SWEEP_PAGES) + scratch * PAGE_BYTES;
  if (!isLinear && !deviceRead(slot, page)) {
    fail(STATUS_SWAP_READ_FAILED, objectVm(object), load<u32>(record + OBJECT_PAGE), slot);
    return 0;
  }
  const owner = vmRecord(objectVm(object));
  const endNs = deviceReadNs(load<f64>(owner + VM_TIME_NS));
  numberAdd(owner + VM_IO_WAIT_NS, endNs - load<f64>(owner + VM_TIME_NS));
  store<f64>(owner + VM_TIME_NS, endNs);
  numberAdd(owner + VM_PAGE_INS, 1);
  return isLinear ? slotAddress(slot) : page;
}

/** A page of an image that was never in is read, once; if it is all zero it becomes a page of zeros. Status. */
export function areaLearn(object: u32): i32 {
  if (areaIsBare(object) || areaIsResident(object) || objectHas(object, OBJECT_HASHED)) return STATUS_OK;
  const record = objectRecord(object);
  if (!slotIsImage(load<u32>(record + OBJECT_SLOT))) return STATUS_OK;
  const address = contentAddress(object, 0);
  if (!address) return STATUS_SWAP_READ_FAILED;
  wordAdd(CB_COUNT_COPIES, 1);
  if (pageIsZero(address)) {
    pageErase(object);
    return STATUS_OK;
  }
  store<u32>(record + OBJECT_HASH, pageHash(address));
  objectFlag(object, OBJECT_HASHED);
  return STATUS_OK;
}

/** Stores, at `place`, a number that differs only where contents do: kept since the page went out, or made from its content. Status. */
export function areaHash(object: u32, place: usize): i32 {
  const record = objectRecord(object);
  const isKept =
    (objectHas(object, OBJECT_KNOWN) && !objectHas(object, OBJECT_WRITING)) ||
    (!load<u32>(record + OBJECT_FRAME) && objectHas(object, OBJECT_HASHED));
  if (!isKept) {
    const address = contentAddress(object, 0);
    if (!address) return STATUS_SWAP_READ_FAILED;
    wordAdd(CB_COUNT_COPIES, 1);
    const hash = pageHash(address);
    if (load<u32>(record + OBJECT_FRAME)) {
      store<u32>(place, hash); // what is kept of a page in a frame is a scrub's
      return STATUS_OK;
    }
    store<u32>(record + OBJECT_HASH, hash);
    objectFlag(object, OBJECT_HASHED);
  }
  store<u32>(place, load<u32>(record + OBJECT_HASH));
  return STATUS_OK;
}

/** Are two areas that are not zero equal, byte for byte? 1 or 0, or the negated status. */
export function areasCompare(a: u32, b: u32): i32 {
  const first = contentAddress(a, 0);
  const second = first ? contentAddress(b, 1) : 0;
  if (!second) return -STATUS_SWAP_READ_FAILED;
  wordAdd(CB_COUNT_COPIES, 1);
  return pagesAreEqual(first, second) ? 1 : 0;
}

/** An area becomes one with `kept`: what was said of it holds for the whole. */
export function areaJoin(kept: u32, object: u32): void {
  if (objectHas(object, OBJECT_LOCKED)) objectFlag(kept, OBJECT_LOCKED);
  objectUnflag(kept, objectHas(object, OBJECT_DISCARDABLE) ? OBJECT_COPY : OBJECT_COPY | OBJECT_DISCARDABLE); // a basic area now (S14)
}
