/** Random steps that move rights: between two VMs, by list, with the manager preferred, without taking. */
import { fillAll, NOBODY, numbersFrom, pick, replicaOf, type Numbers, type Scene, type Step } from './generator-step.ts';
import { summaryOf } from './information.ts';
import type { Operation } from './operation.ts';
import { managedRegions, regionAtSlot } from './rights.ts';
import { SEEK_ORDER_DEFAULT, type Mode, type Region, type Vm, type World } from './world.ts';

export const RIGHTS_WEIGHTS = {
  move: 6,
  handover: 5,
  reduceList: 5,
  expandList: 5,
  vmCreateList: 1,
  prefer: 4,
  reserveSwap: 3,
  release: 4,
};

type Reduction = Extract<Operation, { op: 'reduce' }>;
type ReductionOptions = Pick<Reduction, 'modes' | 'managerPreferred'>;

const MODES: readonly (readonly Mode[])[] = [
  ['capacity'],
  ['evacuate'],
  ['readOnly'],
  ['closed'],
  ['capacity', 'evacuate'],
  ['capacity', 'readOnly'],
];

/** 2nd and 4th embodiment, often neither. */
export function reductionOptions(numbers: Numbers): ReductionOptions {
  const modes = numbers.below(2) === 0 ? undefined : pick(MODES, numbers.below(MODES.length));
  return { ...(modes ? { modes } : {}), ...(numbers.below(4) === 0 ? { managerPreferred: true } : {}) };
}

/** Another VM than this one. */
export function otherVm(vms: readonly Vm[], vm: Vm | undefined, number: number): number {
  const others = vms.filter((other) => other !== vm);
  return pick(others, number)?.name ?? NOBODY;
}

/** Memory goes from one VM to another, as reconfigure does it: as much as the giver can spare, or less. */
export function moveOf(scene: Scene, { amount, detail, seed }: Step): [Reduction, Extract<Operation, { op: 'expand' }>] {
  const { vms, vm, vmNumber, managed, requestNs } = scene;
  const regions = 1 + (amount % Math.max(1, managed - 1));
  const eager = detail % 4 === 1;
  const options = eager ? {} : reductionOptions(numbersFrom(seed));
  return [
    { op: 'reduce', vm: vmNumber, regions, bestEffort: detail % 5 > 0, eager, ...options, requestNs },
    { op: 'expand', vm: otherVm(vms, vm, amount), regions, bestEffort: true, requestNs, grantNs: requestNs },
  ];
}

/** The whole story: the giver's memory is full of data, some of it locked; it moves; the taker uses what it got, perhaps while the device fails. */
function handover(scene: Scene, step: Step): Operation[] {
  const { subject, run } = scene;
  const { amount, detail } = step;
  const [reduction, expansion] = moveOf(scene, step);
  // pages in one half of the address space that must not go out, and frames that the other half gives back
  const half = run.spacePages >> 1;
  const replica = replicaOf(subject, reduction.vm);
  const lock = (number: number): Operation => {
    return { op: 'advise', replica, page: (amount + number) % Math.max(1, half), pages: 1, advice: 'locked' };
  };
  const room: Operation = { op: 'advise', replica, page: half, pages: run.spacePages - half, advice: 'unused' };
  return [
    fillAll(scene, reduction.vm, 1 + (detail % 7)),
    ...(detail % 2 === 0 ? [lock(0), lock(3), lock(7), room] : []),
    { ...reduction, eager: detail % 8 === 2 },
    expansion,
    ...(detail % 3 === 0 && run.store === 'host' ? [{ op: 'failWrites', after: amount % 4 } as const] : []),
    fillAll(scene, expansion.vm, 9),
    ...(detail % 4 === 0 ? [{ op: 'advise', replica, page: 0, pages: half, advice: 'normal' } as const] : []),
  ];
}

type Key = (world: World, region: Region) => number;

/** Criteria of selection, as keys of regions: lower first. */
const CRITERIA: readonly Key[] = [
  (world, region) => -summaryOf(world, region).free,
  (world, region) => -(summaryOf(world, region).cache ?? 0),
  (world, region) => summaryOf(world, region).stamp ?? 0,
  (world, region) => -(summaryOf(world, region).nextUse ?? 0),
  (_world, region) => (region.user === null ? 0 : 1),
  (_world, region) => -(region.managerSlot ?? 0),
];

function byCriterion(world: World, fit: readonly number[], number: number): number[] {
  const key = pick(CRITERIA, number) ?? (() => 0);
  const keyed = world.regions.filter((region) => fit.includes(region.number)).map((region) => ({ key: key(world, region), region }));
  return keyed.sort((a, b) => a.key - b.key || a.region.number - b.region.number).map(({ region }) => region.number);
}

/** Region numbers for a request by list: by a criterion, in any order, or in runs up or down; mostly fit, now and then with one that is not, or twice. */
function listOf(world: World, fit: readonly number[], numbers: Numbers, most: number): number[] {
  const orders = [byCriterion(world, fit, numbers.below(CRITERIA.length)), numbers.shuffled(fit), fit, fit, fit.toReversed()];
  const order = orders[numbers.below(orders.length)] ?? fit;
  const first = numbers.below(order.length);
  const list = order.slice(first, first + numbers.below(most + 1));
  const wrong = numbers.below(8);
  if (wrong === 0) list.splice(numbers.below(list.length + 1), 0, numbers.below(world.options.regions + 2));
  if (wrong === 1) list.push(...list.slice(0, 1));
  return list.slice(0, world.options.regions);
}

function reduceList({ subject: { world }, vm, vmNumber, managed, requestNs }: Scene, { detail, seed }: Step): Operation[] {
  const numbers = numbersFrom(seed);
  const fit = vm ? managedRegions(world, vm).map((region) => region.number) : [];
  const list = listOf(world, fit, numbers, Math.max(1, managed));
  const options = detail % 7 === 0 ? { eager: true } : reductionOptions(numbers);
  return [{ op: 'reduce', vm: vmNumber, regions: list.length, list, bestEffort: detail % 5 === 0, eager: false, ...options, requestNs }];
}

function freeList({ subject: { world } }: Scene, numbers: Numbers): number[] {
  const fit = world.regions.filter((region) => region.manager === null).map((region) => region.number);
  return listOf(world, fit, numbers, fit.length);
}

function expandList(scene: Scene, { detail, seed }: Step): Operation[] {
  const { vmNumber, requestNs } = scene;
  const list = freeList(scene, numbersFrom(seed));
  return [{ op: 'expand', vm: vmNumber, regions: list.length, list, bestEffort: detail % 5 === 0, requestNs, grantNs: requestNs }];
}

const VMS_MOST = 4;
const VMS_EVER_MOST = 12;

function vmCreateList(scene: Scene, { detail, seed }: Step): Operation[] {
  const { subject, run, vms } = scene;
  if (vms.length >= VMS_MOST || subject.world.vms.length >= VMS_EVER_MOST) return [];
  const list = freeList(scene, numbersFrom(seed));
  const options = { spacePages: run.spacePages, eviction: 'lru', seek: SEEK_ORDER_DEFAULT, evictBatch: 1 } as const;
  return [{ op: 'vmCreate', regions: list.length, list, bestEffort: detail % 5 === 0, ...options }];
}

/** What a VM got and never used it gives up again, and becomes its user first, perhaps while the device fails (Fig. 14). */
function prefer(scene: Scene, step: Step): Operation[] {
  const { run, vmNumber, requestNs } = scene;
  const { amount, detail } = step;
  const [reduction, expansion] = moveOf(scene, { ...step, detail: 5 });
  const fails: Operation = { op: 'failWrites', after: amount % 3 };
  const again: Operation = { ...reduction, vm: expansion.vm, managerPreferred: true, bestEffort: true };
  return [
    fillAll(scene, vmNumber, 1 + (detail % 7)),
    { ...reduction, managerPreferred: false },
    expansion,
    ...(detail % 4 === 0 ? [{ op: 'touch', vm: expansion.vm, slot: amount } as const] : []),
    ...(detail % 3 === 0 && run.store === 'host' ? [fails] : []),
    again,
    { op: 'expand', vm: vmNumber, regions: 1, bestEffort: true, requestNs, grantNs: requestNs },
    ...(detail % 3 === 0 && run.store === 'host' ? [{ op: 'failWrites', after: null } as const] : []),
  ];
}

/** As a reserve does it: what a VM gives up goes to a pool, as much of the pool's that nobody uses to another VM; then the pool's new regions are emptied. */
function reserveSwap({ subject: { world }, vms, vm, vmNumber, requestNs }: Scene, { amount, seed }: Step): Operation[] {
  const numbers = numbersFrom(seed);
  const pool = vms.find((other) => other !== vm && managedRegions(world, other).some((region) => region.user === null));
  if (!vm || !pool) return [];
  const unused = managedRegions(world, pool).filter((region) => region.user === null);
  const given = managedRegions(world, vm).filter((region) => region.user !== pool);
  const regions = Math.min(unused.length, given.length - 1, 1 + (amount % 8));
  const listed = (of: readonly Region[]): number[] => numbers.shuffled(of.map((region) => region.number)).slice(0, Math.max(0, regions));
  const [out, instead] = [listed(given), listed(unused)];
  const request = { regions: out.length, bestEffort: false, requestNs };
  const reduction = { ...request, op: 'reduce', eager: false } as const;
  const expansion = { ...request, op: 'expand', grantNs: requestNs } as const;
  return [
    { ...reduction, vm: vmNumber, list: out },
    { ...expansion, vm: pool.name, list: out },
    { ...reduction, vm: pool.name, list: instead },
    { ...expansion, vm: otherVm(vms, vm, amount), list: instead },
    ...holes(world, pool, out.length).map((slot): Operation => ({ op: 'release', vm: pool.name, slot, issueNs: requestNs + slot })),
  ];
}

/** The machine slots that the next regions of a VM will get. */
function holes(world: World, vm: Vm, count: number): number[] {
  const slots = Array.from({ length: world.options.regions + count }, (_, slot) => slot);
  return slots.filter((slot) => !regionAtSlot(world, vm, slot)).slice(0, count);
}

/** Mostly of a region that another VM uses, often of one that the manager itself does. */
function release({ subject: { world }, vm, vmNumber, managed, requestNs }: Scene, { where, amount, detail }: Step): Operation[] {
  const lent = world.regions.filter((region) => region.manager === vm && region.user !== null && (region.user !== vm || detail % 3 === 0));
  const slot = (detail % 8 === 0 ? null : pick(lent, where)?.managerSlot) ?? where % (managed + 1);
  return [{ op: 'release', vm: vmNumber, slot, issueNs: requestNs + (detail % 2 === 0 ? amount : 0) }];
}

export const RIGHTS_STEPS: Readonly<Record<string, (scene: Scene, step: Step) => Operation[]>> = {
  move: moveOf,
  handover,
  reduceList,
  expandList,
  vmCreateList,
  prefer,
  reserveSwap,
  release,
};
