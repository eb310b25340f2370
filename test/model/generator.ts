/**
 * Random operations. A drawn step holds plain numbers; which VM, replica or page they mean is decided against the model when the step's turn
 * comes, so that a sequence still means something after parts of it were taken out.
 */
import fc from 'fast-check';
import type { Advice } from './access.ts';
import { COMPARE_STEPS, COMPARE_WEIGHTS } from './generator-compare.ts';
import { BORROW_STEPS, BORROW_WEIGHTS } from './generator-borrow.ts';
import { HOLDER_STEPS, HOLDER_WEIGHTS } from './generator-holders.ts';
import { RIGHTS_STEPS, RIGHTS_WEIGHTS, reductionOptions } from './generator-rights.ts';
import { SHARING_STEPS, SHARING_WEIGHTS } from './generator-sharing.ts';
import { holdersLeft, NOBODY, numbersFrom, pick, type MachineRun, type Scene, type Step } from './generator-step.ts';
import type { ModelSubject } from './model-subject.ts';
import type { Operation, Width } from './operation.ts';
import { managedRegions } from './rights.ts';
import { SEEK_ORDER_DEFAULT, type EvictionPolicy, type SeekClass, type Summary } from './world.ts';

const NANOSECONDS = { read: [90, 0, 1000], write: [25, 0, 400] } as const;
const FRAMES_MOST = 24;
const WIDTHS: readonly Width[] = [1, 2, 4, 8];
const EVICTIONS: readonly EvictionPolicy[] = ['lru', 'fifo', 'clock', 'farthest'];
const SEEK_ORDERS: readonly (readonly SeekClass[])[] = [
  SEEK_ORDER_DEFAULT,
  SEEK_ORDER_DEFAULT,
  SEEK_ORDER_DEFAULT,
  ['takeOver', 'userless', 'managed', 'borrowed', 'evict'],
  ['borrowed', 'managed', 'userless', 'evict', 'takeOver'],
  ['managed', 'userless', 'evict'],
  ['evict', 'takeOver', 'userless', 'managed'],
  ['managed', 'userless', 'borrowed', 'takeOver'],
];
const SUMMARIES: readonly Summary[] = ['cache', 'stamp', 'nextUse', 'statistics'];
const ADVICE: readonly Advice[] = ['locked', 'discardable', 'normal', 'unused', 'willNeed', 'discardable', 'willNeed'];

/** How often each kind of step is drawn. */
const WEIGHTS: Readonly<Record<string, number>> = {
  store: 22,
  load: 14,
  fill: 14,
  read: 4,
  advise: 12,
  protect: 3,
  discard: 2,
  touch: 7,
  reduce: 5,
  expand: 5,
  expandRange: 4,
  cancel: 3,
  strand: 1,
  fork: 3,
  restore: 2,
  replicaDispose: 2,
  vmCreate: 2,
  vmDispose: 1,
  failWrites: 4,
  failReads: 3,
  ...RIGHTS_WEIGHTS,
  ...BORROW_WEIGHTS,
  ...COMPARE_WEIGHTS,
  ...HOLDER_WEIGHTS,
  ...SHARING_WEIGHTS,
};

const natural = (most: number): fc.Arbitrary<number> => fc.nat({ max: most });

const stepOf = (kind: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  fc.record({ kind, who: natural(7), where: natural(255), amount: natural(127), detail: natural(1023), seed: natural(2 ** 31 - 1) });

const step = stepOf(fc.oneof(...Object.entries(WEIGHTS).map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight }))));

/** Pools of a few regions of one to eight pages, or of so many regions that tables by the 64 have several parts. */
export type PoolShape = 'small' | 'wide';

const POOLS: Readonly<Record<PoolShape, fc.Arbitrary<{ regionPages: number; regions: number }>>> = {
  small: natural(3).chain((shift) =>
    fc.record({ regionPages: fc.constant(2 ** shift), regions: fc.integer({ min: 3, max: Math.max(4, FRAMES_MOST >> shift) }) }),
  ),
  wide: fc.record({ regionPages: fc.constantFrom(1, 1, 2), regions: fc.integer({ min: 60, max: 210 }) }),
};

export function machineRun(shape: PoolShape, stepsMost: number): fc.Arbitrary<MachineRun> {
  const world = fc
    .record({
      pool: POOLS[shape],
      slots: fc.oneof(natural(8), fc.integer({ min: 9, max: 40 }), fc.integer({ min: 60, max: 150 }), fc.integer({ min: 60, max: 150 })),
      accessNs: fc.constantFrom(1, 1, 0, 3),
      readNs: fc.constantFrom(...NANOSECONDS.read),
      writeNs: fc.constantFrom(...NANOSECONDS.write),
      queue: fc.integer({ min: 1, max: 3 }),
      expand: fc.constantFrom('lowest' as const, 'ownFirst' as const),
      summaries: fc.oneof({ weight: 7, arbitrary: fc.constant(SUMMARIES) }, { weight: 1, arbitrary: fc.subarray([...SUMMARIES]) }),
    })
    .map(({ pool, ...rest }) => ({ ...pool, ...rest }));
  return fc.record({
    world,
    store: fc.constantFrom('linear' as const, 'host' as const, 'host' as const),
    columnPages: fc.constantFrom(256, 256, 0, 10),
    spacePages: shape === 'small' ? fc.integer({ min: 2, max: 32 }) : fc.integer({ min: 60, max: 150 }),
    firstVms: fc.array(stepOf(fc.constant('vmCreate')), { minLength: 2, maxLength: 3 }),
    steps: fc.array(step, { minLength: 1, maxLength: stepsMost, size: 'max' }),
  });
}

/** A width and an address near `page`: often at its ends, so that accesses cross them. */
function addressOf(pageBytes: number, page: number, detail: number): number {
  const offsets = [0, 8, pageBytes - 1, pageBytes - 3, pageBytes - 4, pageBytes - 8, 0, detail % pageBytes];
  return page * pageBytes + (offsets[detail % offsets.length] ?? 0);
}

/** What a step means now: the operations to do. */
export function resolve(subject: ModelSubject, run: MachineRun, pageBytes: number, step: Step): Operation[] {
  const { kind, who, where, amount, detail } = step;
  const { world } = subject;
  const vms = world.vms.filter((vm) => vm.live);
  const vm = pick(vms, who);
  const vmNumber = vm?.name ?? NOBODY;
  const replicas = subject.replicas.flatMap((replica, number) => (replica.live && !replica.isSnapshot ? [number] : []));
  const replica = pick(replicas, who) ?? NOBODY;
  // now and then a page beyond the end
  const page = where > 250 ? run.spacePages : where % run.spacePages;
  const address = addressOf(pageBytes, page, detail);
  const width = WIDTHS[amount % 4] ?? 1;
  const requestNs = detail % 4 === 0 ? Math.max(0, ...vms.map((other) => other.timeNs)) : (vm?.timeNs ?? 0);
  const bestEffort = detail % 5 === 0;
  const managed = vm ? managedRegions(world, vm).length : 0;
  const few = 1 + (amount % Math.max(1, managed));
  const scene: Scene = { subject, run, pageBytes, vms, vm, vmNumber, managed, requestNs };
  const story = RIGHTS_STEPS[kind] ?? BORROW_STEPS[kind] ?? COMPARE_STEPS[kind] ?? HOLDER_STEPS[kind] ?? SHARING_STEPS[kind];
  if (story) return story(scene, step);
  switch (kind) {
    case 'store':
      return [{ op: 'store', replica, address, width, byte: amount % 5 === 0 ? null : detail & 0xff }];
    case 'load':
      return [{ op: 'load', replica, address, width }];
    case 'fill':
      if (detail % 3 > 0)
        return [{ op: 'fill', replica, address: page * pageBytes, length: (1 + (amount % 6)) * pageBytes, byte: detail % 2 }];
      return [{ op: 'fill', replica, address, length: (amount % 32) * 9, byte: detail & 0xff }];
    case 'read':
      return [{ op: 'read', replica, address, length: ((amount % 32) * pageBytes) >> 3 }];
    case 'advise':
      return [{ op: 'advise', replica, page, pages: 1 + (amount % 4), advice: pick(ADVICE, detail) ?? 'normal' }];
    case 'discard': {
      // some pages may be dropped, of a replica that shares them or not; then the others press
      const all = run.spacePages * pageBytes;
      const some = Math.max(1, run.spacePages >> 2);
      const first = page % Math.max(1, run.spacePages - some);
      const press: Operation = { op: 'fill', replica, address: 0, length: first * pageBytes, byte: 5 };
      return [
        { op: 'fill', replica, address: 0, length: all, byte: 3 },
        ...(detail % 2 === 0 && holdersLeft(subject) > 0 ? [{ op: 'fork', replica } as const] : []),
        { op: 'advise', replica, page: first, pages: some, advice: 'discardable' },
        press,
        { op: 'read', replica, address: first * pageBytes, length: some * pageBytes },
      ];
    }
    case 'protect': {
      const protection = pick(['read', 'readWrite', 'none', 'readWrite', 'device', 'noDevice'] as const, detail) ?? 'readWrite';
      return [
        {
          op: 'protect',
          replica,
          page,
          pages: protection === 'readWrite' || protection === 'noDevice' ? run.spacePages - page : 1,
          protection,
        },
      ];
    }
    case 'touch': {
      // mostly a region that another VM uses
      const lent = world.regions.filter((region) => region.manager === vm && region.user !== null && region.user !== vm);
      const slot = (detail % 4 === 0 ? null : pick(lent, where)?.managerSlot) ?? where % (managed + 1);
      const touch: Operation = { op: 'touch', vm: vmNumber, slot };
      if (run.store === 'linear' || detail % 3 > 0) return [touch];
      return [{ op: 'failWrites', after: amount % 2 }, touch, { op: 'failWrites', after: null }];
    }
    case 'reduce': {
      const firstSlot = detail % 3 === 0 ? where % (managed + 2) : undefined;
      const options = detail % 7 === 0 ? { eager: true } : reductionOptions(numbersFrom(step.seed));
      return [{ op: 'reduce', vm: vmNumber, regions: amount === 0 ? 0 : few, firstSlot, bestEffort, eager: false, ...options, requestNs }];
    }
    case 'expand': {
      const grantNs = requestNs + (detail % 6 === 0 ? amount : 0);
      return [
        { op: 'expand', vm: vmNumber, regions: amount % (detail % 2 === 0 ? 6 : world.options.regions), bestEffort, requestNs, grantNs },
      ];
    }
    case 'expandRange': {
      const firstSlot = where % (managed + (detail % 4 === 0 ? 8 : 2));
      const slots = detail % 16 === 0 ? 0 : few;
      return [{ op: 'expandRange', vm: vmNumber, slots, firstSlot, bestEffort, requestNs }];
    }
    case 'cancel': {
      const open = world.changes.flatMap((change, number) => (change.state === 'granted' ? [number] : []));
      return [{ op: 'cancel', change: (detail % 8 === 0 ? undefined : pick(open, amount)) ?? amount }];
    }
    case 'strand':
      // what it had is given up while what it got is not yet used: the expansion can no longer be cancelled
      return [
        { op: 'expand', vm: vmNumber, regions: 1 + (amount % 4), bestEffort: true, requestNs, grantNs: requestNs },
        { op: 'reduce', vm: vmNumber, regions: Math.max(1, managed), firstSlot: 0, bestEffort: true, eager: false, requestNs },
        { op: 'cancel', change: world.changes.length },
      ];
    case 'fork':
      return holdersLeft(subject) > 0 ? [{ op: 'fork', replica }] : [];
    case 'restore':
      return [
        {
          op: 'restore',
          replica,
          from:
            pick(
              replicas.filter((other) => detail % 8 === 0 || subject.replicas[other]?.vm === subject.replicas[replica]?.vm),
              amount,
            ) ?? NOBODY,
        },
      ];
    case 'replicaDispose':
      return [{ op: 'replicaDispose', replica }];
    case 'vmCreate': {
      if (vms.length >= 4 || world.vms.length >= 12) return [];
      const most = Math.max(1, Math.floor((world.options.regions * 2) / 3));
      const share = detail % 3 === 0 ? 1 + (amount % most) : most - (amount % Math.ceil(most / 2));
      const regions = world.options.regionPages === 1 && detail % 9 > 0 ? Math.max(2, share) : share;
      const eviction = pick(EVICTIONS, where) ?? 'lru';
      const seek = pick(SEEK_ORDERS, detail) ?? SEEK_ORDER_DEFAULT;
      return [
        {
          op: 'vmCreate',
          regions,
          bestEffort: detail % 4 > 0,
          spacePages: run.spacePages,
          eviction,
          seek,
          evictBatch: who % 4 === 0 ? 3 : 1,
        },
      ];
    }
    case 'vmDispose':
      return vms.length < 2 ? [] : [{ op: 'vmDispose', vm: vmNumber }];
    case 'failWrites':
      return run.store === 'linear' ? [] : [{ op: 'failWrites', after: detail % 2 === 0 ? null : amount % 5 }];
    case 'failReads':
      return run.store === 'linear' ? [] : [{ op: 'failReads', after: detail % 2 === 0 ? null : amount % 3 }];
    default:
      throw new Error(`no step is called ${kind}`);
  }
}
