import type { Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-options.ts';
import { traceProgram, type TraceProgramMaker } from '../lockstep/trace-program.ts';
import { type Processor, Scheduler } from '../scheduler.ts';
import { partiesOf } from './compare-figures.ts';
import { engineOptions } from './engine-form.ts';
import { Follows } from './follows.ts';
import { type Guest, type GuestOptions, TraceGuest } from './guest.ts';
import { Holders } from './holders.ts';
import { traceCheckPoints } from './lockstep-form.ts';
import { type Request, Requests } from './requests.ts';
import { reserveBytesOf, vmsBesideReserve } from './reserve.ts';
import type { SeparateResult } from './replica-result.ts';
import { ReplicatedGuest } from './replicated-guest.ts';
import type { RunResult } from './result.ts';
import type { ScenarioReplicas } from './replicas.ts';
import { said } from './said.ts';
import { stallsTogether } from './stalls.ts';
import type { HolderSample, Timeline } from './timeline.ts';
import type { VmTrace } from './traces.ts';
import type { Scenario, ScenarioVm, Strategy } from './types.ts';
import { RunWatch } from './watch.ts';

/** Makes an engine; which compiled module it runs is the caller's choice. */
export type EngineCreate = (options: EngineOptions) => Promise<Engine>;

export interface StrategyRunOptions {
  readonly engineCreate: EngineCreate;
  readonly signal: AbortSignal | undefined;
  readonly timeline: boolean;
  /** By VM: the same program in separate VMs; null where it has no replicas. */
  readonly separate: readonly (SeparateResult | null)[];
}

/** Marks in a picture; more of them hide it. */
const MARKED_REQUESTS_MAX = 8;

/** One run of a scenario under one strategy, on an engine of its own. */
export class StrategyRun {
  readonly #scenario: Scenario;
  readonly #strategy: Strategy;
  readonly #engine: Engine;
  readonly #watch: RunWatch | null;
  readonly #holders: Holders;
  readonly #follows: Follows;
  readonly #guests: readonly Guest[];
  readonly #scheduler: Scheduler<Processor>;
  readonly #signal: AbortSignal | undefined;
  readonly #requests: Requests;
  #holderSamples: readonly HolderSample[] = [];
  #onTurn: () => void = () => undefined;

  private constructor(
    scenario: Scenario,
    strategy: Strategy,
    engine: Engine,
    traces: readonly VmTrace[],
    programs: readonly (TraceProgramMaker | null)[],
    options: StrategyRunOptions,
  ) {
    this.#scenario = scenario;
    this.#strategy = strategy;
    this.#engine = engine;
    this.#signal = options.signal;
    this.#watch = options.timeline ? new RunWatch() : null;
    const vms = vmsOf(scenario, strategy);
    this.#holders = new Holders(
      engine,
      vms.map(({ name }) => name),
      this.#watch?.rights ?? null,
    );
    this.#follows = new Follows(engine, ({ vm, timeNs }) => this.#guests.find((guest) => guest.vm === vm)?.waits.taken(timeNs));
    this.#guests = vms.map((vm, index) => this.#guestCreate(vm, traces[index]!, programs[index]!, options.separate[index]!));
    this.#scheduler = new Scheduler(
      this.#guests.map((guest) => guest.processor),
      { onTurn: () => this.#onTurn() },
    );
    this.#requests = new Requests({
      scenario,
      strategy,
      engine,
      guests: this.#guests,
      scheduler: this.#scheduler,
      holders: this.#holders,
      follows: this.#follows,
    });
  }

  static async create(
    scenario: Scenario,
    strategy: Strategy,
    traces: readonly VmTrace[],
    options: StrategyRunOptions,
  ): Promise<StrategyRun> {
    const engine = await options.engineCreate(engineOptions(scenario, strategy, traces));
    const programs: (TraceProgramMaker | null)[] = [];
    try {
      for (const [index, { replicas }] of scenario.vms.entries())
        programs.push(replicas === undefined ? null : await programOf(scenario, replicas, traces[index]!, options.signal));
      return new StrategyRun(scenario, strategy, engine, traces, programs, options);
    } catch (error) {
      for (const program of programs) await program?.dispose();
      engine.dispose();
      throw error;
    }
  }

  /** Runs to the end. */
  async run(onProgress: (done: number, total: number) => void): Promise<RunResult> {
    const records = this.#guests.reduce((sum, guest) => sum + guest.processor.length, 0);
    this.#onTurn = () =>
      onProgress(
        this.#guests.reduce((sum, guest) => sum + guest.processor.position, 0),
        records,
      );
    this.#onTurn();
    const startMs = performance.now();
    await this.#scheduler.run({ signal: this.#signal });
    const wallMs = performance.now() - startMs;
    const vms = this.#guests.map((guest) => guest.result());
    const virtualNs = Math.max(...vms.map((vm) => vm.virtualNs));
    const { useful, samples } = this.#holders.finish(virtualNs);
    this.#holderSamples = samples;
    const { name, ...policies } = this.#strategy;
    return {
      strategy: name,
      policies,
      virtualNs,
      wallMs,
      bytes: this.#engine.inspect().bytes,
      usefulBytes: useful,
      vms,
      reconfigurations: this.#requests.results(),
    };
  }

  /** What happened when, if that was asked for; after the run. */
  timeline(): Timeline | null {
    const requests = this.#requests.all;
    if (this.#watch === null) return null;
    const { receivers } = partiesOf(this.#scenario);
    if (requests.length <= MARKED_REQUESTS_MAX)
      requests.forEach((request, index) => this.#mark(request, requests.length === 1 ? '' : ` ${index + 1}`));
    return this.#watch.finish(
      this.#guests.map(({ sampled }) => sampled),
      this.#engine.regions,
      this.#holderSamples,
      stallsTogether(this.#guests.filter(({ vm }) => receivers.includes(vm.name)).map(({ waits }) => waits.stalls)).distribution(),
    );
  }

  async dispose(): Promise<void> {
    for (const guest of this.#guests) await guest.dispose();
    this.#follows.dispose();
    this.#engine.dispose();
  }

  #guestCreate(form: ScenarioVm, trace: VmTrace, program: TraceProgramMaker | null, separate: SeparateResult | null): Guest {
    const watch = this.#watch;
    const options: GuestOptions = {
      accessNs: this.#scenario.accessNs,
      loadsStore: this.#scenario.loadsStore,
      signal: this.#signal,
      watch: watch === null ? null : (sampled) => watch.watch(sampled),
    };
    if (program === null) return new TraceGuest(this.#engine, form, this.#strategy, trace, options);
    return new ReplicatedGuest(this.#engine, form, this.#strategy, trace, { ...options, program, separate: separate! });
  }

  #mark({ requestNs, reconfiguration: { grantNs, settledNs } }: Request, number: string): void {
    this.#watch?.mark(requestNs, grantNs === 0 ? `request${number} = grant` : `request${number}`);
    if (grantNs === null) return;
    if (grantNs > 0) this.#watch?.mark(requestNs + grantNs, `grant${number}`);
    if (settledNs !== null && settledNs > grantNs) this.#watch?.mark(requestNs + settledNs, `settled${number}`);
  }
}

/** What the replicas of a VM run. */
function programOf(
  { loadsStore }: Scenario,
  replicas: ScenarioReplicas,
  { trace }: VmTrace,
  signal: AbortSignal | undefined,
): Promise<TraceProgramMaker> {
  return traceProgram(trace, { loadsStore, ...said({ checkPoints: traceCheckPoints(replicas), signal }) });
}

/** A reserve takes its memory from the same machine. */
function vmsOf(scenario: Scenario, strategy: Strategy): readonly ScenarioVm[] {
  return strategy.handover === 'reserve' ? vmsBesideReserve(scenario, reserveBytesOf(scenario, strategy)) : scenario.vms;
}
