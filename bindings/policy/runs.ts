import type { Candidate } from '../engine/candidates.ts';

/** Candidates in parts: which part each one belongs to, and how many each part has. */
export interface Parts {
  readonly partOf: readonly number[];
  readonly sizes: readonly number[];
}

/** Runs of regions that are next to each other in real memory. Candidates ascend by region. */
export function runsOf(candidates: readonly Candidate[]): Parts {
  const partOf: number[] = [];
  const sizes: number[] = [];
  let expected = -1;
  for (const { region } of candidates) {
    if (region !== expected) sizes.push(0);
    sizes[sizes.length - 1]! += 1;
    partOf.push(sizes.length - 1);
    expected = region + 1;
  }
  return { partOf, sizes };
}

/**
 * In which order parts are used up by a request for `wanted`, so that few are: while none is large enough, the largest; then the smallest that is large
 * enough; then, needed no more, the others from small to large. Equal ones: the first one first. The place of each part in that order.
 */
export function fitOrder(sizes: readonly number[], wanted: number): number[] {
  const falling = sizes.map((_, part) => part).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  let rest = wanted;
  let whole = 0;
  while (whole < falling.length && sizes[falling[whole]!]! < rest) rest -= sizes[falling[whole++]!]!;

  const others = falling.slice(whole).sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  const last = others.findIndex((part) => sizes[part]! >= rest);
  const order = falling.slice(0, whole);
  if (last >= 0) order.push(...others.splice(last, 1));
  return placesOf([...order, ...others]);
}

/** The inverse of an order. */
function placesOf(order: readonly number[]): number[] {
  const places = new Array<number>(order.length);
  order.forEach((part, place) => (places[part] = place));
  return places;
}
