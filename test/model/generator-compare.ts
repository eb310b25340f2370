/** Random steps about replicas in step: told to be so, compared, searched for differences. */
import { holdersLeft, NOBODY, numbersFrom, pick, replicasOf, type Numbers, type Scene, type Step } from './generator-step.ts';
import type { Operation } from './operation.ts';
import type { Keep, Merge, Trigger } from './world.ts';

export const COMPARE_WEIGHTS = {
  step: 2,
  compare: 4,
  difference: 4,
  inStep: 6,
  compareBy: 5,
  onWrite: 7,
};

/** Replicas of one VM that a story makes. */
const TOGETHER_MOST = 4;

function stepAll(replicas: readonly number[]): Operation[] {
  return replicas.map((replica) => ({ op: 'step', replica, isInStep: true }));
}

/** A comparison, mostly with all replicas of the VM in step. Now and then with some of them, or one alone, which is the same as itself. */
function compareOf(scene: Scene, replicas: readonly number[], numbers: Numbers): Operation[] {
  const some = numbers.below(4) === 0 ? replicas.filter(() => numbers.below(2) === 0) : [];
  const alone = numbers.below(12) === 0 ? replicas.slice(1) : some;
  return [
    ...stepAll(replicas),
    ...alone.map((replica): Operation => ({ op: 'step', replica, isInStep: false })),
    { op: 'compare', vm: scene.vmNumber },
  ];
}

function differenceOf({ vmNumber, run }: Scene, numbers: Numbers): Operation {
  const from = numbers.of([0, 0, numbers.below(run.spacePages), run.spacePages - 1, run.spacePages]);
  return { op: 'difference', vm: vmNumber, from };
}

/** Replicas store much the same, some of them; what does not fit goes out. */
function writes(scene: Scene, replicas: readonly number[], numbers: Numbers): Operation[] {
  const { run, pageBytes } = scene;
  const first = numbers.below(run.spacePages);
  const pages = 1 + numbers.below(Math.min(run.spacePages - first, 12));
  const byte = numbers.of([0, 1, 1, 2]);
  const begin = numbers.below(3) === 0 ? 'unused' : null;
  return numbers.shuffled(replicas).flatMap((replica): Operation[] => {
    const page = first + numbers.below(pages);
    const advice = numbers.of(['locked', 'discardable', 'discardable', 'unused', 'normal', null, null, null, null] as const);
    return [
      ...(begin ? [{ op: 'advise', replica, page: first, pages, advice: begin } as const] : []),
      ...(numbers.below(6) === 0 ? [] : [{ op: 'fill', replica, address: first * pageBytes, length: pages * pageBytes, byte } as const]),
      ...(numbers.below(3) === 0
        ? [
            {
              op: 'store',
              replica,
              address: page * pageBytes + numbers.of([0, 8, pageBytes - 1]),
              width: 1,
              byte: numbers.below(3),
            } as const,
          ]
        : []),
      ...(advice ? [{ op: 'advise', replica, page: numbers.below(2) === 0 ? page : first, pages: 1, advice } as const] : []),
    ];
  });
}

/** Replicas to make, and with the old ones. */
function forksOf(scene: Scene, numbers: Numbers): { old: number[]; made: number[]; all: number[] } {
  const { subject } = scene;
  const old = replicasOf(scene);
  const forks = Math.max(0, Math.min(holdersLeft(subject), TOGETHER_MOST - old.length, numbers.of([1, 1, 2, 3])));
  const made = Array.from({ length: forks }, (_, index) => subject.replicas.length + index);
  return { old, made, all: [...old, ...made] };
}

const TRIGGERS: readonly [Trigger, ...Trigger[]] = ['any', 'any', 'any', 'copy', 'basic', 'never'];
const KEEPS: readonly [Keep, ...Keep[]] = ['target', 'corresponding', 'basic', 'copy'];
const MERGES: readonly [Merge, ...Merge[]] = ['equal', 'equal', 'equal', 'allEqual'];

function compareByOf(vm: number, numbers: Numbers): Operation {
  const policy = { trigger: numbers.of(TRIGGERS), keep: numbers.of(KEEPS), merge: numbers.of(MERGES) };
  return { op: 'compareBy', vm, ...policy, afterCopy: numbers.below(3) > 0, retries: numbers.below(4) === 0 };
}

/** Replicas in step store the same and not the same, one after the other, and each store may merge; somebody outside may hold the pages too. */
function onWrite(scene: Scene, { seed }: Step): Operation[] {
  const numbers = numbersFrom(seed);
  const { vm, vmNumber, run, subject, pageBytes } = scene;
  if (!vm) return [];
  const { old, made, all } = forksOf(scene, numbers);
  const outside = numbers.below(3) === 0 && holdersLeft(subject) > made.length ? numbers.of(['snapshot', 'fork'] as const) : null;
  const failsAfter = run.store === 'host' && numbers.below(4) === 0 ? numbers.below(3) : null;
  const policy = compareByOf(vmNumber, numbers);
  const whole: Operation = { op: 'fill', replica: old[0] ?? NOBODY, address: 0, length: run.spacePages * pageBytes, byte: 1 };
  return [
    ...(numbers.below(2) === 0 ? [whole] : []),
    ...made.map((): Operation => ({ op: 'fork', replica: pick(old, numbers.below(old.length)) ?? NOBODY })),
    ...(outside ? [{ op: outside, replica: pick(old, numbers.below(old.length)) ?? NOBODY } as const] : []),
    ...stepAll(numbers.below(5) === 0 ? all.slice(1) : all),
    policy,
    ...(failsAfter === null ? [] : [{ op: 'failReads', after: failsAfter } as const]),
    ...Array.from({ length: 1 + numbers.below(3) }, () => writes(scene, all, numbers)).flat(),
    ...(failsAfter === null ? [] : [{ op: 'failReads', after: null } as const]),
    ...(numbers.below(3) === 0 ? [{ op: 'compare', vm: vmNumber } as const] : []),
  ];
}

/** Replicas are made, store, and are compared, perhaps while the device fails; then looked at, and compared again. */
function inStep(scene: Scene, { seed }: Step): Operation[] {
  const numbers = numbersFrom(seed);
  const { run, vm, pageBytes } = scene;
  if (!vm) return [];
  const { old, made, all } = forksOf(scene, numbers);
  const whole = { op: 'fill', replica: old[0] ?? NOBODY, address: 0, length: run.spacePages * pageBytes } as const;
  const failsAfter = run.store === 'host' && numbers.below(3) === 0 ? numbers.below(4) : null;
  const fails = { op: 'failReads', after: failsAfter } as const;
  return [
    ...(numbers.below(2) === 0 ? [{ ...whole, byte: 1 + numbers.below(2) }] : []),
    ...made.map((): Operation => ({ op: 'fork', replica: pick(old, numbers.below(old.length)) ?? NOBODY })),
    ...writes(scene, all, numbers),
    ...(numbers.below(2) === 0 ? writes(scene, all, numbers) : []),
    ...(numbers.below(4) === 0 ? stepAll(all.slice(numbers.below(all.length))) : stepAll(all)),
    ...(failsAfter === null ? [] : ([fails, { op: 'difference', vm: scene.vmNumber, from: 0 }, fails] as const)),
    ...(numbers.below(4) === 0 ? [differenceOf(scene, numbers)] : []),
    ...compareOf(scene, all, numbers),
    ...(failsAfter === null ? [] : [{ op: 'failReads', after: null } as const]),
    differenceOf(scene, numbers),
    ...writes(scene, all.slice(numbers.below(all.length)), numbers),
    ...compareOf(scene, all, numbers),
  ];
}

export const COMPARE_STEPS: Readonly<Record<string, (scene: Scene, step: Step) => Operation[]>> = {
  step: (scene, { amount, detail }) => [{ op: 'step', replica: pick(replicasOf(scene), amount) ?? NOBODY, isInStep: detail % 3 > 0 }],
  compare: (scene, { seed }) => compareOf(scene, replicasOf(scene), numbersFrom(seed)),
  difference: (scene, { seed }) => [differenceOf(scene, numbersFrom(seed))],
  inStep,
  compareBy: (scene, { seed }) => [compareByOf(scene.vmNumber, numbersFrom(seed))],
  onWrite,
};
