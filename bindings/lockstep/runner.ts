import { SLICE_NS_DEFAULT as SLICE_NS } from '../scheduler.ts';
import type { Vm } from '../vm.ts';
import type { CrewList, Hand } from './crew.ts';
import { Deferred } from './deferred.ts';
import { isOfProgram } from './failure.ts';
import type { FramesOverTime } from './frames-over-time.ts';
import type { Lane, Lanes } from './lanes.ts';
import type { Meetings } from './meetings.ts';
import type { RunnerOptions, Until } from './options.ts';
import { checkStop, checkTold } from './program-checks.ts';
import { Tidings } from './tidings.ts';
import { CHECK_POINT_END } from './types.ts';
import type { Judge, LockstepEnd, ProgramStop } from './types.ts';
import type { VmClock } from './vm-clock.ts';

export interface RunnerSetup {
  readonly vm: Vm;
  readonly options: RunnerOptions;
  readonly clock: VmClock;
  readonly crew: CrewList;
  readonly lanes: Lanes;
  readonly frames: FramesOverTime;
  readonly judge: Judge;
  readonly meetings: Meetings;
}

/** What a step was. 'input': `pending` has to be waited for first. */
export type StepEnd = 'time' | 'position' | 'waited' | 'input' | 'over';

/** A program may also have thrown, or been stopped by a failure of the engine. */
type SliceEnd = ProgramStop | 'failure' | 'stopped';

interface Slice {
  readonly lane: Lane;
  readonly hand: Hand;
  readonly startNs: number;
  readonly untilNs: number;
  readonly untilPosition: number;
  /** Where it goes on after input. */
  nowNs: number;
  /** Where it was when input came last. */
  refilled: { readonly nowNs: number; readonly position: number } | null;
}

/**
 * Runs members on processors in virtual time, step by step: a slice of at most 10 us of the processor whose clock is the lowest (ties: the order given), or a meeting. Each
 * processor has its own clock and so has each member, and no member runs before its own time; what runs next depends on these clocks and the tables alone.
 */
export class Runner {
  readonly #setup: RunnerSetup;
  #pending: Promise<void> | null = null;
  #slice: Slice | null = null;
  #isStarted = false;
  #end: LockstepEnd | null = null;
  #until: Until = { progress: Infinity, timeNs: Infinity };
  readonly #tidings = new Tidings();
  /** What has happened up to here is known to all: a processor that is given away goes on from there. */
  #nowNs = 0;
  #isStepping = false;
  readonly #deferred = new Deferred(() => !this.#isStepping && this.#slice === null && this.#pending === null);

  readonly #runs = (vmId: number): boolean => this.#setup.crew.of(vmId)?.arrival === null;

  constructor(setup: RunnerSetup) {
    this.#setup = setup;
  }

  /** What has to be waited for before the next step. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }
  /** Null: it runs, or has not begun. */
  get end(): LockstepEnd | null {
    return this.#end;
  }
  /** Clock of the processor that runs next; the VM's where none does. */
  get timeNs(): number {
    return this.#lowest()?.timeNs ?? this.#setup.clock.timeNs;
  }

  /** Goes on after the end of a run. */
  resume(until: Until): void {
    this.#until = until;
    if (this.#end !== 'finished') this.#end = null;
  }

  /** Does something when no program runs and nothing is waited for: now, or after the step in hand. */
  between(action: () => void): void {
    this.#deferred.add(action);
  }

  /** One step. `untilNs`, `untilPosition`: where a slice ends at the latest; members that are before the position stop at it. */
  step(untilNs = Infinity, untilPosition = Infinity): StepEnd {
    if (this.#pending !== null) return 'input';
    this.#isStepping = true; // listeners that call back are heard when it is over
    try {
      return this.#slice === null ? this.#advance(untilNs, untilPosition) : this.#run(this.#slice);
    } finally {
      this.#isStepping = false;
      this.#deferred.carryOut();
    }
  }

  #advance(untilNs: number, untilPosition: number): StepEnd {
    if (this.#end !== null) return 'over';
    const { crew, meetings } = this.#setup;
    if (!this.#isStarted) return this.#wait(() => this.#start());
    if (meetings.isFinished) return this.#over('finished');
    if (meetings.isJudged) this.#letGo();
    if (!crew.isAnyoneRunning) return this.#wait(() => this.#meet());
    this.#share();
    for (let lane = this.#lowest(); ; lane = this.#lowest()) {
      const laneNs = lane?.timeNs ?? Infinity;
      if (lane !== null && laneNs < this.#tidings.nextNs) return this.#next(lane, untilNs, untilPosition);
      this.#hear(this.#tidings.nextNs);
      this.#share();
    }
  }

  /** What the processor whose turn it is comes to first: the end of the run, a comparison, a limit; else it runs. */
  #next(lane: Lane, untilNs: number, untilPosition: number): StepEnd {
    const { crew, judge, meetings, clock } = this.#setup;
    const startNs = lane.timeNs;
    if (startNs >= this.#until.timeNs) return this.#over('until');
    const dueNs = judge.dueNs ?? Infinity;
    if (startNs >= dueNs || this.#hasDueAccesses()) {
      judge.interval?.(clock.timeNs);
      this.#noteFrames();
      return 'time';
    }
    const { limitNs } = meetings;
    if (startNs >= limitNs) return this.#wait(() => this.#meet());
    const aheadNs = Math.min(this.#sliceEndNs(startNs), lane.turnEndNs, this.#tidings.nextNs);
    const endNs = Math.min(aheadNs, dueNs, limitNs, this.#until.timeNs, Math.max(untilNs, startNs));
    this.#slice = { lane, hand: crew.of(lane.vmId!)!, startNs, untilNs: endNs, untilPosition, nowNs: startNs, refilled: null };
    return this.#run(this.#slice);
  }

  /** Where the table follows programs all stop at the same times: a processor that is given away then waits for nobody. */
  #sliceEndNs(startNs: number): number {
    return this.#setup.options.followsPrograms ? (Math.floor(startNs / SLICE_NS) + 1) * SLICE_NS : startNs + SLICE_NS;
  }

  #hasDueAccesses(): boolean {
    const { judge, clock } = this.#setup;
    return clock.accesses >= (judge.dueAccesses ?? Infinity);
  }

  // ---- slices ------------------------------------------------------------------------------------------------------------

  #run(slice: Slice): StepEnd {
    const { lane, hand, untilNs, untilPosition } = slice;
    const { program } = hand;
    const toPosition = program.position < untilPosition ? untilPosition : Infinity;
    let stop: ProgramStop;
    try {
      stop = this.#setup.clock.on(
        lane.processor.speed,
        slice.nowNs,
        () => checkStop(program.run(untilNs, toPosition)),
        (endNs) => (slice.nowNs = endNs),
      );
      checkTold(program, stop, toPosition);
    } catch (error) {
      const isFault = isOfProgram(error);
      if (isFault) hand.failure = { error };
      this.#close(slice, isFault ? 'failure' : 'stopped');
      if (isFault) return 'time';
      throw error;
    }
    if (stop !== 'input') return this.#close(slice, stop);
    const { nowNs, refilled } = slice;
    const { position } = program;
    const isInVain = refilled !== null && refilled.nowNs === nowNs && Object.is(refilled.position, position);
    if (isInVain) return this.#close(slice, 'time');
    return this.#wait(async () => {
      await program.refill!();
      slice.refilled = { nowNs, position };
    });
  }

  #close(slice: Slice, stop: SliceEnd): StepEnd {
    const { lane, hand, startNs, untilNs } = slice;
    const { crew, options } = this.#setup;
    // who gives back early has nothing to do until then; nobody stands still for ever
    const isIdle = stop === 'time' || (stop === 'waited' && slice.nowNs <= startNs);
    this.#slice = null;
    const endNs = isIdle ? Math.max(slice.nowNs, untilNs) : slice.nowNs + this.#stillNs(slice, stop);
    hand.timeNs = lane.timeNs = endNs;
    if (stop === 'checkPoint') hand.leftNs = endNs;
    this.#setup.clock.reach(endNs);
    this.#noteFrames();
    if (crew.wants('slice'))
      crew.emit({ type: 'slice', timeNs: endNs, fromNs: startNs, processor: lane.processor.number, vmId: hand.number });
    if (options.followsPrograms && stop !== 'checkPoint') {
      const timeNs = stop === 'time' ? Math.min(endNs, untilNs) : endNs;
      this.#tidings.add({ timeNs, hand, progress: hand.program.progress, stands: false });
    }
    this.#arrive(hand, stop);
    return stop === 'waited' || stop === 'position' ? stop : 'time';
  }

  /** Check point after check point without an access takes time too: else nobody else would come to run, nor the end of the run. */
  #stillNs({ lane, hand, nowNs }: Slice, stop: SliceEnd): number {
    return stop === 'checkPoint' && nowNs <= hand.leftNs ? this.#setup.clock.stepNs(lane.processor.speed) : 0;
  }

  /** What a slice's end says of a member: it may stand now. */
  #arrive(hand: Hand, stop: SliceEnd): void {
    const { crew, options } = this.#setup;
    const { number: vmId, timeNs } = hand;
    if (stop === 'failure') {
      crew.arrive(hand, null);
      this.#tidings.add({ timeNs, hand, progress: null, stands: true });
      crew.emit({ type: 'failure', timeNs, vmId, error: hand.failure?.error });
    } else if (stop === 'finished' || stop === 'checkPoint') {
      const checkPoint = stop === 'finished' ? CHECK_POINT_END : hand.program.checkPoint;
      const stands = stop === 'finished' || options.waitsAtCheckPoints;
      if (stands || !options.followsPrograms) this.#tidings.add({ timeNs, hand, progress: checkPoint.progress, stands });
      if (!stands) return;
      crew.arrive(hand, checkPoint);
      crew.emit({ type: 'arrive', timeNs, vmId, checkPoint });
    }
  }

  // ---- who runs ----------------------------------------------------------------------------------------------------------

  /** Brings the assignment table up to date. */
  #share(): void {
    const { crew, lanes } = this.#setup;
    const isChanged = lanes.update(crew.numbers, crew.unsuspended, this.#nowNs);
    if (isChanged && crew.wants('assign')) crew.emit({ type: 'assign', timeNs: this.timeNs, rows: lanes.rows() });
  }

  /** The processor that runs next: the one with the lowest clock of those that have a replica that runs. */
  #lowest(): Lane | null {
    return this.#setup.lanes.lowest(this.#runs);
  }

  /** What has happened up to a time becomes known to all. */
  #hear(untilNs: number): void {
    for (const tiding of this.#tidings.take(untilNs)) {
      this.#nowNs = Math.max(this.#nowNs, tiding.timeNs);
      this.#setup.crew.hear(tiding);
    }
  }

  // ---- meetings ------------------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
    const verdict = await this.#setup.judge.start?.();
    this.#isStarted = true;
    this.#letGo();
    this.#noteFrames();
    if (verdict === 'halt') this.#over('halted');
  }

  async #meet(): Promise<void> {
    const { meetings } = this.#setup;
    this.#hear(Infinity);
    const verdict = await meetings.hold();
    this.#noteFrames();
    if (verdict === 'halt') this.#over('halted');
    else if (meetings.isFinished) this.#over('finished');
    else if (verdict === 'goOn' && meetings.progress >= this.#until.progress) this.#over('until');
  }

  /** Those who were judged go on, or begin. */
  #letGo(): void {
    this.#setup.meetings.letGo();
    this.#nowNs = this.#setup.clock.timeNs;
  }

  /** The next step waits for it. */
  #wait(action: () => Promise<void>): 'input' {
    const pending = action().finally(() => {
      this.#pending = null;
      this.#deferred.carryOut();
    });
    pending.catch(() => undefined); // whoever waits for it hears of it
    this.#pending = pending;
    return 'input';
  }

  #over(end: LockstepEnd): 'over' {
    this.#end = end;
    return 'over';
  }

  #noteFrames(): void {
    const { frames, clock, vm } = this.#setup;
    frames.note(clock.timeNs, vm.residentPages);
  }
}
