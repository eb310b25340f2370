import * as layout from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** What the engine has counted of a region that its user does not manage, as of one moment; null: not known (yet). */
export interface RegionStatistics {
  readonly accesses: number;
  readonly bytes: number;
  readonly bytesEach: number | null;
  readonly timeSinceNs: number;
  readonly accessesSince: number;
  readonly bytesSince: number;
  /** Of the last complete period. */
  readonly accessesPerPeriod: number | null;
  readonly bytesPerPeriod: number | null;
}

/** Whether this engine keeps statistics of accesses. */
export function statisticsKept(core: Core): boolean {
  return core.word(layout.CB_REGION_STATISTICS) !== 0;
}

/** Regions (numbers from 0) that a VM uses and does not manage, with their machine slots, by ascending slot. */
export function borrowedRegions(core: Core, vm: number): readonly { readonly region: number; readonly slot: number }[] {
  const found: { region: number; slot: number }[] = [];
  if (borrowedCount(core, vm) === 0) return found;
  const regions = core.word(layout.CB_REGIONS);
  for (let region = 0; region < regions; region += 1) {
    if (core.columnWord(layout.CB_REGION_USER, region + 1) !== vm || core.columnWord(layout.CB_REGION_MANAGER, region + 1) === vm) continue;
    found.push({ region, slot: core.columnWord(layout.CB_REGION_USER_SLOT, region + 1) - 1 });
  }
  return found.sort((one, other) => one.slot - other.slot);
}

export function borrowedCount(core: Core, vm: number): number {
  return core.vmWord(vm, layout.VM_USED) - core.vmWord(vm, layout.VM_OWN);
}

/**
 * The statistics of a region (number from 0) that `vm` uses, as the engine would find them at `timeNs`: what it brings up to date before it judges is
 * computed here, and nothing is written. How they are counted: docs/semantics.md, "Early release".
 */
export function statisticsRead(core: Core, vm: number, region: number, timeNs: number): RegionStatistics {
  const record = core.word(layout.CB_REGION_STATISTICS) + (region + 1) * layout.STATISTICS_BYTES;
  const number = (offset: number): number => core.f64[(record + offset) >>> 3]!;
  const hasStarted = core.u32[(record + layout.STATISTICS_STARTED) >>> 2] !== 0;
  const reduction = core.columnWord(layout.CB_REGION_REDUCE, region + 1);
  const serial = core.u32[(record + layout.STATISTICS_REDUCTION) >>> 2]!;
  // figures since begin anew with the first access under another reduction
  const isAnew = !hasStarted || (reduction !== 0 && core.changeWord(reduction, layout.CHANGE_SERIAL) !== serial);
  const anewNs = reduction === 0 ? timeNs : core.changeNumber(reduction, layout.CHANGE_GRANT_NS);
  const timeSinceNs = Math.max(0, timeNs - (isAnew ? anewNs : number(layout.STATISTICS_SINCE_NS)));
  const since = (offset: number): number => (isAnew ? 0 : number(offset));
  const accesses = number(layout.STATISTICS_ACCESSES);
  return {
    accesses,
    bytes: number(layout.STATISTICS_BYTES_ALL),
    bytesEach: accesses === 0 ? null : number(layout.STATISTICS_BYTES_EACH),
    timeSinceNs,
    accessesSince: since(layout.STATISTICS_ACCESSES_SINCE),
    bytesSince: since(layout.STATISTICS_BYTES_SINCE),
    ...lastPeriod(since, core.vmNumber(vm, layout.VM_PERIOD_NS), timeSinceNs),
  };
}

function lastPeriod(
  since: (offset: number) => number,
  periodNs: number,
  timeSinceNs: number,
): Pick<RegionStatistics, 'accessesPerPeriod' | 'bytesPerPeriod'> {
  const known = since(layout.STATISTICS_PERIOD);
  const now = periodNs === 0 ? known : Math.max(known, Math.floor(timeSinceNs / periodNs));
  if (now === 0) return { accessesPerPeriod: null, bytesPerPeriod: null };
  if (now > known + 1) return { accessesPerPeriod: 0, bytesPerPeriod: 0 };
  const isKnown = now === known;
  return {
    accessesPerPeriod: since(isKnown ? layout.STATISTICS_LAST_ACCESSES : layout.STATISTICS_PERIOD_ACCESSES),
    bytesPerPeriod: since(isKnown ? layout.STATISTICS_LAST_BYTES : layout.STATISTICS_PERIOD_BYTES),
  };
}
