// The loops of the question 'what does translation cost a guest', each on raw linear memory and through a processor's column, as code compiled for a
// guest would have it: the look into the column in place, the processor's words in registers, and out of the inner loop on a miss. Recency is sampled
// for such guests: a hit leaves no trace and counts no access.
import { PAGE_BYTES } from '../../assembly/base/page-bytes.ts';
import {
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_PAGES,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
} from '../../assembly/shared/layout.ts';
import { PAGE_SHIFT } from '../../assembly/shared/page.ts';
import { OFFSET_MASK } from '../../assembly/paging/translation.ts';

/** The engine makes the page of an access ready: the address in linear memory of the byte at `address`. */
declare function miss(address: u32, isStore: bool): usize;

const WORD_BYTES: u32 = 4;
const SUM: i32 = 0;
const RANDOM: i32 = 1;
const COMPUTE: i32 = 2;
const STORE: i32 = 3;

// Inlined with a constant `kind`, of which one case is left.
class Walk {
  /** Where the walk is after `state`: `stride` bytes on, around the area; or the next number of Marsaglia's 32-bit xorshift. */
  @inline
  static next(kind: i32, state: u32, stride: u32, mask: u32): u32 {
    if (kind != RANDOM) return (state + stride) & mask;
    const first = state ^ (state << 13);
    const second = first ^ (first >>> 17);
    return second ^ (second << 5);
  }

  @inline
  static first(kind: i32): u32 {
    return kind == RANDOM ? 1 : 0;
  }

  @inline
  static address(kind: i32, state: u32, mask: u32): u32 {
    return kind == RANDOM ? state & mask & ~(WORD_BYTES - 1) : state;
  }

  /** One access: a word is added up, hashed, or stored. */
  @inline
  static access(kind: i32, at: usize, total: u32): u32 {
    if (kind == STORE) {
      store<u32>(at, total);
      return total + 1;
    }
    const value = load<u32>(at);
    return kind == COMPUTE ? Walk.hash(total ^ value) : total + value;
  }

  /** What a program may do with a word: eight rounds, each of which waits for the one before. */
  @inline
  static hash(value: u32): u32 {
    let mixed = value;
    for (let round = 0; round < 8; round++) mixed = rotl<u32>(mixed * 0x9e3779b1, 13) ^ (mixed >>> 15);
    return mixed;
  }

  @inline
  static raw(kind: i32, base: usize, mask: u32, stride: u32, steps: u32): u32 {
    let total: u32 = 0;
    let state = Walk.first(kind);
    for (let i: u32 = 0; i < steps; i++) {
      total = Walk.access(kind, base + Walk.address(kind, state, mask), total);
      state = Walk.next(kind, state, stride, mask);
    }
    return total;
  }

  @inline
  static translated(kind: i32, processor: usize, mask: u32, stride: u32, steps: u32): u32 {
    let total: u32 = 0;
    let state = Walk.first(kind);
    let i: u32 = 0;
    while (true) {
      const pages = load<u32>(processor + PROCESSOR_PAGES);
      const column: usize = load<u32>(processor + (kind == STORE ? PROCESSOR_STORE_COLUMN : PROCESSOR_LOAD_COLUMN));
      const generation = load<u32>(processor + (kind == STORE ? PROCESSOR_STORE_GENERATION : PROCESSOR_LOAD_GENERATION));
      while (i < steps) {
        const address = Walk.address(kind, state, mask);
        const page = address >>> PAGE_SHIFT;
        if (page >= pages) break;
        const probe = load<u32>(column + (page << 2)) ^ generation;
        if (probe & OFFSET_MASK) break;
        const offset = address & OFFSET_MASK;
        if (offset > PAGE_BYTES - WORD_BYTES) break;
        total = Walk.access(kind, probe + offset, total);
        state = Walk.next(kind, state, stride, mask);
        i++;
      }
      if (i == steps) return total;
      total = Walk.access(kind, miss(Walk.address(kind, state, mask), kind == STORE), total);
      state = Walk.next(kind, state, stride, mask);
      i++;
    }
    return 0; // never reached
  }
}

/** Words one after the other, up and around `mask` + 1 bytes, are added up. */
export function sumRaw(base: usize, mask: u32, steps: u32): u32 {
  return Walk.raw(SUM, base, mask, WORD_BYTES, steps);
}

export function sumTranslated(processor: usize, mask: u32, steps: u32): u32 {
  return Walk.translated(SUM, processor, mask, WORD_BYTES, steps);
}

/** From page to page in order: each access is a page and a cache line on; words are added up. */
export function strideRaw(base: usize, mask: u32, steps: u32): u32 {
  return Walk.raw(SUM, base, mask, PAGE_BYTES + 64, steps);
}

export function strideTranslated(processor: usize, mask: u32, steps: u32): u32 {
  return Walk.translated(SUM, processor, mask, PAGE_BYTES + 64, steps);
}

/** Words at random are added up; where the next one is does not depend on what was loaded. */
export function randomRaw(base: usize, mask: u32, steps: u32): u32 {
  return Walk.raw(RANDOM, base, mask, 0, steps);
}

export function randomTranslated(processor: usize, mask: u32, steps: u32): u32 {
  return Walk.translated(RANDOM, processor, mask, 0, steps);
}

/** Words one after the other are hashed, eight rounds each. */
export function computeRaw(base: usize, mask: u32, steps: u32): u32 {
  return Walk.raw(COMPUTE, base, mask, WORD_BYTES, steps);
}

export function computeTranslated(processor: usize, mask: u32, steps: u32): u32 {
  return Walk.translated(COMPUTE, processor, mask, WORD_BYTES, steps);
}

/** Words one after the other are stored to. */
export function storeRaw(base: usize, mask: u32, steps: u32): u32 {
  return Walk.raw(STORE, base, mask, WORD_BYTES, steps);
}

export function storeTranslated(processor: usize, mask: u32, steps: u32): u32 {
  return Walk.translated(STORE, processor, mask, WORD_BYTES, steps);
}
