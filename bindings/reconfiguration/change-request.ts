import type { Vm } from '../vm.ts';

/** What a change request asks for: an amount, machine slots, or regions by number in the order in which they are dealt with. */
export type Wanted =
  | { readonly by: 'amount'; readonly regions: number }
  | { readonly by: 'slots'; readonly first: number; readonly regions: number }
  | { readonly by: 'list'; readonly list: readonly number[] };

/** A request for one VM, made of a request for the whole system (JP 2009-26117A Fig. 18 S801). */
export interface ChangeRequest {
  readonly kind: 'reduce' | 'expand';
  readonly vm: Vm;
  readonly wanted: Wanted;
}

export function wantedRegions(wanted: Wanted): number {
  return wanted.by === 'list' ? wanted.list.length : wanted.regions;
}

/**
 * A request cut in two: its first `regions` regions, and the rest. Machine slots are given up from the top ([0164]) and taken from the bottom, as
 * in one piece.
 */
export function requestCut(request: ChangeRequest, regions: number): readonly [first: ChangeRequest, rest: ChangeRequest] {
  const { kind, wanted } = request;
  const rest = wantedRegions(wanted) - regions;
  const of = (part: Wanted): ChangeRequest => ({ ...request, wanted: part });
  if (wanted.by === 'amount') return [of({ by: 'amount', regions }), of({ by: 'amount', regions: rest })];
  if (wanted.by === 'list')
    return [of({ by: 'list', list: wanted.list.slice(0, regions) }), of({ by: 'list', list: wanted.list.slice(regions) })];
  const { first } = wanted;
  if (kind === 'reduce') return [of({ by: 'slots', first: first + rest, regions }), of({ by: 'slots', first, regions: rest })];
  return [of({ by: 'slots', first, regions }), of({ by: 'slots', first: first + regions, regions: rest })];
}

/** Requests of at most `chunk` regions each, in the same order (JP 2009-26117A [0412-0413]). */
export function requestsSplit(requests: readonly ChangeRequest[], chunk: number): readonly ChangeRequest[] {
  return requests.flatMap((request) => {
    const pieces: ChangeRequest[] = [];
    let left = request;
    while (wantedRegions(left.wanted) > chunk) {
      const [first, rest] = requestCut(left, chunk);
      pieces.push(first);
      left = rest;
    }
    return [...pieces, left];
  });
}
