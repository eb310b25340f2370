import type { Change } from '../change.ts';
import type { Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-options.ts';
import type { MachineRange } from '../machine-range.ts';
import type { Move as EngineMove } from '../reconfiguration/moves.ts';
import type { Reconfiguration } from '../reconfiguration/reconfiguration.ts';
import { reconfigurationAt } from '../reconfiguration/request.ts';
import { Scheduler } from '../scheduler.ts';
import type { TraceProcessor } from '../scheduler/trace-processor.ts';
import { engineOptions, requestOptions } from './engine-form.ts';
import { type FollowFigures, Follows } from './follows.ts';
import { Guest } from './guest.ts';
import { Holders } from './holders.ts';
import { vmsBesideReserve, reserveBytesOf } from './reserve.ts';
import type { ReconfigurationResult, RunResult } from './result.ts';
import type { HolderSample, Timeline } from './timeline.ts';
import type { VmTrace } from './traces.ts';
import type { AddressRange, Move, Scenario, ScenarioChange, ScenarioVm, Strategy } from './types.ts';
import { RunWatch } from './watch.ts';

/** Makes an engine; which compiled module it runs is the caller's choice. */
export type EngineCreate = (options: EngineOptions) => Promise<Engine>;

export interface StrategyRunOptions {
  readonly engineCreate: EngineCreate;
  readonly signal: AbortSignal | undefined;
  readonly timeline: boolean;
}

interface Request {
  /** How long it was held back because an earlier one had not been granted. */
  readonly heldNs: number;
  readonly requestNs: number;
  readonly reconfiguration: Reconfiguration;
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
  readonly #scheduler: Scheduler<TraceProcessor>;
  readonly #signal: AbortSignal | undefined;
  readonly #requests: Request[] = [];
  /** Changes whose time has come, held back until the earlier ones are granted. */
  readonly #held: { readonly change: ScenarioChange; readonly dueNs: number }[] = [];
  readonly #remembered = new Set<Change>();
  #holderSamples: readonly HolderSample[] = [];
  /** What of the engine is appointed already. */
  #appointedNs: number | null = null;
  #onTurn: () => void = () => undefined;

  private constructor(scenario: Scenario, strategy: Strategy, engine: Engine, traces: readonly VmTrace[], options: StrategyRunOptions) {
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
    this.#follows = new Follows(engine, ({ vm, timeNs }) => this.#guests.find((guest) => guest.vm === vm)?.taken(timeNs));
    this.#guests = vms.map((vm, index) => this.#guestCreate(vm, traces[index]!));
    this.#scheduler = new Scheduler(
      this.#guests.map((guest) => guest.processor),
      { onTurn: () => this.#onTurn() },
    );
    for (const change of scenario.changes) this.#appoint(change);
    this.#appointEngine();
  }

  static async create(
    scenario: Scenario,
    strategy: Strategy,
    traces: readonly VmTrace[],
    options: StrategyRunOptions,
  ): Promise<StrategyRun> {
    const engine = await options.engineCreate(engineOptions(scenario, strategy, traces));
    try {
      return new StrategyRun(scenario, strategy, engine, traces, options);
    } catch (error) {
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
      reconfigurations: this.#requests.map((request) => this.#reconfigurationResult(request)),
    };
  }

  /** What happened when, if that was asked for; after the run. */
  timeline(): Timeline | null {
    const requests = this.#requests;
    if (this.#watch === null) return null;
    if (requests.length <= MARKED_REQUESTS_MAX)
      requests.forEach((request, index) => this.#mark(request, requests.length === 1 ? '' : ` ${index + 1}`));
    return this.#watch.finish(
      this.#guests.map((guest) => guest.player),
      this.#engine.regions,
      this.#holderSamples,
      this.#guests.map((guest) => guest.stalls.distribution()),
    );
  }

  async dispose(): Promise<void> {
    for (const guest of this.#guests) await guest.processor.dispose();
    this.#follows.dispose();
    this.#engine.dispose();
  }

  #guestCreate(form: ScenarioVm, trace: VmTrace): Guest {
    const watch = this.#watch;
    return new Guest(this.#engine, form, this.#strategy, trace, {
      accessNs: this.#scenario.accessNs,
      loadsStore: this.#scenario.loadsStore,
      signal: this.#signal,
      watch: watch === null ? null : (player) => watch.watch(player),
    });
  }

  #appoint(change: ScenarioChange): void {
    const { when } = change;
    const carryOut = (timeNs: number): void => this.#due(change, timeNs);
    if (!('vm' in when)) {
      this.#scheduler.appoint({ due: { timeNs: when.virtualNs }, carryOut });
      return;
    }
    const { processor } = this.#guestOf(when.vm);
    this.#scheduler.appoint({ due: { processor, position: Math.floor(when.progress * processor.length) }, carryOut });
  }

  #due(change: ScenarioChange, timeNs: number): void {
    const mustWait = change.afterGrant && (this.#held.length > 0 || this.#requests.some(({ reconfiguration }) => reconfiguration.isOpen));
    if (mustWait) this.#held.push({ change, dueNs: timeNs });
    else this.#request(change, timeNs, 0);
  }

  /** One change at a time: the next one only if this one was granted at once. */
  #releaseHeld(timeNs: number): void {
    while (this.#held.length > 0 && !this.#requests.some(({ reconfiguration }) => reconfiguration.isOpen)) {
      const { change, dueNs } = this.#held.shift()!;
      const requestNs = Math.max(dueNs, timeNs);
      this.#request(change, requestNs, requestNs - dueNs);
    }
  }

  /** What falls due later (expansions after the page-outs of `eager`, further chunks) is appointed for its time. */
  #request(change: ScenarioChange, requestNs: number, heldNs: number): void {
    const moves = change.moves.map((move) => this.#moveOf(move));
    const reconfiguration = reconfigurationAt(this.#engine, requestNs, moves, requestOptions(change, this.#strategy));
    this.#requests.push({ heldNs, requestNs, reconfiguration });
    this.#remember(reconfiguration);
    this.#appointStep(reconfiguration);
    this.#settleAppointment();
  }

  /** A change that somebody waits for keeps its last state when its record goes to another one. */
  #remember(reconfiguration: Reconfiguration): void {
    for (const change of reconfiguration.changes) {
      if (this.#remembered.has(change)) continue;
      this.#remembered.add(change);
      void change.settled;
    }
  }

  #appointStep(reconfiguration: Reconfiguration): void {
    const { dueNs } = reconfiguration;
    if (dueNs === null) return;
    this.#scheduler.appoint({
      due: { timeNs: dueNs },
      carryOut: () => {
        reconfiguration.step();
        this.#remember(reconfiguration);
        this.#appointStep(reconfiguration);
        this.#settleAppointment();
        this.#releaseHeld(dueNs);
      },
    });
  }

  /** After something was done beside the processors: what it took into use cost no access anything. */
  #settleAppointment(): void {
    for (const guest of this.#guests) guest.forgetTaken(null);
    this.#appointEngine();
  }

  /** Sweeps of release conditions, the refill of a reserve: whatever the engine has to do at a time. Sweeps end with the traces. */
  #appointEngine(): void {
    const { dueNs } = this.#engine;
    const isOver = this.#guests.every(({ processor }) => processor.position >= processor.length);
    if (dueNs === null || dueNs === this.#appointedNs || (isOver && this.#strategy.handover !== 'reserve')) return;
    this.#appointedNs = dueNs;
    this.#scheduler.appoint({
      due: { timeNs: dueNs },
      carryOut: (timeNs) => {
        this.#appointedNs = null;
        this.#engine.advance(timeNs);
        this.#settleAppointment();
        this.#releaseHeld(timeNs);
      },
    });
  }

  #moveOf(move: Move): EngineMove {
    if (move.kind === 'real') return { vm: move.vm === null ? null : this.#guestOf(move.vm).vm, real: rangeOf(move.range) };
    const { vm } = this.#guestOf(move.vm);
    if (move.kind === 'amount') return { vm, change: move.bytes };
    return move.kind === 'give' ? { vm, give: rangeOf(move.range) } : { vm, take: rangeOf(move.range) };
  }

  #guestOf(name: string): Guest {
    return this.#guests.find((guest) => guest.vm.name === name)!;
  }

  #reconfigurationResult({ heldNs, requestNs, reconfiguration }: Request): ReconfigurationResult {
    const { regions, grantNs, settledNs, pageOutsBeforeGrant, pageOutsAfterGrant, changes } = reconfiguration;
    const followed = (kind: 'reduce' | 'expand'): FollowFigures | null =>
      this.#follows.figures(
        changes.filter((change) => change.kind === kind),
        requestNs,
      );
    return {
      requestVirtualNs: requestNs,
      heldVirtualNs: heldNs,
      regions,
      grantVirtualNs: grantNs,
      settledVirtualNs: settledNs,
      pageOutsBeforeGrant,
      pageOutsAfterGrant,
      released: followed('reduce'),
      taken: followed('expand'),
      changes: changes.map((change) => {
        const report = change.report();
        return {
          vm: report.vm,
          bytes: (report.kind === 'reduce' ? -1 : 1) * report.regions * this.#scenario.regionBytes,
          state: report.state,
          grantVirtualNs: report.grantNs,
          settledVirtualNs: report.settledNs,
          pageOutsBeforeGrant: report.pageOutsBeforeGrant,
          pageOutsAfterGrant: report.pageOutsAfterGrant,
          superseded: report.superseded,
        };
      }),
    };
  }

  #mark({ requestNs, reconfiguration: { grantNs, settledNs } }: Request, number: string): void {
    this.#watch?.mark(requestNs, grantNs === 0 ? `request${number} = grant` : `request${number}`);
    if (grantNs === null) return;
    if (grantNs > 0) this.#watch?.mark(requestNs + grantNs, `grant${number}`);
    if (settledNs !== null && settledNs > grantNs) this.#watch?.mark(requestNs + settledNs, `settled${number}`);
  }
}

/** A reserve takes its memory from the same machine. */
function vmsOf(scenario: Scenario, strategy: Strategy): readonly ScenarioVm[] {
  return strategy.handover === 'reserve' ? vmsBesideReserve(scenario, reserveBytesOf(scenario, strategy)) : scenario.vms;
}

function rangeOf({ fromBytes, bytes }: AddressRange): MachineRange {
  return { from: fromBytes, bytes };
}
