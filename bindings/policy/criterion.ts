import type { Candidate } from '../engine/candidates.ts';

/** What is asked for when a criterion is asked. */
export interface SelectionRequest {
  readonly kind: 'expand' | 'release';
  /** Name of the VM that gets or gives memory; null while it does not exist yet (its first memory). */
  readonly vm: string | null;
  /** Regions that are still to be chosen. */
  readonly regions: number;
  readonly framesPerRegion: number;
  /** Regions of the engine, numbered from 0 by real address. */
  readonly poolRegions: number;
  readonly regionsPerModule: number;
  /** For each region of the engine, 1 where the VM manages it, what has been chosen so far put in (expand) or taken out (release); else 0. */
  readonly own: Readonly<Uint8Array>;
}

/**
 * A selection policy: a key for each candidate, in the order of the candidates. Lower keys are chosen first; Infinity: not at all. It sees the
 * candidates that all criteria before it hold equal, once for every such set until enough is chosen, and in the order that decides when all criteria
 * are equal: ascending by region (expand), descending by machine address (release). It must depend on nothing else, and may look at the engine but not
 * change it.
 */
export type Criterion = (candidates: readonly Candidate[], request: SelectionRequest) => ArrayLike<number>;

/** A criterion that has a name; its answer is a plain array. */
export type NamedCriterion = (...asked: Parameters<Criterion>) => number[];
