import { pause, throwIfAborted } from './signal.ts';
import type { SignalOption } from './signal.ts';

/** Why a processor's slice ended. */
export type SliceEnd = 'time' | 'position' | 'waited' | 'input';

/**
 * A simulated processor: it executes one VM on a virtual clock of its own. The trace player is one; anything that can stop at a time and at a
 * position can be another.
 */
export interface Processor {
  /** Its virtual clock. */
  readonly timeNs: number;
  /** How many records (or instructions, or turns) it has done. */
  readonly position: number;
  /** How many there are in all. */
  readonly length: number;
  /** Runs until the clock has reached `untilNs`, the position has reached `untilPosition`, a fault waited for I/O, or input is needed first. */
  run(untilNs: number, untilPosition: number): SliceEnd;
  /** Brings the input that `run` asked for; the slice then goes on as if nothing had happened. */
  refill(): Promise<void>;
}

/** Where an appointment falls: before record `position` of a processor, or when the lowest clock of the unfinished ones reaches `timeNs`. */
export type Due<P extends Processor> = { readonly processor: P; readonly position: number } | { readonly timeNs: number };

export interface Appointment<P extends Processor> {
  readonly due: Due<P>;
  /** Carries it out at a virtual time: the processor's clock, or the time it was due. */
  readonly carryOut: (timeNs: number) => void;
}

export interface SchedulerOptions {
  /** How far a clock may run before the next processor is chosen. */
  readonly sliceNs?: number;
  /** Called some times a second of wall time, between slices. */
  readonly onTurn?: () => void;
}

/** How far one processor goes before the next one is chosen, on its clock; also in a lockstep. */
export const SLICE_NS_DEFAULT = 10_000;
const WALL_MS_BETWEEN_YIELDS = 40;

/**
 * Interleaves processors by virtual time: the one with the lowest clock (ties: the order given) runs until a fault waited for I/O, an
 * appointment is due, or a slice has passed on its clock. Which one runs depends on virtual clocks alone, so the same input gives the same run.
 *
 * An appointment at a position makes its processor yield there, and is kept when that processor is next chosen, so that no other unfinished one
 * is behind. One at a time is kept when the lowest clock has reached it, or when all have finished; no slice runs past it.
 */
export class Scheduler<P extends Processor> {
  readonly #processors: readonly P[];
  readonly #atPosition = new Map<P, { position: number; carryOut: (timeNs: number) => void }[]>();
  readonly #atTime: { timeNs: number; carryOut: (timeNs: number) => void }[] = [];
  readonly #sliceNs: number;
  readonly #onTurn: () => void;

  constructor(processors: readonly P[], options: SchedulerOptions = {}) {
    this.#processors = processors;
    this.#sliceNs = options.sliceNs ?? SLICE_NS_DEFAULT;
    this.#onTurn = options.onTurn ?? (() => undefined);
    for (const processor of processors) this.#atPosition.set(processor, []);
  }

  /** Adds an appointment; those due at the same place are kept in the order in which they were made. May be called while it runs. */
  appoint(appointment: Appointment<P>): void {
    const { due, carryOut } = appointment;
    if ('processor' in due)
      insertBehind(this.#atPosition.get(due.processor)!, { position: due.position, carryOut }, (item) => item.position);
    else insertBehind(this.#atTime, { timeNs: due.timeNs, carryOut }, (item) => item.timeNs);
  }

  /** Runs until every processor has finished and every appointment is kept. */
  async run(options: SignalOption = {}): Promise<void> {
    let yieldAtMs = performance.now() + WALL_MS_BETWEEN_YIELDS;
    for (;;) {
      const next = this.#lowest();
      if (this.#keepTimed(next)) continue;
      if (next === undefined) return;
      if (this.#keepPlaced(next)) continue;
      const running = this.#slice(next);
      if (running !== null) await running;
      if (performance.now() >= yieldAtMs) {
        this.#onTurn();
        await pause();
        throwIfAborted(options.signal);
        yieldAtMs = performance.now() + WALL_MS_BETWEEN_YIELDS;
      }
    }
  }

  /** The unfinished processor with the lowest clock. */
  #lowest(): P | undefined {
    let lowest: P | undefined;
    for (const processor of this.#processors) {
      const isFinished = processor.position >= processor.length && this.#atPosition.get(processor)!.length === 0;
      if (!isFinished && (lowest === undefined || processor.timeNs < lowest.timeNs)) lowest = processor;
    }
    return lowest;
  }

  #keepTimed(lowest: P | undefined): boolean {
    const timed = this.#atTime[0];
    if (timed === undefined || (lowest !== undefined && lowest.timeNs < timed.timeNs)) return false;
    this.#atTime.shift();
    timed.carryOut(timed.timeNs);
    return true;
  }

  #keepPlaced(chosen: P): boolean {
    const queue = this.#atPosition.get(chosen)!;
    const placed = queue[0];
    if (placed === undefined || placed.position > chosen.position) return false;
    queue.shift();
    placed.carryOut(chosen.timeNs);
    return true;
  }

  /** One slice. Null when it could be done without waiting for input. */
  #slice(chosen: P): Promise<void> | null {
    const untilNs = Math.min(chosen.timeNs + this.#sliceNs, this.#atTime[0]?.timeNs ?? Infinity);
    const untilPosition = Math.min(chosen.length, this.#atPosition.get(chosen)![0]?.position ?? Infinity);
    return chosen.run(untilNs, untilPosition) === 'input' ? this.#sliceWithInput(chosen, untilNs, untilPosition) : null;
  }

  async #sliceWithInput(chosen: P, untilNs: number, untilPosition: number): Promise<void> {
    do await chosen.refill();
    while (chosen.run(untilNs, untilPosition) === 'input');
  }
}

/** Keeps `list` in ascending order of `key`; equal keys stay in the order of arrival. */
function insertBehind<Item>(list: Item[], item: Item, key: (item: Item) => number): void {
  let place = list.length;
  while (place > 0 && key(list[place - 1]!) > key(item)) place -= 1;
  list.splice(place, 0, item);
}
