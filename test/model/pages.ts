/** Pages and the replicas that share them: sharing, copying, forgetting. */
import { ModelFailure } from './failure.ts';
import { frameFind, frameFree, frameGive, pageArrive } from './paging.ts';
import { quotaAsk, quotaCount } from './quota.ts';
import { recencyArrive } from './recency.ts';
import { slotFree } from './swap.ts';
import { note, storesAreCompared, type Page, type Replica, type Vm, type World } from './world.ts';

/** An empty replica, or snapshot. */
export function replicaCreate(vm: Vm, isSnapshot = false): Replica {
  const replica: Replica = {
    vm,
    pages: new Map(),
    protection: new Map(),
    devices: new Set(),
    isInStep: false,
    isSnapshot,
    quota: 0,
    taken: 0,
    live: true,
  };
  vm.replicas.push(replica);
  return replica;
}

/** A page nobody has touched yet, for one replica. */
export function pageCreate(replica: Replica, number: number, beganAsCopy = false): Page {
  return {
    vm: replica.vm,
    number,
    isScattered: false,
    references: 1,
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
    isHashed: false,
    beganAsCopy,
    isKnown: false,
    scanned: null,
    isVolatile: false,
    scrubbed: null,
  };
}

/** An entry no longer refers to a page; the last one to go frees its frame and slot. */
export function pageDrop(world: World, page: Page): void {
  page.references--;
  if (page.references > 0) return;
  slotFree(world, page);
  frameFree(world, page);
}

/** A replica's entry refers to a page from now on. */
export function pageShare(page: Page, replica: Replica, number = page.number): void {
  page.references++;
  replica.pages.set(number, page);
}

/** Its contents are told from now on; of a page at several addresses they are not. */
export function pageKnow(page: Page): void {
  if (!page.isScattered) page.isKnown = true;
}

/** Copy-on-write: the replica gets a copy in a frame of its own. The shared page keeps its slot. */
function pageCopy(world: World, shared: Page, replica: Replica, number: number, inHand: (page: Page) => boolean): Page {
  const frame = frameFind(world, shared.vm, inHand);
  const copy: Page = {
    ...pageCreate(replica, number, true),
    bytes: shared.bytes.slice(),
    locked: shared.locked,
    discardable: shared.discardable,
  };
  frameGive(world, copy, frame);
  recencyArrive(world, copy);
  replica.vm.copies++;
  note(world, shared.slot === null ? 'a dirty page copied' : 'a clean page copied');
  shared.beganAsCopy = false; // it is, or was, a basic area
  if (storesAreCompared(replica)) for (const page of [shared, copy]) pageKnow(page);
  pageDrop(world, shared);
  replica.pages.set(number, copy);
  return copy;
}

/** Its only holder stores to a page that was at several addresses. */
function pageGather(world: World, page: Page, number: number): void {
  if (!page.isScattered) return;
  note(world, 'a page at one address again');
  page.isScattered = false;
  page.number = number;
}

/** A page that an access has got. */
export interface Had {
  readonly page: Page;
  /** For a store: the page that it was copied from. */
  readonly copiedFrom: Page | null;
}

/** Makes a page resident for an access or for advice `locked`; for a store, the replica's own. Counts the fault. */
export function pageObtain(world: World, replica: Replica, number: number, store: boolean, inHand: (page: Page) => boolean): Had {
  let page = replica.pages.get(number);
  const isMade = !page || (store && page.references > 1);
  if (isMade) quotaAsk(world, replica, number);
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
  const copiedFrom = store && page.references > 1 ? page : null;
  if (copiedFrom) page = pageCopy(world, copiedFrom, replica, number, inHand);
  else if (store) pageGather(world, page, number);
  if (isMade) quotaCount(replica);
  return { page, copiedFrom };
}
