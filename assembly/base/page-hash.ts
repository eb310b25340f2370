// A page's hash: words in pairs, one of the first half and one of the second, each with a key of its place added, multiplied and summed up in 64 bits.
// A store changes few words, and only their terms. Equal hashes are no proof of anything; different ones are.
import { PAGE_BYTES } from './page-bytes.ts';

const HALF: u32 = PAGE_BYTES >>> 1;
const KEY: i32 = 0x9e3779b1;
const STEP: i32 = 0x85ebca6b;
const APART: i32 = 0x27d4eb2f; // between the keys of a pair

function folded(sum: u64): u32 {
  return (sum ^ (sum >> 32)) as u32;
}

/** The hash of the page at `address`; that of a page of zeros is no particular number. */
export function pageHash(address: usize): u32 {
  let keys = v128.add<i32>(i32x4.splat(KEY), i32x4.mul(i32x4.splat(STEP), i32x4(0, 1, 2, 3)));
  const steps = i32x4.mul(i32x4.splat(STEP), i32x4.splat(4));
  const apart = i32x4.splat(APART);
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let offset: u32 = 0; offset < HALF; offset += 16) {
    const a = v128.add<i32>(v128.load(address + offset), keys);
    const b = v128.add<i32>(v128.load(address + HALF + offset), v128.xor(keys, apart));
    low = v128.add<i64>(low, i64x2.extmul_low_i32x4_u(a, b));
    high = v128.add<i64>(high, i64x2.extmul_high_i32x4_u(a, b));
    keys = v128.add<i32>(keys, steps);
  }
  const sum = v128.add<i64>(low, high);
  return folded((i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1)) as u64);
}
