/** Slots of swap, the device that serves them, and the failures it is told to have. */
import { STATUS_SWAP_FULL, STATUS_SWAP_READ_FAILED, STATUS_SWAP_WRITE_FAILED } from '../../assembly/shared/status.ts';
import { ModelFailure } from './failure.ts';
import { imageBytes, isImageSlot } from './image-slots.ts';
import { note, type Page, type World } from './world.ts';

/** The I/O of one step: when it is issued, and when the last of it has ended. */
export interface IoWindow {
  readonly issueNs: number;
  endNs: number;
}

export function ioWindow(issueNs: number): IoWindow {
  return { issueNs, endNs: issueNs };
}

/** Serves one transfer: the earliest free server takes it. */
function serve(world: World, window: IoWindow, costNs: number): void {
  const earliestNs = Math.min(...world.serverFreeNs);
  const server = world.serverFreeNs.indexOf(earliestNs);
  const endNs = Math.max(window.issueNs, earliestNs) + costNs;
  world.serverFreeNs[server] = endNs;
  window.endNs = Math.max(window.endNs, endNs);
}

/** The lowest free slot; when there is none, the next clean page in the order of frames gives up its own. */
function slotFind(world: World): number {
  const free = world.slots.indexOf(null);
  if (free >= 0) return free;
  const start = world.reclaimedFrame === null ? 0 : world.reclaimedFrame + 1;
  for (let step = 0; step < world.frames.length; step++) {
    const frame = (start + step) % world.frames.length;
    const page = world.frames[frame];
    if (page && page.slot !== null && !isImageSlot(page.slot)) {
      const slot = page.slot;
      slotFree(world, page);
      world.reclaimedFrame = frame;
      note(world, 'a slot reclaimed');
      return slot;
    }
  }
  throw new ModelFailure(STATUS_SWAP_FULL, `none of ${world.slots.length} slots`);
}

export function slotFree(world: World, page: Page): void {
  if (page.slot !== null && !isImageSlot(page.slot)) world.slots[page.slot] = null;
  page.slot = null;
}

/** What a slot of swap or of an image holds. */
export function slotContent(world: World, slot: number): Uint8Array {
  const content = isImageSlot(slot) ? imageBytes(world.options.pageBytes, slot) : world.slots[slot];
  if (!content) throw new Error(`model: slot ${slot} is free`);
  return content;
}

/** Writes a resident page to a slot: one page-out, charged to the content's owner. */
export function swapWrite(world: World, page: Page, window: IoWindow): void {
  const slot = slotFind(world);
  if (world.failures.writesLeft === 0) throw new ModelFailure(STATUS_SWAP_WRITE_FAILED, `slot ${slot}`);
  if (world.failures.writesLeft !== null) world.failures.writesLeft--;
  world.slots[slot] = page.bytes.slice();
  page.slot = slot;
  page.vm.pageOuts++;
  if (page.references > 1) note(world, 'a shared page out');
  serve(world, window, world.options.writeNs);
}

/** The content of a page that is out: one page-in. The slot stays the page's: it is clean. */
export function swapRead(world: World, page: Page, window: IoWindow): Uint8Array {
  if (page.slot === null) throw new Error(`model: page ${page.number} has no slot to be read from`);
  const content = slotContent(world, page.slot);
  if (world.failures.readsLeft === 0) throw new ModelFailure(STATUS_SWAP_READ_FAILED, `slot ${page.slot}`);
  if (world.failures.readsLeft !== null) world.failures.readsLeft--;
  page.vm.pageIns++;
  if (page.references > 1) note(world, 'a shared page in');
  if (isImageSlot(page.slot)) note(world, 'a page of an image in');
  serve(world, window, world.options.readNs);
  return content.slice();
}
