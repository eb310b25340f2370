import type { Candidate } from '../engine/candidates.ts';
import type { SelectionRequest } from './criterion.ts';
import type { Step } from './selection.ts';

/** Asks one criterion; the answer is as long as the candidates and has no NaN. */
export type Ask = (step: Step, candidates: readonly Candidate[], request: SelectionRequest) => ArrayLike<number>;

/**
 * The first regions of the candidates by the steps in order of priority: candidates that a step holds equal are ordered by the next, in the end as
 * they stand. As many as the request is for, or fewer where there are no more that no step excludes. `request.own` is kept up.
 */
export function selectionOrder(
  candidates: readonly Candidate[],
  steps: readonly Step[],
  request: SelectionRequest & { readonly own: Uint8Array },
  ask: Ask = ({ criterion }, ...given) => criterion(...given),
): number[] {
  const wanted = request.regions;
  const chosen: number[] = [];
  const mark = request.kind === 'expand' ? 1 : 0;

  const take = ({ region }: Candidate): void => {
    chosen.push(region);
    request.own[region] = mark;
  };

  const choose = (group: readonly Candidate[], depth: number): void => {
    let next = depth;
    while (group.length === 1 && steps[next]?.mayExclude === false) next += 1;
    const step = steps[next];
    if (step === undefined) {
      for (let index = 0; index < group.length && chosen.length < wanted; index += 1) take(group[index]!);
      return;
    }
    const keys = ask(step, group, { ...request, regions: wanted - chosen.length });
    for (const equal of equalsOf(group, keys)) {
      if (chosen.length === wanted) return;
      choose(equal, next + 1);
    }
  };

  if (wanted > 0) choose(candidates, 0);
  return chosen;
}

/** Sets of equal keys, the lowest first, without those that are excluded; within a set the order stays. */
function equalsOf(group: readonly Candidate[], keys: ArrayLike<number>): (readonly Candidate[])[] {
  const order: number[] = [];
  for (let index = 0; index < group.length; index += 1) if (keys[index]! < Infinity) order.push(index);
  order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0)); // a difference of infinities is none

  const sets: Candidate[][] = [];
  let last = NaN;
  for (const index of order) {
    if (keys[index] !== last) sets.push([]);
    sets[sets.length - 1]!.push(group[index]!);
    last = keys[index]!;
  }
  return sets;
}
