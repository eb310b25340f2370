// S103–S105 for many regions, high machine slots first: as managerClear does it for one, 64 at a time.
import {
  CB_COUNT_REGIONS,
  CB_REGION_EXPAND,
  CB_REGION_GIVEN,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_REDUCE,
  CB_REGION_USER,
  EVENT_DECLARE,
  MAP_HELD,
  MAP_MANAGES,
  MODES_UNSOUGHT,
  SEEK_BORROWED,
  SEEK_MANAGED,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
  VM_MANAGED,
  VM_OWN,
} from '../shared/layout.ts';
import { word, wordAdd } from '../store/control.ts';
import { mapLeaf, mapLeafBits, mapLeafBitsSet, mapLeafEntries, mapPrevious, mapRenew } from '../store/machine-map.ts';
import { vmRecord } from '../store/vm.ts';
import { changeModes, changeSerial, changeSupersede, changeWaits } from './change.ts';
import { ALL, bitsOf } from './bits.ts';
import { runExtend } from './run.ts';

/** How many entries, from the one at `top` down, name regions that lie next to each other in one leaf of the pool. */
function rowsInRow(top: usize, most: u32): u32 {
  const region = load<u32>(top);
  const limit = min<u32>(most, ((region - 1) & 63) + 1);
  let count: u32 = 0;
  let expected = v128.sub<i32>(i32x4.splat(region), i32x4(3, 2, 1, 0));
  while (count + 4 <= limit && v128.all_true<i32>(i32x4.eq(v128.load(top - (count << 2) - 12), expected))) {
    expected = v128.sub<i32>(expected, i32x4.splat(4));
    count += 4;
  }
  while (count < limit && load<u32>(top - (count << 2)) == region - count) count++;
  return count;
}

/** The rows of `count` regions from `region` on, managed by `vm`, become part of reduction `change`. Which of them `vm` uses. */
function rowsDeclare(region: u32, count: u32, vm: u32, entries: usize, change: u32): u64 {
  const offset = region << 2;
  const users: usize = word(CB_REGION_USER) + offset;
  const managers: usize = word(CB_REGION_MANAGER) + offset;
  const slots: usize = word(CB_REGION_MANAGER_SLOT) + offset;
  const givens: usize = word(CB_REGION_GIVEN) + offset;
  const reductions: usize = word(CB_REGION_REDUCE) + offset;
  const zero = i32x4.splat(0);
  const vms = i32x4.splat(vm);
  const changes = i32x4.splat(change);
  const serial = changeSerial(change);
  const serials = i32x4.splat(serial);
  let own: u64 = 0;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = i << 2;
    const mine = i32x4.eq(v128.load(users + at), vms);
    v128.store(managers + at, zero);
    v128.store(slots + at, zero);
    v128.store(givens + at, serials);
    v128.store(reductions + at, v128.bitselect(changes, v128.load(reductions + at), mine));
    v128.store(entries + at, v128.and(v128.load(entries + at), mine)); // what the VM does not use either is a hole now
    own |= (i32x4.bitmask(mine) as u64) << (i as u64);
  }
  for (; i < count; i++) {
    const at = i << 2;
    const isMine = load<u32>(users + at) == vm;
    store<u32>(managers + at, 0);
    store<u32>(slots + at, 0);
    store<u32>(givens + at, serial);
    if (isMine) store<u32>(reductions + at, change);
    else store<u32>(entries + at, 0);
    own |= ((isMine ? 1 : 0) as u64) << (i as u64);
  }
  return own;
}

/** How many of `most` words are equal to the first one, from it on. */
function equalInRow(words: usize, most: u32): u32 {
  const first = load<u32>(words);
  const wanted = i32x4.splat(first);
  let count: u32 = 0;
  while (count + 4 <= most && v128.all_true<i32>(i32x4.eq(v128.load(words + (count << 2)), wanted))) count += 4;
  while (count < most && load<u32>(words + (count << 2)) == first) count++;
  return count;
}

/** Expansions that waited for the VM's use of these regions no longer do. */
function expansionsSupersede(region: u32, count: u32, timeNs: f64): void {
  const expansions: usize = word(CB_REGION_EXPAND) + (region << 2);
  let i: u32 = 0;
  while (i < count) {
    const expansion = load<u32>(expansions + (i << 2));
    const first = i;
    i += equalInRow(expansions + (i << 2), count - i);
    if (!expansion) continue;
    memory.fill(expansions + (first << 2), 0, (i - first) << 2);
    changeSupersede(expansion, region + first, i - first, timeNs);
  }
}

/** The pool's leaf takes back the regions of `bits`, of which nobody uses those of `userless`. */
function poolTakeBack(region: u32, bits: u64, userless: u64): void {
  const leaf = mapLeaf(0, region - 1);
  mapLeafBitsSet(leaf, MAP_MANAGES, mapLeafBits(leaf, MAP_MANAGES) | bits);
  mapLeafBitsSet(leaf, SEEK_USERLESS, mapLeafBits(leaf, SEEK_USERLESS) | userless);
  mapRenew(0, region - 1);
}

/** The VM's leaf no longer manages the slots of `bits`; it goes on using those of `own`, the others are holes. `areSought`: their free frames may be used. */
function leafGiveUp(leaf: usize, bits: u64, own: u64, areSought: bool): void {
  if (areSought) mapLeafBitsSet(leaf, SEEK_BORROWED, mapLeafBits(leaf, SEEK_BORROWED) | (mapLeafBits(leaf, SEEK_MANAGED) & bits));
  mapLeafBitsSet(leaf, SEEK_MANAGED, mapLeafBits(leaf, SEEK_MANAGED) & ~bits);
  mapLeafBitsSet(leaf, SEEK_USERLESS, mapLeafBits(leaf, SEEK_USERLESS) & ~bits);
  mapLeafBitsSet(leaf, SEEK_TAKE_OVER, mapLeafBits(leaf, SEEK_TAKE_OVER) & ~bits);
  mapLeafBitsSet(leaf, MAP_MANAGES, mapLeafBits(leaf, MAP_MANAGES) & ~bits);
  mapLeafBitsSet(leaf, MAP_HELD, mapLeafBits(leaf, MAP_HELD) & ~(bits & ~own));
}

/** What the figures of the VM and of the pool say of `count` regions given up, `used` of which the VM goes on using. */
function figuresMove(vm: u32, count: u32, used: u32): void {
  const record = vmRecord(vm);
  store<u32>(record + VM_MANAGED, load<u32>(record + VM_MANAGED) - count);
  store<u32>(record + VM_OWN, load<u32>(record + VM_OWN) - used);
  const pool = vmRecord(0) + VM_MANAGED;
  store<u32>(pool, load<u32>(pool) + count);
  wordAdd(CB_COUNT_REGIONS, count);
}

/**
 * Declares up to `most` regions from machine slot `slot` down that lie in one leaf of the VM's map, run by run. Leaves of the pool are renewed when a
 * run leaves them, the VM's at the end. Returns how many.
 */
function leafDeclare(vm: u32, slot: u32, most: u32, change: u32, timeNs: f64): u32 {
  const leaf = mapLeaf(vm, slot);
  const userless = mapLeafBits(leaf, SEEK_USERLESS);
  let there = mapLeafBits(leaf, MAP_MANAGES) & (ALL >> ((63 - (slot & 63)) as u64));
  let given: u64 = 0;
  let own: u64 = 0;
  let poolRegion: u32 = 0; // a region of the leaf of the pool in hand
  let poolBits: u64 = 0;
  let poolUserless: u64 = 0;
  let count: u32 = 0;
  while (there && count < most) {
    const index = 63 - (clz(there) as u32);
    const row = there << ((63 - index) as u64);
    const top = mapLeafEntries(leaf) + (index << 2);
    const run = rowsInRow(top, min<u32>(most - count, ~row ? (clz(~row) as u32) : 64));
    const region = load<u32>(top) - run + 1;
    const place = index - run + 1;
    const bits = bitsOf(place, run);
    const shift = ((region - 1) & 63) as u64;
    if (poolRegion && (poolRegion - 1) >>> 6 != (region - 1) >>> 6) {
      poolTakeBack(poolRegion, poolBits, poolUserless);
      poolBits = 0;
      poolUserless = 0;
    }
    poolRegion = region;
    poolBits |= bitsOf(shift as u32, run);
    poolUserless |= ((userless & bits) >> (place as u64)) << shift;
    own |= rowsDeclare(region, run, vm, mapLeafEntries(leaf) + (place << 2), change) << (place as u64);
    expansionsSupersede(region, run, timeNs);
    runExtend(EVENT_DECLARE, vm, region, (slot & ~63) + place, run, change, timeNs);
    given |= bits;
    there &= ~bits;
    count += run;
  }
  leafGiveUp(leaf, given, own, !(changeModes(change) & MODES_UNSOUGHT));
  poolTakeBack(poolRegion, poolBits, poolUserless);
  mapRenew(vm, slot);
  figuresMove(vm, count, popcnt(own) as u32);
  changeWaits(change, popcnt(own) as u32);
  return count;
}

/** `count` regions, which there are, from the highest managed machine slot at or below `from` down, lose their manager. */
export function regionsDeclare(vm: u32, count: u32, from: u32, change: u32, timeNs: f64): void {
  let left = count;
  let slot = from;
  while (left) {
    slot = mapPrevious(vm, MAP_MANAGES, slot) - 1;
    left -= leafDeclare(vm, slot, left, change, timeNs);
  }
}
