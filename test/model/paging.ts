/** Frames: how a page gets one, loses one, and how a region is released (Fig. 8) or taken over (Fig. 9). */
import { STATUS_OUT_OF_FRAMES } from '../../assembly/shared/status.ts';
import { reductionFollow } from './changes.ts';
import { ModelFailure } from './failure.ts';
import { recencyArrive, recencyVictim } from './recency.ts';
import { unuseRegion, useRegion } from './rights.ts';
import { ioWindow, slotFree, swapRead, swapWrite, type IoWindow } from './swap.ts';
import {
  freeFrameOf,
  hasMode,
  lowestBy,
  note,
  regionFrames,
  type Page,
  type Region,
  type SeekClass,
  type Vm,
  type World,
} from './world.ts';

export function frameGive(world: World, page: Page, frame: number): void {
  world.frames[frame] = page;
  page.frame = frame;
}

export function frameFree(world: World, page: Page): void {
  if (page.frame !== null) world.frames[page.frame] = null;
  page.frame = null;
}

/** Runs I/O on behalf of a VM, whose clock waits for all of it, also when it ends in a failure. */
export function waiting<Result>(vm: Vm, work: (window: IoWindow) => Result): Result {
  const window = ioWindow(vm.timeNs);
  try {
    return work(window);
  } finally {
    vm.timeNs = window.endNs;
  }
}

/** A resident page leaves its frame. True: it was written. On failure it keeps its frame and stays dirty. */
function pageOut(world: World, page: Page, window: IoWindow): boolean {
  const zero = page.bytes.every((byte) => byte === 0);
  let written = false;
  if (page.discardable) note(world, 'a discardable page dropped');
  if (page.slot !== null) note(world, 'a clean page dropped');
  if (zero) note(world, 'a zero page dropped');
  if (page.locked) note(world, 'a locked page out');
  if (zero || page.discardable) {
    slotFree(world, page);
    page.discardable = false;
  } else if (page.slot === null) {
    swapWrite(world, page, window);
    written = true;
  }
  frameFree(world, page);
  page.bytes = new Uint8Array(0);
  page.scrubbed = null;
  page.isHashed = page.isKnown || page.vm.replicas.length > 1;
  if (page.slot === null) page.isKnown = false;
  const [only, ...others] = page.vm.replicas;
  if (only && others.length === 0 && page.slot === null && !page.locked && !page.isScattered) only.pages.delete(page.number); // untouched again
  return written;
}

/** The region of a class from which a VM would take a frame, or null. */
function regionOfClass(world: World, vm: Vm, seekClass: Exclude<SeekClass, 'evict'>, except: Region | null): Region | null {
  const regions = world.regions.filter((region) => region !== except);
  const managed = regions.filter((region) => region.manager === vm);
  const isLendable = (region: Region): boolean =>
    region.user === vm && region.manager !== vm && freeFrameOf(world, region) !== null && !isLeaving(world, region);
  switch (seekClass) {
    case 'managed':
      return lowestBy(
        managed.filter((region) => region.user === vm && freeFrameOf(world, region) !== null),
        (region) => region.userSlot,
      );
    case 'userless':
      return lowestBy(
        managed.filter((region) => region.user === null),
        (region) => region.managerSlot,
      );
    case 'borrowed':
      return lowestBy(regions.filter(isLendable), (region) => region.userSlot);
    case 'takeOver':
      return lowestBy(
        managed.filter((region) => region.user !== null && region.user !== vm),
        (region) => region.managerSlot,
      );
  }
}

/** Frames of a region that pages are to leave are not sought. */
function isLeaving(world: World, region: Region): boolean {
  const mode = (['evacuate', 'readOnly', 'closed'] as const).find((each) => hasMode(region, each));
  if (mode) note(world, `a region passed over: ${mode}`);
  return mode !== undefined;
}

/** Where a page goes that moves out of a region: memory that its VM manages, or nowhere. */
export function refugeFind(world: World, vm: Vm, left: Region, timeNs: number): number | null {
  const managed = regionOfClass(world, vm, 'managed', left);
  if (managed) return freeFrameOf(world, managed);
  const userless = regionOfClass(world, vm, 'userless', left);
  if (!userless) return null;
  note(world, 'a userless region taken by a page that moves');
  useRegion(userless, vm, timeNs);
  return freeFrameOf(world, userless);
}

/** No I/O; recency and slot stay. */
export function pageMove(world: World, page: Page, refuge: number): void {
  if (page.locked) note(world, 'a locked page moved');
  if (page.slot !== null) note(world, 'a clean page moved');
  frameFree(world, page);
  frameGive(world, page, refuge);
  page.vm.pagesMoved++;
}

/** Nobody uses the region any more; the reduction that waited for that is one region further. */
export function regionUnuse(region: Region, timeNs: number): void {
  unuseRegion(region);
  reductionFollow(region, timeNs);
}

function residents(world: World, region: Region): Page[] {
  return regionFrames(world, region).flatMap((frame) => world.frames[frame] ?? []);
}

/** Moving first: locked pages, then all that would be missed, while there is room. */
function regionMoveFirst(world: World, region: Region, user: Vm, issueNs: number): void {
  const pages = residents(world, region);
  const isMissed = (page: Page): boolean => !page.locked && !page.discardable && page.bytes.some((byte) => byte !== 0);
  for (const page of [...pages.filter((page) => page.locked), ...pages.filter(isMissed)]) {
    const refuge = refugeFind(world, user, region, issueNs);
    note(world, refuge === null ? 'no room to move first' : 'a page moved first');
    if (refuge === null) return;
    pageMove(world, page, refuge);
  }
}

export interface ReleaseOptions {
  /** No page moves. */
  readonly eager?: boolean;
  /** Counts the page-outs; absent: the reduction that waits for the region does. */
  readonly pageOutCount?: () => void;
}

/** Fig. 8: the user releases a region. Returns the end of its last write. */
export function regionRelease(world: World, region: Region, window: IoWindow, { eager = false, pageOutCount }: ReleaseOptions): number {
  const user = region.user;
  if (!user) throw new Error(`model: region ${region.number} has no user to release it`);
  const own = ioWindow(window.issueNs);
  try {
    if (user.movesFirst && !eager) regionMoveFirst(world, region, user, window.issueNs);
    for (const page of residents(world, region)) {
      const refuge = page.locked && !eager ? refugeFind(world, user, region, window.issueNs) : null;
      if (refuge !== null) pageMove(world, page, refuge);
      else if (pageOut(world, page, own)) {
        if (pageOutCount) pageOutCount();
        else if (region.reduction) region.reduction.pageOutsAfterGrant++;
      }
    }
  } catch (failure) {
    if (own.endNs > own.issueNs) note(world, 'a release cut short');
    throw failure;
  } finally {
    window.endNs = Math.max(window.endNs, own.endNs);
  }
  regionUnuse(region, own.endNs);
  return own.endNs;
}

/** Fig. 9 S403-S407 by the manager of a region that another VM uses, or nobody. */
export function regionTake(world: World, region: Region, vm: Vm): void {
  if (region.user) {
    waiting(vm, (window) => regionRelease(world, region, window, {}));
    vm.takeOvers++;
  }
  useRegion(region, vm, vm.timeNs);
}

/** Sends out up to `evictBatch` of the VM's own pages; the frame of the first, or null when there is no victim. */
function evict(world: World, vm: Vm, inHand: (page: Page) => boolean): number | null {
  return waiting(vm, (window) => {
    let first: number | null = null;
    for (let count = 0; count < vm.evictBatch; count++) {
      const victim = recencyVictim(world, vm, inHand);
      if (!victim) break;
      const frame = victim.frame;
      try {
        pageOut(world, victim, window);
      } catch (failure) {
        if (first === null || !(failure instanceof ModelFailure)) throw failure;
        note(world, 'a batch cut short');
        break;
      }
      vm.evictions++;
      note(world, `an eviction by ${vm.eviction}`);
      if (first !== null) note(world, 'a batch of evictions');
      first ??= frame;
    }
    return first;
  });
}

/** A free frame for a page of `vm`, by the classes of its seek order. */
export function frameFind(world: World, vm: Vm, inHand: (page: Page) => boolean): number {
  for (const seekClass of vm.seek) {
    if (seekClass === 'evict') {
      const frame = evict(world, vm, inHand);
      if (frame !== null) return frame;
      continue;
    }
    const region = regionOfClass(world, vm, seekClass, null);
    if (!region) continue;
    note(world, `a frame by ${seekClass}`);
    if (region.user !== vm) regionTake(world, region, vm);
    const frame = freeFrameOf(world, region);
    if (frame === null) throw new Error(`model: region ${region.number} was to have a free frame`);
    return frame;
  }
  throw new ModelFailure(STATUS_OUT_OF_FRAMES, `VM ${vm.name}`);
}

/** Brings a page that has no frame into one: from its slot, or as zeros. */
export function pageArrive(world: World, page: Page, inHand: (page: Page) => boolean): void {
  const frame = frameFind(world, page.vm, inHand);
  page.bytes = page.slot === null ? new Uint8Array(world.options.pageBytes) : waiting(page.vm, (window) => swapRead(world, page, window));
  frameGive(world, page, frame);
  recencyArrive(world, page);
}

/** For the eager baseline: all users of some regions release them, at the time of the request. Returns the end of the last write. */
export function regionsReleaseEagerly(world: World, regions: readonly Region[], requestNs: number): { doneNs: number; pageOuts: number } {
  const window = ioWindow(requestNs);
  let pageOuts = 0;
  for (const region of regions) {
    if (region.user) regionRelease(world, region, window, { eager: true, pageOutCount: () => pageOuts++ });
  }
  return { doneNs: window.endNs, pageOuts };
}

/** 2nd embodiment (Fig. 12 S504): a VM becomes the user of regions that it manages, before it gives them up. Nobody's clock waits. */
export function regionsPrefer(world: World, regions: readonly Region[], vm: Vm, requestNs: number): { doneNs: number; pageOuts: number } {
  const window = ioWindow(requestNs);
  let pageOuts = 0;
  for (const region of regions.filter(({ user }) => user !== vm)) {
    note(world, region.user ? 'a region taken over by a preferred manager' : 'a userless region taken by a preferred manager');
    if (region.user) {
      regionRelease(world, region, window, { pageOutCount: () => pageOuts++ });
      vm.takeOvers++;
    }
    useRegion(region, vm, window.endNs);
  }
  return { doneNs: window.endNs, pageOuts };
}
