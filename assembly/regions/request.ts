// Change requests (Fig. 6): S101–S106 a VM gives management rights up, S107–S111 a VM gets some. No page is touched, except under eager.
import {
  CB_CHANGES,
  CB_EXPAND_SELECTION,
  CB_IO_END_NS,
  CB_REGIONS,
  CB_REGION_SHIFT,
  CHANGE_CANCELLED,
  CHANGE_EXPAND,
  CHANGE_GRANT_NS,
  CHANGE_KIND,
  CHANGE_MODES,
  CHANGE_REDUCE,
  EVENT_CANCELLED,
  EXPAND_OWN_FIRST,
  FLAG_BEST_EFFORT,
  FLAG_BY_LIST,
  FLAG_EAGER,
  FLAG_MANAGER_PREFERRED,
  FLAG_MODES,
  FRAMES_LEAST,
  FRAMES_LEAST_SHARING,
  MAP_HELD,
  MAP_MANAGES,
  SLOT_BY_POLICY,
  VM_MANAGED,
  VM_REPLICA_COUNT,
} from '../shared/layout.ts';
import {
  STATUS_CHANGE_SETTLED,
  STATUS_NOT_ENOUGH_MEMORY,
  STATUS_NOT_MANAGED,
  STATUS_NO_SUCH_CHANGE,
  STATUS_NO_SUCH_VM,
  STATUS_OK,
  STATUS_TOO_LITTLE_LEFT,
} from '../shared/status.ts';
import { fail, number, numberSet, statusNoted, word } from '../store/control.ts';
import { mapHole, mapHoleNext, mapLeaf, mapLeafBits, mapPrevious, mapRegion, mapReserve } from '../store/machine-map.ts';
import { regionExpand, regionManager, regionGiven, regionManagerSlot, regionReclass, regionReduce, regionUser } from '../store/region.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';
import { changeEnd, changeIsOpen, changeMake, changeRecord, changeRefuse, changeSerial, changeSettle, changeVm } from './change.ts';
import { regionRelease } from './release.ts';
import { regionsGiveUp } from './give-up.ts';
import { listGrant, regionsGrant, regionsGrantOwnFirst } from './grant.ts';
import { pick, picksCheck } from './pick.ts';
import { managerClear, managerSet, reductionForget } from './rights.ts';
import { regionTakeOver } from './take-over.ts';
import { useUserless } from './use.ts';

/** Frames that a VM must go on managing. */
function framesLeast(vm: u32): u32 {
  return load<u32>(vmRecord(vm) + VM_REPLICA_COUNT) > 1 ? FRAMES_LEAST_SHARING : FRAMES_LEAST;
}

function regionsLeast(vm: u32): u32 {
  const shift = word(CB_REGION_SHIFT);
  return (framesLeast(vm) + (1 << shift) - 1) >>> shift;
}

function failTooLittleLeft(vm: u32, regionsLeft: u32): i32 {
  return fail(STATUS_TOO_LITTLE_LEFT, regionsLeft << word(CB_REGION_SHIFT), framesLeast(vm), 0);
}

/**
 * S102: the next region to give up after the one at `slot` (number + 1; 0: the first): high addresses first, of the whole memory or of a
 * range. Its machine slot + 1, or 0.
 */
function reduceNext(vm: u32, slot: u32, firstSlot: u32, slots: u32): u32 {
  if (slot == 1) return 0;
  if (firstSlot == (SLOT_BY_POLICY as u32)) return mapPrevious(vm, MAP_MANAGES, slot ? slot - 2 : 0xffffffff);
  const next = mapPrevious(vm, MAP_MANAGES, slot ? slot - 2 : firstSlot + slots - 1);
  return next > firstSlot ? next : 0;
}

/** How many regions a reduction takes; or the negated status. */
function reduceCount(vm: u32, regions: u32, firstSlot: u32, flags: u32): i32 {
  const managed = load<u32>(vmRecord(vm) + VM_MANAGED);
  let there = managed;
  if (flags & FLAG_BY_LIST) {
    const status = picksCheck(regions, vm);
    if (status) return -status;
  } else if (firstSlot != (SLOT_BY_POLICY as u32)) {
    there = 0;
    if (firstSlot + regions < firstSlot || !regions) return -fail(STATUS_NOT_MANAGED, firstSlot, regions, 0);
    for (let slot = reduceNext(vm, 0, firstSlot, regions); slot; slot = reduceNext(vm, slot, firstSlot, regions)) there++;
    if (!there || (there < regions && !(flags & FLAG_BEST_EFFORT))) return -fail(STATUS_NOT_MANAGED, firstSlot, regions, there);
  }
  let taken = regions;
  if (taken > there) {
    if (!(flags & FLAG_BEST_EFFORT)) return -fail(STATUS_NOT_ENOUGH_MEMORY, regions, there, 0);
    taken = there;
  }
  const least = regionsLeast(vm);
  if (managed - taken < least && taken) {
    if (!(flags & FLAG_BEST_EFFORT) || flags & FLAG_BY_LIST) return -failTooLittleLeft(vm, managed - taken);
    taken = managed > least ? managed - least : 0;
  }
  return taken as i32;
}

/** S503, S504: the releaser gets the use of a region that it is to give up, from its user if there is one. Status. */
function regionPrefer(vm: u32, region: u32, requestNs: f64, change: u32): i32 {
  const user = regionUser(region);
  if (user && user != vm) return regionTakeOver(region, requestNs, change);
  if (!user) useUserless(region, number(CB_IO_END_NS));
  return STATUS_OK;
}

/**
 * What has to be done before the rights go: eagerly (the baseline) every user of the regions pages out, else (2nd embodiment) every user but the
 * releaser. Status; the end of the I/O is in CB_IO_END_NS.
 */
function reducePrepare(vm: u32, count: u32, firstSlot: u32, slots: u32, flags: u32, change: u32, requestNs: f64): i32 {
  let region: u32 = 0;
  numberSet(CB_IO_END_NS, requestNs);
  for (let i: u32 = 0; i < count; i++) {
    if (flags & FLAG_BY_LIST) region = pick(i);
    else region = mapRegion(vm, reduceNext(vm, region ? regionManagerSlot(region) : 0, firstSlot, slots) - 1);
    let status: i32 = STATUS_OK;
    if (!(flags & FLAG_EAGER)) status = regionPrefer(vm, region, requestNs, change);
    else if (regionUser(region)) status = regionRelease(region, requestNs, change, false);
    if (status) return status;
  }
  return STATUS_OK;
}

/** S101–S106. Returns the change, or the negated status; then nothing has changed. */
export function rightsReduce(vm: u32, regions: u32, firstSlot: u32, flags: u32, requestNs: f64): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const taken = reduceCount(vm, regions, firstSlot, flags);
  if (taken < 0) return taken;
  const change = changeMake(vm, CHANGE_REDUCE, taken, requestNs, requestNs);
  if (!change) return -statusNoted();
  const record = changeRecord(change);
  if (flags & (FLAG_EAGER | FLAG_MANAGER_PREFERRED)) {
    const status = reducePrepare(vm, taken, firstSlot, regions, flags, change, requestNs);
    if (status) {
      changeRefuse(change);
      return -status;
    }
    store<f64>(record + CHANGE_GRANT_NS, number(CB_IO_END_NS));
  }
  const grantNs = load<f64>(record + CHANGE_GRANT_NS);
  store<u32>(record + CHANGE_MODES, flags & FLAG_MODES);
  const from: u32 = firstSlot == (SLOT_BY_POLICY as u32) ? SLOT_BY_POLICY : firstSlot + regions - 1;
  regionsGiveUp(vm, taken, from, (flags & FLAG_BY_LIST) != 0, change, grantNs);
  changeSettle(change, grantNs);
  return change;
}

/** Makes the nodes of the VM's machine map that `count` more regions may need: leaf by leaf. Status. */
function holesReserve(vm: u32, count: u32): i32 {
  let slot: u32 = 0;
  let left = count;
  while (left) {
    slot = mapHoleNext(vm, slot);
    const status = mapReserve(vm, slot);
    if (status) return status;
    const holes = popcnt(~mapLeafBits(mapLeaf(vm, slot), MAP_HELD) >> ((slot & 63) as u64)) as u32;
    left -= min<u32>(left, holes);
    slot = (slot | 63) + 1;
  }
  return STATUS_OK;
}

/** S108–S110 for `count` regions, which there are; the nodes for their slots are reserved. */
function regionsSelect(vm: u32, count: u32, flags: u32, change: u32, timeNs: f64): void {
  if (flags & FLAG_BY_LIST) listGrant(vm, count, change, timeNs);
  else if (word(CB_EXPAND_SELECTION) == EXPAND_OWN_FIRST) regionsGrantOwnFirst(vm, count, change, timeNs);
  else regionsGrant(vm, count, change, timeNs);
}

/** How many regions an expansion can have, with their nodes reserved; or the negated status. */
function expandCount(vm: u32, regions: u32, flags: u32): i32 {
  const there = load<u32>(vmRecord(0) + VM_MANAGED);
  if (flags & FLAG_BY_LIST) {
    const failure = picksCheck(regions, 0);
    if (failure) return -failure;
  }
  if (regions > there && !(flags & FLAG_BEST_EFFORT)) return -fail(STATUS_NOT_ENOUGH_MEMORY, regions, there, 0);
  const count = min<u32>(regions, there);
  const status = holesReserve(vm, count);
  return status ? -status : (count as i32);
}

/** S107–S111, the rights moving at `grantNs`. Returns the change, or the negated status; then nothing has changed. */
export function rightsExpand(vm: u32, regions: u32, flags: u32, requestNs: f64, grantNs: f64): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const count = expandCount(vm, regions, flags);
  if (count < 0) return count;
  const change = changeMake(vm, CHANGE_EXPAND, count, requestNs, grantNs);
  if (!change) return -statusNoted();
  regionsSelect(vm, count, flags, change, grantNs);
  changeSettle(change, grantNs);
  return change as i32;
}

/** A VM's first memory: an expansion from nothing that nobody waits for [0309-0311]. Status. */
export function rightsBegin(vm: u32, regions: u32, flags: u32, timeNs: f64): i32 {
  const count = expandCount(vm, regions, flags);
  if (count < 0) return -count;
  const least = regionsLeast(vm);
  if ((count as u32) < least) return failTooLittleLeft(vm, count);
  regionsSelect(vm, count, flags, 0, timeNs);
  return STATUS_OK;
}

/** Takes an unsettled change back, as far as it has not been followed. Status. */
export function changeCancel(change: u32): i32 {
  if (change - 1 >= word(CB_CHANGES)) return fail(STATUS_NO_SUCH_CHANGE, change, 0, 0);
  if (!changeIsOpen(change)) return fail(STATUS_CHANGE_SETTLED, change, 0, 0);
  const vm = changeVm(change);
  const record = changeRecord(change);
  const timeNs = load<f64>(record + CHANGE_GRANT_NS);
  const serial = changeSerial(change);
  const isReduction = load<u32>(record + CHANGE_KIND) == CHANGE_REDUCE;
  let mine: u32 = 0;
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    if (isReduction ? regionGiven(region) == serial && !regionManager(region) : regionExpand(region) == change) mine++;
  }
  if (isReduction) {
    const status = holesReserve(vm, mine);
    if (status) return status;
  } else {
    const left = load<u32>(vmRecord(vm) + VM_MANAGED) - mine;
    if (left < regionsLeast(vm)) return failTooLittleLeft(vm, left);
  }
  changeEnd(change, CHANGE_CANCELLED, EVENT_CANCELLED, timeNs);
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    if (regionReduce(region) == change) {
      reductionForget(region);
      regionReclass(region);
    }
    if (isReduction && regionGiven(region) == serial && !regionManager(region)) managerSet(region, vm, mapHole(vm), 0, timeNs);
    else if (!isReduction && regionExpand(region) == change) managerClear(region, timeNs);
  }
  return STATUS_OK;
}
