import type { CheckPointCounts } from './difference.ts';

/** Counts how often what happened. */
export class Tally {
  #counts: CheckPointCounts = {
    checkPoints: 0,
    comparisons: 0,
    areasMerged: 0,
    differences: 0,
    repairs: 0,
    rollBacks: 0,
    flips: 0,
    fails: 0,
    joins: 0,
    takeOvers: 0,
  };

  get counts(): CheckPointCounts {
    return this.#counts;
  }

  add(name: keyof CheckPointCounts, amount = 1): void {
    this.#counts = { ...this.#counts, [name]: this.#counts[name] + amount };
  }
}
