import { checkInteger } from '../options.ts';
import type { Replica } from '../replica.ts';
import type { Vm } from '../vm.ts';
import { isEnd } from './check-point.ts';
import { checkProgram } from './program-checks.ts';
import type { ProgressTable } from './progress-table.ts';
import { stateRestore } from './states.ts';
import { CHECK_POINT_START } from './types.ts';
import type {
  Arrival,
  CheckPoint,
  Crew,
  LockstepEventMap,
  LockstepEventName,
  LockstepReplicaResult,
  Member,
  ProgramGuest,
  ProgramMaker,
  ReplicaProgram,
} from './types.ts';
import type { Tiding } from './tidings.ts';
import type { VmClock } from './vm-clock.ts';

/** A member, and where it is. */
export interface Hand extends Member {
  timeNs: number;
  failure: { readonly error: unknown } | null;
  /** It stands at a check point, or has failed; null: it runs. */
  arrival: Arrival | null;
  /** The others know that it stands: it holds no processor. */
  isSuspended: boolean;
  waitedNs: number;
  /** When it began, or went on from a check point last. */
  leftNs: number;
}

export interface CrewOptions {
  readonly vm: Vm;
  readonly clock: VmClock;
  readonly progress: ProgressTable;
  readonly program: ProgramMaker;
  readonly emit: (event: LockstepEventMap[LockstepEventName]) => void;
  readonly wants: (name: LockstepEventName) => boolean;
}

/** Who runs the program: members come and go, arrive at check points, and go on. */
export class CrewList implements Crew {
  readonly vm: Vm;
  readonly #options: CrewOptions;
  #members: readonly Hand[] = [];
  #running: readonly Hand[] | null = null;
  #runningCount: number | null = null;
  #firstNs: number | null = null;
  #unsuspended: readonly number[] | null = null;
  #numbers: readonly number[] | null = null;
  readonly #byNumber = new Map<number, Hand>();
  /** Disposals of programs that are under way. */
  readonly #leaving: Promise<void>[] = [];

  constructor(options: CrewOptions) {
    this.vm = options.vm;
    this.#options = options;
  }

  get members(): readonly Hand[] {
    return this.#members;
  }
  /** Those who are at no check point. */
  get running(): readonly Hand[] {
    return (this.#running ??= this.#members.filter(({ arrival }) => arrival === null));
  }
  get isAnyoneRunning(): boolean {
    return (this.#runningCount ??= this.running.length) > 0;
  }
  /** When the first of those who stand at a check point arrived; Infinity: nobody stands at one. */
  get firstNs(): number {
    return (this.#firstNs ??= this.#members.reduce((firstNs, { arrival }) => Math.min(firstNs, timeOf(arrival)), Infinity));
  }
  get numbers(): readonly number[] {
    return (this.#numbers ??= this.#members.map(({ number }) => number));
  }
  /** Numbers of those who may hold a processor; another array when they are others. */
  get unsuspended(): readonly number[] {
    return (this.#unsuspended ??= this.#members.filter(({ isSuspended }) => !isSuspended).map(({ number }) => number));
  }
  get timeNs(): number {
    return this.#options.clock.timeNs;
  }

  of(number: number): Hand | undefined {
    return this.#byNumber.get(number);
  }

  /** A member that begins at the start of the program. */
  begin(replica: Replica): Hand {
    return this.#join(replica, CHECK_POINT_START);
  }

  add(replica: Replica, state: Uint8Array | undefined, checkPoint: CheckPoint): Member {
    const member = this.#join(replica, checkPoint);
    try {
      stateRestore(this, member, state, checkPoint);
    } catch (failure) {
      this.remove(member);
      throw failure;
    }
    return member;
  }

  remove(member: Member): void {
    this.#members = this.#members.filter((other) => other !== member);
    this.#byNumber.delete(member.number);
    this.#numbers = null;
    this.#options.progress.remove(member.number);
    this.#forget();
    this.#leaving.push(programEnd(member.program));
  }

  restored(member: Member, checkPoint: CheckPoint): void {
    const hand = member as Hand;
    hand.failure = null;
    this.#stand(hand, checkPoint);
  }

  failed(member: Member, error: unknown): void {
    const hand = member as Hand;
    hand.failure = { error };
    this.#stand(hand, null);
    this.emit({ type: 'failure', timeNs: this.timeNs, vmId: hand.number, error });
  }

  /** A member stands at a check point from its time on, or has failed (null). */
  arrive(hand: Hand, checkPoint: CheckPoint | null): void {
    const before = hand.arrival;
    hand.arrival = { member: hand, checkPoint, timeNs: hand.timeNs };
    this.#running = null;
    if (before === null) {
      if (this.#runningCount !== null) this.#runningCount -= 1;
      if (this.#firstNs !== null) this.#firstNs = Math.min(this.#firstNs, timeOf(hand.arrival));
    } else this.#firstNs = null;
  }

  /** What was heard of a member is true now. */
  hear({ hand, progress, stands }: Tiding): void {
    if (!this.#byNumber.has(hand.number)) return;
    if (progress !== null) this.#options.progress.set(hand.number, progress);
    if (!stands) return;
    hand.isSuspended = true;
    this.#unsuspended = null;
  }

  /** Those who stand and can go on do so, at a time. */
  release(timeNs: number): void {
    for (const hand of this.#members) {
      const { arrival, failure } = hand;
      if (arrival === null || failure !== null || isEnd(arrival.checkPoint)) continue;
      hand.waitedNs += Math.max(0, timeNs - arrival.timeNs);
      hand.timeNs = hand.leftNs = Math.max(hand.timeNs, timeNs);
      hand.arrival = null;
      hand.isSuspended = false;
    }
    this.#forget();
  }

  results(): readonly LockstepReplicaResult[] {
    return this.#members.map(({ number, program, timeNs, waitedNs, arrival, failure }) => ({
      vmId: number,
      state: stateOf(arrival, failure !== null),
      progress: program.progress,
      position: program.position,
      timeNs,
      waitedNs,
    }));
  }

  async dispose(): Promise<void> {
    for (const member of this.#members) this.remove(member);
    await Promise.all(this.#leaving);
  }

  emit(event: LockstepEventMap[LockstepEventName]): void {
    this.#options.emit(event);
  }
  wants(name: LockstepEventName): boolean {
    return this.#options.wants(name);
  }

  #join(replica: Replica, checkPoint: CheckPoint): Hand {
    const { program: make, progress } = this.#options;
    const { number } = replica;
    const program = checkProgram(make(this.#guest(replica)));
    const { timeNs } = this;
    const hand = { number, replica, program, timeNs, failure: null, arrival: null, isSuspended: false, waitedNs: 0, leftNs: timeNs };
    this.#members = [...this.#members, hand];
    this.#byNumber.set(number, hand);
    this.#numbers = null;
    progress.set(number, checkPoint.progress);
    this.#forget();
    return hand;
  }

  #guest(replica: Replica): ProgramGuest {
    const { clock } = this.#options;
    return {
      replica,
      number: replica.number,
      get timeNs() {
        return clock.timeNs;
      },
      work: (steps) => clock.work(checkInteger('steps', steps, 0)),
    };
  }

  /** It stands at a check point where it was put, or nowhere. */
  #stand(hand: Hand, checkPoint: CheckPoint | null): void {
    hand.timeNs = Math.max(hand.timeNs, this.timeNs);
    this.arrive(hand, checkPoint);
    this.hear({ timeNs: hand.timeNs, hand, progress: checkPoint?.progress ?? null, stands: true });
  }

  #forget(): void {
    this.#running = null;
    this.#runningCount = this.#firstNs = null;
    this.#unsuspended = null;
  }
}

/** When it came to its check point; Infinity: it is at none. */
function timeOf(arrival: Arrival | null): number {
  return arrival === null || arrival.checkPoint === null ? Infinity : arrival.timeNs;
}

function stateOf(arrival: Arrival | null, hasFailed: boolean): LockstepReplicaResult['state'] {
  if (hasFailed) return 'failed';
  if (arrival === null) return 'running';
  return isEnd(arrival.checkPoint) ? 'finished' : 'waiting';
}

/** A program that cannot end well has left all the same. */
async function programEnd(program: ReplicaProgram): Promise<void> {
  try {
    await program.dispose?.();
  } catch {
    // its replica is out of the lockstep, and nobody waits for more
  }
}
