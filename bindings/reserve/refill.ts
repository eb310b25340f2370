import { CB_IO_END_NS, CB_REGION_MANAGER_SLOT, CB_REGION_USER, VM_PAGE_OUTS } from '../../assembly/shared/layout.ts';
import type { DueTask } from '../due.ts';
import type { Core } from '../engine/core.ts';
import type { UsufructError } from '../errors.ts';

/** A region that was paged out: pool memory from `timeNs` on. */
export interface Refilled {
  readonly region: number;
  readonly pagesWritten: number;
  readonly timeNs: number;
}

export interface RefillListener {
  refilled(refilled: Refilled): void;
  failed(error: UsufructError, timeNs: number): void;
}

const RETRY_NS = 1e6;
const SECOND_NS = 1e9;

/**
 * The background work of the reserve: regions that were given up are paged out one after the other, in the order in which they were, no faster than the
 * throttle says (JP 2009-26117A [0055], [0065-0067]). A page-out that fails is tried again a millisecond later on the virtual clock.
 */
export class Refill implements DueTask {
  readonly #core: Core;
  readonly #pool: number;
  readonly #bytesPerSecond: number | null;
  readonly #listener: RefillListener;
  readonly #queue: number[] = [];
  #nextNs = 0;
  #error: UsufructError | null = null;

  constructor(core: Core, pool: number, bytesPerSecond: number | null, listener: RefillListener) {
    this.#core = core;
    this.#pool = pool;
    this.#bytesPerSecond = bytesPerSecond;
    this.#listener = listener;
  }

  /** Regions that have yet to be paged out. */
  get queue(): readonly number[] {
    return this.#queue;
  }
  /** Why the last attempt failed; null: it did not. */
  get error(): UsufructError | null {
    return this.#error;
  }
  get dueNs(): number | null {
    return this.#queue.length === 0 ? null : this.#nextNs;
  }

  add(regions: readonly number[], timeNs: number): void {
    if (this.#queue.length === 0) this.#nextNs = Math.max(this.#nextNs, timeNs);
    this.#queue.push(...regions);
  }

  /** These are not given up any more. */
  remove(regions: ReadonlySet<number>): void {
    const left = this.#queue.filter((region) => !regions.has(region));
    this.#queue.splice(0, this.#queue.length, ...left);
  }

  advance(untilNs: number): void {
    while (this.dueNs !== null && this.dueNs <= untilNs) this.carryOut(this.dueNs);
  }

  /** [0066-0067] for one region: its user pages it out and lets go. */
  carryOut(timeNs: number): void {
    const region = this.#queue[0];
    if (region === undefined) return;
    this.#nextNs = timeNs + RETRY_NS;
    const core = this.#core;
    const user = core.columnWord(CB_REGION_USER, region + 1);
    const outsBefore = core.vmNumber(user, VM_PAGE_OUTS);
    core.begin('reserve.refill');
    try {
      core.require(core.exports.rightsRelease(this.#pool, core.columnWord(CB_REGION_MANAGER_SLOT, region + 1) - 1, timeNs));
    } catch (error) {
      this.#error = error as UsufructError;
      this.#listener.failed(this.#error, timeNs);
      return;
    } finally {
      core.end();
    }
    this.#error = null;
    this.#queue.shift();
    const pagesWritten = core.vmNumber(user, VM_PAGE_OUTS) - outsBefore;
    const endNs = core.number(CB_IO_END_NS);
    this.#nextNs = Math.max(endNs, timeNs + this.#throttleNs(pagesWritten));
    this.#listener.refilled({ region, pagesWritten, timeNs: endNs });
  }

  #throttleNs(pages: number): number {
    return this.#bytesPerSecond === null ? 0 : Math.ceil((pages * this.#core.pageBytes * SECOND_NS) / this.#bytesPerSecond);
  }
}
