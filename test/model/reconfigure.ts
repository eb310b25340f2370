/** Requests to change the configuration: expand, reduce, their eager form, cancel, and the life of a VM. */
import {
  SELECTABLE_MANAGED,
  SELECTABLE_NO_REGION,
  SELECTABLE_TWICE,
  STATUS_ACCESS_REFUSED,
  STATUS_BAD_OPTION,
  STATUS_CHANGE_SETTLED,
  STATUS_NOT_ENOUGH_MEMORY,
  STATUS_NOT_MANAGED,
  STATUS_NOT_SELECTABLE,
  STATUS_SLOT_TAKEN,
  STATUS_TOO_LITTLE_LEFT,
} from '../../assembly/shared/status.ts';
import { changeCreate, changeEnd, changeSettleIfDone, expansionSupersede, reductionSupersede } from './changes.ts';
import { ModelFailure } from './failure.ts';
import { regionRelease, regionsPrefer, regionsReleaseEagerly, regionTake } from './paging.ts';
import { pageDrop, replicaCreate } from './pages.ts';
import { framesLeast, managedRegions, manageRegion, regionAtSlot, unmanageRegion, unuseRegion } from './rights.ts';
import { ioWindow } from './swap.ts';
import {
  COMPARE_POLICY_DEFAULT,
  note,
  type Change,
  type EvictionPolicy,
  type Mode,
  type Region,
  type SeekClass,
  type Vm,
  type World,
} from './world.ts';

/** How many regions a VM must manage. */
function regionsLeast(world: World, vm: Vm): number {
  return Math.ceil(framesLeast(vm.replicas.length) / world.options.regionPages);
}

/** S108: regions without manager, in the order of the selection policy. */
function expandCandidates(world: World, vm: Vm): Region[] {
  const free = world.regions.filter((region) => region.manager === null);
  if (world.options.expand === 'lowest') return free;
  return [...free.filter((region) => region.user === vm), ...free.filter((region) => region.user !== vm)];
}

/** The regions of a list, each once and each fit for what is to be done with it. */
function listSelect(world: World, list: readonly number[], manager: Vm | null): Region[] {
  return list.map((number, place) => {
    const region = world.regions[number];
    const refusal = (why: number): ModelFailure => new ModelFailure(STATUS_NOT_SELECTABLE, `region ${number}`, [number, place, why]);
    if (!region) throw refusal(SELECTABLE_NO_REGION);
    if (region.manager !== manager) throw refusal(SELECTABLE_MANAGED);
    if (list.indexOf(number) < place) throw refusal(SELECTABLE_TWICE);
    return region;
  });
}

/** What an expansion asks for: so many regions, as the selection policy has it, or those of a list. */
export interface ExpandSelection {
  readonly regions: number;
  readonly list?: readonly number[] | undefined;
  readonly bestEffort: boolean;
}

/** S107, S108. */
function expandSelect(world: World, vm: Vm, { regions: count, list, bestEffort }: ExpandSelection): Region[] {
  if (list) return listSelect(world, list, null);
  const candidates = expandCandidates(world, vm);
  if (candidates.length < count && !bestEffort) throw new ModelFailure(STATUS_NOT_ENOUGH_MEMORY, `${candidates.length} regions`);
  return candidates.slice(0, count);
}

export interface VmOptions {
  readonly spacePages: number;
  readonly eviction: EvictionPolicy;
  readonly seek: readonly SeekClass[];
  readonly evictBatch: number;
}

/** A VM with one replica and `regions` regions: an expansion from nothing, of which no change is kept. */
export function vmCreate(world: World, selection: ExpandSelection, options: VmOptions): Vm {
  const vm: Vm = {
    name: world.vms.length,
    ...options,
    replicas: [],
    live: true,
    timeNs: Math.max(0, ...world.vms.filter((other) => other.live).map((other) => other.timeNs)),
    accesses: 0,
    faults: 0,
    pageIns: 0,
    pageOuts: 0,
    evictions: 0,
    takeOvers: 0,
    copies: 0,
    earlyReleases: 0,
    earlyReleasesFailed: 0,
    pagesMoved: 0,
    merges: 0,
    policy: COMPARE_POLICY_DEFAULT,
    watch: null,
    sample: 0,
    movesFirst: false,
  };
  const granted = expandSelect(world, vm, selection);
  if (granted.length * world.options.regionPages < framesLeast(1))
    throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${granted.length} regions`);
  for (const region of granted) manageRegion(world, region, vm);
  replicaCreate(vm);
  world.vms.push(vm);
  return vm;
}

/** Fig. 6 S107-S111. `grantNs` is later than `requestNs` only where an eager reduction had to be waited for. */
export function expand(world: World, vm: Vm, selection: ExpandSelection, requestNs: number, grantNs = requestNs): Change {
  const granted = expandSelect(world, vm, selection);
  const change = changeCreate(world, 'expand', vm, granted.length, { requestNs, grantNs });
  for (const region of granted) {
    manageRegion(world, region, vm);
    expandFollow(region, change);
  }
  changeSettleIfDone(change, grantNs);
  return change;
}

/** S109, S110: the region is the receiver's; the change waits for its use, unless it has it already. */
function expandFollow(region: Region, change: Change): void {
  if (region.user === change.vm) return reductionSupersede(region, change.grantNs);
  region.expansion = change;
  change.pending++;
}

export interface RangeRequest {
  readonly slots: number;
  readonly firstSlot: number;
  readonly bestEffort: boolean;
  readonly requestNs: number;
}

/** As expand, but to the machine slots named. */
export function expandRange(world: World, vm: Vm, { slots, firstSlot, bestEffort, requestNs }: RangeRequest): Change {
  const { regionPages, pageBytes } = world.options;
  if (slots === 0 || (firstSlot + slots) * regionPages * pageBytes > 2 ** 32) throw new ModelFailure(STATUS_BAD_OPTION, 'range');
  const strangers = world.regions.filter((region) => region.manager === null && region.user !== vm);
  const granted: { region: Region; slot: number }[] = [];
  for (let slot = firstSlot; slot < firstSlot + slots; slot++) {
    const held = regionAtSlot(world, vm, slot);
    if (held && (held.manager !== null || held.user !== vm)) {
      if (!bestEffort) throw new ModelFailure(STATUS_SLOT_TAKEN, `slot ${slot}`);
      continue;
    }
    const region = held ?? strangers.shift();
    if (region) granted.push({ region, slot });
  }
  if (granted.length < slots && !bestEffort) throw new ModelFailure(STATUS_NOT_ENOUGH_MEMORY, `${granted.length} regions`);
  const change = changeCreate(world, 'expand', vm, granted.length, { requestNs, grantNs: requestNs });
  for (const { region, slot } of granted) {
    region.manager = vm;
    region.managerSlot = slot;
    expandFollow(region, change);
  }
  changeSettleIfDone(change, requestNs);
  return change;
}

export interface ReduceRequest {
  readonly regions: number;
  /** By machine-address range: its first slot; undefined: the selection policy `highest`. */
  readonly firstSlot?: number | undefined;
  readonly bestEffort: boolean;
  readonly eager: boolean;
  /** 2nd embodiment: the giver becomes the user first. */
  readonly managerPreferred?: boolean | undefined;
  readonly modes?: readonly Mode[] | undefined;
  /** These regions, in this order; the number of regions and best effort mean nothing then. */
  readonly list?: readonly number[] | undefined;
  readonly requestNs: number;
}

/** S102: what to give up, in order; refuses what may not be given up. */
function reduceSelect(world: World, vm: Vm, request: ReduceRequest): Region[] {
  const { regions: count, firstSlot, bestEffort, list } = request;
  const managed = managedRegions(world, vm).sort((a, b) => (b.managerSlot ?? 0) - (a.managerSlot ?? 0));
  const spare = Math.max(0, managed.length - regionsLeast(world, vm));
  if (list) {
    const named = listSelect(world, list, vm);
    if (named.length > spare) throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${spare} to spare`);
    return named;
  }
  const inRange = ({ managerSlot }: Region): boolean =>
    firstSlot !== undefined && managerSlot !== null && managerSlot >= firstSlot && managerSlot < firstSlot + count;
  const candidates = firstSlot === undefined ? managed : managed.filter(inRange);
  if (firstSlot !== undefined && (candidates.length === 0 || (candidates.length < count && !bestEffort))) {
    throw new ModelFailure(STATUS_NOT_MANAGED, `${candidates.length} of ${count} slots`);
  }
  if (candidates.length < count && !bestEffort)
    throw new ModelFailure(STATUS_NOT_ENOUGH_MEMORY, `${candidates.length} of ${count} regions`);
  if (Math.min(count, candidates.length) > spare && !bestEffort) throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${spare} to spare`);
  return candidates.slice(0, Math.min(count, spare));
}

/** S103-S105 for regions that are selected: the giver's pending expansion no longer waits for them, its reduction now does where it is the user. */
function giveUp(change: Change, regions: readonly Region[], vm: Vm): void {
  for (const region of regions) {
    expansionSupersede(region, change.grantNs);
    unmanageRegion(region);
    region.givenUpBy = change;
    if (region.user === vm) {
      region.reduction = change;
      change.pending++;
    }
  }
  changeSettleIfDone(change, change.grantNs);
}

/** What must be done before the management rights go. */
function reducePrepare(world: World, vm: Vm, regions: readonly Region[], request: ReduceRequest): { doneNs: number; pageOuts: number } {
  if (request.eager) return regionsReleaseEagerly(world, regions, request.requestNs);
  if (request.managerPreferred) return regionsPrefer(world, regions, vm, request.requestNs);
  return { doneNs: request.requestNs, pageOuts: 0 };
}

/** Fig. 6 S102-S106. */
export function reduce(world: World, vm: Vm, request: ReduceRequest): Change {
  const regions = reduceSelect(world, vm, request);
  const { requestNs, modes = [] } = request;
  const { doneNs, pageOuts } = reducePrepare(world, vm, regions, request);
  const change = changeCreate(world, 'reduce', vm, regions.length, { requestNs, grantNs: doneNs }, modes);
  change.pageOutsBeforeGrant = pageOuts;
  giveUp(change, regions, vm);
  if (regions.length > 0) vm.sample++;
  return change;
}

/** The region that a VM manages at a machine slot is released; nobody becomes its user. Returns the end of the I/O. */
export function release(world: World, vm: Vm, slot: number, issueNs: number): number {
  const region = managedRegions(world, vm).find(({ managerSlot }) => managerSlot === slot);
  if (!region) throw new ModelFailure(STATUS_ACCESS_REFUSED, `slot ${slot}`);
  if (!region.user) return issueNs;
  note(world, region.user === vm ? 'a release by the manager itself' : 'a release without taking');
  return regionRelease(world, region, ioWindow(issueNs), {});
}

/** Fig. 9 for one machine slot. */
export function touch(world: World, vm: Vm, slot: number): void {
  const region = regionAtSlot(world, vm, slot);
  if (!region) throw new ModelFailure(STATUS_ACCESS_REFUSED, `slot ${slot}`);
  if (region.user !== vm) regionTake(world, region, vm);
}

export function cancel(world: World, change: Change): void {
  if (change.state !== 'granted') throw new ModelFailure(STATUS_CHANGE_SETTLED, change.state);
  const { vm } = change;
  if (change.kind === 'reduce') {
    const back = world.regions.filter((region) => region.manager === null && region.givenUpBy === change);
    changeEnd(world, change, 'cancelled');
    for (const region of back) manageRegion(world, region, vm);
    return;
  }
  const away = world.regions.filter((region) => region.expansion === change);
  if (managedRegions(world, vm).length - away.length < regionsLeast(world, vm)) {
    throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${away.length} regions cannot go`);
  }
  changeEnd(world, change, 'cancelled');
  for (const region of away) unmanageRegion(region);
}

/** The VM, its pages, its rights and its replicas go; nothing is written. */
export function vmDispose(world: World, vm: Vm): void {
  for (const replica of vm.replicas.splice(0)) {
    for (const page of replica.pages.values()) pageDrop(world, page);
    replica.live = false;
  }
  for (const change of world.changes) {
    if (change.vm === vm && change.state === 'granted') changeEnd(world, change, 'abandoned');
  }
  for (const region of world.regions) {
    if (region.user === vm) unuseRegion(region);
    if (region.manager === vm) unmanageRegion(region);
    if (region.givenUpBy?.vm === vm) region.givenUpBy = null;
  }
  vm.live = false;
}
