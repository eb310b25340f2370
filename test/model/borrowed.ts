/** Accesses to regions that the VM uses and does not manage: early release (Fig. 15 S611-S616), sweeps, evacuation and read-only regions (Fig. 16 S703). */
import { STATUS_POLICY_FAILED } from '../../assembly/shared/status.ts';
import { ModelFailure } from './failure.ts';
import { judge, type Watch } from './judgement.ts';
import { pageMove, refugeFind, regionRelease, regionUnuse, waiting } from './paging.ts';
import { statisticsAt, statisticsCount } from './statistics.ts';
import { ioWindow, type IoWindow } from './swap.ts';
import { borrowedRegions, hasMode, note, regionFrames, regionOf, type Page, type Region, type Vm, type World } from './world.ts';

/** The region of a page that is resident in borrowed memory, or null. */
function borrowedRegionOf(world: World, page: Page): Region | null {
  if (page.frame === null) return null;
  const region = regionOf(world, page);
  return region.manager === page.vm ? null : region; // S617
}

/** One page of an access that has passed its checks, with the bytes that the access has in it. */
export function pageWatch(world: World, page: Page, bytes: number, store: boolean): void {
  const region = borrowedRegionOf(world, page);
  if (!region) return;
  const { watch } = page.vm;
  if (watch && isCounted(world, watch, page)) earlyRelease(world, watch, region, page.vm, bytes);
  if (borrowedRegionOf(world, page) === region) evacuate(world, page, region, store);
}

function isCounted(world: World, watch: Watch, page: Page): boolean {
  const isSeen = page.seen === page.vm.sample;
  note(world, watch.mode === 'exact' ? 'counted exactly' : isSeen ? 'seen already' : 'counted as a sample');
  return watch.mode === 'exact' || !isSeen;
}

/** S611-S615 at an access. */
function earlyRelease(world: World, watch: Watch, region: Region, vm: Vm, bytes: number): void {
  const statistics = statisticsAt(world, region, watch.periodNs, vm.timeNs);
  statisticsCount(statistics, bytes);
  const verdict = judge(world, watch, region, statistics, vm.timeNs);
  if (verdict === 'fail') throw new ModelFailure(STATUS_POLICY_FAILED, `region ${region.number}`, [region.number]);
  if (verdict === 'keep') return;
  waiting(vm, (window) => {
    if (releaseEarly(world, region, vm, window)) note(world, 'an early release at an access');
  });
}

/** True: released. A device that fails is no failure of whoever asked. */
function releaseEarly(world: World, region: Region, vm: Vm, window: IoWindow): boolean {
  try {
    regionRelease(world, region, window, {});
  } catch (failure) {
    if (!(failure instanceof ModelFailure)) throw failure;
    vm.earlyReleasesFailed++;
    note(world, window.endNs > window.issueNs ? 'an early release cut short' : 'an early release failed');
    return false;
  }
  vm.earlyReleases++;
  return true;
}

/** Judges all that a VM borrows, accessed or not. Returns the regions released so far, also through `progress` when it fails. */
export function sweep(world: World, vm: Vm, timeNs: number, progress: { done: number }): void {
  const { watch } = vm;
  if (!watch) return;
  vm.sample++;
  for (const region of borrowedRegions(world, vm).sort((a, b) => (a.userSlot ?? 0) - (b.userSlot ?? 0))) {
    if (!region.statistics) note(world, 'a sweep of a region never accessed');
    const statistics = statisticsAt(world, region, watch.periodNs, timeNs);
    const verdict = judge(world, watch, region, statistics, timeNs);
    if (verdict === 'fail') throw new ModelFailure(STATUS_POLICY_FAILED, `region ${region.number}`, [region.number]);
    if (verdict === 'keep' || !releaseEarly(world, region, vm, ioWindow(timeNs))) continue;
    note(world, 'an early release by a sweep');
    progress.done++;
  }
}

/** The page moves into memory that its VM manages, where there is room; the last one to leave clears the region's user. */
function evacuate(world: World, page: Page, region: Region, store: boolean): void {
  if (!hasMode(region, 'evacuate') && !(store && hasMode(region, 'readOnly'))) return;
  const refuge = refugeFind(world, page.vm, region, page.vm.timeNs);
  note(
    world,
    refuge === null ? 'no room to evacuate' : hasMode(region, 'evacuate') ? 'a page evacuated' : 'a page left a read-only region',
  );
  if (refuge === null) return;
  pageMove(world, page, refuge);
  if (regionFrames(world, region).some((frame) => world.frames[frame] !== null)) return;
  note(world, 'a region emptied page by page');
  regionUnuse(region, page.vm.timeNs);
}
