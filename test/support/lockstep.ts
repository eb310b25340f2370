// Lockstep for tests: small programs whose every step is known, engines for them, and a judge that only compares.
import type { Engine, Replica, Vm } from '../../bindings/node.ts';
import { Stepping } from '../../bindings/lockstep/stepping.ts';
import { CHECK_POINT_START } from '../../bindings/lockstep/types.ts';
import type {
  CheckPoint,
  Crew,
  Judge,
  JudgeMaker,
  LockstepOptions,
  Meeting,
  ProgramGuest,
  ProgramStop,
  ReplicaProgram,
  Verdict,
} from '../../bindings/lockstep/types.ts';

/** One step of a program. */
export type Step = (guest: ProgramGuest) => void;

export const work: Step = (guest) => guest.work(1);

/** Does one step after the other, with check points before the steps named. Its state is its position. */
export class ListProgram implements ReplicaProgram {
  position = 0;
  checkPoint: CheckPoint = CHECK_POINT_START;
  isDisposed = false;
  readonly #guest: ProgramGuest;
  readonly #steps: readonly Step[];
  readonly #checkPoints: readonly number[];

  constructor(guest: ProgramGuest, steps: readonly Step[], checkPoints: readonly number[] = []) {
    this.#guest = guest;
    this.#steps = steps;
    this.#checkPoints = checkPoints;
  }

  get length(): number {
    return this.#steps.length;
  }
  get progress(): number {
    return this.length === 0 ? 1 : this.position / this.length;
  }

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    for (;;) {
      if (this.position >= this.length) return 'finished';
      if (this.#checkPoints.includes(this.position) && this.checkPoint.id !== this.position) {
        this.checkPoint = { id: this.position, progress: this.progress };
        return 'checkPoint';
      }
      if (this.position >= untilPosition) return 'position';
      if (this.#guest.timeNs >= untilNs) return 'time';
      this.#steps[this.position]!(this.#guest);
      this.position += 1;
    }
  }

  state(): Uint8Array {
    return Uint8Array.of(this.position & 0xff, this.position >> 8);
  }

  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    this.position = state[0]! | (state[1]! << 8);
    this.checkPoint = checkPoint;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

export function steps(count: number, step: Step = work): readonly Step[] {
  return new Array<Step>(count).fill(step);
}

/** Tells what it was asked, and lets everybody go on. */
export class ComparingJudge implements Judge {
  readonly meetings: Meeting[] = [];
  readonly left: CheckPoint[] = [];
  readonly crew: Crew;
  verdicts: Verdict[] = [];

  constructor(crew: Crew) {
    this.crew = crew;
  }

  settle(meeting: Meeting): Verdict {
    this.meetings.push(meeting);
    this.crew.vm.compare();
    return this.verdicts.shift() ?? 'goOn';
  }

  leave(checkPoint: CheckPoint): void {
    this.left.push(checkPoint);
  }
}

export interface Stepped {
  readonly lockstep: Stepping;
  readonly judge: ComparingJudge;
  readonly vm: Vm;
  readonly replicas: readonly Replica[];
}

/** A lockstep on a VM, with a judge of the test's. */
export function lockstepMake(engine: Engine, vm: Vm, options: LockstepOptions, judgeMaker?: JudgeMaker): Stepped {
  let judge!: ComparingJudge;
  const make: JudgeMaker = (crew) => (judge = new ComparingJudge(crew));
  const lockstep = new Stepping(engine.parts, vm, options, judgeMaker ?? make, lockstepMake);
  return { lockstep, judge, vm, replicas: vm.replicas };
}
