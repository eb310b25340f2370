/** Comparison on every write (US 9,063,868 Fig. 3 S1-S15): what a store by a replica in step leads to. */
import { comparePage, contentAsk, contentOf, isZeroPage, replicasInStep } from './compare.ts';
import { ModelFailure } from './failure.ts';
import { frameFree, frameGive } from './paging.ts';
import { pageDrop, pageKnow, pageShare, type Had } from './pages.ts';
import { slotFree } from './swap.ts';
import { note, storesAreCompared, type Keep, type Page, type Replica, type Trigger, type World } from './world.ts';

/** The page has been had; its bytes are about to change. */
export function storeBegin(replica: Replica, { page }: Had): void {
  if (storesAreCompared(replica)) pageKnow(page);
  else page.isKnown = false;
}

const TRIGGERED: Readonly<Record<Trigger, (page: Page) => boolean>> = {
  never: () => false,
  any: () => true,
  copy: (page) => page.beganAsCopy,
  basic: (page) => !page.beganAsCopy,
};

/** The bytes have been stored. S11 for each page, where it is called for. */
export function storeCompare(world: World, replica: Replica, all: readonly Had[]): void {
  if (!storesAreCompared(replica)) return;
  const { policy } = replica.vm;
  for (const { page, copiedFrom } of all) {
    const isCompared = copiedFrom ? policy.afterCopy : TRIGGERED[policy.trigger](page);
    note(world, `${copiedFrom ? 'a copy' : 'a not-shared area'} ${isCompared ? 'compared' : 'not compared'} on write`);
    if (policy.retries && (copiedFrom || isCompared)) replica.vm.timeNs += world.options.accessNs;
    if (isCompared) pageCompare(world, replica, page);
  }
}

/** A failed read ends a comparison and nothing else. */
function pageCompare(world: World, replica: Replica, page: Page): void {
  try {
    pageMerge(world, replica, page);
  } catch (failure) {
    if (!(failure instanceof ModelFailure)) throw failure;
    note(world, 'a comparison on write cut short');
  }
}

/** S12-S14: equal to zero where somebody in step has nothing, or to another known page. */
function pageMerge(world: World, replica: Replica, page: Page): void {
  const { vm } = replica;
  const counts = { compared: 0, merged: 0, different: 0 };
  const isZero = page.bytes.every((byte) => byte === 0);
  if (isZero && !page.locked && replicasInStep(vm).some((other) => hasNothing(other, page.number))) {
    note(world, 'zeros compared on write');
    return comparePage(world, vm, page.number, counts);
  }
  const equal = equalTo(world, page);
  if (!equal) return;
  contentAsk(world, equal, 'on write');
  if (vm.policy.merge === 'allEqual') return comparePage(world, vm, page.number, counts);
  merge(world, replica, page, equal);
}

function hasNothing(replica: Replica, number: number): boolean {
  const page = replica.pages.get(number);
  return !page || isZeroPage(page);
}

/** Another known page of that number with equal contents: in a frame before out, then by the lowest frame or slot. */
function equalTo(world: World, page: Page): Page | undefined {
  const others = new Set(page.vm.replicas.flatMap((replica) => replica.pages.get(page.number) ?? []));
  others.delete(page);
  const equal = [...others].filter((other) => other.isKnown && Buffer.compare(contentOf(world, other), page.bytes) === 0);
  if (equal.length > 1) note(world, 'several equal on write');
  const place = ({ frame, slot }: Page): number => frame ?? world.frames.length + (slot ?? 0);
  return equal.sort((a, b) => place(a) - place(b))[0];
}

/** Does the merged area keep the writer's frame? */
const WRITER_KEEPS: Readonly<Record<Keep, (page: Page, other: Page) => boolean>> = {
  target: () => true,
  corresponding: () => false,
  basic: (page, other) => !page.beganAsCopy || other.beganAsCopy,
  copy: (page, other) => page.beganAsCopy || !other.beganAsCopy,
};

/** The writer's entry refers to the other page. */
function merge(world: World, replica: Replica, page: Page, other: Page): void {
  const { vm } = replica;
  const wasOut = other.frame === null;
  note(world, wasOut ? 'merged on write into what was out' : `merged on write, ${vm.policy.keep} kept`);
  other.locked ||= page.locked;
  other.discardable &&= page.discardable;
  if (wasOut || WRITER_KEEPS[vm.policy.keep](page, other)) frameTakeOver(world, page, other);
  other.beganAsCopy = false; // S14
  pageDrop(world, page);
  pageShare(other, replica);
  vm.merges++;
}

/** A page gets the frame of another, with its place in the order of recency; a slot of its own is no longer needed. */
function frameTakeOver(world: World, page: Page, other: Page): void {
  const { frame, bytes, arrivedStamp, touchedStamp, referenced, nextUse, seen } = page;
  if (frame === null) throw new Error(`model: page ${page.number} was just stored to`);
  slotFree(world, other);
  frameFree(world, page);
  frameFree(world, other);
  frameGive(world, other, frame);
  Object.assign(other, { bytes, arrivedStamp, touchedStamp, referenced, nextUse, seen, scrubbed: null });
}
