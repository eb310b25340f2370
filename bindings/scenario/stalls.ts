import { MEDIAN, NINETY_NINE } from './quantile.ts';

/** Waits, without what every access costs. `ofAll`: over all accesses, those that did not wait included. */
export interface StallFigures {
  /** Accesses that waited. */
  readonly count: number;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly worstNs: number;
  readonly ofAll: { readonly medianNs: number; readonly p99Ns: number; readonly worstNs: number };
}

/** First uses of regions that came to a VM: how long the access took that made one. */
export interface FirstTouchFigures {
  readonly count: number;
  /** How many of them waited at all. */
  readonly waited: number;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly worstNs: number;
}

/** One point of a distribution: so many accesses waited for at least `ns`. */
export interface StallPoint {
  readonly ns: number;
  readonly count: number;
}

/** Of the points of a distribution, that lie evenly on a logarithmic scale. */
const POINTS_PER_DECADE = 24;

/** The waits of several VMs together. */
export function stallsTogether(all: readonly Stalls[]): Stalls {
  const together = new Stalls();
  for (const stalls of all) stalls.addTo(together);
  return together;
}

/** How long accesses waited for I/O: one number is kept for each that did. */
export class Stalls {
  #waitsNs = new Float64Array(1024);
  #count = 0;
  #isSorted = true;

  add(waitNs: number): void {
    if (this.#count === this.#waitsNs.length) {
      const longer = new Float64Array(this.#count * 2);
      longer.set(this.#waitsNs);
      this.#waitsNs = longer;
    }
    this.#waitsNs[this.#count] = waitNs;
    this.#count += 1;
    this.#isSorted = false;
  }

  addTo(other: Stalls): void {
    for (const waitNs of this.#waitsNs.subarray(0, this.#count)) other.add(waitNs);
  }

  /** `accesses`: how many there were in all. */
  figures(accesses: number): StallFigures {
    const waited = (share: number): number => this.#quantile(share, this.#count);
    const ofAll = (share: number): number => this.#quantile(share, accesses);
    return {
      count: this.#count,
      medianNs: waited(MEDIAN),
      p99Ns: waited(NINETY_NINE),
      worstNs: waited(1),
      ofAll: { medianNs: ofAll(MEDIAN), p99Ns: ofAll(NINETY_NINE), worstNs: ofAll(1) },
    };
  }

  /** For first touches: those that did not wait were added as 0. */
  touchFigures(): FirstTouchFigures {
    const { medianNs, p99Ns, worstNs } = this.figures(this.#count);
    const waits = this.#sorted();
    return { count: this.#count, waited: waits.length - firstAbove(waits, 0), medianNs, p99Ns, worstNs };
  }

  /** Mean over the slowest 1/`share` of `accesses` (rounded up), and the slowest; what each access costs included. */
  slowest(accesses: number, accessNs: number, share = 100): { readonly meanNs: number; readonly worstNs: number } {
    if (accesses === 0) return { meanNs: 0, worstNs: 0 };
    const waits = this.#sorted();
    const chosen = Math.ceil(accesses / share);
    let sumNs = 0;
    for (let place = Math.max(0, waits.length - chosen); place < waits.length; place += 1) sumNs += waits[place]!;
    return { meanNs: accessNs + sumNs / chosen, worstNs: accessNs + (waits.length > 0 ? waits[waits.length - 1]! : 0) };
  }

  /** How many waited at least so long, for durations from the shortest wait to the longest. */
  distribution(): readonly StallPoint[] {
    const waits = this.#sorted().subarray(firstAbove(this.#sorted(), 0));
    if (waits.length === 0) return [];
    const step = 10 ** (1 / POINTS_PER_DECADE);
    const worstNs = waits[waits.length - 1]!;
    const point = (ns: number): StallPoint => ({ ns, count: waits.length - firstNotBelow(waits, ns) });
    const points: StallPoint[] = [];
    for (let ns = waits[0]!; ns < worstNs; ns *= step) points.push(point(ns));
    return [...points, point(worstNs)];
  }

  /** The wait that `share` of `accesses` did not exceed (nearest rank); accesses that are not in the list did not wait. */
  #quantile(share: number, accesses: number): number {
    const rank = Math.max(1, Math.ceil(share * accesses)) - (accesses - this.#count);
    return rank <= 0 || this.#count === 0 ? 0 : this.#sorted()[rank - 1]!;
  }

  #sorted(): Float64Array {
    const waits = this.#waitsNs.subarray(0, this.#count);
    if (!this.#isSorted) waits.sort();
    this.#isSorted = true;
    return waits;
  }
}

/** Place of the first number that is not below `bound` in an ascending list. */
function firstNotBelow(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(ascending: Float64Array, bound: number): number {
  const place = firstNotBelow(ascending, bound);
  let above = place;
  while (above < ascending.length && ascending[above] === bound) above += 1;
  return above;
}
