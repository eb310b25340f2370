/** The order in which a VM's own pages are chosen to go out. */
import { note, regionOf, type Page, type Vm, type World } from './world.ts';

/** A page comes into a frame. */
export function recencyArrive(world: World, page: Page): void {
  world.stamp++;
  page.arrivedStamp = world.stamp;
  page.touchedStamp = world.stamp;
  page.referenced = false;
  page.nextUse = 0;
  regionOf(world, page).stamp = world.stamp;
}

/** A page is used. */
export function recencyTouch(world: World, page: Page): void {
  world.stamp++;
  page.touchedStamp = world.stamp;
  page.referenced = true;
  page.seen = page.vm.sample;
  regionOf(world, page).stamp = world.stamp;
}

function oldestBy(pages: readonly Page[], stampOf: (page: Page) => number): Page | null {
  return [...pages].sort((a, b) => stampOf(a) - stampOf(b))[0] ?? null;
}

/** Second chance: referenced pages go to the newest end, until one is found that is not. */
function clockVictim(world: World, pages: readonly Page[]): Page | null {
  for (;;) {
    const oldest = oldestBy(pages, (page) => page.arrivedStamp);
    if (!oldest?.referenced) return oldest;
    oldest.referenced = false;
    note(world, 'a second chance');
    oldest.arrivedStamp = ++world.stamp;
  }
}

/** Farthest next use first; ties: the lowest frame. */
function farthestVictim(pages: readonly Page[]): Page | null {
  const order = (a: Page, b: Page): number => (a.nextUse === b.nextUse ? (a.frame ?? 0) - (b.frame ?? 0) : a.nextUse > b.nextUse ? -1 : 1);
  return [...pages].sort(order)[0] ?? null;
}

/** The page of `vm` that its policy sends out next, or null. Locked pages and the pages of the access in hand are passed over. */
export function recencyVictim(world: World, vm: Vm, inHand: (page: Page) => boolean): Page | null {
  const pages = world.frames.filter((page): page is Page => page !== null && page.vm === vm && !page.locked && !inHand(page));
  switch (vm.eviction) {
    case 'fifo':
      return oldestBy(pages, (page) => page.arrivedStamp);
    case 'lru':
      return oldestBy(pages, (page) => page.touchedStamp);
    case 'clock':
      return clockVictim(world, pages);
    case 'farthest':
      return farthestVictim(pages);
  }
}
