// Loads, stores and faults: where regions and replicas meet. The fast path is a hit in the processor's column; everything else comes here.
import { PAGE_SHIFT } from './shared/page.ts';
import {
  CB_ACCESS_NS,
  CB_COPIED,
  CB_FAULT_OPEN,
  CB_PIN_A,
  CB_SECOND_FRAME,
  COPIED_FIRST,
  COPIED_SECOND,
  COMPARE_RETRIES,
  ENTRY_DEVICE,
  ENTRY_NO_LOAD,
  ENTRY_NO_STORE,
  ENTRY_OBJECT_MASK,
  EVENT_FAULT,
  FLAG_EVACUATE,
  FLAG_READ_ONLY,
  OBJECT_COMMON,
  OBJECT_DISCARDABLE,
  OBJECT_FLAGS,
  OBJECT_KNOWN,
  OBJECT_SCRUBBED,
  OBJECT_SEEN,
  OBJECT_SLOT,
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_PAGES,
  PROCESSOR_REPLICA,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
  REPLICA_PAGES,
  REPLICA_PROCESSOR,
  REPLICA_VM,
  VM_ACCESSES,
  VM_COMPARE_FLAGS,
  VM_FAULTS,
  VM_HAS_MODES,
  VM_SAMPLE,
  VM_TIME_NS,
  VM_WATCH,
  WATCH_EXACT,
} from './shared/layout.ts';
import { STATUS_ADDRESS_OUT_OF_RANGE, STATUS_DEVICE_PAGE, STATUS_OK, STATUS_PROTECTED } from './shared/status.ts';
import { objectFrame, objectHas, objectMake, objectRecord, objectUnflag } from './paging/page-object.ts';
import { knownForget } from './paging/known.ts';
import { entryPlace, entryRead } from './paging/page-table.ts';
import { recencyTouch } from './paging/recency.ts';
import { SEEN, translationFill } from './paging/translation.ts';
import { frameSeek } from './regions/seek.ts';
import { pageWatch, vmWatches } from './regions/watch.ts';
import { pageOwn } from './copy.ts';
import { quotaRefuses, quotaTake } from './replicas/quota.ts';
import { fail, number, numberAdd, word, wordSet } from './store/control.ts';
import { eventRecord } from './store/event.ts';
import { frameAddress, frameGive, frameObject, frameRegion } from './store/frame.ts';
import { storesAreSeen } from './store/replica.ts';
import { regionManager, regionModes, regionUser } from './store/region.ts';
import { vmRecord, vmTimeNs } from './store/vm.ts';
import { pageIn } from './swap/page-in.ts';
import { slotDrop } from './swap/slot.ts';

/** May a replica with this entry load from, or store to, the page? Status. */
export function entryCheck(entry: u32, page: u32, isStore: bool): i32 {
  if (entry & ENTRY_DEVICE) return fail(STATUS_DEVICE_PAGE, page, isStore ? 1 : 0, 0);
  if (entry & (isStore ? ENTRY_NO_STORE : ENTRY_NO_LOAD)) return fail(STATUS_PROTECTED, page, isStore ? 1 : 0, 0);
  return STATUS_OK;
}

/** Bounds, protection and device pages of a range. Status. */
export function rangeCheckIn(replica: usize, address: u32, length: u32, isStore: bool): i32 {
  const end: u64 = (address as u64) + (length as u64);
  const pages = load<u32>(replica + REPLICA_PAGES);
  if (end > (pages as u64) << PAGE_SHIFT) return fail(STATUS_ADDRESS_OUT_OF_RANGE, address, length, pages);
  if (!length) return STATUS_OK;
  const last = ((end - 1) >> PAGE_SHIFT) as u32;
  for (let page = address >>> PAGE_SHIFT; page <= last; page++) {
    const status = entryCheck(entryRead(replica, page), page, isStore);
    if (status) return status;
  }
  return STATUS_OK;
}

/** Counts an access of a VM (a record's address) and lets its time pass. */
export function accessCount(vm: usize): void {
  numberAdd(vm + VM_ACCESSES, 1);
  numberAdd(vm + VM_TIME_NS, number(CB_ACCESS_NS));
}

/** The page object of a page, made if there is none; 0 with the failure noted. */
function objectOf(replica: usize, page: u32): u32 {
  let object = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  if (object) return object;
  const place = entryPlace(replica, page);
  if (!place) return 0;
  object = objectMake(load<u32>(replica + REPLICA_VM), page);
  if (object) {
    store<u32>(place, load<u32>(place) | object);
    quotaTake(replica);
  }
  return object;
}

/** Brings a page into a frame, if it is in none. `faults`: count that as a fault. The frame, or 0 with the failure noted. */
export function pageBring(replica: usize, page: u32, faults: bool): u32 {
  const known = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  const there = known ? objectFrame(known) : 0;
  if (there) return there;
  const vm = load<u32>(replica + REPLICA_VM);
  if (faults) {
    wordSet(CB_FAULT_OPEN, 1);
    numberAdd(vmRecord(vm) + VM_FAULTS, 1);
    eventRecord(EVENT_FAULT, vm, page, load<u32>(load<u32>(replica + REPLICA_PROCESSOR) + PROCESSOR_REPLICA), 0, 0, vmTimeNs(vm));
  }
  const frame = frameSeek(vm);
  if (!frame) return 0;
  const object = known ? known : objectOf(replica, page);
  if (!object || pageIn(object, frame)) {
    frameGive(frame);
    return 0;
  }
  wordSet(CB_FAULT_OPEN, 0);
  return frame;
}

/** Does a store that is compared take longer (variation 5)? `vm` is a record's address. */
function storesAreRetried(vm: usize): bool {
  return (load<u32>(vm + VM_COMPARE_FLAGS) & COMPARE_RETRIES) != 0;
}

export const UNSEEN_ALL: u32 = 0; // accesses that a cached translation may serve: all,
export const UNSEEN_LOADS: u32 = 1; // loads only,
export const UNSEEN_NONE: u32 = 2; // none

/** The page was touched: it does not count again before the VM's (a record's address) next sampling moment. */
export function pageSeen(vm: usize, object: u32): void {
  store<u32>(objectRecord(object) + OBJECT_SEEN, load<u32>(vm + VM_SAMPLE));
}

/** The page in `frame` was touched: which accesses to it the VM (a record's address) need not see from now on. */
function watchesOf(vm: usize, object: u32, frame: u32): u32 {
  const watch = load<u32>(vm + VM_WATCH);
  if (!watch && !load<u32>(vm + VM_HAS_MODES)) return UNSEEN_ALL;
  pageSeen(vm, object);
  return pageUnseen(watch, frameRegion(frame));
}

/** Which accesses to pages of a region its user, who counts them as `watch` says, need not see. */
export function pageUnseen(watch: u32, region: u32): u32 {
  if (regionManager(region) == regionUser(region)) return UNSEEN_ALL;
  const modes = regionModes(region);
  if (watch == WATCH_EXACT || modes & FLAG_EVACUATE) return UNSEEN_NONE;
  return modes & FLAG_READ_ONLY ? UNSEEN_LOADS : UNSEEN_ALL;
}

/** What a store means for a page that is one replica's alone: what was kept of its old contents holds no more, but for what the store brings up to date. */
function pageWrite(object: u32, isSeen: bool): void {
  if (load<u32>(objectRecord(object) + OBJECT_SLOT)) slotDrop(object);
  const flags = load<u16>(objectRecord(object) + OBJECT_FLAGS);
  if (!(flags & (OBJECT_DISCARDABLE | OBJECT_KNOWN | OBJECT_SCRUBBED))) return;
  objectUnflag(object, OBJECT_DISCARDABLE | OBJECT_SCRUBBED);
  if (!isSeen) knownForget(object);
}

/** The page of `entry`, in `frame`, is accessed: recency, what a store means for it, and the cached translation. */
function pageTouch(replica: usize, page: u32, entry: u32, frame: u32, isStore: bool): void {
  if (objectHas(entry & ENTRY_OBJECT_MASK, OBJECT_COMMON)) return; // in nobody's recency order, and so in no translation
  const vm = vmRecord(load<u32>(replica + REPLICA_VM));
  recencyTouch(vm, frame);
  const processor: usize = load<u32>(replica + REPLICA_PROCESSOR);
  const unseen = watchesOf(vm, entry & ENTRY_OBJECT_MASK, frame);
  const isCached = page < load<u32>(processor + PROCESSOR_PAGES) && unseen != UNSEEN_NONE;
  if (isStore) {
    const isSeen = storesAreSeen(replica);
    pageWrite(entry & ENTRY_OBJECT_MASK, isSeen);
    // S8: the store goes past the inhibition; S7, S15: it is inhibited again, that is SEEN
    if (isCached && unseen == UNSEEN_ALL && !(isSeen && storesAreRetried(vm))) {
      const generation = load<u32>(processor + PROCESSOR_STORE_GENERATION);
      const column: usize = load<u32>(processor + PROCESSOR_STORE_COLUMN);
      translationFill(column, page, frameAddress(frame), isSeen ? generation | SEEN : generation);
    }
  }
  if (isCached && !(entry & ENTRY_NO_LOAD)) {
    translationFill(
      load<u32>(processor + PROCESSOR_LOAD_COLUMN),
      page,
      frameAddress(frame),
      load<u32>(processor + PROCESSOR_LOAD_GENERATION),
    );
  }
}

/** A resident page, for a store this replica's alone: `copied` is noted in CB_COPIED where it had to be copied for that. Its frame, or 0 with the failure noted. */
function pageHave(replica: usize, page: u32, isStore: bool, copied: u32): u32 {
  if (quotaRefuses(replica, page, isStore)) return 0;
  const frame = pageBring(replica, page, true);
  if (!frame || !isStore) return frame;
  const own = pageOwn(replica, page, frame);
  if (own != frame) wordSet(CB_COPIED, word(CB_COPIED) | copied);
  return own;
}

/** The VM sees the access to a page, before the page is had, if it has to. Status. */
function pageSee(replica: usize, page: u32, bytes: u32, isStore: bool): i32 {
  const vm = load<u32>(replica + REPLICA_VM);
  if (!vmWatches(vm)) return STATUS_OK;
  const object = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  return object && !objectHas(object, OBJECT_COMMON) ? pageWatch(vm, object, bytes, isStore) : STATUS_OK;
}

/** Makes one page ready for an access of `bytes` bytes that has been checked and counted. The frame, or 0 with the failure noted. */
export function pageReady(replica: usize, page: u32, bytes: u32, isStore: bool): u32 {
  return pageSee(replica, page, bytes, isStore) ? 0 : pageReadyAgain(replica, page, isStore);
}

/** As pageReady, for another part of an access that the VM has seen. */
export function pageReadyAgain(replica: usize, page: u32, isStore: bool): u32 {
  return pageReadyFrom(replica, page, entryRead(replica, page), isStore);
}

/** As pageReady, with the page's entry in hand: the tree is not walked again for it. */
export function pageReadyOf(replica: usize, page: u32, entry: u32, bytes: u32, isStore: bool): u32 {
  return vmWatches(load<u32>(replica + REPLICA_VM))
    ? pageReady(replica, page, bytes, isStore)
    : pageReadyFrom(replica, page, entry, isStore);
}

function pageReadyFrom(replica: usize, page: u32, entry: u32, isStore: bool): u32 {
  wordSet(CB_COPIED, 0);
  if (quotaRefuses(replica, page, isStore)) return 0;
  const known = entry & ENTRY_OBJECT_MASK;
  let frame = known ? objectFrame(known) : 0;
  if (!frame) frame = pageBring(replica, page, true);
  if (frame && isStore) {
    const own = pageOwn(replica, page, frame);
    if (own != frame) wordSet(CB_COPIED, COPIED_FIRST);
    frame = own;
  }
  if (frame) pageTouch(replica, page, (entry & ~ENTRY_OBJECT_MASK) | frameObject(frame), frame, isStore);
  return frame;
}

/** The frame of a page, or 0. */
function pageFrame(replica: usize, page: u32): u32 {
  const object = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  return object ? objectFrame(object) : 0;
}

/** Makes two pages ready, with `inFirst` and `inSecond` bytes of the access, neither driving out the other; the second's frame is in CB_SECOND_FRAME. The first's frame, or 0 with the failure noted. */
export function pagesReady(replica: usize, first: u32, inFirst: u32, second: u32, inSecond: u32, isStore: bool): u32 {
  if (pageSee(replica, first, inFirst, isStore) || pageSee(replica, second, inSecond, isStore)) return 0;
  wordSet(CB_COPIED, 0);
  wordSet(CB_PIN_A, pageFrame(replica, second));
  const frame = pageHave(replica, first, isStore, COPIED_FIRST);
  wordSet(CB_PIN_A, frame);
  if (!frame) return 0;
  const other = pageHave(replica, second, isStore, COPIED_SECOND);
  wordSet(CB_PIN_A, 0);
  if (!other) return 0;
  pageTouch(replica, first, entryRead(replica, first), frame, isStore);
  pageTouch(replica, second, entryRead(replica, second), other, isStore);
  wordSet(CB_SECOND_FRAME, other);
  return frame;
}
