/** Random steps about memory that a VM uses and does not manage: early release, sweeps, evacuation, moving first, and traces played on it. */
import { fillAll, numbersFrom, pick, replicaOf, type Numbers, type Scene, type Step } from './generator-step.ts';
import { moveOf } from './generator-rights.ts';
import type { Comparison, Condition, JudgeRule } from './judgement.ts';
import type { Operation, PlayRecord } from './operation.ts';
import type { Figures } from './statistics.ts';
import type { Mode } from './world.ts';

export const BORROW_WEIGHTS = {
  watch: 8,
  sweep: 6,
  movesFirst: 3,
  borrow: 8,
  evacuate: 5,
  play: 5,
};

export const STATISTICS: readonly (keyof Figures)[] = [
  'accesses',
  'accessesSince',
  'accessesPerPeriod',
  'bytesEach',
  'bytes',
  'bytesSince',
  'bytesSinceAverage',
  'bytesPerPeriod',
  'bytesPerPeriodAverage',
  'timeSinceNs',
];
export const COMPARISONS: readonly Comparison[] = ['>=', '<=', '>', '<', '==', '!='];
const LONG_NS = 1e15;

function conditionOf(numbers: Numbers): Condition {
  // the last one is often unknown
  const statistic = STATISTICS[numbers.below(STATISTICS.length + 2)] ?? 'bytesPerPeriodAverage';
  const comparison = pick(COMPARISONS, numbers.below(COMPARISONS.length)) ?? '>=';
  const isCount = statistic === 'accesses' || statistic === 'accessesSince';
  const constant = isCount ? numbers.of([0, 1, 1, 2, 2, 3, 4, -1]) : numbers.of([0, 1, 2.5, 8, 16, 30, 200, 1024, 3000]);
  return { statistic, comparison, constant, perBorrowedRegion: numbers.of([0, 0, 0, 1, -1, 0.5, 20]) };
}

function judgeOf(numbers: Numbers): JudgeRule {
  return { releaseEvery: numbers.below(5), failEvery: numbers.of([0, 3, 5, 7]) };
}

function watchOf(vm: number, numbers: Numbers): Operation {
  const mode = numbers.of(['exact', 'sampled', 'exact', 'sampled', 'exact', 'sampled', 'none'] as const);
  const periodNs = numbers.of([0, 1, 3, 5, 10, 20, 100, 1000, LONG_NS / 10, 40, numbers.below(8) === 0 ? LONG_NS : 60]);
  const isJudged = mode !== 'none' && numbers.below(3) === 0;
  const conditions = isJudged || mode === 'none' ? [] : Array.from({ length: numbers.of([1, 1, 1, 2, 3, 4]) }, () => conditionOf(numbers));
  return { op: 'watch', vm, mode, periodNs, conditions, judge: isJudged ? judgeOf(numbers) : null };
}

function sweepOf({ vm, vmNumber }: Scene, numbers: Numbers): Operation {
  const timeNs = Math.max(0, (vm?.timeNs ?? 0) + numbers.of([0, 0, 10, 100, 2000, -20]));
  return { op: 'sweep', vm: vmNumber, timeNs };
}

/** A few accesses of every kind, from a page on. */
function accessesOf(scene: Scene, numbers: Numbers, count: number, firstPage = 0): Operation[] {
  const { subject, run, pageBytes, vmNumber } = scene;
  const replica = replicaOf(subject, vmNumber);
  return Array.from({ length: count }, (): Operation => {
    const page = firstPage + numbers.below(run.spacePages - firstPage);
    const address = page * pageBytes + numbers.of([0, 16, pageBytes - 1, pageBytes - 4]);
    const width = numbers.of([1, 2, 4, 8] as const);
    const length = numbers.of([1, 40, pageBytes, 2 * pageBytes]);
    return numbers.of<Operation>([
      { op: 'load', replica, address, width },
      { op: 'load', replica, address, width },
      { op: 'store', replica, address, width, byte: numbers.below(256) },
      { op: 'store', replica, address, width, byte: numbers.below(256) },
      { op: 'read', replica, address, length },
      { op: 'fill', replica, address, length, byte: numbers.below(3) },
    ]);
  });
}

/** What follows a declaration: accesses, sweeps, a device that fails for a while. */
function afterwards(scene: Scene, numbers: Numbers, firstPage = 0): Operation[] {
  const isHost = scene.run.store === 'host';
  const fails: Operation[] = isHost && numbers.below(3) === 0 ? [{ op: 'failWrites', after: numbers.below(3) }] : [];
  const works: Operation[] = fails.length > 0 ? [{ op: 'failWrites', after: null }] : [];
  return [
    ...accessesOf(scene, numbers, 2 + numbers.below(5), firstPage),
    ...fails,
    ...(numbers.below(3) === 0 ? [sweepOf(scene, numbers)] : []),
    ...accessesOf(scene, numbers, 1 + numbers.below(5), firstPage),
    ...works,
    ...(numbers.below(3) === 0 ? playOf(scene, numbers) : []),
  ];
}

/** A VM full of data gives memory up, and goes on using it under a condition. */
function borrow(scene: Scene, step: Step): Operation[] {
  const numbers = numbersFrom(step.seed);
  const { vmNumber } = scene;
  const [reduction, expansion] = moveOf(scene, { ...step, detail: 4 });
  const isWatchedFirst = numbers.below(4) > 0;
  return [
    ...(isWatchedFirst ? [watchOf(vmNumber, numbers)] : []),
    ...(numbers.below(3) === 0 ? [] : [fillAll(scene, vmNumber, 1 + numbers.below(7))]),
    { ...reduction, managerPreferred: false, ...(numbers.below(3) > 0 ? { modes: [] } : {}) },
    ...(numbers.below(3) > 0 ? [expansion] : []),
    ...(isWatchedFirst ? [] : [watchOf(vmNumber, numbers)]),
    ...afterwards(scene, numbers),
    ...(numbers.below(3) === 0 ? accessesOf({ ...scene, vmNumber: expansion.vm }, numbers, 4) : []),
  ];
}

/** As borrow, but the VM has free frames elsewhere: pages may move there. */
function evacuate(scene: Scene, step: Step): Operation[] {
  const numbers = numbersFrom(step.seed);
  const { subject, run, vmNumber } = scene;
  const [reduction, expansion] = moveOf(scene, { ...step, detail: 4 });
  const replica = replicaOf(subject, vmNumber);
  const room = numbers.below(run.spacePages);
  const advise = (page: number, pages: number, advice: 'unused' | 'locked' | 'discardable'): Operation => {
    return { op: 'advise', replica, page, pages, advice };
  };
  const modes = numbers.of<readonly Mode[]>([['evacuate'], ['readOnly'], ['capacity', 'evacuate'], ['evacuate', 'readOnly'], []]);
  return [
    { op: 'movesFirst', vm: vmNumber, isOn: numbers.below(2) === 0 },
    fillAll(scene, vmNumber, 1 + numbers.below(7)),
    ...(numbers.below(3) === 0 ? [advise(numbers.below(run.spacePages), 1, numbers.of(['locked', 'discardable']))] : []),
    ...(room > 0 ? [advise(0, room, 'unused')] : []),
    { ...reduction, modes, managerPreferred: false },
    ...(numbers.below(2) === 0 ? [watchOf(vmNumber, numbers)] : []),
    ...(numbers.below(3) > 0 ? [expansion] : []),
    ...afterwards(scene, numbers, room),
    ...(numbers.below(3) > 0 ? accessesOf({ ...scene, vmNumber: expansion.vm }, numbers, 4) : []),
  ];
}

const UNIT_BYTES = 4096;
const SIZES = [1, 2, 4, 8, 8, 16, 64, 300, 1500, 4000] as const;
const KINDS = ['I', 'L', 'S', 'M'] as const;
const TRACED_BASE = 0x7000_0000;

/** Comparison on write with holders outside: whether they follow is asked after an operation, and a trace stores to a page more than once. */
function isLeftOpen({ vm }: Scene): boolean {
  return vm !== undefined && vm.policy.trigger !== 'never' && vm.replicas.some(({ isInStep }) => !isInStep);
}

/** A trace that stays within the address space, on ordinary memory. */
function playOf(scene: Scene, numbers: Numbers): Operation[] {
  const { subject, run, pageBytes, vmNumber } = scene;
  const replica = replicaOf(subject, vmNumber);
  const units = Math.floor((run.spacePages * pageBytes) / UNIT_BYTES);
  if (units === 0 || replica < 0 || isLeftOpen(scene)) return [];
  const few = Math.min(units, 12);
  const records = Array.from({ length: 1 + numbers.below(14) }, (): PlayRecord => {
    const place = numbers.below(few) * UNIT_BYTES + numbers.of([0, 8, 1000, 4090, 4095]);
    const size = numbers.of(SIZES);
    const kind = numbers.of(KINDS);
    return { kind, address: TRACED_BASE + place, size: Math.min(size, few * UNIT_BYTES - place) };
  });
  const whole = { op: 'protect', replica, page: 0, pages: run.spacePages } as const;
  return [
    { ...whole, protection: 'noDevice' },
    { ...whole, protection: 'readWrite' },
    { op: 'play', replica, loadsStore: numbers.below(2) === 0, isRetried: numbers.below(2) === 0, records },
  ];
}

export const BORROW_STEPS: Readonly<Record<string, (scene: Scene, step: Step) => Operation[]>> = {
  watch: (scene, { seed }) => [watchOf(scene.vmNumber, numbersFrom(seed))],
  sweep: (scene, { seed }) => [sweepOf(scene, numbersFrom(seed))],
  movesFirst: ({ vmNumber }, { detail }) => [{ op: 'movesFirst', vm: vmNumber, isOn: detail % 3 > 0 }],
  borrow,
  evacuate,
  play: (scene, { seed }) => playOf(scene, numbersFrom(seed)),
};
