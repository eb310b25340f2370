// The swap device: content moves at once, through one narrow interface; time is kept here, on the virtual clock.
import { PAGE_SHIFT } from '../shared/page.ts';
import {
  CB_DEVICE_BUSY,
  CB_QUEUE,
  CB_READ_NS,
  CB_SWAP_BASE,
  CB_SWAP_STORE,
  CB_WRITE_NS,
  CONTROL,
  IMAGE_SLOT_FIRST,
  SWAP_STORE_LINEAR,
} from '../shared/layout.ts';
import { number, word } from '../store/control.ts';
import { swapRead, swapWrite } from './host.ts';

const PAGE_BYTES: u32 = 1 << PAGE_SHIFT;

/** When a request issued at `issueNs` that takes `costNs` ends: served in order of issue by the server that is free first. */
function served(issueNs: f64, costNs: f64): f64 {
  let best: usize = CONTROL + CB_DEVICE_BUSY;
  const queue = word(CB_QUEUE);
  for (let i: u32 = 1; i < queue; i++) {
    const place: usize = CONTROL + CB_DEVICE_BUSY + (i << 3);
    if (load<f64>(place) < load<f64>(best)) best = place;
  }
  const endNs = max<f64>(issueNs, load<f64>(best)) + costNs;
  store<f64>(best, endNs);
  return endNs;
}

export function deviceWriteNs(issueNs: f64): f64 {
  return served(issueNs, number(CB_WRITE_NS));
}

export function deviceReadNs(issueNs: f64): f64 {
  return served(issueNs, number(CB_READ_NS));
}

/** Does a slot's content stand in linear memory? */
export function slotIsLinear(slot: u32): bool {
  return slot < (IMAGE_SLOT_FIRST as u32) && word(CB_SWAP_STORE) == SWAP_STORE_LINEAR;
}

/** Where. */
export function slotAddress(slot: u32): usize {
  return word(CB_SWAP_BASE) + (slot << PAGE_SHIFT);
}

/** Writes the pages of a batch (pairs slot, address); returns how many went out. */
export function deviceWrite(batch: usize, count: u32): u32 {
  if (word(CB_SWAP_STORE) != SWAP_STORE_LINEAR) return min<u32>(swapWrite(batch, count), count);
  for (let i: u32 = 0; i < count; i++) {
    const pair = batch + (i << 3);
    memory.copy(slotAddress(load<u32>(pair)), load<u32>(pair + 4), PAGE_BYTES);
  }
  return count;
}

export function deviceRead(slot: u32, address: usize): bool {
  if (!slotIsLinear(slot)) return swapRead(slot, address) == 0;
  memory.copy(address, slotAddress(slot), PAGE_BYTES);
  return true;
}
