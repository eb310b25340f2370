// The rights table: one u32 column a property. Reading and writing of single rows; the rights' rules are in regions/.
import {
  CB_CHANGE_TABLE,
  CB_REGION_CACHE,
  CB_REGION_EXPAND,
  CB_REGION_FREE,
  CB_REGION_GIVEN,
  CB_REGION_HINT,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_NEXT_USE,
  CB_REGION_REDUCE,
  CB_REGION_SHIFT,
  CB_REGION_STAMP,
  CB_REGION_USER,
  CB_REGION_USER_SLOT,
  CB_STAMP,
  CHANGE_BYTES,
  CHANGE_MODES,
  MAP_HELD,
  MAP_MANAGES,
  MODES_UNSOUGHT,
  SEEK_BORROWED,
  SEEK_MANAGED,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
} from '../shared/layout.ts';
import { number, numberAdd, numberSet, word } from './control.ts';
import { mapSet } from './machine-map.ts';

export function regionValue(column: i32, region: u32): u32 {
  return load<u32>(word(column) + (region << 2));
}

export function regionValueSet(column: i32, region: u32, value: u32): void {
  store<u32>(word(column) + (region << 2), value);
}

export function regionManager(region: u32): u32 {
  return regionValue(CB_REGION_MANAGER, region);
}

export function regionUser(region: u32): u32 {
  return regionValue(CB_REGION_USER, region);
}

/** Machine slot + 1, or 0. */
export function regionManagerSlot(region: u32): u32 {
  return regionValue(CB_REGION_MANAGER_SLOT, region);
}

/** Machine slot + 1, or 0. */
export function regionUserSlot(region: u32): u32 {
  return regionValue(CB_REGION_USER_SLOT, region);
}

export function regionFree(region: u32): u32 {
  return regionValue(CB_REGION_FREE, region);
}

export function regionReduce(region: u32): u32 {
  return regionValue(CB_REGION_REDUCE, region);
}

export function regionGiven(region: u32): u32 {
  return regionValue(CB_REGION_GIVEN, region);
}

export function regionExpand(region: u32): u32 {
  return regionValue(CB_REGION_EXPAND, region);
}

export function regionHint(region: u32): u32 {
  return regionValue(CB_REGION_HINT, region);
}

export function regionFrames(): u32 {
  return 1 << word(CB_REGION_SHIFT);
}

export function regionFirstFrame(region: u32): u32 {
  return region << word(CB_REGION_SHIFT);
}

/** What the machine map of the region's manager (user) has to answer for it. */
export function regionQuestionsOfManager(region: u32): u32 {
  const manager = regionManager(region);
  const user = regionUser(region);
  let questions: u32 = (1 << MAP_HELD) | (1 << MAP_MANAGES);
  if (!user) questions |= 1 << SEEK_USERLESS;
  else if (user != manager) questions |= 1 << SEEK_TAKE_OVER;
  else if (regionFree(region)) questions |= 1 << SEEK_MANAGED;
  return questions;
}

export function regionQuestionsOfUser(region: u32): u32 {
  const isSought = regionFree(region) != 0 && !(regionModes(region) & MODES_UNSOUGHT);
  return isSought ? (1 << MAP_HELD) | (1 << SEEK_BORROWED) : 1 << MAP_HELD;
}

/** FLAG_MODES of the reduction that waits for the region's user to release it. */
export function regionModes(region: u32): u32 {
  const reduction = regionReduce(region);
  return reduction ? load<u32>(word(CB_CHANGE_TABLE) + reduction * CHANGE_BYTES + CHANGE_MODES) : 0;
}

/*  Summaries for selections, kept where they were asked for. */

/** `amount` more pages of the region are clean or discardable. */
export function regionCacheAdd(region: u32, amount: u32): void {
  const column = word(CB_REGION_CACHE);
  if (column) store<u32>(column + (region << 2), load<u32>(column + (region << 2)) + amount);
}

/** A page of the region was touched, or arrived. */
export function regionStamp(region: u32): void {
  const column = word(CB_REGION_STAMP);
  if (!column) return;
  const stamp = number(CB_STAMP) + 1;
  numberSet(CB_STAMP, stamp);
  store<f64>(column + (region << 3), stamp);
}

/** The region has no user: nobody touched it. */
export function regionStampClear(region: u32): void {
  const column = word(CB_REGION_STAMP);
  if (column) store<f64>(column + (region << 3), 0);
}

/** The next uses of the region's pages add up to `amount` more. */
export function regionNextUseAdd(region: u32, amount: f64): void {
  const column = word(CB_REGION_NEXT_USE);
  if (column) numberAdd(column + (region << 3), amount);
}

/** What the pool's map has to answer: has it no manager, and no user either? */
export function regionQuestionsOfPool(region: u32): u32 {
  if (regionManager(region)) return 1 << MAP_HELD;
  return (1 << MAP_HELD) | (1 << MAP_MANAGES) | (regionUser(region) ? 0 : 1 << SEEK_USERLESS);
}

/** Renews the answers about a region in the maps of those who hold it. */
export function regionReclass(region: u32): void {
  const manager = regionManager(region);
  const user = regionUser(region);
  if (manager) mapSet(manager, regionManagerSlot(region) - 1, region, regionQuestionsOfManager(region));
  if (user && user != manager) mapSet(user, regionUserSlot(region) - 1, region, regionQuestionsOfUser(region));
}

export function regionReclassInPool(region: u32): void {
  mapSet(0, region - 1, region, regionQuestionsOfPool(region));
}
