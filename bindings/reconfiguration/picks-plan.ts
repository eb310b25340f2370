import { CB_REGION_USER_SLOT, FLAG_BEST_EFFORT, FLAG_EAGER, FLAG_MANAGER_PREFERRED } from '../../assembly/shared/layout.ts';
import { notEnoughError } from '../engine/failure.ts';
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
 * Carries the requests out on a copy of the rights table, where numbers alone do not tell whether they can be: where a selection policy is not compiled into
 * the engine (its choices are made here, so that one that fails leaves nothing half done), and where a VM names machine addresses for what it gets.
 * Errors: NOT_ENOUGH_MEMORY, POLICY_FAILED.
 */
export function picksPlan(parts: EngineParts, requests: readonly ChangeRequest[], options: CheckedReconfigureOptions): PlannedPicks {
  const isCompiled = options.release.compiled !== null && options.expand.compiled !== null;
  const isByNumbers = requests.every(({ kind, wanted }) => kind === 'reduce' || wanted.by !== 'slots');
  const picks = new Map<ChangeRequest, readonly number[]>();
  if (isCompiled && isByNumbers) return picks;
  const plan = new TablePlan(parts, options);
  for (const request of requests) {
    const regions = plan.carryOut(request);
    if (request.wanted.by === 'amount' && !isCompiled) picks.set(request, regions);
  }
  return picks;
}

class TablePlan {
  readonly #parts: EngineParts;
  readonly #options: CheckedReconfigureOptions;
  readonly #table: RegionTable;

  constructor(parts: EngineParts, options: CheckedReconfigureOptions) {
    this.#parts = parts;
    this.#options = options;
    const present = regionTable(parts.core);
    this.#table = { ...present, manager: present.manager.slice(), user: present.user.slice() };
  }

  /** The regions that the request gives up or gets. */
  carryOut(request: ChangeRequest): readonly number[] {
    const { vm, kind } = request;
    const regions = kind === 'reduce' ? this.#given(request) : this.#got(request);
    const { manager, user } = this.#table;
    for (const region of regions) {
      manager[region] = kind === 'reduce' ? 0 : vm.handle;
      if (kind === 'expand') continue;
      if ((this.#options.reduceFlags & FLAG_EAGER) !== 0) user[region] = 0;
      else if ((this.#options.reduceFlags & FLAG_MANAGER_PREFERRED) !== 0) user[region] = vm.handle;
    }
    return regions;
  }

  #given({ vm, wanted }: ChangeRequest): readonly number[] {
    const { release: selection, reduceFlags } = this.#options;
    if (wanted.by === 'list') return wanted.list;
    if (wanted.by === 'slots') return this.#managedAt(vm, wanted.first, wanted.regions);
    return releasePicks(
      this.#parts,
      { vm: vm.handle, regions: wanted.regions, flags: reduceFlags & FLAG_BEST_EFFORT, selection },
      this.#table,
    );
  }

  #got({ vm, wanted }: ChangeRequest): readonly number[] {
    const { expand: selection, expandFlags: flags } = this.#options;
    if (wanted.by === 'list') return wanted.list;
    if (wanted.by === 'slots') return this.#comeTo(vm, wanted.first, wanted.regions);
    return expandPicks(this.#parts, { vm: vm.handle, regions: wanted.regions, flags, selection }, this.#table);
  }

  /** The regions that a VM manages in a range of machine slots. */
  #managedAt({ handle }: Vm, first: number, slots: number): readonly number[] {
    const { manager, managerSlot } = this.#table;
    return this.#regionsWhere((region) => manager[region] === handle && isWithin(managerSlot[region]! - 1, first, slots));
  }

  /** What comes to machine slots: the VM's own regions that have their place there, and for each hole the lowest that it does not use ([0158-0159]). */
  #comeTo({ handle }: Vm, first: number, slots: number): readonly number[] {
    const { core, regionBytes } = this.#parts;
    const { manager, managerSlot, user } = this.#table;
    const userSlot = (region: number): number => core.columnWord(CB_REGION_USER_SLOT, region + 1) - 1;
    const back = this.#regionsWhere(
      (region) => manager[region] === 0 && user[region] === handle && isWithin(userSlot(region), first, slots),
    );
    const taken = this.#regionsWhere(
      (region) =>
        (manager[region] === handle && isWithin(managerSlot[region]! - 1, first, slots)) ||
        (manager[region] !== 0 && manager[region] !== handle && user[region] === handle && isWithin(userSlot(region), first, slots)),
    );
    const strangers = this.#regionsWhere((region) => manager[region] === 0 && user[region] !== handle);
    const holes = slots - back.length - taken.length;
    if (strangers.length < holes && !this.#options.isBestEffort) throw notEnoughError(slots, strangers.length + back.length, regionBytes);
    return [...back, ...strangers.slice(0, holes)];
  }

  #regionsWhere(holds: (region: number) => boolean): readonly number[] {
    const found: number[] = [];
    for (let region = 0; region < this.#table.manager.length; region += 1) if (holds(region)) found.push(region);
    return found;
  }
}

function isWithin(slot: number, first: number, slots: number): boolean {
  return slot >= first && slot < first + slots;
}
