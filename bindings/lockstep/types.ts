// What the parts of lockstep promise each other: programs, processors, members, meetings at check points and what is decided there.
import type { CompareEvery } from '../comparison-interval.ts';
import type { Replica } from '../replica.ts';
import type { SignalOption } from '../signal.ts';
import type { Quantity } from '../units.ts';
import type { Vm } from '../vm.ts';
import type { JudgeEventMap } from './judge-events.ts';

// ---- programs ----------------------------------------------------------------------------------------------------------

/** A place in the program that every replica reaches (US 9,063,868, 4th embodiment). Two are the same when both fields are. */
export interface CheckPoint {
  /** Tells the place from others: a label, a record number, an address. */
  readonly id: number | string;
  /** How much of the program is done there, 0 to 1; the parameter of the source's routine. */
  readonly progress: number;
}

/** Where a program stands that has finished. */
export const CHECK_POINT_END: CheckPoint = { id: 'end', progress: 1 };
/** Where it stands before its first check point. */
export const CHECK_POINT_START: CheckPoint = { id: 'start', progress: 0 };

/** Why a program gave the processor back. 'input': `refill` has to be waited for, then the slice goes on. */
export type ProgramStop = 'time' | 'position' | 'checkPoint' | 'waited' | 'input' | 'finished';

/** The virtual computer that a program runs on. */
export interface ProgramGuest {
  readonly replica: Replica;
  /** That of the replica: VMID of the source's tables. */
  readonly number: number;
  /** Virtual time, in ns: that of the processor which runs the replica now. Accesses to `replica.memory` let it pass. */
  readonly timeNs: number;
  /** Lets so many steps without an access to memory pass: as much time as that many accesses take on this processor. */
  work(steps: number): void;
}

/**
 * A program as one replica runs it. All that it does must follow from the replica's memory and its own state, and be the same for every replica. What it throws from
 * `run`, `state` and `restore` is a fault of this replica alone, as a difference is; failures of the engine (no frames, swap) end the run.
 */
export interface ReplicaProgram {
  /** How much is done now, 0 to 1. */
  readonly progress: number;
  /** Records, instructions or turns done. */
  readonly position: number;
  /** The check point reached last; CHECK_POINT_START before the first. */
  readonly checkPoint: CheckPoint;
  /** Of `position`, at the end; left out where it is not known. */
  readonly length?: number;
  /**
   * Runs until the guest's clock has reached `untilNs`, a check point or the end, or until it has to wait; where it counts what it does ahead of time, also until its
   * position is `untilPosition`. A program that gives back earlier with 'time' has nothing to do until then.
   */
  run(untilNs: number, untilPosition?: number): ProgramStop;
  /** Brings the input that `run` asked for. */
  refill?(): Promise<void>;
  /** Processor state as bytes: equal for replicas that did the same. Without it only memory is compared, and a replica cannot be repaired or rolled back. */
  state?(): Uint8Array;
  /** Continues from a state; memory has been restored already. `checkPoint` is then the one where the state was taken. Bytes that are no state may fail here or in `run`. */
  restore?(state: Uint8Array, checkPoint: CheckPoint): void;
  /** It will not run any more. */
  dispose?(): void | Promise<void>;
}

/** Makes the program of one replica: at the beginning, and for replicas that join. */
export type ProgramMaker = (guest: ProgramGuest) => ReplicaProgram;

// ---- processors --------------------------------------------------------------------------------------------------------

/** What an index function is asked with. */
export interface ProcessorFigures {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** Hz; null where it was not given. */
  readonly frequency: number | null;
  /** 0 to 1; null where it was not given. */
  readonly rate: number | null;
}

/** A processor (Fig. 8 right). Its performance is frequency x rate, or the level, or what the index says; higher is faster. */
export interface ProcessorForm {
  readonly name?: string;
  /** '1GHz' or a number of Hz; 1 GHz by default. */
  readonly frequency?: Quantity;
  /** The share of the processor that the program may have, above 0 up to 1: 0.7 or '70 %'. 1 by default. */
  readonly rate?: Quantity;
  /** A performance level fixed in advance, above 0. */
  readonly level?: number;
  /** Another index of its performance: asked once; above 0. */
  readonly index?: (processor: ProcessorFigures) => number;
}

/** A processor that was checked. */
export interface Processor extends ProcessorFigures {
  /** What decides which one is the fastest. */
  readonly performance: number;
  /** How many times as fast as 1 GHz it runs: frequency x rate where one of them is given, else its performance. */
  readonly speed: number;
}

// ---- tables ------------------------------------------------------------------------------------------------------------

/** Fig. 8 left. */
export interface ProgressRow {
  readonly vmId: number;
  /** 0 to 1. */
  readonly progress: number;
}

/** Fig. 8 right. */
export interface AssignmentRow {
  /** From 1. */
  readonly processor: number;
  readonly name: string;
  readonly frequency: number | null;
  readonly rate: number | null;
  readonly performance: number;
  /** The replica that has it now; null: none. */
  readonly vmId: number | null;
  /** More replicas than processors: those that take turns on it, by number; empty where one has it exclusively. */
  readonly turns: readonly number[];
}

export type AssignmentPolicy = 'fastestToSlowest' | 'fixed';

// ---- options -----------------------------------------------------------------------------------------------------------

/** What is done about a difference, tried in this order: told, ended, out-voted, run again. */
export type DifferencePolicy = 'report' | 'halt' | 'vote' | 'rollBack';

export interface LockstepCompare {
  /** Replicas wait for each other at check points and are compared there (4th embodiment). True by default; false: check points only tell progress (2nd embodiment). */
  readonly atCheckPoints?: boolean;
  /** Also at intervals of virtual time or of accesses of all replicas, counted from the last comparison (3rd embodiment); by default as vm.comparePolicy has it. */
  readonly every?: CompareEvery;
}

export interface LockstepOptions {
  readonly program: ProgramMaker;
  /** So many equal ones of 1 GHz, or each one; by default one for each replica. */
  readonly processors?: number | readonly ProcessorForm[];
  /** 'fastestToSlowest' by default. */
  readonly assignment?: AssignmentPolicy;
  /** When the progress table is brought up to date: at check points as in the source (default), or by what programs tell after each slice. */
  readonly progress?: 'checkPoints' | 'program';
  /** More replicas than processors: virtual time of the shortest turn ('100us'); each turn is longer by one of these for each sharer that is further on. */
  readonly turn?: Quantity;
  readonly compare?: LockstepCompare;
  /** 'report' by default. */
  readonly onDifference?: DifferencePolicy | readonly DifferencePolicy[];
  /** Roll-backs to one check point before it is given up (3). */
  readonly retries?: number;
  /**
   * Virtual time that the first one has to the next check point, and then the others from there. By default the first one may take for ever, the others 10 times its way, and 10 ms.
   */
  readonly checkPointLimit?: Quantity;
  /** Hashes of frames that nobody has written are kept, and checked at check points (false); flips are told ('report', or true), or end the run ('halt'). */
  readonly scrub?: boolean | 'report' | 'halt';
  /** Replicas that do not run, are brought up to date at check points and take over when one fails (0). */
  readonly standby?: 0 | 1;
}

// ---- who runs, and how they meet ------------------------------------------------------------------------------------------

/** A replica that runs the program. */
export interface Member {
  /** That of the replica (VMID): never used again for another one. */
  readonly number: number;
  readonly replica: Replica;
  readonly program: ReplicaProgram;
  /** How far its own time has come. */
  readonly timeNs: number;
  /** What its program threw; it does not run before it is restored. */
  readonly failure: { readonly error: unknown } | null;
}

/** A member at a check point, or one that has failed. */
export interface Arrival {
  readonly member: Member;
  /** Null: its program failed on the way. */
  readonly checkPoint: CheckPoint | null;
  readonly timeNs: number;
}

/**
 * All members stand still: at one check point (`met`); at different ones, or failed (`apart`); or some have reached none within the limit (`late`).
 */
export interface Meeting {
  readonly kind: 'met' | 'apart' | 'late';
  /** The one that all have reached; of others the first that was reached, null if none was. */
  readonly checkPoint: CheckPoint | null;
  /** In the order of arrival. */
  readonly arrivals: readonly Arrival[];
  /** Members that run on and have not arrived. */
  readonly missing: readonly Member[];
  /** Latest time of all members: the VM's clock. Comparisons that wait for I/O move it on, and the members go on when it is over. */
  readonly timeNs: number;
}

/**
 * goOn: all go on from where they stand; of a meeting of kind `late` where members are still missing: those run on, the others stay, and the limit counts anew. rollBack: all
 * were restored (Crew.restored) to an earlier check point and run again. halt: the run ends here; a later `run` goes on as by goOn.
 */
export type Verdict = 'goOn' | 'rollBack' | 'halt';

/** What decides at check points. Its calls come when no program runs and the VM's clock is the time of the meeting. */
export interface Judge {
  /** Before the first slice; 'halt' ends the run there, as by `settle`. */
  start?(): Verdict | Promise<Verdict>;
  settle(meeting: Meeting): Verdict | Promise<Verdict>;
  /** After a meeting of kind `met`, or one whose members were brought to one check point, when input from outside has been written and before anyone goes on: the state to come back to. */
  leave?(checkPoint: CheckPoint): void | Promise<void>;
  /** Virtual time at which `interval` is called next, between two slices; Infinity: never. */
  readonly dueNs?: number;
  /** Accesses of the VM (vm.counters.accesses) at which it is. */
  readonly dueAccesses?: number;
  /** All members have come to dueNs, or the VM to dueAccesses (give or take a slice). It has to set the next one. */
  interval?(timeNs: number): void;
  /** The lockstep was disposed of. */
  end?(): void;
}

/** What a judge may do with those who run. */
export interface Crew {
  readonly vm: Vm;
  /** Those who run, by number. */
  readonly members: readonly Member[];
  /** Virtual time now: the VM's clock. */
  readonly timeNs: number;
  /** The member's memory and program state are those of `checkPoint` now: it is no longer failed or late, stands there, and is waited for. */
  restored(member: Member, checkPoint: CheckPoint): void;
  /** Its program has thrown at a meeting: it stands nowhere, and does not run before it is restored. */
  failed(member: Member, error: unknown): void;
  /** A new member from the next slice on; its memory is there already. `state`: restored into its new program, which stands at `checkPoint`, or has failed. At meetings and in `start` only. A failure adds nobody. */
  add(replica: Replica, state: Uint8Array | undefined, checkPoint: CheckPoint): Member;
  /** It does not run any more. Its program is disposed of, its replica is the judge's business. */
  remove(member: Member): void;
  emit(event: LockstepEventMap[LockstepEventName]): void;
  /** Whether anybody listens. */
  wants(name: LockstepEventName): boolean;
}

export type JudgeMaker = (crew: Crew) => Judge;

// ---- events ------------------------------------------------------------------------------------------------------------

interface Timed {
  readonly timeNs: number;
}

/** Events by name; replicas by number (VMID): vm.replicaOf(number). */
export interface LockstepEventMap extends JudgeEventMap {
  /** A slice has ended. */
  slice: { readonly type: 'slice'; readonly processor: number; readonly vmId: number; readonly fromNs: number } & Timed;
  /** The assignment table has changed (2nd embodiment). */
  assign: { readonly type: 'assign'; readonly rows: readonly AssignmentRow[] } & Timed;
  /** A replica has reached a check point. */
  arrive: { readonly type: 'arrive'; readonly vmId: number; readonly checkPoint: CheckPoint } & Timed;
  /** A replica's program has thrown. */
  failure: { readonly type: 'failure'; readonly vmId: number; readonly error: unknown } & Timed;
}

export type LockstepEventName = keyof LockstepEventMap;
export type LockstepListener<Name extends LockstepEventName> = (event: LockstepEventMap[Name]) => void;

// ---- runs --------------------------------------------------------------------------------------------------------------

export interface LockstepRunOptions extends SignalOption {
  /** Ends the run early: when all stand at check points from a progress on, at a virtual time, or what comes first. A later run goes on from there. */
  readonly until?: { readonly progress?: Quantity; readonly time?: Quantity };
}

// ---- results -----------------------------------------------------------------------------------------------------------

/** How a run ended: all have finished; a judge ended it; `until` was reached. */
export type LockstepEnd = 'finished' | 'halted' | 'until';

export interface LockstepReplicaResult {
  readonly vmId: number;
  readonly state: 'running' | 'waiting' | 'finished' | 'failed';
  readonly progress: number;
  readonly position: number;
  /** Virtual time at which it finished or stopped. */
  readonly timeNs: number;
  /** How much of it the replica waited at check points. */
  readonly waitedNs: number;
}

export interface LockstepResult {
  /** Null: it has not ended. */
  readonly end: LockstepEnd | null;
  /** Where all stand; null where they stand in different places. */
  readonly checkPoint: CheckPoint | null;
  readonly virtualNs: number;
  /** Check points at which all met. */
  readonly checkPoints: number;
  readonly replicas: readonly LockstepReplicaResult[];
  /** Frames in use, summed over virtual time (frame x ns), and the most at one time. */
  readonly frameNs: number;
  readonly framesMost: number;
}
