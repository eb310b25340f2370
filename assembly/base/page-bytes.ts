// Whole pages of bytes.
import { PAGE_SHIFT } from '../shared/page.ts';

export const PAGE_BYTES: u32 = 1 << PAGE_SHIFT;

/** Are the pages at `a` and `b` equal, byte for byte? */
export function pagesAreEqual(a: usize, b: usize): bool {
  for (let offset: u32 = 0; offset < PAGE_BYTES; offset += 64) {
    const x = a + offset;
    const y = b + offset;
    const first = v128.and(i8x16.eq(v128.load(x), v128.load(y)), i8x16.eq(v128.load(x, 16), v128.load(y, 16)));
    const second = v128.and(i8x16.eq(v128.load(x, 32), v128.load(y, 32)), i8x16.eq(v128.load(x, 48), v128.load(y, 48)));
    if (i8x16.bitmask(v128.and(first, second)) != 0xffff) return false;
  }
  return true;
}

/** Is every byte of the page at `address` zero? */
export function pageIsZero(address: usize): bool {
  if (load<u64>(address)) return false;
  if (ASC_FEATURE_SIMD) {
    for (let offset: u32 = 0; offset < PAGE_BYTES; offset += 64) {
      const at = address + offset;
      const bits = v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48)));
      if (v128.any_true(bits)) return false;
    }
  } else {
    for (let offset: u32 = 0; offset < PAGE_BYTES; offset += 8) {
      if (load<u64>(address + offset)) return false;
    }
  }
  return true;
}
