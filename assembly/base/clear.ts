// Clearing a small record: a call of memory.fill costs more than the stores.

/** Zeroes `bytes` bytes, a multiple of 8. */
export function recordClear(address: usize, bytes: u32): void {
  let offset: u32 = 0;
  for (; offset + 16 <= bytes; offset += 16) v128.store(address + offset, i64x2.splat(0));
  if (offset < bytes) store<u64>(address + offset, 0);
}
