/** Random steps about replicas in step: told to be so, compared, searched for differences. */
import { NOBODY, numbersFrom, pick, type Numbers, type Scene, type Step } from './generator-step.ts';
import type { Operation } from './operation.ts';

export const COMPARE_WEIGHTS = {
  step: 2,
  compare: 4,
  difference: 4,
  inStep: 6,
};

/** Replicas in all that a world may come to. */
const REPLICAS_MOST = 7;
/** Replicas of one VM that a story makes. */
const TOGETHER_MOST = 4;

/** Numbers of a VM's replicas. */
function replicasOf({ subject, vm }: Scene): number[] {
  return subject.replicas.flatMap((replica, number) => (replica.live && replica.vm === vm ? [number] : []));
}

function stepAll(replicas: readonly number[]): Operation[] {
  return replicas.map((replica) => ({ op: 'step', replica, isInStep: true }));
}

/**
 * A comparison with all replicas of the VM in step: what becomes of a page that a replica outside holds too is left open. Now and then with one replica
 * alone, which is the same as itself.
 */
function compareOf(scene: Scene, replicas: readonly number[], numbers: Numbers): Operation[] {
  const alone = numbers.below(12) === 0 ? replicas.slice(1) : [];
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

/** Replicas are made, store, and are compared, perhaps while the device fails; then looked at, and compared again. */
function inStep(scene: Scene, { seed }: Step): Operation[] {
  const numbers = numbersFrom(seed);
  const { subject, run, vm, pageBytes } = scene;
  if (!vm) return [];
  const old = replicasOf(scene);
  const liveCount = subject.replicas.filter(({ live }) => live).length;
  const forks = Math.max(0, Math.min(REPLICAS_MOST - liveCount, TOGETHER_MOST - old.length, numbers.of([1, 1, 2, 3])));
  const made = Array.from({ length: forks }, (_, index) => subject.replicas.length + index);
  const all = [...old, ...made];
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
};
