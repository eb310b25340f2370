// The lives of engine, VMs and replicas.
import {
  CB_CHANGES,
  CB_PROCESSOR_TABLE,
  CB_REGIONS,
  CB_REGION_FREE,
  CB_REGION_HINT,
  CB_REGION_SHIFT,
  CB_REPLICAS,
  CB_SWEEP_PAGES,
  CB_TOTAL_BYTES,
  CB_VMS,
  CB_ZERO_HASH,
  CHANGE_ABANDONED,
  EVENT_ABANDONED,
  EVENT_VM_CREATED,
  EVENT_VM_DISPOSED,
  EVICTION_FARTHEST,
  REPLICA_NEXT,
  REPLICA_PROCESSOR,
  REPLICA_VM,
  SEEK_DEFAULT,
  SEEK_EVICT,
  VM_BYTES,
  VM_EVICTION,
  VM_EVICT_BATCH,
  VM_LIVE,
  VM_MANAGED,
  VM_MOVES_FIRST,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
  VM_SEEK,
  VM_SNAPSHOT_COUNT,
  VM_TIME_NS,
} from './shared/layout.ts';
import { PAGE_SHIFT } from './shared/page.ts';
import {
  OPTION_ADDRESS_SPACE,
  OPTION_EVICTION,
  OPTION_LAST_REPLICA,
  OPTION_MEMORY,
  OPTION_SEEK,
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_REPLICA,
  STATUS_NO_SUCH_VM,
  STATUS_OK,
  STATUS_TABLES_FULL,
  TABLE_VMS,
} from './shared/status.ts';

import { pageHash } from './base/page-hash.ts';
import { changeEnd, changeIsOpen, changeVm } from './regions/change.ts';
import { rightsBegin } from './regions/request.ts';
import { managerClear, userClear } from './regions/rights.ts';
import { replicaCopy, replicaEnd, replicaMake } from './replicas/replica.ts';
import { fail, number, statusNoted, word, wordSet } from './store/control.ts';
import { eventRecord } from './store/event.ts';
import { mapDispose, mapReserve } from './store/machine-map.ts';
import { tablesInit } from './store/plan.ts';
import { regionFrames, regionManager, regionReclassInPool, regionUser, regionValueSet } from './store/region.ts';
import { replicaIsLive, replicaRecord, replicaRuns } from './store/replica.ts';
import { vmIsLive, vmRecord, vmTimeNs } from './store/vm.ts';

/** Every region is free and in nobody's hands. Status. */
export function engineInit(): i32 {
  if ((memory.size() as u64) << 16 < (number(CB_TOTAL_BYTES) as u64)) return fail(STATUS_BAD_OPTION, OPTION_MEMORY, memory.size(), 0);
  tablesInit();
  const regions = word(CB_REGIONS);
  store<u32>(vmRecord(0) + VM_MANAGED, regions);
  for (let region: u32 = 1; region <= regions; region++) {
    const status = mapReserve(0, region - 1);
    if (status) return status;
    regionValueSet(CB_REGION_FREE, region, regionFrames());
    regionValueSet(CB_REGION_HINT, region, (region << word(CB_REGION_SHIFT)) >>> 6);
    regionReclassInPool(region);
  }
  wordSet(CB_ZERO_HASH, pageHash(word(CB_SWEEP_PAGES)));
  const none = word(CB_PROCESSOR_TABLE);
  for (let replica: u32 = 1; replica <= word(CB_REPLICAS); replica++) store<u32>(replicaRecord(replica) + REPLICA_PROCESSOR, none);
  return STATUS_OK;
}

/** Each class at most once, at least one. */
function seekOrderHolds(order: u32): bool {
  let seen: u32 = 0;
  for (let rest = order; rest; rest >>>= 4) {
    const seek = rest & 15;
    if (!seek || seek > (SEEK_EVICT as u32) || seen & (1 << seek)) return false;
    seen |= 1 << seek;
  }
  return order != 0;
}

/** The latest clock of all live VMs. */
function latestNs(): f64 {
  let latest: f64 = 0;
  for (let vm: u32 = 1; vm <= word(CB_VMS); vm++) {
    if (vmIsLive(vm)) latest = max<f64>(latest, vmTimeNs(vm));
  }
  return latest;
}

/** A VM with its first memory [0309-0311] and one replica; or the negated status. */
export function vmCreate(regions: u32, addressSpacePages: u32, eviction: u32, seekOrder: u32, evictBatch: u32, flags: u32): i32 {
  const order = seekOrder ? seekOrder : SEEK_DEFAULT;
  if (eviction > (EVICTION_FARTHEST as u32)) return -fail(STATUS_BAD_OPTION, OPTION_EVICTION, eviction, 0);
  if (!seekOrderHolds(order)) return -fail(STATUS_BAD_OPTION, OPTION_SEEK, seekOrder, 0);
  if (!addressSpacePages || addressSpacePages > 1 << (32 - PAGE_SHIFT))
    return -fail(STATUS_BAD_OPTION, OPTION_ADDRESS_SPACE, addressSpacePages, 0);
  let vm: u32 = 1;
  while (vm <= word(CB_VMS) && vmIsLive(vm)) vm++;
  if (vm > word(CB_VMS)) return -fail(STATUS_TABLES_FULL, TABLE_VMS, word(CB_VMS), 0);
  const record = vmRecord(vm);
  const timeNs = latestNs();
  store<f64>(record + VM_TIME_NS, timeNs);
  store<u32>(record + VM_EVICTION, eviction);
  store<u32>(record + VM_SEEK, order);
  store<u32>(record + VM_EVICT_BATCH, max<u32>(evictBatch, 1));
  const replica = replicaMake(vm, addressSpacePages, false);
  const status = replica ? rightsBegin(vm, regions, flags, timeNs) : statusNoted();
  if (status) {
    if (replica) replicaEnd(replica);
    mapDispose(vm);
    memory.fill(record, 0, VM_BYTES);
    return -status;
  }
  store<u32>(record + VM_LIVE, 1);
  eventRecord(EVENT_VM_CREATED, vm, 0, 0, 0, 0, timeNs);
  return vm as i32;
}

/** [0441] Both rights are cleared, without page-out. Status. */
export function vmDispose(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const record = vmRecord(vm);
  const timeNs = vmTimeNs(vm);
  for (let change: u32 = 1; change <= word(CB_CHANGES); change++) {
    if (!changeIsOpen(change) || changeVm(change) != vm) continue;
    changeEnd(change, CHANGE_ABANDONED, EVENT_ABANDONED, timeNs);
  }
  while (load<u32>(record + VM_REPLICA_FIRST)) replicaEnd(load<u32>(record + VM_REPLICA_FIRST));
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    if (regionUser(region) == vm) userClear(region, 0, timeNs);
    if (regionManager(region) == vm) managerClear(region, timeNs);
  }
  mapDispose(vm);
  memory.fill(record, 0, VM_BYTES);
  eventRecord(EVENT_VM_DISPOSED, vm, 0, 0, 0, 0, timeNs);
  return STATUS_OK;
}

/** Status. */
export function vmMovesFirst(vm: u32, isOn: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  store<u32>(vmRecord(vm) + VM_MOVES_FIRST, isOn ? 1 : 0);
  return STATUS_OK;
}

/** A VM's first replica that is no snapshot, or 0. */
export function vmReplica(vm: u32): u32 {
  if (!vmIsLive(vm)) return 0;
  let first: u32 = 0;
  for (let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    if (replicaRuns(replica)) first = replica;
  }
  return first;
}

/** Status. */
export function replicaRestore(replica: u32, from: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  if (!replicaIsLive(from)) return fail(STATUS_NO_SUCH_REPLICA, from, 0, 0);
  const record = replicaRecord(replica);
  const source = replicaRecord(from);
  if (load<u32>(record + REPLICA_VM) != load<u32>(source + REPLICA_VM)) return fail(STATUS_NO_SUCH_REPLICA, from, 0, 0);
  replicaCopy(replica, from);
  return STATUS_OK;
}

/** Status. */
export function replicaDispose(replica: u32): i32 {
  if (!replicaIsLive(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const vm = vmRecord(load<u32>(replicaRecord(replica) + REPLICA_VM));
  const isLast = load<u32>(vm + VM_REPLICA_COUNT) - load<u32>(vm + VM_SNAPSHOT_COUNT) == 1;
  if (isLast && replicaRuns(replica)) return fail(STATUS_BAD_OPTION, OPTION_LAST_REPLICA, replica, 0);
  replicaEnd(replica);
  return STATUS_OK;
}
