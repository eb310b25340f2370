// The frame table: which frames are free, and the page object in each that is not.
import { PAGE_SHIFT } from '../shared/page.ts';
import {
  CB_FRAME_BASE,
  CB_FRAME_BITS,
  CB_FRAME_TABLE,
  CB_REGION_FREE,
  CB_REGION_HINT,
  CB_REGION_SHIFT,
  FRAME_BYTES,
  FRAME_OBJECT,
} from '../shared/layout.ts';
import { word } from './control.ts';
import { regionFree, regionHint, regionReclass, regionValueSet } from './region.ts';

export function frameRecord(frame: u32): usize {
  return word(CB_FRAME_TABLE) + frame * FRAME_BYTES;
}

export function frameAddress(frame: u32): usize {
  return word(CB_FRAME_BASE) + (frame << PAGE_SHIFT);
}

export function frameAt(address: usize): u32 {
  return ((address - word(CB_FRAME_BASE)) as u32) >>> PAGE_SHIFT;
}

export function frameRegion(frame: u32): u32 {
  return frame >>> word(CB_REGION_SHIFT);
}

export function frameObject(frame: u32): u32 {
  return load<u32>(frameRecord(frame) + FRAME_OBJECT);
}

function bitsWord(index: u32): usize {
  return word(CB_FRAME_BITS) + (index << 3);
}

export function frameIsFree(frame: u32): bool {
  return ((load<u64>(bitsWord(frame >>> 6)) >> ((frame & 63) as u64)) & 1) != 0;
}

/** The lowest free frame of a region that has one; takes it. */
export function frameTake(region: u32): u32 {
  const shift = word(CB_REGION_SHIFT);
  const first = region << shift;
  let frame: u32 = 0;
  if (shift < 6) {
    const bits = (load<u64>(bitsWord(first >>> 6)) >> ((first & 63) as u64)) & (((1 as u64) << ((1 << shift) as u64)) - 1);
    frame = first + (ctz(bits) as u32);
  } else {
    let index = regionHint(region);
    while (!load<u64>(bitsWord(index))) index++;
    regionValueSet(CB_REGION_HINT, region, index);
    frame = (index << 6) + (ctz(load<u64>(bitsWord(index))) as u32);
  }
  const place = bitsWord(frame >>> 6);
  store<u64>(place, load<u64>(place) & ~((1 as u64) << ((frame & 63) as u64)));
  const left = regionFree(region) - 1;
  regionValueSet(CB_REGION_FREE, region, left);
  if (!left) regionReclass(region);
  return frame;
}

/** Gives a frame back to its region, whose user stays. */
export function frameGive(frame: u32): void {
  const region = frameRegion(frame);
  const index = frame >>> 6;
  const place = bitsWord(index);
  store<u64>(place, load<u64>(place) | ((1 as u64) << ((frame & 63) as u64)));
  store<u32>(frameRecord(frame) + FRAME_OBJECT, 0);
  if (index < regionHint(region)) regionValueSet(CB_REGION_HINT, region, index);
  const free = regionFree(region) + 1;
  regionValueSet(CB_REGION_FREE, region, free);
  if (free == 1) regionReclass(region);
}
