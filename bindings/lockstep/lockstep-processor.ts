import type { Processor, SliceEnd } from '../scheduler.ts';
import type { CrewList } from './crew.ts';
import type { Runner } from './runner.ts';

/** A VM in lockstep as one processor among others: its position is that of the replica that is behind, and it has finished when the last comparison is over. */
export class LockstepProcessor implements Processor {
  readonly #runner: Runner;
  readonly #crew: CrewList;

  constructor(runner: Runner, crew: CrewList) {
    this.#runner = runner;
    this.#crew = crew;
  }

  get timeNs(): number {
    return this.#runner.timeNs;
  }
  /** Of the program; where that does not tell, more than any position. */
  get length(): number {
    return this.#crew.members[0]?.program.length ?? Number.MAX_SAFE_INTEGER;
  }
  /** Nothing is left to do: it has finished, or a difference has ended it. */
  get isOver(): boolean {
    return this.#runner.end !== null;
  }
  get position(): number {
    return this.isOver ? this.length : Math.min(this.#least(), this.length - 1);
  }

  run(untilNs: number, untilPosition: number): SliceEnd {
    const end = this.#runner.step(untilNs, untilPosition);
    if (end === 'over' || this.position >= untilPosition) return 'position';
    return end === 'position' ? 'time' : end;
  }

  async refill(): Promise<void> {
    await this.#runner.pending;
  }

  /** How far the replica that is behind has come. */
  #least(): number {
    let least = Infinity;
    for (const { program, failure } of this.#crew.members) if (failure === null) least = Math.min(least, program.position);
    return least;
  }
}
