// The contents of a traced access: a trace has no data, so data record n stores (n + A) & 0xff at each of its byte addresses A.

/** `count` bytes at `address`, the first one `first`, each the next one up. */
export function contentsStore(address: usize, count: u32, first: u32): void {
  if (ASC_FEATURE_SIMD) {
    const steps = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const bytes = v128.add<i8>(i8x16.splat(first as i8), steps);
    if (count == 8) {
      v128.store64_lane(address, bytes, 0);
      return;
    }
    if (count == 4) {
      v128.store32_lane(address, bytes, 0);
      return;
    }
    if (count == 16) {
      v128.store(address, bytes);
      return;
    }
  }
  for (let i: u32 = 0; i < count; i++) store<u8>(address + i, (first + i) as u8);
}
