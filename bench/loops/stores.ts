// Stores as a guest's code makes them: through its processor's column where it may, else through the engine's own function, both within WebAssembly.
import { PROCESSOR_STORE_COLUMN, PROCESSOR_STORE_GENERATION } from '../../assembly/shared/layout.ts';
import { PAGE_SHIFT } from '../../assembly/shared/page.ts';
import { OFFSET_MASK, SEEN } from '../../assembly/paging/translation.ts';

/** The engine's own store. Status. */
declare function store32(replica: u32, address: u32, value: u32): i32;

/** The engine's short way of a store to a page that it sees. 0: `store32` has to do it. */
declare function storeSeen32(processor: usize, frame: usize, address: u32, value: u32): u32;

/** One store to each of `pages` pages, `stride` bytes apart. The statuses that came back, one over the other. */
export function pagesStore(replica: u32, stride: u32, pages: u32, value: u32): i32 {
  let status = 0;
  for (let page: u32 = 0; page < pages; page++) status |= store32(replica, page * stride, value);
  return status;
}

/** `steps` stores of the numbers from `value` on, `stride` bytes apart, up and around `mask` + 1 bytes. The statuses that came back, one over the other. */
export function wordsStore(replica: u32, processor: usize, mask: u32, stride: u32, steps: u32, value: u32): i32 {
  const column: usize = load<u32>(processor + PROCESSOR_STORE_COLUMN);
  const generation = load<u32>(processor + PROCESSOR_STORE_GENERATION);
  let status = 0;
  let address: u32 = 0;
  for (let step: u32 = 0; step < steps; step++) {
    const probe = load<u32>(column + ((address >>> PAGE_SHIFT) << 2)) ^ generation;
    const rest = probe & OFFSET_MASK;
    if (!rest) store<u32>(probe + (address & OFFSET_MASK), value + step);
    else if (rest != SEEN || !storeSeen32(processor, probe ^ SEEN, address, value + step))
      status |= store32(replica, address, value + step);
    address = (address + stride) & mask;
  }
  return status;
}
