// The two rights of a region, row by row: who may count on it, who may use it now (JP 2009-26117A [0105-0108]).
import {
  CB_COUNT_REGIONS,
  CB_REGION_EXPAND,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_REDUCE,
  CB_REGION_USER,
  CB_REGION_USER_SLOT,
  FLAG_CAPACITY_NOW,
  VM_MANAGED,
  VM_OWN,
  VM_USED,
  VM_WITHDRAWN,
} from '../shared/layout.ts';
import { wordAdd } from '../store/control.ts';
import { mapSet } from '../store/machine-map.ts';
import {
  regionExpand,
  regionManager,
  regionManagerSlot,
  regionModes,
  regionReclass,
  regionReclassInPool,
  regionReduce,
  regionStampClear,
  regionUser,
  regionUserSlot,
  regionValueSet,
} from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { changeFollow, changeSupersede, changeWaits } from './change.ts';
import { statisticsClear } from './statistics.ts';

function figure(vm: u32, offset: i32, amount: u32): void {
  const place = vmRecord(vm) + offset;
  store<u32>(place, load<u32>(place) + amount);
}

/** The region no longer belongs to the reduction that waits for its release: its modes end. */
export function reductionForget(region: u32): void {
  if (regionModes(region) & FLAG_CAPACITY_NOW) figure(regionUser(region), VM_WITHDRAWN, -1);
  regionValueSet(CB_REGION_REDUCE, region, 0);
}

/**
 * S109, S110: the management right of a region without manager goes to `vm`, as part of expansion `change`, at machine slot `place` if `vm`
 * does not use it already. Nodes for the slot are reserved.
 */
export function managerSet(region: u32, vm: u32, place: u32, change: u32, timeNs: f64): void {
  wordAdd(CB_COUNT_REGIONS, 1);
  const user = regionUser(region);
  const reduction = regionReduce(region);
  if (reduction && user == vm) {
    reductionForget(region);
    changeSupersede(reduction, region, 1, timeNs);
  }
  const slot = user == vm ? regionUserSlot(region) : place + 1;
  regionValueSet(CB_REGION_MANAGER, region, vm);
  regionValueSet(CB_REGION_MANAGER_SLOT, region, slot);
  figure(vm, VM_MANAGED, 1);
  figure(0, VM_MANAGED, -1);
  if (user == vm) {
    figure(vm, VM_OWN, 1);
  } else if (change) {
    regionValueSet(CB_REGION_EXPAND, region, change);
    changeWaits(change, 1);
  }
  regionReclass(region);
  regionReclassInPool(region);
}

/** S105: the management right is taken away; the user, whoever it is, stays. */
export function managerClear(region: u32, timeNs: f64): void {
  wordAdd(CB_COUNT_REGIONS, 1);
  const manager = regionManager(region);
  const slot = regionManagerSlot(region) - 1;
  const expansion = regionExpand(region);
  regionValueSet(CB_REGION_MANAGER, region, 0);
  regionValueSet(CB_REGION_MANAGER_SLOT, region, 0);
  regionValueSet(CB_REGION_EXPAND, region, 0);
  figure(manager, VM_MANAGED, -1);
  figure(0, VM_MANAGED, 1);
  if (regionUser(region) == manager) figure(manager, VM_OWN, -1);
  else mapSet(manager, slot, 0, 0);
  regionReclass(region);
  regionReclassInPool(region);
  if (expansion) changeSupersede(expansion, region, 1, timeNs);
}

/** S407: the manager of a region without user becomes its user, at its own machine slot. */
export function userSet(region: u32, timeNs: f64): void {
  wordAdd(CB_COUNT_REGIONS, 1);
  const vm = regionManager(region);
  const expansion = regionExpand(region);
  regionValueSet(CB_REGION_USER, region, vm);
  regionValueSet(CB_REGION_USER_SLOT, region, regionManagerSlot(region));
  regionValueSet(CB_REGION_EXPAND, region, 0);
  figure(vm, VM_USED, 1);
  figure(vm, VM_OWN, 1);
  regionReclass(region);
  if (expansion) changeFollow(expansion, region, 0, timeNs);
}

/** End of S405: the use right is taken away, `written` pages having gone out. All frames of the region are free. */
export function userClear(region: u32, written: u32, timeNs: f64): void {
  wordAdd(CB_COUNT_REGIONS, 1);
  const user = regionUser(region);
  const slot = regionUserSlot(region) - 1;
  const manager = regionManager(region);
  const reduction = regionReduce(region);
  if (reduction) reductionForget(region);
  regionValueSet(CB_REGION_USER, region, 0);
  regionValueSet(CB_REGION_USER_SLOT, region, 0);
  regionStampClear(region);
  statisticsClear(region);
  figure(user, VM_USED, -1);
  if (manager == user) figure(user, VM_OWN, -1);
  else mapSet(user, slot, 0, 0);
  regionReclass(region);
  if (!manager) regionReclassInPool(region);
  if (reduction) changeFollow(reduction, region, written, timeNs);
}
