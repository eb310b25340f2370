/** A scan: equal pages at different addresses become one, as Linux KSM does it. */
import { pageDrop, pageShare } from './pages.ts';
import { frameFree } from './paging.ts';
import { slotFree } from './swap.ts';
import { note, type Page, type Vm, type World } from './world.ts';

/** Returns how many pages became one with another, became zero, and had changed since the last pass. */
export function scan(world: World, vm: Vm): number[] {
  const counts = { merged: 0, zero: 0, changed: 0 };
  const met: Page[] = [];
  const becomes = new Map<Page, Page>();
  for (const replica of vm.replicas) {
    for (const [number, page] of [...replica.pages].sort(([a], [b]) => a - b)) {
      const target = becomes.get(page) ?? fate(world, page, met, counts);
      becomes.set(page, target);
      if (target === page) continue;
      pageShare(target, replica, number);
      hold(world, target, number);
      pageDrop(world, page);
    }
  }
  return [counts.merged, counts.zero, counts.changed];
}

/** What a page that is met for the first time becomes: another page, or itself. */
function fate(world: World, page: Page, met: Page[], counts: { merged: number; zero: number; changed: number }): Page {
  if (page.frame === null || page.locked || page.discardable) return page;
  page.isVolatile = page.scanned === null || Buffer.compare(page.scanned, page.bytes) !== 0;
  page.scanned = page.bytes.slice();
  if (page.isVolatile) {
    counts.changed++;
    return page;
  }
  if (page.bytes.every((byte) => byte === 0)) {
    counts.zero++;
    pageErase(world, page);
    return page;
  }
  const equal = met.find((other) => Buffer.compare(other.bytes, page.bytes) === 0);
  if (!equal) met.push(page);
  else {
    counts.merged++;
    note(world, equal.number === page.number ? 'a scan merged pages of one address' : 'a scan merged pages of different addresses');
  }
  return equal ?? page;
}

/** Its frame and slot become free. */
function pageErase(world: World, page: Page): void {
  note(world, page.references > 1 ? 'a scan found a shared page of zeros' : 'a scan found a page of zeros');
  slotFree(world, page);
  frameFree(world, page);
  page.bytes = new Uint8Array(0);
  page.isKnown = false;
  page.scrubbed = null;
}

/** An entry of page `number` refers to it. What is at several addresses is not known. */
function hold(world: World, page: Page, number: number): void {
  if (page.isScattered || page.number === number) return;
  page.isScattered = true;
  if (page.isKnown) note(world, 'a known page scattered');
  page.isKnown = false;
}
