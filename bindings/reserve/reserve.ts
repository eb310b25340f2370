import {
  CB_REGION_FREE,
  CB_REGION_GIVEN,
  CB_REGION_MANAGER,
  CB_REGION_REDUCE,
  CB_REGION_USER,
  CB_REGIONS,
  CHANGE_GRANT_NS,
  CHANGE_SERIAL,
  FLAG_BEST_EFFORT,
  SLOT_BY_POLICY,
} from '../../assembly/shared/layout.ts';
import type { Change } from '../change.ts';
import type { DueTask } from '../due.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { SwapWriteError, UsufructError } from '../errors.ts';
import type { ReserveShortfall } from '../policy/reserve.ts';
import type { Vm } from '../vm.ts';
import { reserveExhaustedError } from './exhausted.ts';
import type { ReserveSettings } from './options.ts';
import { Refill } from './refill.ts';
import type { Refilled } from './refill.ts';

/** What the reserve does. `swapped`: so many unused regions were handed over for as many that were given up. `refilled`: one of those is unused now. */
export interface ReserveEvent {
  readonly type: 'reserve';
  readonly step: 'swapped' | 'refilled' | 'failed';
  readonly timeNs: number;
  readonly regions: number;
  /** Pages of them that were written. */
  readonly pagesWritten: number;
  /** Regions that have yet to be paged out. */
  readonly refilling: number;
  /** Why a page-out failed; null otherwise. */
  readonly code: string | null;
}

/** The reserve as plain data. */
export interface ReserveRow {
  readonly bytes: number;
  readonly regions: number;
  /** Regions that can be handed over now. */
  readonly regionsUnused: number;
  /** Regions that were given up and have yet to become unused. */
  readonly regionsRefilling: number;
  /** Pages in those that have not been paged out. */
  readonly pagesWaiting: number;
  readonly refillBytesPerSecond: number | null;
  readonly shortfall: ReserveShortfall;
  /** Why the last page-out in the background failed; null: it did not. */
  readonly failure: string | null;
}

interface Unused {
  readonly region: number;
  /** From when on. */
  readonly timeNs: number;
}

/**
 * The baseline of JP 2005-148875 (JP 2009-26117A [0049-0078], Fig. 4): a pool of memory that no VM can have. What a VM gives up joins the pool, and as many
 * unused regions of the pool are handed over for it at once ([0060]); it is paged out in the background. On the rights table the pool is a VM record that
 * manages its regions and never uses one.
 */
export class Reserve implements DueTask {
  /** The record that manages the pool; none of the engine's VMs. */
  readonly vm: Vm;
  readonly #parts: EngineParts;
  readonly #settings: ReserveSettings;
  readonly #refill: Refill;
  #unused: Unused[];

  constructor(parts: EngineParts, vm: Vm, regions: readonly number[], settings: ReserveSettings) {
    this.vm = vm;
    this.#parts = parts;
    this.#settings = settings;
    this.#unused = regions.map((region) => ({ region, timeNs: 0 }));
    this.#refill = new Refill(parts.core, vm.handle, settings.refillBytesPerSecond, {
      refilled: (refilled) => this.#refilled(refilled),
      failed: (error, timeNs) => this.#tell('failed', timeNs, 1, { code: error.code }),
    });
  }

  /** A change larger than the pool is granted in parts. */
  get waits(): boolean {
    return this.#settings.shortfall === 'wait';
  }
  get dueNs(): number | null {
    return this.#refill.dueNs;
  }
  carryOut(timeNs: number): void {
    this.#refill.carryOut(timeNs);
  }

  /** Regions that can be handed over at a time, which the refill is brought up to. */
  unusedAt(timeNs: number): number {
    this.#refill.advance(timeNs);
    return this.#unusedNow(timeNs).length;
  }

  /** When, behind `timeNs`, more may be unused; null: nothing is to be expected. */
  laterNs(timeNs: number): number | null {
    this.#refill.advance(timeNs);
    const { dueNs, error } = this.#refill;
    const times = this.#unused.map((unused) => unused.timeNs).filter((unusedNs) => unusedNs > timeNs);
    if (dueNs !== null && error === null) times.push(dueNs);
    return times.length === 0 ? null : Math.min(...times);
  }

  /**
   * A reduction of a VM by so many regions: `declare` has the management rights given up, and the pool hands over as many. Where it has to wait for the
   * refill in between, the change is granted when the last part is. Errors: RESERVE_EXHAUSTED, and what ends the refill for good.
   */
  reduce(regions: number, flags: number, requestNs: number, declare: (regions: number) => Change): Change {
    const unused = this.unusedAt(requestNs);
    const isTooMuch = regions > unused && !this.waits;
    if (isTooMuch && (flags & FLAG_BEST_EFFORT) === 0) throw reserveExhaustedError(regions, unused, this.#parts.regionBytes);
    const { core } = this.#parts;
    core.held += 1;
    try {
      const change = declare(isTooMuch ? unused : regions);
      const grantNs = this.#swapAll(change, requestNs);
      if (grantNs > requestNs) core.changeGrantSet(change.handle, grantNs);
      return change;
    } finally {
      core.held -= 1;
      core.end();
    }
  }

  /** Before a reduction is cancelled: what is to be done afterwards, so that what was not paged out yet comes back, as far as there is memory without manager for it. */
  takeBackOf(change: Change): () => void {
    const waiting = new Set(this.#refill.queue);
    const pending = this.#regionsWhere((region) => this.#word(CB_REGION_REDUCE, region) === change.handle && waiting.has(region));
    return () => this.#takeBack(change.vm, pending);
  }

  row(timeNs: number): ReserveRow {
    const { regions, refillBytesPerSecond, shortfall } = this.#settings;
    const { queue, error } = this.#refill;
    const { core, regionBytes } = this.#parts;
    const frames = regionBytes / core.pageBytes;
    const regionsUnused = this.#unusedNow(timeNs).length;
    return {
      bytes: regions * regionBytes,
      regions,
      regionsUnused,
      regionsRefilling: regions - regionsUnused,
      pagesWaiting: queue.reduce((sum, region) => sum + frames - this.#word(CB_REGION_FREE, region), 0),
      refillBytesPerSecond,
      shortfall,
      failure: error?.code ?? null,
    };
  }

  /** [0060] for everything that was given up, in parts as large as what is unused. When the last part was handed over. */
  #swapAll(change: Change, requestNs: number): number {
    const { core } = this.#parts;
    const serial = core.changeWord(change.handle, CHANGE_SERIAL);
    let left = this.#regionsWhere(
      (region) => this.#word(CB_REGION_GIVEN, region) === serial && this.#word(CB_REGION_MANAGER, region) === 0,
    );
    let timeNs = Math.max(requestNs, core.changeNumber(change.handle, CHANGE_GRANT_NS));
    while (left.length > 0) {
      const count = Math.min(left.length, this.unusedAt(timeNs));
      if (count > 0) {
        this.#swap(left.slice(0, count), timeNs);
        left = left.slice(count);
      } else {
        timeNs = this.laterNs(timeNs) ?? this.#giveUp(change, left, timeNs);
      }
    }
    return timeNs;
  }

  /** The pool gets `given` and hands as many of its unused regions over, which then have no manager. */
  #swap(given: readonly number[], timeNs: number): void {
    const handed = this.#unusedNow(timeNs)
      .map(({ region }) => region)
      .sort((a, b) => a - b)
      .slice(0, given.length);
    this.#exchange(given, handed, timeNs);
    this.#refill.add(given, timeNs);
    this.#tell('swapped', timeNs, given.length);
  }

  /** First it gets, then it gives: the pool is never smaller than it was. */
  #exchange(gets: readonly number[], gives: readonly number[], timeNs: number): void {
    this.vm.requests.expandAt(gets, 0, timeNs, timeNs);
    this.vm.requests.reduceAt(gives, SLOT_BY_POLICY, 0, timeNs);
    const given = new Set(gives);
    this.#unused = this.#unused.filter(({ region }) => !given.has(region));
  }

  /** The refill has failed in the middle: what was not handed over goes back, and the reduction ends with that failure. */
  #giveUp(change: Change, left: readonly number[], timeNs: number): never {
    change.vm.requests.expandAt(left, 0, timeNs, timeNs);
    const cause = this.#refill.error;
    if (cause === null) throw reserveExhaustedError(left.length, 0, this.#parts.regionBytes);
    const handedOver = change.regions - left.length;
    const message = `The reserve is not refilled: ${cause.message} Of the regions that were to be given up, ${handedOver} had been handed over and stand, ${left.length} went back to VM '${change.vm.name}'.`;
    const Same = cause.constructor as typeof SwapWriteError; // what a page-out throws are all made alike
    throw new Same(message, { ...cause.details, handedOver, returned: left.length }, { cause });
  }

  #takeBack(vm: Vm, pending: readonly number[]): void {
    const free = this.#regionsWhere((region) => this.#word(CB_REGION_MANAGER, region) === 0 && this.#word(CB_REGION_USER, region) === 0);
    const count = Math.min(pending.length, free.length);
    if (count === 0) return;
    const back = pending.slice(0, count);
    const unused = free.slice(0, count);
    const timeNs = vm.timeNs;
    this.#refill.remove(new Set(back));
    this.#exchange(unused, back, timeNs);
    this.#unused.push(...unused.map((region) => ({ region, timeNs })));
    vm.requests.expandAt(back, 0, timeNs, timeNs);
  }

  #refilled({ region, pagesWritten, timeNs }: Refilled): void {
    this.#unused.push({ region, timeNs });
    this.#tell('refilled', timeNs, 1, { pagesWritten });
  }

  #tell(
    step: ReserveEvent['step'],
    timeNs: number,
    regions: number,
    more: { pagesWritten?: number; code?: UsufructError['code'] } = {},
  ): void {
    const refilling = this.#refill.queue.length;
    this.#parts.events.emit({ type: 'reserve', step, timeNs, regions, refilling, pagesWritten: 0, code: null, ...more });
  }

  #unusedNow(nowNs: number): readonly Unused[] {
    return this.#unused.filter(({ timeNs }) => timeNs <= nowNs);
  }

  #word(column: number, region: number): number {
    return this.#parts.core.columnWord(column, region + 1); // region numbers inside the engine start at 1
  }

  #regionsWhere(holds: (region: number) => boolean): readonly number[] {
    const found: number[] = [];
    for (let region = 0; region < this.#parts.core.word(CB_REGIONS); region += 1) if (holds(region)) found.push(region);
    return found;
  }
}
