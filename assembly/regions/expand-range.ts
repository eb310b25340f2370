// S107–S111 for a range of machine slots [0158-0159]: regions come to the places that the VM names.
import { PAGE_SHIFT } from '../shared/page.ts';
import { CB_REGION_SHIFT, CHANGE_EXPAND, EVENT_GRANT, FLAG_BEST_EFFORT, MAP_MANAGES } from '../shared/layout.ts';
import { OPTION_RANGE, STATUS_BAD_OPTION, STATUS_NOT_ENOUGH_MEMORY, STATUS_NO_SUCH_VM, STATUS_SLOT_TAKEN } from '../shared/status.ts';
import { fail, statusNoted, word } from '../store/control.ts';
import { mapNext, mapRegion, mapReserve } from '../store/machine-map.ts';
import { regionManager, regionUser } from '../store/region.ts';
import { vmIsLive } from '../store/vm.ts';
import { changeMake, changeSettle } from './change.ts';
import { managerSet } from './rights.ts';
import { runEnd, runExtend } from './run.ts';

const HOLE: u32 = 0;
const TAKEN: u32 = 0xffffffff;

/** What stands at a machine slot: nothing, a region that the VM uses and nobody manages (its number), or something that is in the way. */
function slotState(vm: u32, slot: u32): u32 {
  const region = mapRegion(vm, slot);
  if (!region) return HOLE;
  return regionUser(region) == vm && !regionManager(region) ? region : TAKEN;
}

/** The next region without manager behind `region` that the VM does not use; 0 when there is none. */
function strangerNext(vm: u32, region: u32): u32 {
  let next = mapNext(0, MAP_MANAGES, region);
  while (next && regionUser(next) == vm) next = mapNext(0, MAP_MANAGES, next);
  return next;
}

/** Refuses what cannot be had, and makes the nodes for the holes. How many regions will come, or the negated status. */
function rangeCount(vm: u32, slots: u32, firstSlot: u32, flags: u32): i32 {
  let taken: u32 = 0;
  let firstTaken: u32 = 0;
  let holes: u32 = 0;
  let there: u32 = 0;
  let stranger: u32 = 0;
  let areMore = true;
  let backs: u32 = 0;
  for (let slot = firstSlot; slot < firstSlot + slots; slot++) {
    const state = slotState(vm, slot);
    if (state == TAKEN) {
      if (!taken++) firstTaken = slot;
    } else if (state == HOLE) {
      holes++;
      if (areMore) stranger = strangerNext(vm, stranger);
      areMore = areMore && stranger != 0;
      if (areMore) there++;
    } else {
      backs++;
    }
  }
  if (!(flags & FLAG_BEST_EFFORT)) {
    if (taken) return -fail(STATUS_SLOT_TAKEN, firstTaken, taken, 0);
    if (there < holes) return -fail(STATUS_NOT_ENOUGH_MEMORY, slots, there + backs, 0);
  }
  let reserved: u32 = 0;
  for (let slot = firstSlot; reserved < there && slot < firstSlot + slots; slot++) {
    if (slotState(vm, slot) != HOLE) continue;
    const status = mapReserve(vm, slot);
    if (status) return -status;
    reserved++;
  }
  return (there + backs) as i32;
}

/**
 * Every slot of the range, ascending: a hole gets the lowest region that nobody manages and the VM does not use; a region that the VM uses
 * there comes back. Returns the change, or the negated status; then nothing has changed.
 */
export function rightsExpandRange(vm: u32, slots: u32, firstSlot: u32, flags: u32, requestNs: f64): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const limit: u32 = 1 << (32 - PAGE_SHIFT - word(CB_REGION_SHIFT));
  if (!slots || slots > limit || firstSlot > limit - slots) return -fail(STATUS_BAD_OPTION, OPTION_RANGE, firstSlot, slots);
  const count = rangeCount(vm, slots, firstSlot, flags);
  if (count < 0) return count;
  const change = changeMake(vm, CHANGE_EXPAND, count, requestNs, requestNs);
  if (!change) return -statusNoted();
  let stranger: u32 = 0;
  for (let slot = firstSlot; slot < firstSlot + slots; slot++) {
    let region = slotState(vm, slot);
    if (region == TAKEN) continue;
    if (region == HOLE) {
      stranger = strangerNext(vm, stranger);
      if (!stranger) continue;
      region = stranger;
    }
    managerSet(region, vm, slot, change, requestNs);
    runExtend(EVENT_GRANT, vm, region, slot, 1, change, requestNs);
  }
  runEnd(EVENT_GRANT, vm, change, requestNs);
  changeSettle(change, requestNs);
  return change as i32;
}
