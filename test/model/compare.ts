/** Replicas in step, and their comparison (US 9,063,868 S31, S21-S23, S11-S15). */
import { isImageSlot } from './image-slots.ts';
import { pageDrop, pageShare } from './pages.ts';
import { waiting } from './paging.ts';
import { slotContent, slotFree, swapRead } from './swap.ts';
import { note, regionOf, type Keep, type Page, type Replica, type Vm, type World } from './world.ts';

/** What a comparison has done so far. */
export interface CompareCounts {
  compared: number;
  merged: number;
  different: number;
}

/** One of the different pages that replicas have in one place; null: untouched. */
type Area = Page | null;

export function replicasInStep(vm: Vm): Replica[] {
  return vm.replicas.filter((replica) => replica.isInStep);
}

/** In the order of the first replica that has each. */
function areasOf(replicas: readonly Replica[], number: number): Area[] {
  return [...new Set(replicas.map((replica) => areaAt(replica, number)))];
}

function areaAt(replica: Replica, number: number): Area {
  return replica.pages.get(number) ?? null;
}

export function isZeroPage(page: Page): boolean {
  return page.frame === null && page.slot === null;
}

function isZero(area: Area): boolean {
  return area === null || isZeroPage(area) || (area.frame !== null && area.bytes.every((byte) => byte === 0));
}

/** The contents are asked for: those of a page that is out are read, and it stays out. */
export function contentAsk(world: World, page: Page, why: string): void {
  if (page.frame !== null) return;
  waiting(page.vm, (window) => swapRead(world, page, window));
  note(world, `a page that is out read ${why}`);
}

/** What is out is read, if it cannot be told from others without. */
function contentLearn(world: World, page: Page): void {
  if (page.frame !== null || page.isHashed || page.isKnown) return;
  contentAsk(world, page, 'to know it');
  page.isHashed = true;
}

/** A page of an image may be out and all zero: then it becomes a page of zeros. */
function imageLearn(world: World, page: Page): void {
  if (page.frame !== null || page.slot === null || !isImageSlot(page.slot)) return;
  contentLearn(world, page);
  if (contentOf(world, page).some((byte) => byte !== 0)) return;
  note(world, 'a page of an image found to be zero');
  slotFree(world, page);
}

export function contentOf(world: World, page: Page): Uint8Array {
  return page.frame === null && page.slot !== null ? slotContent(world, page.slot) : page.bytes;
}

/** The group that an area joins; undefined: it is the first of one. */
function groupOf(world: World, groups: readonly Area[][], area: Area): Area[] | undefined {
  if (area) imageLearn(world, area);
  if (area === null || isZero(area)) return groups.find(([first = null]) => isZero(first));
  contentLearn(world, area);
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

type Fits = (area: Area) => boolean;

/** What a group becomes, best first; what `keep` says comes last. */
const WORTH: readonly Fits[] = [
  (area) => area?.locked === true,
  (area) => area === null,
  (area) => area !== null && isZeroPage(area),
  (area) => area !== null && area.frame !== null,
  () => true,
];
const WORTH_NAMES = ['a locked area', 'none', 'a zero page', 'a resident area', 'an area that is out'];

const KEPT: Readonly<Record<Keep, Fits>> = {
  target: () => true,
  corresponding: () => true,
  basic: (area) => area?.beganAsCopy === false,
  copy: (area) => area?.beganAsCopy === true,
};

/** The first of the best, by what `keep` says among equals. */
function keptOf(world: World, group: readonly Area[], keep: Keep): { kept: Area; worth: number } {
  const worth = WORTH.findIndex((fits) => group.some(fits));
  const best = group.filter((area) => WORTH[worth]?.(area));
  const isOpen = worth >= WORTH.length - 2;
  const kept = (isOpen ? best.find(KEPT[keep]) : null) ?? best[0] ?? null;
  if (kept !== best[0]) note(world, `kept by ${keep}`);
  return { kept, worth };
}

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
function groupSettle(world: World, vm: Vm, number: number, group: readonly Area[]): number {
  const { kept, worth } = keptOf(world, group, vm.policy.keep);
  const others = group.filter((area) => area !== kept && (area !== null || kept?.locked !== true));
  if (group.length > others.length + 1) note(world, 'none stays none beside what is locked');
  for (const area of others) {
    note(world, `merged into ${WORTH_NAMES[worth]}`);
    if (area) noteLost(world, area);
    if (area && kept) areaJoin(world, area, kept);
    const holders = vm.replicas.filter((replica) => areaAt(replica, number) === area);
    const inside = holders.filter((replica) => replica.isInStep);
    const followers = holders.filter((replica) => !replica.isInStep && isFollowing(world, replica, number, inside));
    for (const replica of [...inside, ...followers]) areaReplace(world, replica, number, area, kept);
  }
  return others.length;
}

function isFollowing(world: World, replica: Replica, number: number, inside: readonly Replica[]): boolean {
  const follows = inside.some((witness) => world.follows(replica, number, witness));
  note(world, follows ? 'a replica outside follows' : 'a replica outside does not follow');
  return follows;
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
  kept.beganAsCopy = false; // S14
}

/** A replica that has `area` has `kept` instead. */
function areaReplace(world: World, replica: Replica, number: number, area: Area, kept: Area): void {
  if (area) pageDrop(world, area);
  if (kept) pageShare(kept, replica, number);
  else replica.pages.delete(number);
}

/** One page. When a read fails, nothing has happened to it. */
export function comparePage(world: World, vm: Vm, number: number, counts: CompareCounts): void {
  const areas = areasOf(replicasInStep(vm), number);
  if (areas.length < 2) return;
  const groups = groupsToCompare(world, areas, counts);
  counts.compared++;
  if (groups.length > 1) counts.different++;
  if (groups.length > 2) note(world, 'a page in three groups');
  if (groups.length > 1 && groups.length < areas.length) {
    note(world, vm.policy.merge === 'equal' ? 'a page merged in part' : 'a page left as it is, not all equal');
  }
  if (groups.length > 1 && vm.policy.merge === 'allEqual') return;
  const merged = groups.reduce((sum, group) => sum + groupSettle(world, vm, number, group), 0);
  counts.merged += merged;
  vm.merges += merged;
}

/** Merges what is equal. When a read fails, what was done before stands, and `counts` tells it. */
export function compare(world: World, vm: Vm, counts: CompareCounts): void {
  for (let number = 0; number < vm.spacePages; number++) comparePage(world, vm, number, counts);
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
