import { regionTable } from '../engine/region-table.ts';
import type { RegionTable } from '../engine/region-table.ts';
import type { EngineParts } from '../engine-parts.ts';
import { expandPicks, releasePicks } from '../selection.ts';
import type { Vm } from '../vm.ts';
import type { ChangeRequest } from './change-request.ts';
import type { CheckedReconfigureOptions } from './options.ts';

/** The regions of requests by amount, for those that are issued at the time of the request itself. */
export type PlannedPicks = ReadonlyMap<ChangeRequest, readonly number[]>;

/**
 * Where a selection policy is not compiled into the engine, its choices are made before the first right moves, on a copy of the rights table on which
 * the plan is carried out: a policy that fails leaves nothing half done. Which regions come to machine addresses that a VM names is found when they do, and
 * so is what is chosen behind them. Errors: NOT_ENOUGH_MEMORY, POLICY_FAILED.
 */
export function picksPlan(parts: EngineParts, requests: readonly ChangeRequest[], options: CheckedReconfigureOptions): PlannedPicks {
  const picks = new Map<ChangeRequest, readonly number[]>();
  if (options.release.compiled !== null && options.expand.compiled !== null) return picks;
  const present = regionTable(parts.core);
  const table = { ...present, manager: present.manager.slice() };
  for (const request of requests) {
    const { kind, vm, wanted } = request;
    if (kind === 'expand' && wanted.by === 'slots') return picks;
    const regions = regionsOf(parts, request, options, table);
    if (wanted.by === 'amount') picks.set(request, regions);
    for (const region of regions) table.manager[region] = kind === 'reduce' ? 0 : vm.handle;
  }
  return picks;
}

function regionsOf(
  parts: EngineParts,
  { kind, vm, wanted }: ChangeRequest,
  { expandFlags: flags, release, expand }: CheckedReconfigureOptions,
  table: RegionTable,
): readonly number[] {
  if (wanted.by === 'list') return wanted.list;
  if (wanted.by === 'slots') return managedAt(vm, wanted.first, wanted.regions, table);
  const pick = { vm: vm.handle, regions: wanted.regions, flags };
  return kind === 'reduce'
    ? releasePicks(parts, { ...pick, selection: release }, table)
    : expandPicks(parts, { ...pick, selection: expand }, table);
}

/** The regions that a VM manages in a range of machine slots. */
function managedAt({ handle }: Vm, first: number, slots: number, { manager, managerSlot }: RegionTable): readonly number[] {
  const found: number[] = [];
  manager.forEach((holder, region) => {
    const slot = managerSlot[region]! - 1;
    if (holder === handle && slot >= first && slot < first + slots) found.push(region);
  });
  return found;
}
