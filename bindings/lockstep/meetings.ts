import { isEnd, isSameCheckPoint } from './check-point.ts';
import type { CrewList } from './crew.ts';
import { limitByWay, speedSpread } from './limit.ts';
import type { RunnerOptions } from './options.ts';
import type { Arrival, CheckPoint, Judge, Meeting, Verdict } from './types.ts';
import type { VmClock } from './vm-clock.ts';

export interface MeetingsSetup {
  readonly options: RunnerOptions;
  readonly clock: VmClock;
  readonly crew: CrewList;
  readonly judge: Judge;
}

/** What happens when members stand still (US 9,063,868 S31): they are judged, and then go on together. */
export class Meetings {
  readonly #setup: MeetingsSetup;
  readonly #speedSpread: number;
  #count = 0;
  /** When members went on last. */
  #letGoNs = 0;
  /** The limit counts from here, where it has passed and members are still missing. */
  #lateNs: number | null = null;
  #isJudged = false;
  #checkPoint: CheckPoint | null = null;

  constructor(setup: MeetingsSetup) {
    this.#setup = setup;
    this.#speedSpread = speedSpread(setup.options.processors);
  }

  /** Check points at which all stood together. */
  get count(): number {
    return this.#count;
  }
  /** Members were judged, and are to go on next. */
  get isJudged(): boolean {
    return this.#isJudged;
  }
  /** Where all stand together; null: they do not. */
  get checkPoint(): CheckPoint | null {
    return this.#checkPoint;
  }
  /** Least progress of those who stand after a meeting, failed ones left out; -Infinity: somebody runs. */
  get progress(): number {
    const standing = this.#setup.crew.members.filter(({ failure }) => failure === null);
    return Math.min(...standing.map(({ arrival }) => arrival?.checkPoint?.progress ?? -Infinity));
  }
  /** All who have not failed have finished; somebody has. */
  get isFinished(): boolean {
    if (!this.#isJudged) return false;
    const left = this.#setup.crew.members.filter(({ failure }) => failure === null);
    return left.length > 0 && left.every(({ arrival }) => isEnd(arrival?.checkPoint ?? null));
  }

  /** Virtual time at which those who have not arrived are late; Infinity: nobody has arrived yet, and no limit was given. */
  get limitNs(): number {
    const { crew, options } = this.#setup;
    const isNobodyThere = crew.firstNs === Infinity;
    if (isNobodyThere && options.limitNs === null) return Infinity;
    const firstNs = isNobodyThere ? this.#letGoNs : crew.firstNs;
    const byWay = (): number => limitByWay(firstNs - this.#letGoNs, crew.members.length, options.processors.length, this.#speedSpread);
    const limitNs = options.limitNs ?? byWay();
    return Math.max(firstNs, this.#lateNs ?? firstNs) + limitNs;
  }

  /** All who do not run stand still: they are judged. A failure leaves everybody where he is, to meet again. */
  async hold(): Promise<Verdict> {
    const { judge, clock, crew } = this.#setup;
    clock.reach(Math.max(...crew.members.map(({ timeNs }) => timeNs)));
    const verdict = await judge.settle(this.#meeting());
    this.#checkPoint = verdict === 'rollBack' ? null : this.#together();
    if (this.#checkPoint !== null) {
      this.#count += 1;
      await judge.leave?.(this.#checkPoint);
    }
    if (verdict === 'goOn') this.#requireOneLeft();
    this.#isJudged = verdict !== 'goOn' || crew.running.length === 0;
    this.#lateNs = this.#isJudged ? null : clock.timeNs;
    return verdict;
  }

  /** Those who were judged go on. */
  letGo(): void {
    const { crew, clock } = this.#setup;
    this.#isJudged = false;
    this.#lateNs = null;
    this.#checkPoint = null;
    this.#letGoNs = clock.timeNs;
    crew.release(clock.timeNs);
  }

  #meeting(): Meeting {
    const { crew, clock } = this.#setup;
    const arrivals = this.#arrivals();
    const missing = crew.running;
    const checkPoint = arrivals.find((arrival) => arrival.checkPoint !== null)?.checkPoint ?? null;
    const kind = missing.length > 0 ? 'late' : this.#together() === null ? 'apart' : 'met';
    return { kind, checkPoint, arrivals, missing, timeNs: clock.timeNs };
  }

  /** In the order of time; at the same time by number. */
  #arrivals(): readonly Arrival[] {
    const arrivals = this.#setup.crew.members.map(({ arrival }) => arrival).filter((arrival) => arrival !== null);
    return arrivals.sort((a, b) => a.timeNs - b.timeNs);
  }

  /** The check point where everybody stands, or null. */
  #together(): CheckPoint | null {
    const [first, ...others] = this.#setup.crew.members;
    const checkPoint = first?.arrival?.checkPoint ?? null;
    return others.every(({ arrival }) => isSameCheckPoint(arrival?.checkPoint ?? null, checkPoint)) ? checkPoint : null;
  }

  /** Programs that have all failed cannot go on. */
  #requireOneLeft(): void {
    const { members } = this.#setup.crew;
    const failure = members[0]?.failure ?? null;
    if (failure !== null && members.every((member) => member.failure !== null)) throw failure.error;
  }
}
