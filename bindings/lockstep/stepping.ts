import { DISPOSE_ASYNC, disposedError, Origin } from '../dispose.ts';
import type { EngineParts } from '../engine-parts.ts';
import { InvalidOptionError, ReentrantError } from '../errors.ts';
import type { Replica } from '../replica.ts';
import { pause, throwIfAborted, waitAbortable } from '../signal.ts';
import type { Vm } from '../vm.ts';
import { AssignmentTable } from './assignment-table.ts';
import { CrewList } from './crew.ts';
import { Emitter } from './emitter.ts';
import { EVENT_NAMES } from './event-names.ts';
import { FramesOverTime } from './frames-over-time.ts';
import { Lanes } from './lanes.ts';
import { LockstepProcessor } from './lockstep-processor.ts';
import { Meetings } from './meetings.ts';
import { checkRunnerOptions, checkRunOptions, checkUntil } from './options.ts';
import { ProgressTable } from './progress-table.ts';
import { Runner } from './runner.ts';
import type {
  AssignmentRow,
  Crew,
  Judge,
  LockstepEventMap,
  LockstepEventName,
  LockstepListener,
  LockstepOptions,
  LockstepResult,
  LockstepRunOptions,
  ProgressRow,
} from './types.ts';
import { VmClock } from './vm-clock.ts';

const WALL_MS_BETWEEN_PAUSES = 40;

/** Replicas of a VM, programs and processors in motion: what a lockstep is apart from what its judge decides. */
export class Stepping<OwnJudge extends Judge = Judge> {
  readonly vm: Vm;
  readonly #origin: Origin;
  readonly #events = new Emitter<LockstepEventMap>(EVENT_NAMES);
  readonly #progress = new ProgressTable();
  readonly #table: AssignmentTable;
  readonly #frames = new FramesOverTime();
  readonly #clock: VmClock;
  readonly #crew: CrewList;
  readonly #meetings: Meetings;
  readonly #runner: Runner;
  /** @internal */
  protected readonly judge: OwnJudge;
  #processor: LockstepProcessor | null = null;
  #isRunning = false;
  #isDisposed = false;

  /** @internal */
  constructor(
    parts: EngineParts,
    vm: Vm,
    options: LockstepOptions,
    judgeMaker: (crew: Crew, replicas: number) => OwnJudge,
    maker: (...args: never[]) => unknown,
  ) {
    const replicas = replicasInStep(vm);
    const checked = checkRunnerOptions(options, replicas.length);
    this.vm = vm;
    this.#origin = new Origin(maker);
    this.#clock = new VmClock(parts.core, vm.handle);
    this.#table = new AssignmentTable(checked.processors);
    const [clock, progress, frames] = [this.#clock, this.#progress, this.#frames];
    const crew = new CrewList({
      vm,
      clock,
      progress,
      program: checked.program,
      emit: (event) => this.#events.emit(event),
      wants: (name) => this.#events.wants(name),
    });
    this.#crew = crew;
    const judge = judgeMaker(crew, replicas.length);
    this.judge = judge;
    const lanes = new Lanes({ ...checked, progress, table: this.#table, clockOf: (vmId) => crew.of(vmId)?.timeNs ?? 0 });
    this.#meetings = new Meetings({ options: checked, clock, crew, judge });
    this.#runner = new Runner({ vm, options: checked, clock, crew, lanes, frames, judge, meetings: this.#meetings });
    this.#begin(replicas);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Fig. 8 left: how far the program has come in each replica. */
  progressTable(): readonly ProgressRow[] {
    return this.#progress.rows();
  }

  /** Fig. 8 right: which replica each processor runs now. */
  assignmentTable(): readonly AssignmentRow[] {
    return this.#table.rows();
  }

  /** Calls `listener` for every event of that name, in order; the function that comes back ends it. */
  on<Name extends LockstepEventName>(name: Name, listener: LockstepListener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /** How things stand now. */
  get result(): LockstepResult {
    const { count, checkPoint } = this.#meetings;
    return {
      end: this.#runner.end,
      checkPoint,
      virtualNs: this.#clock.timeNs,
      checkPoints: count,
      replicas: this.#crew.results(),
      frameNs: this.#frames.frameNs,
      framesMost: this.#frames.most,
    };
  }

  /**
   * Runs until all replicas have finished, a difference ends it, or `until`; a later call goes on from there. Errors: what the engine fails with
   * (OUT_OF_FRAMES, SWAP_FULL, …; a later call tries again), a program's own error where all replicas fail, DISPOSED, REENTRANT.
   */
  async run(options: LockstepRunOptions = {}): Promise<LockstepResult> {
    const { signal, until } = checkRunOptions(options);
    const checkedUntil = checkUntil(until);
    this.#enter('lockstep.run');
    try {
      throwIfAborted(signal);
      this.#runner.resume(checkedUntil);
      await this.#runOn(signal);
      return this.result;
    } finally {
      this.#isRunning = false;
    }
  }

  /** This lockstep for a scheduler that runs other VMs too: it then does one slice or one meeting at a time. Not together with `run`. */
  get processor(): LockstepProcessor {
    return (this.#processor ??= new LockstepProcessor(this.#runner, this.#crew));
  }

  /** The programs end; the VM and its replicas stay. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    if (this.#isRunning)
      throw new ReentrantError('lockstep.dispose was called while lockstep.run is under way; abort that first.', {
        operation: 'lockstep.dispose',
      });
    this.#isDisposed = true;
    this.judge.end?.();
    await this.#crew.dispose();
  }

  [DISPOSE_ASYNC](): Promise<void> {
    return this.dispose();
  }

  /** @internal Does something when no program runs and no meeting is held: now, or after the step in hand. */
  protected between(action: () => void): void {
    this.#check();
    this.#runner.between(action);
  }

  #begin(replicas: readonly Replica[]): void {
    try {
      for (const replica of replicas) this.#crew.begin(replica);
    } catch (failure) {
      void this.#crew.dispose();
      throw failure;
    }
  }

  #check(): void {
    if (this.#isDisposed) throw disposedError(`The lockstep of VM '${this.vm.name}'`, this.#origin);
    if (this.vm.isDisposed) throw this.vm.disposed();
  }

  #enter(operation: string): void {
    this.#check();
    if (this.#isRunning) throw new ReentrantError(`${operation} was called while it is under way; wait for its promise.`, { operation });
    this.#isRunning = true;
  }

  async #runOn(signal: AbortSignal | undefined): Promise<void> {
    const runner = this.#runner;
    let pauseAtMs = performance.now() + WALL_MS_BETWEEN_PAUSES;
    for (let end = runner.step(); end !== 'over'; end = runner.step()) {
      if (end === 'input' && runner.pending !== null) await waitAbortable(runner.pending, signal);
      if (performance.now() < pauseAtMs) continue;
      await pause();
      throwIfAborted(signal);
      pauseAtMs = performance.now() + WALL_MS_BETWEEN_PAUSES;
    }
  }
}

/** Those that are compared; a VM that has one replica need not have told it to be in step. */
function replicasInStep(vm: Vm): readonly Replica[] {
  const inStep = vm.replicas.filter((replica) => replica.isInStep);
  if (inStep.length > 0) return inStep;
  if (vm.replicas.length === 1) return vm.replicas;
  throw new InvalidOptionError('vm.replicas', vm.replicas, 'at least one that is in step (createVm({ replicas }), replica.isInStep)');
}
