// What a guest's memory manager tells the engine about whole pages: advice, and protection.
import { PAGE_SHIFT } from './shared/page.ts';
import {
  ADVICE_DISCARDABLE,
  ADVICE_LOCKED,
  ADVICE_NORMAL,
  ADVICE_UNUSED,
  ADVICE_WILL_NEED,
  CB_BULK_DONE,
  ENTRY_DEVICE,
  ENTRY_NO_LOAD,
  ENTRY_NO_STORE,
  ENTRY_OBJECT_MASK,
  OBJECT_COMMON,
  OBJECT_DISCARDABLE,
  OBJECT_FRAME,
  OBJECT_LOCKED,
  OBJECT_SLOT,
  PROTECTION_DEVICE,
  PROTECTION_NONE,
  PROTECTION_NO_DEVICE,
  PROTECTION_READ,
  REPLICA_PAGES,
  REPLICA_PROCESSOR,
  REPLICA_VM,
} from './shared/layout.ts';
import {
  OPTION_ADVICE,
  OPTION_PROTECTION,
  STATUS_ADDRESS_OUT_OF_RANGE,
  STATUS_BAD_OPTION,
  STATUS_DEVICE_PAGE,
  STATUS_NO_SUCH_REPLICA,
  STATUS_OK,
} from './shared/status.ts';
import { pageBring, pageSeen } from './access.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag } from './paging/page-object.ts';
import { entryClear, entryIsShared, entryPlace, entryRead } from './paging/page-table.ts';
import { recencyTouch } from './paging/recency.ts';
import { translationDropPage, translationDropStore } from './paging/translation.ts';
import { frameSeek } from './regions/seek.ts';
import { quotaRefuses } from './replicas/quota.ts';
import { pageOwn } from './copy.ts';
import { fail, statusNoted, wordSet } from './store/control.ts';
import { frameGive } from './store/frame.ts';
import { replicaRecord, replicaRuns } from './store/replica.ts';
import { vmRecord } from './store/vm.ts';
import { objectRelease } from './swap/page-free.ts';
import { pageIn } from './swap/page-in.ts';

function pagesCheck(replica: u32, page: u32, pages: u32): i32 {
  wordSet(CB_BULK_DONE, 0);
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const all = load<u32>(replicaRecord(replica) + REPLICA_PAGES);
  if (pages > all || page > all - pages) return fail(STATUS_ADDRESS_OUT_OF_RANGE, page << PAGE_SHIFT, pages << PAGE_SHIFT, all);
  return STATUS_OK;
}

function adviseUnused(replica: usize, page: u32, object: u32): i32 {
  if (!entryPlace(replica, page)) return statusNoted();
  entryClear(replica, page);
  translationDropPage(load<u32>(replica + REPLICA_PROCESSOR), page);
  objectRelease(object);
  return STATUS_OK;
}

/** Content that others share is not this replica's to give away. */
function adviseDiscardable(replica: usize, page: u32, object: u32): void {
  const record = objectRecord(object);
  if (!load<u32>(record + OBJECT_FRAME) && !load<u32>(record + OBJECT_SLOT)) return;
  if (entryIsShared(replica, page)) return;
  objectFlag(object, OBJECT_DISCARDABLE);
  translationDropStore(load<u32>(replica + REPLICA_VM), page);
}

function adviseWillNeed(replica: usize, object: u32): i32 {
  const record = objectRecord(object);
  if (load<u32>(record + OBJECT_FRAME) || !load<u32>(record + OBJECT_SLOT)) return STATUS_OK;
  const frame = frameSeek(load<u32>(replica + REPLICA_VM));
  if (!frame) return statusNoted();
  const status = pageIn(object, frame);
  if (status) frameGive(frame);
  return status;
}

function adviseLocked(replica: usize, page: u32): i32 {
  if (quotaRefuses(replica, page, false)) return statusNoted();
  let frame = pageBring(replica, page, true);
  if (frame && objectHas(entryRead(replica, page) & ENTRY_OBJECT_MASK, OBJECT_COMMON)) frame = pageOwn(replica, page, frame);
  if (!frame) return statusNoted();
  const vm = vmRecord(load<u32>(replica + REPLICA_VM));
  const object = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  recencyTouch(vm, frame);
  pageSeen(vm, object);
  objectFlag(object, OBJECT_LOCKED);
  return STATUS_OK;
}

function adviseOne(replica: usize, page: u32, advice: u32): i32 {
  const entry = entryRead(replica, page);
  const object = entry & ENTRY_OBJECT_MASK;
  if (entry & ENTRY_DEVICE) return fail(STATUS_DEVICE_PAGE, page, 0, 0);
  if (advice == ADVICE_LOCKED) return adviseLocked(replica, page);
  if (!object) return STATUS_OK;
  if (advice == ADVICE_UNUSED) return adviseUnused(replica, page, object);
  if (advice == ADVICE_WILL_NEED) return adviseWillNeed(replica, object);
  if (advice == ADVICE_DISCARDABLE) adviseDiscardable(replica, page, object);
  if (advice == ADVICE_NORMAL) objectUnflag(object, OBJECT_LOCKED | OBJECT_DISCARDABLE);
  return STATUS_OK;
}

/** Status; the pages done are in CB_BULK_DONE. */
export function advise(replica: u32, page: u32, pages: u32, advice: u32): i32 {
  const status = pagesCheck(replica, page, pages);
  if (status) return status;
  if (advice > (ADVICE_LOCKED as u32)) return fail(STATUS_BAD_OPTION, OPTION_ADVICE, advice, 0);
  for (let i: u32 = 0; i < pages; i++) {
    const failure = adviseOne(replicaRecord(replica), page + i, advice);
    if (failure) return failure;
    wordSet(CB_BULK_DONE, i + 1);
  }
  return STATUS_OK;
}

function protectedEntry(entry: u32, protection: u32): u32 {
  if (protection == PROTECTION_DEVICE) return entry | ENTRY_DEVICE;
  if (protection == PROTECTION_NO_DEVICE) return entry & ~ENTRY_DEVICE;
  const plain = entry & ~(ENTRY_NO_LOAD | ENTRY_NO_STORE);
  if (protection == PROTECTION_READ) return plain | ENTRY_NO_STORE;
  return protection == PROTECTION_NONE ? plain | ENTRY_NO_LOAD | ENTRY_NO_STORE : plain;
}

/** Status; the pages done are in CB_BULK_DONE. */
export function protect(replica: u32, page: u32, pages: u32, protection: u32): i32 {
  const status = pagesCheck(replica, page, pages);
  if (status) return status;
  if (protection > (PROTECTION_NO_DEVICE as u32)) return fail(STATUS_BAD_OPTION, OPTION_PROTECTION, protection, 0);
  const record = replicaRecord(replica);
  for (let i: u32 = 0; i < pages; i++) {
    const entry = entryRead(record, page + i);
    const renewed = protectedEntry(entry, protection);
    if (renewed != entry) {
      const place = entryPlace(record, page + i);
      if (!place) return statusNoted();
      store<u32>(place, renewed);
      translationDropPage(load<u32>(record + REPLICA_PROCESSOR), page + i);
    }
    wordSet(CB_BULK_DONE, i + 1);
  }
  return STATUS_OK;
}
