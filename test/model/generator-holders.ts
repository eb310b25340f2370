/** Random steps about who holds pages: snapshots, empty replicas, quotas, what has changed, images. */
import { IMAGE_SLOT_FIRST } from '../../assembly/shared/layout.ts';
import { holdersLeft, holdersOf, NOBODY, numbersFrom, pick, replicasOf, type Numbers, type Scene, type Step } from './generator-step.ts';
import type { Operation } from './operation.ts';

export const HOLDER_WEIGHTS = {
  snapshot: 4,
  snapshotStory: 5,
  empty: 2,
  clear: 1,
  changed: 3,
  take: 2,
  quota: 5,
  image: 4,
};

/** Pages that an image has. */
const IMAGE_PAGES = 16;

function anyOf(numbers: Numbers, replicas: readonly number[]): number {
  return pick(replicas, numbers.below(replicas.length)) ?? NOBODY;
}

/** Mostly of the VM's own. */
function holderOf({ subject, vm, vms }: Scene, numbers: Numbers): number {
  const other = numbers.below(12) === 0 ? pick(vms, numbers.below(vms.length)) : vm;
  return anyOf(numbers, holdersOf(subject, other));
}

function snapshot(scene: Scene, numbers: Numbers): Operation[] {
  return holdersLeft(scene.subject) > 0 ? [{ op: 'snapshot', replica: anyOf(numbers, replicasOf(scene)) }] : [];
}

function changed(scene: Scene, numbers: Numbers): Operation {
  const { spacePages } = scene.run;
  const b = numbers.below(5) === 0 ? null : holderOf(scene, numbers);
  const from = numbers.of([0, 0, numbers.below(spacePages), spacePages]);
  return { op: 'changed', a: holderOf(scene, numbers), b, from, most: numbers.of([1024, 1024, 1, 0, 3]) };
}

/** A few stores by a replica, here and there. */
function stores({ run, pageBytes }: Scene, replica: number, numbers: Numbers): Operation[] {
  return Array.from({ length: 1 + numbers.below(5) }, (): Operation => {
    const page = numbers.below(run.spacePages);
    const address = page * pageBytes + numbers.of([0, 8, pageBytes - 1, pageBytes - 4]);
    if (numbers.below(4) === 0) return { op: 'fill', replica, address: page * pageBytes, length: 2 * pageBytes, byte: numbers.below(3) };
    return { op: 'store', replica, address, width: numbers.of([1, 2, 4, 8]), byte: numbers.of([null, 1, 2, 77]) };
  });
}

/** A state is kept, the replica goes on, what has changed is asked for, and it goes back; the snapshot may be forked, or go first. */
function snapshotStory(scene: Scene, numbers: Numbers): Operation[] {
  const replica = anyOf(numbers, replicasOf(scene));
  if (holdersLeft(scene.subject) < 2) return [];
  const kept = scene.subject.replicas.length;
  const fork: Operation = { op: 'fork', replica: kept };
  return [
    ...stores(scene, replica, numbers),
    { op: 'snapshot', replica },
    ...stores(scene, replica, numbers),
    { op: 'changed', a: replica, b: kept, from: 0, most: 1024 },
    ...(numbers.below(3) === 0 ? [fork] : []),
    ...(numbers.below(4) === 0 ? [{ op: 'store', replica: kept, address: 0, width: 1, byte: 1 } as const] : []),
    ...(numbers.below(2) === 0 ? [{ op: 'restore', replica, from: kept } as const] : []),
    ...stores(scene, replica, numbers),
    ...(numbers.below(3) > 0 ? [{ op: 'replicaDispose', replica: kept } as const] : []),
  ];
}

/** A replica that may take few pages, of its own or of others. */
function quota(scene: Scene, numbers: Numbers): Operation[] {
  const { run, subject } = scene;
  const replica = anyOf(numbers, replicasOf(scene));
  const pages = numbers.of([0, 1, 2, 3, 5, 8, run.spacePages]);
  const isForked = numbers.below(2) === 0 && holdersLeft(subject) > 0;
  const of = isForked ? subject.replicas.length : replica;
  return [
    ...(isForked ? [{ op: 'fork', replica } as const] : []),
    { op: 'quota', replica: of, pages },
    ...stores(scene, of, numbers),
    { op: 'advise', replica: of, page: numbers.below(run.spacePages), pages: 1, advice: numbers.of(['unused', 'locked']) },
    ...stores(scene, of, numbers),
    ...(numbers.below(3) === 0 ? [{ op: 'quota', replica: of, pages: 0 } as const] : []),
  ];
}

function image(scene: Scene, numbers: Numbers): Operation[] {
  const { run, subject, vmNumber } = scene;
  const isEmpty = numbers.below(2) === 0 && holdersLeft(subject) > 0;
  const replica = isEmpty ? subject.replicas.length : anyOf(numbers, replicasOf(scene));
  const page = numbers.below(run.spacePages);
  const pages = 1 + numbers.below(Math.min(run.spacePages - page, IMAGE_PAGES));
  return [
    ...(isEmpty ? [{ op: 'empty', vm: vmNumber } as const] : []),
    ...(!isEmpty && numbers.below(4) > 0 ? [{ op: 'advise', replica, page, pages, advice: 'unused' } as const] : []),
    { op: 'image', replica, page, pages, slot: IMAGE_SLOT_FIRST + numbers.below(IMAGE_PAGES) },
    ...stores(scene, replica, numbers),
    { op: 'read', replica, address: page * scene.pageBytes, length: pages * scene.pageBytes },
  ];
}

function take(scene: Scene, numbers: Numbers): Operation {
  const { spacePages } = scene.run;
  const page = numbers.below(spacePages);
  const pages = numbers.of([1, 2, spacePages - page, spacePages]);
  return { op: 'take', replica: anyOf(numbers, replicasOf(scene)), from: holderOf(scene, numbers), page, pages };
}

export const HOLDER_STEPS: Readonly<Record<string, (scene: Scene, step: Step) => Operation[]>> = {
  snapshot: (scene, { seed }) => snapshot(scene, numbersFrom(seed)),
  snapshotStory: (scene, { seed }) => snapshotStory(scene, numbersFrom(seed)),
  empty: ({ subject, vmNumber }) => (holdersLeft(subject) > 0 ? [{ op: 'empty', vm: vmNumber }] : []),
  clear: (scene, { seed }) => [{ op: 'clear', replica: holderOf(scene, numbersFrom(seed)) }],
  changed: (scene, { seed }) => [changed(scene, numbersFrom(seed))],
  take: (scene, { seed }) => [take(scene, numbersFrom(seed))],
  quota: (scene, { seed }) => quota(scene, numbersFrom(seed)),
  image: (scene, { seed }) => image(scene, numbersFrom(seed)),
};
