/** Pages and the replicas that share them: sharing, copying, forgetting. */
import { ModelFailure } from './failure.ts';
import { frameFind, frameFree, frameGive, pageArrive } from './paging.ts';
import { recencyArrive } from './recency.ts';
import { slotFree } from './swap.ts';
import { note, type Page, type Replica, type World } from './world.ts';

/** A page nobody has touched yet, for one replica. */
export function pageCreate(replica: Replica, number: number): Page {
  return {
    vm: replica.vm,
    number,
    sharers: new Set([replica]),
    bytes: new Uint8Array(0),
    frame: null,
    slot: null,
    locked: false,
    discardable: false,
    arrivedStamp: 0,
    touchedStamp: 0,
    referenced: false,
    nextUse: 0,
    seen: null,
    isKnown: false,
  };
}

/** A replica no longer refers to a page; the last one to go frees its frame and slot. */
export function pageDrop(world: World, page: Page, replica: Replica): void {
  page.sharers.delete(replica);
  if (page.sharers.size > 0) return;
  slotFree(world, page);
  frameFree(world, page);
}

export function pageShare(page: Page, replica: Replica): void {
  page.sharers.add(replica);
  replica.pages.set(page.number, page);
}

/** Copy-on-write: the replica gets a copy in a frame of its own. The shared page keeps its slot. */
function pageCopy(world: World, shared: Page, replica: Replica, inHand: (page: Page) => boolean): Page {
  const frame = frameFind(world, shared.vm, inHand);
  const copy: Page = {
    ...pageCreate(replica, shared.number),
    bytes: shared.bytes.slice(),
    locked: shared.locked,
    discardable: shared.discardable,
  };
  frameGive(world, copy, frame);
  recencyArrive(world, copy);
  replica.vm.copies++;
  note(world, shared.slot === null ? 'a dirty page copied' : 'a clean page copied');
  pageDrop(world, shared, replica);
  replica.pages.set(copy.number, copy);
  return copy;
}

/** Makes a page resident for an access or for advice `locked`; for a store, the replica's own. Counts the fault. */
export function pageObtain(world: World, replica: Replica, number: number, store: boolean, inHand: (page: Page) => boolean): Page {
  let page = replica.pages.get(number);
  if (!page || page.frame === null) {
    replica.vm.faults++;
    page ??= pageCreate(replica, number);
    try {
      pageArrive(world, page, inHand);
    } catch (failure) {
      if (failure instanceof ModelFailure) failure.isInFault = true;
      throw failure;
    }
    replica.pages.set(number, page);
  }
  return store && page.sharers.size > 1 ? pageCopy(world, page, replica, inHand) : page;
}
