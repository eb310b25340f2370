/** What replicas do with their memory: access, bulk, advice, protection. */
import { STATUS_ADDRESS_OUT_OF_RANGE, STATUS_DEVICE_PAGE, STATUS_PROTECTED } from '../../assembly/shared/status.ts';
import { pageWatch } from './borrowed.ts';
import { ModelFailure } from './failure.ts';
import { pageDrop, pageObtain, type Had } from './pages.ts';
import { pageArrive } from './paging.ts';
import { recencyTouch } from './recency.ts';
import { storeBegin, storeCompare } from './on-write.ts';
import { slotContent, slotFree } from './swap.ts';
import type { Page, Protection, Replica, World } from './world.ts';

/** The pages of a range, ascending. */
export function pagesOf(world: World, address: number, length: number): number[] {
  const { pageBytes } = world.options;
  const pages: number[] = [];
  if (length === 0) return pages;
  for (let page = Math.floor(address / pageBytes); page * pageBytes < address + length; page++) pages.push(page);
  return pages;
}

/** Range, then protection of every page, ascending. */
export function accessCheck(world: World, replica: Replica, address: number, length: number, store: boolean): void {
  if (address + length > replica.vm.spacePages * world.options.pageBytes) throw new ModelFailure(STATUS_ADDRESS_OUT_OF_RANGE, `${address}`);
  for (const page of pagesOf(world, address, length)) {
    const protection = replica.protection.get(page) ?? 'readWrite';
    if (replica.devices.has(page)) throw new ModelFailure(STATUS_DEVICE_PAGE, `page ${page}`);
    if (protection === 'none' || (protection === 'read' && store)) throw new ModelFailure(STATUS_PROTECTED, `page ${page}`);
  }
}

/** When each page of an access is used next, for traces; null: nothing is known. */
export type NextUse = ((page: number) => number) | null;

/** What an access has to do with one page. */
export interface Part {
  readonly page: number;
  readonly bytes: number;
}

/**
 * All watches first, then all pages, then all touches; the bytes are the caller's to move: a scalar access is done wholly or not at all. Whoever stored
 * calls storeCompare with what comes back.
 */
export function accessPages(world: World, replica: Replica, parts: readonly Part[], store: boolean, nextUse: NextUse): Had[] {
  for (const { page: number, bytes } of parts) {
    const page = replica.pages.get(number);
    if (page) pageWatch(world, page, bytes, store);
  }
  const inHand = (page: Page): boolean => parts.some((part) => replica.pages.get(part.page) === page);
  const all = parts.map((part) => pageObtain(world, replica, part.page, store, inHand));
  for (const [index, { page }] of all.entries()) {
    recencyTouch(world, page);
    if (nextUse) page.nextUse = nextUse(parts[index]?.page ?? page.number);
    if (store) pageWrite(world, page);
  }
  if (store) for (const had of all) storeBegin(replica, had);
  return all;
}

/** A page is stored to: what was kept of its old contents holds no more. */
function pageWrite(world: World, page: Page): void {
  slotFree(world, page);
  page.discardable = false;
  page.scrubbed = null;
}

/** The parts of an access to contiguous bytes, ascending. */
function partsOf(world: World, address: number, length: number): Part[] {
  return piecesOf(world, address, length).map((piece) => ({
    page: Math.floor(piece.address / world.options.pageBytes),
    bytes: piece.length,
  }));
}

export function accessCount(world: World, replica: Replica): void {
  replica.vm.accesses++;
  replica.vm.timeNs += world.options.accessNs;
}

export function load(world: World, replica: Replica, address: number, width: number, nextUse: NextUse = null): Uint8Array {
  accessCheck(world, replica, address, width, false);
  accessCount(world, replica);
  const { pageBytes } = world.options;
  accessPages(world, replica, partsOf(world, address, width), false, nextUse);
  return Uint8Array.from({ length: width }, (_, index) => {
    const page = replica.pages.get(Math.floor((address + index) / pageBytes));
    return page?.bytes[(address + index) % pageBytes] ?? 0;
  });
}

export function store(world: World, replica: Replica, address: number, bytes: Uint8Array, nextUse: NextUse = null): void {
  accessCheck(world, replica, address, bytes.length, true);
  accessCount(world, replica);
  const { pageBytes } = world.options;
  const all = accessPages(world, replica, partsOf(world, address, bytes.length), true, nextUse);
  bytes.forEach((byte, index) => {
    const page = replica.pages.get(Math.floor((address + index) / pageBytes));
    if (page) page.bytes[(address + index) % pageBytes] = byte;
  });
  storeCompare(world, replica, all);
}

/** The pieces of a bulk operation: one a page. */
export function piecesOf(world: World, address: number, length: number): { address: number; length: number }[] {
  const { pageBytes } = world.options;
  return pagesOf(world, address, length).map((page) => {
    const start = Math.max(address, page * pageBytes);
    return { address: start, length: Math.min(address + length, (page + 1) * pageBytes) - start };
  });
}

/** What a page holds, counted by nobody. */
export function peek(world: World, replica: Replica, number: number): Uint8Array {
  const page = replica.pages.get(number);
  if (page && page.frame !== null) return page.bytes;
  if (page && page.slot !== null) return slotContent(world, page.slot);
  return new Uint8Array(world.options.pageBytes);
}

export type Advice = 'normal' | 'unused' | 'discardable' | 'willNeed' | 'locked';

/** Advice on one page. */
export function advise(world: World, replica: Replica, number: number, advice: Advice): void {
  if (replica.devices.has(number)) throw new ModelFailure(STATUS_DEVICE_PAGE, `page ${number}`);
  const page = replica.pages.get(number);
  const inHand = (other: Page): boolean => other === replica.pages.get(number);
  switch (advice) {
    case 'normal':
      if (page) {
        page.locked = false;
        page.discardable = false;
      }
      return;
    case 'unused':
      if (page) pageDrop(world, page);
      replica.pages.delete(number);
      return;
    case 'discardable':
      if (page && page.references === 1 && (page.frame !== null || page.slot !== null)) page.discardable = true;
      return;
    case 'willNeed':
      if (page && page.frame === null && page.slot !== null) pageArrive(world, page, inHand);
      return;
    case 'locked': {
      const { page: obtained } = pageObtain(world, replica, number, false, inHand);
      recencyTouch(world, obtained);
      obtained.locked = true;
      return;
    }
  }
}

export function adviseCheck(replica: Replica, page: number, pages: number): void {
  if (page + pages > replica.vm.spacePages) throw new ModelFailure(STATUS_ADDRESS_OUT_OF_RANGE, `page ${page}`);
}

export function protect(replica: Replica, page: number, pages: number, protection: Protection | 'device' | 'noDevice'): void {
  adviseCheck(replica, page, pages);
  for (let number = page; number < page + pages; number++) {
    if (protection === 'device') replica.devices.add(number);
    else if (protection === 'noDevice') replica.devices.delete(number);
    else replica.protection.set(number, protection);
  }
}
