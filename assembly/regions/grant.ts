// S108–S110 for many regions, in ascending order: as managerSet does it for one, 64 at a time. A leaf of the pool's map and a leaf of the VM's are
// worked off together; their summaries are renewed once.
import {
  CB_COUNT_REGIONS,
  CB_REGION_EXPAND,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_USER,
  EVENT_GRANT,
  MAP_HELD,
  MAP_MANAGES,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
  VM_MANAGED,
} from '../shared/layout.ts';
import { word, wordAdd } from '../store/control.ts';
import { mapHole, mapLeaf, mapLeafBits, mapLeafBitsSet, mapLeafEntries, mapLowest, mapNext, mapRenew } from '../store/machine-map.ts';
import { regionUser } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { ALL, bitsOf, wordsFill } from './bits.ts';
import { changeWaits } from './change.ts';
import { regionsGiveBack } from './give-back.ts';
import { pick } from './pick.ts';
import { runEnd, runExtend } from './run.ts';

/** How many ones stand in a row from the lowest one on. */
function onesInRow(bits: u64): u32 {
  return ctz(~(bits >> ctz(bits))) as u32;
}

/** Of `count` regions from `region` on, how many come before the first that `vm` uses. */
function countOfOthers(region: u32, count: u32, vm: u32): u32 {
  const users: usize = word(CB_REGION_USER) + (region << 2);
  let i: u32 = 0;
  const mine = i32x4.splat(vm);
  while (i + 4 <= count && !v128.any_true(i32x4.eq(v128.load(users + (i << 2)), mine))) i += 4;
  while (i < count && load<u32>(users + (i << 2)) != vm) i++;
  return i;
}

/** Which of `count` regions from `region` on have no user. */
function userlessOf(region: u32, count: u32): u64 {
  const users: usize = word(CB_REGION_USER) + (region << 2);
  const zero = i32x4.splat(0);
  let userless: u64 = 0;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) userless |= (i32x4.bitmask(i32x4.eq(v128.load(users + (i << 2)), zero)) as u64) << (i as u64);
  for (; i < count; i++) userless |= ((load<u32>(users + (i << 2)) ? 0 : 1) as u64) << (i as u64);
  return userless;
}

/** The rows of `count` regions: manager, its slot, the expansion; and the entries of the map. */
function rowsGrant(region: u32, count: u32, vm: u32, slot: u32, entries: usize, change: u32): void {
  const offset = region << 2;
  wordsFill(word(CB_REGION_MANAGER) + offset, count, vm, 0);
  wordsFill(word(CB_REGION_MANAGER_SLOT) + offset, count, slot + 1, 1);
  wordsFill(word(CB_REGION_EXPAND) + offset, count, change, 0);
  wordsFill(entries, count, region, 1);
}

/**
 * Grants up to `most` regions out of one leaf of the pool, at slots of one leaf of the VM. Stops before a region that the VM uses. Returns how
 * many.
 */
function leavesGrant(vm: u32, region: u32, slot: u32, most: u32, change: u32, timeNs: f64): u32 {
  const poolLeaf = mapLeaf(0, region - 1);
  const leaf = mapLeaf(vm, slot);
  const regionBase = region - ((region - 1) & 63);
  const slotBase = slot & ~63;
  let there = mapLeafBits(poolLeaf, MAP_MANAGES) & (ALL << (((region - 1) & 63) as u64));
  let holes = ~mapLeafBits(leaf, MAP_HELD) & (ALL << ((slot & 63) as u64));
  let taken: u64 = 0;
  let placed: u64 = 0;
  let userless: u64 = 0;
  let granted: u32 = 0;
  while (there && holes && granted < most) {
    const index = ctz(there) as u32;
    const place = ctz(holes) as u32;
    const wanted = min<u32>(min<u32>(onesInRow(there), onesInRow(holes)), most - granted);
    const count = countOfOthers(regionBase + index, wanted, vm);
    if (!count) break;
    rowsGrant(regionBase + index, count, vm, slotBase + place, mapLeafEntries(leaf) + (place << 2), change);
    runExtend(EVENT_GRANT, vm, regionBase + index, slotBase + place, count, change, timeNs);
    userless |= userlessOf(regionBase + index, count) << (place as u64);
    taken |= bitsOf(index, count);
    placed |= bitsOf(place, count);
    there &= ~taken;
    holes &= ~placed;
    granted += count;
  }
  if (!granted) return 0;
  mapLeafBitsSet(poolLeaf, MAP_MANAGES, mapLeafBits(poolLeaf, MAP_MANAGES) & ~taken);
  mapLeafBitsSet(poolLeaf, SEEK_USERLESS, mapLeafBits(poolLeaf, SEEK_USERLESS) & ~taken);
  mapLeafBitsSet(leaf, MAP_HELD, mapLeafBits(leaf, MAP_HELD) | placed);
  mapLeafBitsSet(leaf, MAP_MANAGES, mapLeafBits(leaf, MAP_MANAGES) | placed);
  mapLeafBitsSet(leaf, SEEK_USERLESS, mapLeafBits(leaf, SEEK_USERLESS) | userless);
  mapLeafBitsSet(leaf, SEEK_TAKE_OVER, mapLeafBits(leaf, SEEK_TAKE_OVER) | (placed & ~userless));
  mapRenew(0, region - 1);
  mapRenew(vm, slot);
  if (change) changeWaits(change, granted);
  return granted;
}

/** The totals of the VM and of the pool after `count` regions were granted. */
function grantEnd(vm: u32, count: u32, change: u32, timeNs: f64): void {
  const managed = vmRecord(vm) + VM_MANAGED;
  store<u32>(managed, load<u32>(managed) + count);
  const pool = vmRecord(0) + VM_MANAGED;
  store<u32>(pool, load<u32>(pool) - count);
  wordAdd(CB_COUNT_REGIONS, count);
  runEnd(EVENT_GRANT, vm, change, timeNs);
}

/** Up to `most` regions from `region` on, which has no manager. Returns how many. */
function someGrant(vm: u32, region: u32, most: u32, change: u32, timeNs: f64): u32 {
  if (regionUser(region) == vm) return regionsGiveBack(vm, region, most, change, timeNs);
  return leavesGrant(vm, region, mapHole(vm), most, change, timeNs);
}

function lowestGrant(vm: u32, count: u32, change: u32, timeNs: f64): void {
  let left = count;
  while (left) left -= someGrant(vm, mapLowest(0, MAP_MANAGES), left, change, timeNs);
}

/** The lowest `count` regions without manager, which there are, go to `vm`; the nodes for their slots are reserved, here and below. */
export function regionsGrant(vm: u32, count: u32, change: u32, timeNs: f64): void {
  lowestGrant(vm, count, change, timeNs);
  grantEnd(vm, count, change, timeNs);
}

/** As regionsGrant, but those that `vm` still uses come first. */
export function regionsGrantOwnFirst(vm: u32, count: u32, change: u32, timeNs: f64): void {
  let left = count;
  for (let region = mapNext(0, MAP_MANAGES, 0); region && left; region = mapNext(0, MAP_MANAGES, region)) {
    if (regionUser(region) == vm) left -= regionsGiveBack(vm, region, left, change, timeNs);
  }
  lowestGrant(vm, left, change, timeNs);
  grantEnd(vm, count, change, timeNs);
}

/** The regions of the list, `count` of them, go to `vm`; those that lie next to each other together. */
export function listGrant(vm: u32, count: u32, change: u32, timeNs: f64): void {
  let place: u32 = 0;
  while (place < count) {
    const region = pick(place);
    let run: u32 = 1;
    while (place + run < count && pick(place + run) == region + run) run++;
    place += someGrant(vm, region, run, change, timeNs);
  }
  grantEnd(vm, count, change, timeNs);
}
