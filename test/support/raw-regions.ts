/** The columns of the rights table, and what is kept of each region beside them, read as they stand. */
import {
  CB_REGION_CACHE,
  CB_REGION_FREE,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_NEXT_USE,
  CB_REGION_STAMP,
  CB_REGION_STATISTICS,
  CB_REGION_USER,
  CB_REGION_USER_SLOT,
  STATISTICS_BYTES,
} from '../../assembly/shared/layout.ts';
import type { RawEngine } from './raw.ts';

/** Of words, and of f64s. */
const WORD_BYTES = 4;
const NUMBER_BYTES = 8;

/** Address of a region's cell in a table; null: the table is not kept. Row 0 is no region's. */
function cellAt(raw: RawEngine, table: number, region: number, bytes: number): number | null {
  const base = raw.word(table);
  return base === 0 ? null : base + (region + 1) * bytes;
}

function wordIn(raw: RawEngine, table: number, region: number): number | null {
  const at = cellAt(raw, table, region, WORD_BYTES);
  return at === null ? null : raw.wordAt(at);
}

function numberIn(raw: RawEngine, table: number, region: number): number | null {
  const at = cellAt(raw, table, region, NUMBER_BYTES);
  return at === null ? null : raw.numberAt(at);
}

/** The words of a region's row: 0 is none, slots are number + 1. */
export function regionRow(raw: RawEngine, region: number): { manager: number; managerSlot: number; user: number; userSlot: number } {
  const [manager = 0, managerSlot = 0, user = 0, userSlot = 0] = [
    CB_REGION_MANAGER,
    CB_REGION_MANAGER_SLOT,
    CB_REGION_USER,
    CB_REGION_USER_SLOT,
  ].map((table) => wordIn(raw, table, region) ?? 0);
  return { manager, managerSlot, user, userSlot };
}

export interface RawSummary {
  readonly free: number;
  /** Null: not kept. */
  readonly cache: number | null;
  readonly stamp: number | null;
  readonly nextUse: number | null;
}

export function regionSummary(raw: RawEngine, region: number): RawSummary {
  return {
    free: wordIn(raw, CB_REGION_FREE, region) ?? 0,
    cache: wordIn(raw, CB_REGION_CACHE, region),
    stamp: numberIn(raw, CB_REGION_STAMP, region),
    nextUse: numberIn(raw, CB_REGION_NEXT_USE, region),
  };
}

/** Address of a region's statistics; null: not kept. */
export function regionStatistics(raw: RawEngine, region: number): number | null {
  return cellAt(raw, CB_REGION_STATISTICS, region, STATISTICS_BYTES);
}
