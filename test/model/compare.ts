/** Replicas in step, and their comparison (US 9,063,868 S31, S21-S23, S11-S15). */
import { pageDrop, pageShare } from './pages.ts';
import { waiting } from './paging.ts';
import { swapRead } from './swap.ts';
import { note, regionOf, type Page, type Replica, type Vm, type World } from './world.ts';

/** What a comparison has done so far. */
export interface CompareCounts {
  compared: number;
  merged: number;
  different: number;
}

/** One of the different pages that replicas have in one place; null: untouched. */
type Area = Page | null;

function replicasInStep(vm: Vm): Replica[] {
  return vm.replicas.filter((replica) => replica.isInStep);
}

/** In the order of the first replica that has each. */
function areasOf(replicas: readonly Replica[], number: number): Area[] {
  return [...new Set(replicas.map((replica) => areaAt(replica, number)))];
}

function areaAt(replica: Replica, number: number): Area {
  return replica.pages.get(number) ?? null;
}

function isZeroPage(page: Page): boolean {
  return page.frame === null && page.slot === null;
}

function isZero(area: Area): boolean {
  return area === null || isZeroPage(area) || (area.frame !== null && area.bytes.every((byte) => byte === 0));
}

/** The contents are asked for: those of a page that is out are read, and it stays out. */
function contentAsk(world: World, page: Page, why: string): void {
  if (page.frame !== null) return;
  waiting(page.vm, (window) => swapRead(world, page, window));
  note(world, `a page that is out read ${why}`);
}

function contentOf(world: World, page: Page): Uint8Array {
  const bytes = page.frame === null ? world.slots[page.slot ?? -1] : page.bytes;
  if (!bytes) throw new Error(`model: page ${page.number} has no content`);
  return bytes;
}

/** The group that an area joins; undefined: it is the first of one. */
function groupOf(world: World, groups: readonly Area[][], area: Area): Area[] | undefined {
  if (area === null || isZero(area)) return groups.find(([first = null]) => isZero(first));
  if (!area.isKnown) contentAsk(world, area, 'to know it');
  area.isKnown = true;
  for (const group of groups) {
    const [first = null] = group;
    if (first === null || isZero(first) || Buffer.compare(contentOf(world, first), contentOf(world, area)) !== 0) continue;
    for (const page of [first, area]) contentAsk(world, page, 'to confirm it');
    return group;
  }
  return undefined;
}

/** Areas with equal contents, together. */
function groupsOf(world: World, areas: readonly Area[]): Area[][] {
  const groups: Area[][] = [];
  for (const area of areas) {
    const group = groupOf(world, groups, area);
    if (group) group.push(area);
    else groups.push([area]);
  }
  return groups;
}

const WORTH: readonly ((area: Area) => boolean)[] = [
  (area) => area?.locked === true,
  (area) => area === null,
  (area) => area !== null && isZeroPage(area),
  (area) => area !== null && area.frame !== null,
  () => true,
];
const WORTH_NAMES = ['a locked area', 'none', 'a zero page', 'a resident area', 'an area that is out'];

/** As groupsOf; tells what a failure cuts short. */
function groupsToCompare(world: World, areas: readonly Area[], { merged }: CompareCounts): Area[][] {
  try {
    return groupsOf(world, areas);
  } catch (failure) {
    note(world, merged > 0 ? 'a comparison cut short after it merged' : 'a comparison cut short');
    throw failure;
  }
}

/** A group becomes one area. Returns how many became another. */
function groupSettle(world: World, replicas: readonly Replica[], number: number, group: readonly Area[]): number {
  const best = WORTH.findIndex((fits) => group.some(fits));
  const kept = group.find((area) => WORTH[best]?.(area)) ?? null;
  const others = group.filter((area) => area !== kept && (area !== null || kept?.locked !== true));
  if (group.length > others.length + 1) note(world, 'none stays none beside what is locked');
  for (const area of others) {
    note(world, `merged into ${WORTH_NAMES[best]}`);
    if (area) noteLost(world, area);
    if (area && kept) areaJoin(world, area, kept);
    for (const replica of replicas) if (areaAt(replica, number) === area) areaReplace(world, replica, number, area, kept);
  }
  return others.length;
}

function noteLost(world: World, area: Page): void {
  if (area.locked) note(world, 'a locked area merged');
  if (area.slot !== null) note(world, 'a slot lost by merging');
  if (area.frame !== null && regionOf(world, area).manager !== area.vm) note(world, 'a borrowed frame freed by merging');
}

/** Discardable if all are. Where one is locked, the one that is kept is. */
function areaJoin(world: World, area: Page, kept: Page): void {
  if (kept.discardable) note(world, area.discardable ? 'discardable areas merged' : 'a discardable area is so no longer');
  kept.discardable &&= area.discardable;
}

/** A replica that has `area` has `kept` instead. */
function areaReplace(world: World, replica: Replica, number: number, area: Area, kept: Area): void {
  if (area) pageDrop(world, area, replica);
  if (kept) pageShare(kept, replica);
  else replica.pages.delete(number);
}

/** Merges what is equal. When a read fails, what was done before stands, and `counts` tells it. */
export function compare(world: World, vm: Vm, counts: CompareCounts): void {
  const replicas = replicasInStep(vm);
  for (let number = 0; number < vm.spacePages; number++) {
    const areas = areasOf(replicas, number);
    if (areas.length < 2) continue;
    const groups = groupsToCompare(world, areas, counts);
    counts.compared++;
    if (groups.length > 1) counts.different++;
    if (groups.length > 2) note(world, 'a page in three groups');
    if (groups.length > 1 && groups.length < areas.length) note(world, 'a page merged in part');
    for (const group of groups) counts.merged += groupSettle(world, replicas, number, group);
  }
}

/** The first page at or above `from` in which the replicas in step differ, plus 1; 0: none. */
export function difference(world: World, vm: Vm, from: number): number {
  const replicas = replicasInStep(vm);
  for (let number = from; number < vm.spacePages; number++) {
    const areas = areasOf(replicas, number);
    if (areas.length > 1 && groupsOf(world, areas).length > 1) return number + 1;
  }
  return 0;
}
