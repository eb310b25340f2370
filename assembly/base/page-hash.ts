// A page's hash: words in pairs, one of the first half and one of the second, each with a key of its place added, multiplied; the lower and the upper
// halves of the products summed up apart. A store changes few words, and only their terms. Equal hashes are no proof of anything; different ones are.
import { PAGE_BYTES } from './page-bytes.ts';

const HALF: u32 = PAGE_BYTES >>> 1;
const KEY: u32 = 0x9e3779b1;
const STEP: u32 = 0x85ebca6b;
const APART: u32 = 0x27d4eb2f; // between the keys of a pair

const WEIGHT: u32 = 0xc2b2ae35; // of the upper halves
const WORDS: u32 = HALF >>> 2; // in a half

export class HashTerm {
  /** What the hash of the page at `address` grows by when the word at byte `offset` becomes another. */
  @inline static change(address: usize, offset: u32, before: u32, after: u32): u32 {
    const key: u32 = KEY + STEP * ((offset & (HALF - 1)) >>> 2);
    const own = offset < HALF ? key : key ^ APART;
    // each sum in a variable: asc would add in 64 bits what it is told to widen
    const partner: u32 = load<u32>(address + (offset ^ HALF)) + (own ^ APART);
    const beforeSum: u32 = before + own;
    const afterSum: u32 = after + own;
    const old = (beforeSum as u64) * (partner as u64);
    const now = (afterSum as u64) * (partner as u64);
    return (now as u32) - (old as u32) + (((now >> 32) as u32) - ((old >> 32) as u32)) * WEIGHT;
  }

  /** The term of pair `pair`. */
  @inline static at(address: usize, pair: u32): u32 {
    const key: u32 = KEY + STEP * pair;
    const place = address + (pair << 2);
    const first: u32 = load<u32>(place) + key;
    const second: u32 = load<u32>(place + HALF) + (key ^ APART);
    const product = (first as u64) * (second as u64);
    return (product as u32) + ((product >> 32) as u32) * WEIGHT;
  }
}

/** What the words that bytes `offset … offset+bytes-1` lie in, and their partners, add to the hash of the page at `address`. */
export function hashTerms(address: usize, offset: u32, bytes: u32): u32 {
  if (!bytes) return 0;
  const first = offset >>> 2;
  const last = (offset + bytes - 1) >>> 2;
  if (last - first >= WORDS) return pageHash(address);
  let sum: u32 = 0;
  for (let at = first; at <= last; at++) sum += HashTerm.at(address, at & (WORDS - 1));
  return sum;
}

/** The hash of the page at `address`; that of a page of zeros is no particular number. */
export function pageHash(address: usize): u32 {
  let keys = v128.add<i32>(i32x4.splat(KEY as i32), i32x4.mul(i32x4.splat(STEP as i32), i32x4(0, 1, 2, 3)));
  const steps = i32x4.mul(i32x4.splat(STEP as i32), i32x4.splat(4));
  const apart = i32x4.splat(APART as i32);
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let offset: u32 = 0; offset < HALF; offset += 16) {
    const a = v128.add<i32>(v128.load(address + offset), keys);
    const b = v128.add<i32>(v128.load(address + HALF + offset), v128.xor(keys, apart));
    low = v128.add<i32>(low, i64x2.extmul_low_i32x4_u(a, b));
    high = v128.add<i32>(high, i64x2.extmul_high_i32x4_u(a, b));
    keys = v128.add<i32>(keys, steps);
  }
  const sums = v128.add<i32>(low, high); // of lower, upper, lower, upper halves
  const lower = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 2);
  const upper = i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 3);
  return (lower as u32) + (upper as u32) * WEIGHT;
}
