import { VM_IO_WAIT_NS, VM_PAGE_INS, VM_PAGE_OUTS } from '../../assembly/shared/layout.ts';
import { frameFlip } from '../engine/flip.ts';
import type { Engine } from '../engine.ts';
import type { Lockstep } from '../lockstep/lockstep.ts';
import type { TraceProgramMaker } from '../lockstep/trace-program.ts';
import type { ProgramGuest, ReplicaProgram } from '../lockstep/types.ts';
import type { Replica } from '../replica.ts';
import type { Processor } from '../scheduler.ts';
import type { Vm } from '../vm.ts';
import { tracedDigest } from './digest.ts';
import { vmOptions } from './engine-form.ts';
import { type FaultEffects, faultsPlaced, FaultyProgram } from './faulty-program.ts';
import type { Guest, GuestOptions, Sampled } from './guest.ts';
import { vmFigures } from './guest-result.ts';
import { lockstepOptions } from './lockstep-form.ts';
import { ReplicaReports } from './replica-reports.ts';
import type { BlockShown, ReplicaResult, ReplicasResult, SeparateResult } from './replica-result.ts';
import { ReplicaWatch } from './replica-samples.ts';
import type { ScenarioReplicas } from './replicas.ts';
import type { VmResult } from './result.ts';
import { TRACED_UNIT_BYTES, type VmTrace } from './traces.ts';
import type { ScenarioVm, Strategy } from './types.ts';
import { Waits } from './waits.ts';

export interface ReplicatedGuestOptions extends GuestOptions {
  readonly program: TraceProgramMaker;
  /** The same in separate VMs, for the result. */
  readonly separate: SeparateResult;
}

/** A VM that replays its trace in several replicas. */
export class ReplicatedGuest implements Guest {
  readonly vm: Vm;
  readonly processor: Processor;
  readonly sampled: Sampled;
  readonly waits = new Waits();
  readonly #engine: Engine;
  readonly #form: ScenarioReplicas;
  readonly #options: ReplicatedGuestOptions;
  readonly #lockstep: Lockstep;
  readonly #reports: ReplicaReports;
  readonly #watch: ReplicaWatch;
  /** By number, from 1: those that have ever run. */
  readonly #replicas = new Map<number, Replica>();
  /** By number, from 1: those of the beginning. */
  readonly #programs: ReplicaProgram[] = [];
  #ioWaitNs = 0;

  constructor(engine: Engine, form: ScenarioVm, strategy: Strategy, source: VmTrace, options: ReplicatedGuestOptions) {
    const replicas = form.replicas!;
    this.#engine = engine;
    this.#form = replicas;
    this.#options = options;
    this.#reports = new ReplicaReports(replicas.faults);
    this.#watch = new ReplicaWatch(replicas.count);
    this.vm = engine.createVm(vmOptions(form, strategy, source.addressSpacePages * engine.pageBytes));
    this.#lockstep = this.vm.lockstep({
      ...lockstepOptions(replicas),
      program: (guest) => this.#program(guest, source),
    });
    const processor = this.#lockstep.processor;
    this.processor = processor;
    this.sampled = sampledOf(engine, this.vm, processor);
    this.#listen(options.watch?.(this.sampled));
  }

  #program(guest: ProgramGuest, { blockOf }: VmTrace): ReplicaProgram {
    this.#replicas.set(guest.number, guest.replica);
    const { program: make } = this.#options;
    const faults = faultsPlaced(this.#form.faults, guest.number, make.length, blockOf, TRACED_UNIT_BYTES);
    const made = make(guest);
    const program = faults.length === 0 ? made : new FaultyProgram(made, guest, faults, this.#effects);
    if (this.#programs.length < this.#form.count) this.#programs.push(program);
    return program;
  }

  get #effects(): FaultEffects {
    return {
      flip: ({ replica }, address, bit) => frameFlip(this.#engine.core, replica.handle, address, bit),
      struck: (fault, timeNs) => this.#reports.struck(fault, timeNs),
      die: ({ replica }, { what }) => {
        this.#lockstep.fail(replica);
        if (what.kind === 'dies' && what.isReplaced) this.#lockstep.join();
      },
    };
  }

  #listen(onSample: (() => void) | undefined): void {
    const lockstep = this.#lockstep;
    lockstep.on('slice', ({ fromNs, timeNs }) => {
      this.#waited(fromNs, timeNs);
      this.#sample();
      onSample?.();
    });
    lockstep.on('checkPoint', ({ report }) => {
      this.#reports.note(report);
      this.#ioWaitNs = this.#ioWait;
      this.#sample();
    });
    this.#sample();
  }

  get #ioWait(): number {
    return this.#engine.core.vmNumber(this.vm.handle, VM_IO_WAIT_NS);
  }

  /** What comparisons between two slices waited for is nobody's access. */
  #waited(fromNs: number, endNs: number): void {
    const { waits } = this;
    const waitNs = Math.min(this.#ioWait - this.#ioWaitNs, endNs - fromNs);
    this.#ioWaitNs = this.#ioWait;
    if (waitNs > 0) waits.waited(waitNs, endNs);
    waits.forgetTaken(0);
  }

  get #memoryBytes(): number {
    return this.vm.residentPages * this.#engine.pageBytes;
  }

  #sample(): void {
    this.#watch.note(this.processor.timeNs, this.#memoryBytes, this.#records, () => this.#sharing);
  }

  get #records(): readonly number[] {
    return this.#programs.map(({ position }) => position);
  }
  get #sharing(): readonly [merges: number, copies: number] {
    const { merges, copies } = this.vm.counters;
    return [merges, copies];
  }

  /** Comparisons at intervals end with the program. */
  rest(): void {
    const { vm } = this;
    const { every, ...policy } = vm.comparePolicy;
    if (every !== null) vm.compareBy(policy);
  }

  result(): VmResult {
    const { vm } = this;
    const { units } = this.#options.program;
    const replicas = this.#replicaResults();
    const first = replicas.find(({ digest, state }) => digest !== null && state !== 'failed') ?? replicas[0]!;
    return {
      ...vmFigures(vm, this.waits, this.#options.accessNs),
      tracedBytes: units.length * TRACED_UNIT_BYTES,
      digest: first.digest ?? '',
      replicas,
      lockstep: this.#replicasResult(),
    };
  }

  #replicaResults(): readonly ReplicaResult[] {
    const { units, length } = this.#options.program;
    const members = new Map(this.#lockstep.result.replicas.map((member) => [member.vmId, member]));
    return [...this.#replicas].map(([number, replica]): ReplicaResult => {
      const member = members.get(number);
      const records = member?.position ?? this.#programs[number - 1]?.position ?? 0;
      return {
        replica: number,
        state: member === undefined || member.state === 'failed' ? 'failed' : member.state === 'finished' ? 'finished' : 'stopped',
        records,
        progress: records / length,
        virtualNs: member?.timeNs ?? 0,
        waitedNs: member?.waitedNs ?? 0,
        digest: replica.isDisposed ? null : tracedDigest(replica, units),
      };
    });
  }

  #replicasResult(): ReplicasResult {
    const lockstep = this.#lockstep;
    const { copies, merges } = this.vm.counters;
    const { virtualNs, end } = lockstep.result;
    const memory = this.#watch.finish(virtualNs, this.#memoryBytes, this.#records, () => this.#sharing);
    return {
      records: this.#options.program.length,
      end: end === 'halted' ? end : 'finished',
      processors: lockstep.assignmentTable().map(({ name, performance }) => ({ name, performance })),
      counts: lockstep.counts,
      copies,
      merges,
      memory,
      separate: this.#options.separate,
      samples: this.#watch.samples,
      faults: this.#reports.faults,
      found: this.#reports.found((address) => this.#blockAt(address)),
    };
  }

  #blockAt(address: number): BlockShown {
    const page = Math.floor(address / TRACED_UNIT_BYTES);
    const unit = this.#options.program.units[page];
    return { page, address: unit === undefined ? null : `0x${(BigInt(unit) * BigInt(TRACED_UNIT_BYTES)).toString(16)}` };
  }

  async dispose(): Promise<void> {
    await this.#lockstep.dispose();
    await this.#options.program.dispose();
  }
}

function sampledOf({ core }: Engine, vm: Vm, processor: Processor): Sampled {
  return {
    get timeNs() {
      return processor.timeNs;
    },
    get position() {
      return processor.position;
    },
    sample: () => ({
      pageIns: core.vmNumber(vm.handle, VM_PAGE_INS),
      pageOuts: core.vmNumber(vm.handle, VM_PAGE_OUTS),
      residentPages: vm.residentPages,
    }),
  };
}
