// Runs of bits and of words, for work on many regions at a time.

export const ALL: u64 = 0xffffffffffffffff;

/** `count` ones from bit `first` on; count 1 … 64. */
export function bitsOf(first: u32, count: u32): u64 {
  return (ALL >> ((64 - count) as u64)) << (first as u64);
}

/** `count` words at `at` become `first`, `first + step`, … */
export function wordsFill(at: usize, count: u32, first: u32, step: u32): void {
  const steps = i32x4.splat(step << 2);
  let words = v128.add<i32>(i32x4.splat(first), i32x4.mul(i32x4.splat(step), i32x4(0, 1, 2, 3)));
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) {
    const more = v128.add<i32>(words, steps);
    v128.store(at + (i << 2), words);
    v128.store(at + (i << 2), more, 16);
    words = v128.add<i32>(more, steps);
  }
  for (; i < count; i++) store<u32>(at + (i << 2), first + i * step);
}
