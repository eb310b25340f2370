/** What replicas do with their memory: access, bulk, advice, protection, fork, restore. */
import {
  STATUS_ADDRESS_OUT_OF_RANGE,
  STATUS_BAD_OPTION,
  STATUS_DEVICE_PAGE,
  STATUS_NO_SUCH_REPLICA,
  STATUS_PROTECTED,
  STATUS_TOO_LITTLE_LEFT,
} from '../../assembly/shared/status.ts';
import { pageWatch } from './borrowed.ts';
import { ModelFailure } from './failure.ts';
import { pageDrop, pageObtain, pageShare } from './pages.ts';
import { pageArrive } from './paging.ts';
import { recencyTouch } from './recency.ts';
import { framesLeast } from './reconfigure.ts';
import { managedRegions } from './rights.ts';
import { slotFree } from './swap.ts';
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

/** All watches first, then all pages, then all touches; the bytes are the caller's to move: a scalar access is done wholly or not at all. */
export function accessPages(world: World, replica: Replica, parts: readonly Part[], store: boolean, nextUse: NextUse): Page[] {
  for (const { page: number, bytes } of parts) {
    const page = replica.pages.get(number);
    if (page) pageWatch(world, page, bytes, store);
  }
  const inHand = (page: Page): boolean => parts.some((part) => replica.pages.get(part.page) === page);
  const pages = parts.map((part) => pageObtain(world, replica, part.page, store, inHand));
  for (const page of pages) {
    recencyTouch(world, page);
    if (nextUse) page.nextUse = nextUse(page.number);
    if (store) {
      slotFree(world, page);
      page.discardable = false;
    }
  }
  return pages;
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
  accessPages(world, replica, partsOf(world, address, bytes.length), true, nextUse);
  bytes.forEach((byte, index) => {
    const page = replica.pages.get(Math.floor((address + index) / pageBytes));
    if (page) page.bytes[(address + index) % pageBytes] = byte;
  });
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
  if (page && page.slot !== null) return world.slots[page.slot] ?? new Uint8Array(0);
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
      if (page) pageDrop(world, page, replica);
      replica.pages.delete(number);
      return;
    case 'discardable':
      if (page && page.sharers.size === 1 && (page.frame !== null || page.slot !== null)) page.discardable = true;
      return;
    case 'willNeed':
      if (page && page.frame === null && page.slot !== null) pageArrive(world, page, inHand);
      return;
    case 'locked': {
      const obtained = pageObtain(world, replica, number, false, inHand);
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

/** A second replica of the same VM, with the same pages. */
export function fork(world: World, replica: Replica): Replica {
  const { vm } = replica;
  const frames = managedRegions(world, vm).length * world.options.regionPages;
  if (frames < framesLeast(vm.replicas.length + 1)) throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${frames} frames`);
  const protection = new Map(replica.protection);
  const twin: Replica = { vm, pages: new Map(), protection, devices: new Set(replica.devices), isInStep: false, live: true };
  for (const page of replica.pages.values()) pageShare(page, twin);
  vm.replicas.push(twin);
  return twin;
}

/** Makes a replica's pages and protection those of another of the same VM. */
export function restore(world: World, replica: Replica, from: Replica): void {
  if (from.vm !== replica.vm) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, 'of another VM');
  if (from === replica) return;
  replicaForget(world, replica);
  for (const page of from.pages.values()) pageShare(page, replica);
  for (const [number, protection] of from.protection) replica.protection.set(number, protection);
  for (const number of from.devices) replica.devices.add(number);
}

function replicaForget(world: World, replica: Replica): void {
  for (const page of replica.pages.values()) pageDrop(world, page, replica);
  replica.pages.clear();
  replica.protection.clear();
  replica.devices.clear();
}

export function replicaDispose(world: World, replica: Replica): void {
  if (replica.vm.replicas.length === 1) throw new ModelFailure(STATUS_BAD_OPTION, 'the last replica of its VM');
  replicaForget(world, replica);
  replica.vm.replicas.splice(replica.vm.replicas.indexOf(replica), 1);
  replica.live = false;
}
