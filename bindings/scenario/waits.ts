import { type FirstTouchFigures, Stalls } from './stalls.ts';

/** Waits of a VM's accesses for I/O, and of those that took a region into use which a change had brought. */
export class Waits {
  /** Of all its accesses. */
  readonly stalls = new Stalls();
  readonly #firstTouches = new Stalls();
  /** When it took regions into use within the slice that is running. */
  #takenNs: number[] = [];

  /** It took a region into use that a change had brought. */
  taken(timeNs: number): void {
    this.#takenNs.push(timeNs);
  }

  /** The regions just taken waited so long: 0 where no access was behind it or none had to wait. */
  forgetTaken(waitNs: number | null): void {
    if (this.#takenNs.length === 0) return;
    if (waitNs !== null) for (const _ of this.#takenNs) this.#firstTouches.add(waitNs);
    this.#takenNs = [];
  }

  /** The last access of a slice that ended at `endNs` waited; those that took something before it began did not. */
  waited(waitNs: number, endNs: number): void {
    this.stalls.add(waitNs);
    const startNs = endNs - waitNs;
    const isOfAccess = this.#takenNs.some((timeNs) => timeNs >= startNs);
    this.#takenNs = this.#takenNs.filter((timeNs) => timeNs < startNs);
    this.forgetTaken(0);
    if (isOfAccess) this.#firstTouches.add(waitNs); // one access, however many regions it took
  }

  get firstTouches(): FirstTouchFigures {
    return this.#firstTouches.touchFigures();
  }
}
