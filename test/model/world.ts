/**
 * The state of the plain model: arrays and maps, nothing cached, nothing derived. Every other file of this folder is a mechanism that
 * works on it, written from docs/semantics.md. All numbers are public ones, from 0; null is none.
 */

import type { Watch } from './judgement.ts';
import type { Statistics } from './statistics.ts';

export type EvictionPolicy = 'fifo' | 'lru' | 'clock' | 'farthest';
export type SeekClass = 'managed' | 'userless' | 'borrowed' | 'takeOver' | 'evict';
export type Protection = 'none' | 'read' | 'readWrite';
export const SEEK_ORDER_DEFAULT: readonly SeekClass[] = ['managed', 'userless', 'borrowed', 'takeOver', 'evict'];

export interface WorldOptions {
  readonly pageBytes: number;
  readonly regionPages: number;
  readonly regions: number;
  readonly slots: number;
  readonly accessNs: number;
  /** I/O of one page: latency + transfer, whole nanoseconds. */
  readonly readNs: number;
  readonly writeNs: number;
  /** Servers of the swap device. */
  readonly queue: number;
  readonly expand: 'lowest' | 'ownFirst';
  /** Which summaries of regions are kept. Absent: all. */
  readonly summaries?: readonly Summary[];
}

export type Summary = 'cache' | 'stamp' | 'nextUse' | 'statistics';

/** What a reduction changes at its declaration, beside the management right. */
export type Mode = 'capacity' | 'evacuate' | 'readOnly' | 'closed';

/** Whose stores are compared. */
export type Trigger = 'never' | 'any' | 'copy' | 'basic';
/** Which of equal areas stays. */
export type Keep = 'target' | 'corresponding' | 'basic' | 'copy';
export type Merge = 'equal' | 'allEqual';

/** How a VM's replicas in step are compared. */
export interface ComparePolicy {
  readonly trigger: Trigger;
  readonly keep: Keep;
  readonly merge: Merge;
  /** A store that made a copy is compared too. */
  readonly afterCopy: boolean;
  /** A store that raised an exception takes another accessNs. */
  readonly retries: boolean;
}

export const COMPARE_POLICY_DEFAULT: ComparePolicy = { trigger: 'never', keep: 'target', merge: 'equal', afterCopy: true, retries: false };

export interface Vm {
  readonly name: number;
  readonly spacePages: number;
  readonly eviction: EvictionPolicy;
  readonly seek: readonly SeekClass[];
  readonly evictBatch: number;
  /** Snapshots too, in the order in which they were made. */
  readonly replicas: Replica[];
  policy: ComparePolicy;
  live: boolean;
  timeNs: number;
  accesses: number;
  faults: number;
  pageIns: number;
  pageOuts: number;
  evictions: number;
  takeOvers: number;
  copies: number;
  earlyReleases: number;
  earlyReleasesFailed: number;
  pagesMoved: number;
  /** Areas that became one with another. */
  merges: number;
  /** Its condition for releasing early; null: none. */
  watch: Watch | null;
  /** Number of the last sampling moment. */
  sample: number;
  /** Pages of a region that it releases move where there is room. */
  movesFirst: boolean;
}

export interface Replica {
  readonly vm: Vm;
  /** No entry: the page is untouched. */
  readonly pages: Map<number, Page>;
  /** No entry: readWrite. */
  readonly protection: Map<number, Protection>;
  /** Pages that belong to a device. */
  readonly devices: Set<number>;
  /** It is compared with the others of its VM that are. */
  isInStep: boolean;
  /** It has no processor: nobody loads or stores through it. */
  readonly isSnapshot: boolean;
  /** Pages that it may take; 0: any number. */
  quota: number;
  /** Pages that it has taken since it was made, given a quota or restored. */
  taken: number;
  live: boolean;
}

/** A page that is not untouched. Resident: `frame`. Out: only `slot`. Clean: both. Zero: neither. */
export interface Page {
  readonly vm: Vm;
  /** In the address space; of a page at several addresses, one of them. */
  number: number;
  /** Entries of different page numbers refer to it, as a scan leaves them. */
  isScattered: boolean;
  /** How many entries of replicas and snapshots refer to it. */
  references: number;
  /** The content while the page is resident. */
  bytes: Uint8Array;
  frame: number | null;
  slot: number | null;
  locked: boolean;
  discardable: boolean;
  /** Recency: stamps of the world's counter. */
  arrivedStamp: number;
  touchedStamp: number;
  referenced: boolean;
  /** For `farthest`: when the page is used next; Infinity: never again, as far as known; 0: not visited since it arrived. */
  nextUse: number;
  /** The sampling moment after which it was last touched; null: never touched. */
  seen: number | null;
  /** While it is out: its contents can be told from others without reading them. */
  isHashed: boolean;
  /** It was made by copy-on-write, and never was anybody's basic area. */
  beganAsCopy: boolean;
  /** Comparison on write: it is found by its contents. */
  isKnown: boolean;
  /** Its contents when a scan last looked. */
  scanned: Uint8Array | null;
  /** They had changed then. */
  isVolatile: boolean;
  /** Its contents at a scrub since which it stayed in a frame and nobody has stored to it. */
  scrubbed: Uint8Array | null;
}

export interface Region {
  readonly number: number;
  manager: Vm | null;
  managerSlot: number | null;
  user: Vm | null;
  userSlot: number | null;
  /** The reduction that waits for the user (its giver) to release the region. */
  reduction: Change | null;
  /** The expansion that waits for the manager (its receiver) to use the region. */
  expansion: Change | null;
  /** The last reduction that took the region from its manager. */
  givenUpBy: Change | null;
  /** What its user did with it while it was not the manager; null: nothing yet. */
  statistics: Statistics | null;
  /** When a page of it was last touched or arrived; 0: not since it was taken into use. */
  stamp: number;
}

export type ChangeState = 'granted' | 'settled' | 'abandoned' | 'cancelled';

export interface Change {
  readonly kind: 'reduce' | 'expand';
  readonly vm: Vm;
  readonly regions: number;
  readonly requestNs: number;
  /** On the virtual clock, as all times here; what is published is the duration since the request. */
  readonly grantNs: number;
  settledNs: number | null;
  state: ChangeState;
  pending: number;
  superseded: number;
  pageOutsBeforeGrant: number;
  pageOutsAfterGrant: number;
  readonly modes: readonly Mode[];
}

/** Does a replica come to hold the same page as `witness`, where the contract leaves that open? Either way its contents are the same. */
export type Follows = (replica: Replica, number: number, witness: Replica) => boolean;

/** What the swap device will do: null, or how many more transfers of a kind succeed. */
export interface SwapFailures {
  writesLeft: number | null;
  readsLeft: number | null;
}

export interface World {
  readonly options: WorldOptions;
  readonly regions: Region[];
  readonly frames: (Page | null)[];
  /** Content of each slot of swap; null: free. */
  readonly slots: (Uint8Array | null)[];
  readonly vms: Vm[];
  readonly changes: Change[];
  /** When each server of the swap device is free. */
  readonly serverFreeNs: number[];
  readonly failures: SwapFailures;
  /** What the contract leaves open is decided by who watches. */
  follows: Follows;
  reclaimedFrame: number | null;
  stamp: number;
  /** How often something that tests want to have met has happened. */
  readonly seen: Map<string, number>;
}

export function worldCreate(options: WorldOptions): World {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return {
    options,
    regions: numbers(options.regions).map((number) => ({
      number,
      manager: null,
      managerSlot: null,
      user: null,
      userSlot: null,
      reduction: null,
      expansion: null,
      givenUpBy: null,
      statistics: null,
      stamp: 0,
    })),
    frames: numbers(options.regions * options.regionPages).map(() => null),
    slots: numbers(options.slots).map(() => null),
    vms: [],
    changes: [],
    serverFreeNs: numbers(options.queue).map(() => 0),
    failures: { writesLeft: null, readsLeft: null },
    follows: () => false,
    reclaimedFrame: null,
    stamp: 0,
    seen: new Map(),
  };
}

/** Frame numbers of a region, ascending. */
export function regionFrames(world: World, region: Region): number[] {
  const { regionPages } = world.options;
  return Array.from({ length: regionPages }, (_, index) => region.number * regionPages + index);
}

/** The region that a resident page is in. */
export function regionOf(world: World, page: Page): Region {
  const region = page.frame === null ? undefined : world.regions[Math.floor(page.frame / world.options.regionPages)];
  if (!region) throw new Error(`model: page ${page.number} is not resident`);
  return region;
}

/** Are the replica's stores compared with what others have (1st embodiment)? */
export function storesAreCompared({ isInStep, vm }: Replica): boolean {
  return isInStep && vm.policy.trigger !== 'never';
}

/** Regions that a VM uses and does not manage. */
export function borrowedRegions(world: World, vm: Vm): Region[] {
  return world.regions.filter((region) => region.user === vm && region.manager !== vm);
}

/** Does the reduction that waits for the region's user carry this mode? It holds while its giver uses and does not manage the region. */
export function hasMode(region: Region, mode: Mode): boolean {
  return region.reduction?.modes.includes(mode) ?? false;
}

export function keepsSummary(options: WorldOptions, summary: Summary): boolean {
  return options.summaries?.includes(summary) ?? true;
}

/** The lowest free frame of a region, or null. */
export function freeFrameOf(world: World, region: Region): number | null {
  return regionFrames(world, region).find((frame) => world.frames[frame] === null) ?? null;
}

/** The first of some regions by a machine slot. */
export function lowestBy(regions: readonly Region[], slotOf: (region: Region) => number | null): Region | null {
  return [...regions].sort((a, b) => (slotOf(a) ?? 0) - (slotOf(b) ?? 0))[0] ?? null;
}

/** Counts that something has happened, for the coverage of random tests. */
export function note(world: World, what: string): void {
  world.seen.set(what, (world.seen.get(what) ?? 0) + 1);
}
