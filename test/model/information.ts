/** What a VM can learn about its memory, and the summaries of regions by which selections choose. Nothing here changes anything. */
import { hasMode, keepsSummary, regionFrames, regionOf, type Page, type Region, type Vm, type World } from './world.ts';

/** In frames, or pages. */
export interface Information {
  readonly total: number;
  readonly free: number;
  readonly resident: number;
  readonly dirty: number;
  readonly swapCached: number;
  readonly discardable: number;
  readonly locked: number;
  readonly borrowed: number;
  readonly out: number;
}

function freeFrames(world: World, region: Region): number {
  return regionFrames(world, region).filter((frame) => world.frames[frame] === null).length;
}

/** All pages of a VM that are not untouched, each once. */
function pagesOf(vm: Vm): Page[] {
  return [...new Set(vm.replicas.flatMap((replica) => [...replica.pages.values()]))];
}

export function informationOf(world: World, vm: Vm): Information {
  const used = world.regions.filter((region) => region.user === vm);
  const unused = world.regions.filter((region) => region.manager === vm && region.user === null);
  const held = world.regions.filter((region) => region.manager === vm || region.user === vm);
  const withdrawn = used.filter((region) => hasMode(region, 'capacity'));
  const pages = pagesOf(vm);
  const resident = pages.filter((page) => page.frame !== null);
  return {
    total: (held.length - withdrawn.length) * world.options.regionPages,
    free: [...used, ...unused].reduce((sum, region) => sum + freeFrames(world, region), 0),
    resident: resident.length,
    dirty: resident.filter((page) => page.slot === null).length,
    swapCached: resident.filter((page) => page.slot !== null).length,
    discardable: resident.filter((page) => page.discardable).length,
    locked: resident.filter((page) => page.locked).length,
    borrowed: resident.filter((page) => regionOf(world, page).manager !== vm).length,
    out: pages.filter((page) => page.frame === null && page.slot !== null).length,
  };
}

/** The next use of a page that is not used again, as a number that can be summed. */
const NEVER_AGAIN = 0xffffffff;

export interface RegionSummary {
  readonly free: number;
  readonly cache: number | null;
  /** 0: none. */
  readonly stamp: number | null;
  readonly nextUse: number | null;
}

/** Null: not kept. The sum of next uses is defined where the user's eviction looks at it. */
export function summaryOf(world: World, region: Region): RegionSummary {
  const { options } = world;
  const pages = regionFrames(world, region).flatMap((frame) => world.frames[frame] ?? []);
  const cache = pages.filter((page) => page.slot !== null || page.discardable).length;
  const nextUse = pages.reduce((sum, page) => sum + Math.min(page.nextUse, NEVER_AGAIN), 0);
  const isFarthest = region.user?.eviction === 'farthest';
  return {
    free: freeFrames(world, region),
    cache: keepsSummary(options, 'cache') ? cache : null,
    stamp: keepsSummary(options, 'stamp') ? region.stamp : null,
    nextUse: keepsSummary(options, 'nextUse') && isFarthest ? nextUse : null,
  };
}
