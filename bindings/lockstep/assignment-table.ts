import type { AssignmentRow, Processor } from './types.ts';

/** The assignment table (US 9,063,868 Fig. 8 right): which replica each processor runs. */
export class AssignmentTable {
  readonly #processors: readonly Processor[];
  readonly #vmIds: (number | null)[];
  readonly #turns: (readonly number[])[];

  constructor(processors: readonly Processor[]) {
    this.#processors = processors;
    this.#vmIds = processors.map(() => null);
    this.#turns = processors.map(() => []);
  }

  /** Gives the processor at `place` to a replica; `turns`: those who share it by time. Whether that is a change. */
  set(place: number, vmId: number | null, turns: readonly number[]): boolean {
    const before = this.#turns[place]!;
    const isSame = this.#vmIds[place] === vmId && (before === turns || isEqual(before, turns));
    this.#vmIds[place] = vmId;
    this.#turns[place] = turns;
    return !isSame;
  }

  rows(): readonly AssignmentRow[] {
    return this.#processors.map(({ number, name, frequency, rate, performance }, place) => ({
      processor: number,
      name,
      frequency,
      rate,
      performance,
      vmId: this.#vmIds[place]!,
      turns: this.#turns[place]!,
    }));
  }
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((vmId, index) => vmId === b[index]);
}
