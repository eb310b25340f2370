// Whole pages of bytes.
import { PAGE_SHIFT } from '../shared/page.ts';

export const PAGE_BYTES: u32 = 1 << PAGE_SHIFT;

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
