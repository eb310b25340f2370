/** Changes: what becomes of a request after its grant. */
import type { Change, Mode, Region, Vm, World } from './world.ts';

export interface ChangeTimes {
  readonly requestNs: number;
  readonly grantNs: number;
}

export function changeCreate(
  world: World,
  kind: Change['kind'],
  vm: Vm,
  regions: number,
  { requestNs, grantNs }: ChangeTimes,
  modes: readonly Mode[] = [],
): Change {
  const change: Change = {
    kind,
    vm,
    regions,
    requestNs,
    grantNs,
    settledNs: null,
    state: 'granted',
    pending: 0,
    superseded: 0,
    pageOutsBeforeGrant: 0,
    pageOutsAfterGrant: 0,
    modes,
  };
  world.changes.push(change);
  return change;
}

/** A change of which nothing is pending has settled, never before its grant. */
export function changeSettleIfDone(change: Change, timeNs: number): void {
  if (change.pending > 0 || change.state !== 'granted') return;
  change.state = 'settled';
  change.settledNs = Math.max(timeNs, change.grantNs);
}

/** A region of the change has followed. */
function changeFollow(change: Change, timeNs: number): void {
  change.pending--;
  changeSettleIfDone(change, timeNs);
}

function changeSupersede(change: Change, timeNs: number): void {
  change.superseded++;
  changeFollow(change, timeNs);
}

/** The giver, still the user, has released the region. */
export function reductionFollow(region: Region, timeNs: number): void {
  if (region.reduction) changeFollow(region.reduction, timeNs);
  region.reduction = null;
}

/** The receiver has become the user. */
export function expansionFollow(region: Region, timeNs: number): void {
  if (region.expansion) changeFollow(region.expansion, timeNs);
  region.expansion = null;
}

/** The giver has become the manager again. */
export function reductionSupersede(region: Region, timeNs: number): void {
  if (region.reduction) changeSupersede(region.reduction, timeNs);
  region.reduction = null;
}

/** The receiver has lost the management right before it used the region. */
export function expansionSupersede(region: Region, timeNs: number): void {
  if (region.expansion) changeSupersede(region.expansion, timeNs);
  region.expansion = null;
}

/** Ends a change that has not settled; nothing waits for it any more. */
export function changeEnd(world: World, change: Change, state: 'abandoned' | 'cancelled'): void {
  change.state = state;
  for (const region of world.regions) {
    if (region.reduction === change) reductionSupersede(region, 0);
    if (region.expansion === change) expansionSupersede(region, 0);
    if (region.givenUpBy === change) region.givenUpBy = null;
  }
}
