import type { Hand } from './crew.ts';

/** What becomes known of a member at a time: how far it is, and whether it stands still from then on. */
export interface Tiding {
  readonly timeNs: number;
  readonly hand: Hand;
  /** Null: as it was. */
  readonly progress: number | null;
  readonly stands: boolean;
}

/**
 * What has happened on one processor before the others have come to that time: it concerns them only then. In the order of time, ties in the order of arrival.
 */
export class Tidings {
  #all: Tiding[] = [];

  /** Infinity: there are none. */
  get nextNs(): number {
    return this.#all[0]?.timeNs ?? Infinity;
  }

  add(tiding: Tiding): void {
    // nearly always the last one: looked for from there
    const before = this.#all.findLastIndex(({ timeNs }) => timeNs <= tiding.timeNs);
    this.#all.splice(before + 1, 0, tiding);
  }

  /** Takes those up to a time. */
  take(untilNs: number): readonly Tiding[] {
    const place = this.#all.findIndex(({ timeNs }) => timeNs > untilNs);
    return this.#all.splice(0, place < 0 ? this.#all.length : place);
  }
}
