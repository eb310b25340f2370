import {
  CB_REGION_CACHE,
  CB_REGION_FREE,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_NEXT_USE,
  CB_REGION_STAMP,
  CB_REGION_USER,
  CB_REGIONS,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

type Words = Uint32Array<ArrayBufferLike>;
type Numbers = Float64Array<ArrayBufferLike>;

/**
 * Columns of the rights table and the summaries that are kept, indexed by region (from 0). Views of the engine's memory, not to be written; who plans
 * ahead puts a copy of a column in its place.
 */
export interface RegionTable {
  /** Handles of VMs; 0: none. */
  readonly manager: Words;
  readonly user: Words;
  /** Number + 1; 0: none. */
  readonly managerSlot: Words;
  /** Free frames. */
  readonly free: Words;
  /** Clean or discardable pages; null: not kept, as the next two. */
  readonly cache: Words | null;
  readonly stamp: Numbers | null;
  /** Sums over the pages of a region. */
  readonly nextUse: Numbers | null;
}

export function regionTable(core: Core): RegionTable {
  const regions = core.word(CB_REGIONS);
  // inside the engine regions start at 1
  const words = (offset: number): Words => {
    const first = (core.word(offset) >>> 2) + 1;
    return core.u32.subarray(first, first + regions);
  };
  const numbers = (offset: number): Numbers | null => {
    const first = (core.word(offset) >>> 3) + 1;
    return core.word(offset) === 0 ? null : core.f64.subarray(first, first + regions);
  };
  return {
    manager: words(CB_REGION_MANAGER),
    user: words(CB_REGION_USER),
    managerSlot: words(CB_REGION_MANAGER_SLOT),
    free: words(CB_REGION_FREE),
    cache: core.word(CB_REGION_CACHE) === 0 ? null : words(CB_REGION_CACHE),
    stamp: numbers(CB_REGION_STAMP),
    nextUse: numbers(CB_REGION_NEXT_USE),
  };
}
