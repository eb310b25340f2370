import {
  CB_EXPAND_SELECTION,
  CB_REGION_SHIFT,
  FLAG_BEST_EFFORT,
  FRAMES_LEAST,
  FRAMES_LEAST_SHARING,
  VM_REPLICA_COUNT,
} from '../assembly/shared/layout.ts';
import { candidatesFree, candidatesManaged, NO_VM } from './engine/candidates.ts';
import type { Candidate } from './engine/candidates.ts';
import { ATTENTION_BUSY } from './engine/core.ts';
import type { Core } from './engine/core.ts';
import { notEnoughError } from './engine/failure.ts';
import { regionTable } from './engine/region-table.ts';
import type { RegionTable } from './engine/region-table.ts';
import type { EngineParts } from './engine-parts.ts';
import { causeShown, InvalidOptionError, PolicyFailedError } from './errors.ts';
import type { SelectionRequest } from './policy/criterion.ts';
import { selectionOrder } from './policy/selection-order.ts';
import type { Selection, Step } from './policy/selection.ts';

/** What is to be chosen. */
export interface Pick {
  /** Handle of the VM that gets or gives memory; null: a VM that does not exist yet. */
  readonly vm: number | null;
  /** Regions wanted. */
  readonly regions: number;
  /** FLAG_BEST_EFFORT counts. */
  readonly flags: number;
  readonly selection: Selection;
}

/** What the compiled engine is asked for: so many regions, which it chooses itself, or these, in this order. Errors: as expandPicks. */
export function expandWanted(parts: EngineParts, pick: Pick): number | readonly number[] {
  const { compiled } = pick.selection;
  if (compiled === null) return expandPicks(parts, pick);
  parts.core.wordSet(CB_EXPAND_SELECTION, compiled);
  return pick.regions;
}

/** The same for a reduction. Errors: as releasePicks. */
export function releaseWanted(parts: EngineParts, pick: Pick): number | readonly number[] {
  return pick.selection.compiled === null ? releasePicks(parts, pick) : pick.regions;
}

/**
 * S108: the regions (numbers from 0) that an expansion gets, in the order in which it gets them. `table`: the rights as they will be.
 * Errors: NOT_ENOUGH_MEMORY, POLICY_FAILED.
 */
export function expandPicks(parts: EngineParts, pick: Pick, table: RegionTable = regionTable(parts.core)): readonly number[] {
  const source = sourceOf(parts, pick, table);
  return picksOf(parts, 'expand', pick, pick.regions, table, candidatesFree(source));
}

/**
 * S102: the regions that a reduction gives up. Best effort takes no more than leaves the VM enough. Errors: NOT_ENOUGH_MEMORY, POLICY_FAILED; too
 * little left is found by the compiled engine.
 */
export function releasePicks(parts: EngineParts, pick: Pick, table: RegionTable = regionTable(parts.core)): readonly number[] {
  const candidates = candidatesManaged(sourceOf(parts, pick, table));
  const most = isBestEffort(pick) ? Math.max(0, candidates.length - regionsLeast(parts.core, pick.vm)) : Infinity;
  return picksOf(parts, 'release', pick, Math.min(pick.regions, most), table, candidates);
}

const isBestEffort = ({ flags }: Pick): boolean => (flags & FLAG_BEST_EFFORT) !== 0;

function sourceOf({ core, regionBytes, selection }: EngineParts, { vm }: Pick, table: RegionTable): Parameters<typeof candidatesFree>[0] {
  return { core, table, regionBytes, moduleBytes: selection.moduleBytes ?? table.manager.length * regionBytes, asker: vm ?? NO_VM };
}

/** How many regions a VM has to keep. */
function regionsLeast(core: Core, vm: number | null): number {
  const isSharing = vm !== null && core.vmWord(vm, VM_REPLICA_COUNT) > 1;
  return Math.ceil((isSharing ? FRAMES_LEAST_SHARING : FRAMES_LEAST) / 2 ** core.word(CB_REGION_SHIFT));
}

function picksOf(
  { core, regionBytes, selection }: EngineParts,
  kind: SelectionRequest['kind'],
  pick: Pick,
  wanted: number,
  table: RegionTable,
  candidates: readonly Candidate[],
): readonly number[] {
  const poolRegions = table.manager.length;
  const request = {
    kind,
    vm: pick.vm === null ? null : (core.vmNames.get(pick.vm) ?? null),
    regions: wanted,
    framesPerRegion: 2 ** core.word(CB_REGION_SHIFT),
    poolRegions,
    regionsPerModule: selection.moduleBytes === null ? poolRegions : selection.moduleBytes / regionBytes,
    own: managedBy(table, pick.vm ?? NO_VM),
  };
  const chosen = selectionOrder(candidates, pick.selection.steps, request, (step, group, now) =>
    step.isForeign ? foreignKeys(core, step, group, now) : step.criterion(group, now),
  );
  if (chosen.length < wanted && !isBestEffort(pick)) throw notEnoughError(wanted, chosen.length, regionBytes);
  return chosen;
}

/** 1 for each region that the VM manages. */
function managedBy({ manager }: RegionTable, vm: number): Uint8Array {
  const own = new Uint8Array(manager.length);
  for (let region = 0; region < own.length; region += 1) if (manager[region] === vm) own[region] = 1;
  return own;
}

/** Asks a function of the user's, which cannot change the engine meanwhile. Errors: POLICY_FAILED. */
function foreignKeys(core: Core, step: Step, group: readonly Candidate[], request: SelectionRequest): Float64Array {
  core.attention |= ATTENTION_BUSY;
  try {
    // whatever it writes to is not what the choice is made from
    const seen = Object.freeze(group.map((candidate) => Object.freeze({ ...candidate })));
    return keysChecked(step.criterion(seen, Object.freeze({ ...request, own: request.own.slice() })), group.length);
  } catch (cause) {
    throw new PolicyFailedError(
      `The selection policy ${step.field} (${step.name}) failed: ${causeShown(cause)}. Nothing was changed; correct it and repeat the request.`,
      { policy: step.field, candidates: group.length },
      { cause },
    );
  } finally {
    core.attention &= ~ATTENTION_BUSY;
  }
}

function keysChecked(answer: unknown, count: number): Float64Array {
  const allowed = `a number for each of the ${count} candidates, none of them NaN`;
  if (!Array.isArray(answer) && !ArrayBuffer.isView(answer)) throw new InvalidOptionError('the answer', answer, allowed);
  const given = answer as ArrayLike<unknown>;
  if (given.length !== count) throw new InvalidOptionError('the answer', answer, allowed);
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const key = given[index];
    if (typeof key !== 'number' || Number.isNaN(key)) throw new InvalidOptionError(`key ${index} of the answer`, key, allowed);
    keys[index] = key;
  }
  return keys;
}
