/** Random steps about what is shared, wherever it is: counters, scans, scrubs. */
import { NOBODY, numbersFrom, pick, replicasOf, type Numbers, type Scene, type Step } from './generator-step.ts';
import type { Operation } from './operation.ts';

export const SHARING_WEIGHTS = {
  sharing: 3,
  scan: 4,
  scanStory: 5,
  scrub: 2,
  scrubStory: 4,
};

function anyOf(scene: Scene, numbers: Numbers): number {
  const replicas = replicasOf(scene);
  return pick(replicas, numbers.below(replicas.length)) ?? NOBODY;
}

/** Much the same all over the address space, looked at twice: the second pass merges. */
function scanStory(scene: Scene, numbers: Numbers): Operation[] {
  const { run, pageBytes, vmNumber } = scene;
  const replica = anyOf(scene, numbers);
  const fill = (): Operation => {
    const page = numbers.below(run.spacePages);
    const pages = 1 + numbers.below(run.spacePages - page);
    return { op: 'fill', replica, address: page * pageBytes, length: pages * pageBytes, byte: numbers.of([0, 1, 1, 2]) };
  };
  const store = (): Operation => {
    const page = numbers.below(run.spacePages);
    return { op: 'store', replica, address: page * pageBytes + numbers.of([0, pageBytes - 1]), width: 2, byte: numbers.of([null, 3]) };
  };
  const scan: Operation = { op: 'scan', vm: vmNumber };
  return [
    fill(),
    ...(numbers.below(2) === 0 ? [fill()] : []),
    scan,
    ...(numbers.below(3) === 0 ? [store()] : []),
    scan,
    { op: 'sharing', vm: vmNumber },
    store(),
    ...(numbers.below(2) === 0 ? [{ op: 'read', replica, address: 0, length: run.spacePages * pageBytes } as const] : []),
    ...(numbers.below(2) === 0 ? [store(), scan] : []),
  ];
}

/** A bit changes between two scrubs; not in a page that is known to comparison on write, or clean: what is kept of those, a hash or a slot, would say otherwise. */
function scrubStory(scene: Scene, numbers: Numbers): Operation[] {
  const { run, pageBytes, vmNumber, vm, subject } = scene;
  const replica = anyOf(scene, numbers);
  const page = numbers.below(run.spacePages);
  if (!vm) return [];
  const held = subject.replicas[replica]?.pages.get(page);
  const isFlipped = held?.frame !== null && held?.slot === null && !held.isKnown && vm.policy.trigger === 'never';
  const flip: Operation = { op: 'flip', replica, address: page * pageBytes + numbers.of([0, pageBytes - 1]), bit: numbers.below(8) };
  const between = numbers.of(['load', 'compare', 'willNeed', 'store', null] as const);
  const scrub: Operation = { op: 'scrub', vm: vmNumber };
  return [
    { op: 'load', replica, address: page * pageBytes, width: 1 },
    scrub,
    ...(isFlipped ? [flip] : []),
    ...(between === 'load' ? [{ op: 'load', replica, address: numbers.below(run.spacePages) * pageBytes, width: 4 } as const] : []),
    ...(between === 'store' ? [{ op: 'store', replica, address: page * pageBytes + 8, width: 4, byte: 5 } as const] : []),
    ...(between === 'compare' ? [{ op: 'compare', vm: vmNumber } as const] : []),
    ...(between === 'willNeed' ? [{ op: 'advise', replica, page: 0, pages: run.spacePages, advice: 'willNeed' } as const] : []),
    scrub,
  ];
}

export const SHARING_STEPS: Readonly<Record<string, (scene: Scene, step: Step) => Operation[]>> = {
  sharing: ({ vmNumber }) => [{ op: 'sharing', vm: vmNumber }],
  scan: ({ vmNumber }) => [{ op: 'scan', vm: vmNumber }],
  scanStory: (scene, { seed }) => scanStory(scene, numbersFrom(seed)),
  scrub: ({ vmNumber }) => [{ op: 'scrub', vm: vmNumber }],
  scrubStory: (scene, { seed }) => scrubStory(scene, numbersFrom(seed)),
};
