import type { Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-options.ts';
import { Player } from '../engine/player.ts';
import { type Reconfiguration, reconfigurationAt } from '../reconfiguration.ts';
import { Scheduler } from '../scheduler.ts';
import { TraceProcessor } from '../scheduler/trace-processor.ts';
import { fileSwapStore } from '../swap/file.ts';
import type { Vm } from '../vm.ts';
import { tracedDigest } from './digest.ts';
import type { ReconfigurationResult, RunResult, VmResult } from './result.ts';
import { SlowestAccesses } from './slowest.ts';
import type { Timeline } from './timeline.ts';
import { TRACED_UNIT_BYTES, type VmTrace } from './traces.ts';
import type { Scenario, ScenarioChange, ScenarioSwap, ScenarioVm, Strategy } from './types.ts';
import { RunWatch } from './watch.ts';

/** Makes an engine; which compiled module it runs is the caller's choice. */
export type EngineCreate = (options: EngineOptions) => Promise<Engine>;

export interface StrategyRunOptions {
  readonly engineCreate: EngineCreate;
  readonly signal: AbortSignal | undefined;
  readonly timeline: boolean;
}

/** A VM of the run with what replays it. */
interface Guest {
  readonly vm: Vm;
  readonly player: Player;
  readonly processor: TraceProcessor;
  readonly slowest: SlowestAccesses;
}

interface Request {
  readonly requestNs: number;
  readonly reconfiguration: Reconfiguration;
}

const CHANGES_LEAST = 16;
const EVENTS_LEAST = 1024;
const EVENTS_A_REGION = 4;

/** One run of a scenario under one strategy, on an engine of its own. */
export class StrategyRun {
  readonly #scenario: Scenario;
  readonly #strategy: Strategy;
  readonly #engine: Engine;
  readonly #watch: RunWatch | null;
  readonly #guests: readonly Guest[];
  readonly #scheduler: Scheduler<TraceProcessor>;
  readonly #signal: AbortSignal | undefined;
  readonly #requests: Request[] = [];
  #onTurn: () => void = () => undefined;

  private constructor(scenario: Scenario, strategy: Strategy, engine: Engine, traces: readonly VmTrace[], options: StrategyRunOptions) {
    this.#scenario = scenario;
    this.#strategy = strategy;
    this.#engine = engine;
    this.#signal = options.signal;
    this.#watch = options.timeline ? new RunWatch(engine) : null;
    this.#guests = scenario.vms.map((vm, index) => this.#guestCreate(vm, traces[index]!));
    this.#scheduler = new Scheduler(
      this.#guests.map((guest) => guest.processor),
      { onTurn: () => this.#onTurn() },
    );
    for (const change of scenario.changes) this.#appoint(change);
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
    const vms = this.#guests.map((guest) => this.#vmResult(guest));
    return {
      strategy: this.#strategy,
      virtualNs: Math.max(...vms.map((vm) => vm.virtualNs)),
      wallMs,
      bytes: this.#engine.inspect().bytes,
      vms,
      reconfigurations: this.#requests.map((request) => reconfigurationResult(request, this.#scenario.regionBytes)),
    };
  }

  /** What happened when, if that was asked for; after the run. */
  timeline(): Timeline | null {
    if (this.#watch === null) return null;
    this.#requests.forEach((request, index) => this.#mark(request, this.#requests.length === 1 ? '' : ` ${index + 1}`));
    return this.#watch.finish(this.#guests.map((guest) => guest.player));
  }

  async dispose(): Promise<void> {
    for (const guest of this.#guests) await guest.processor.dispose();
    this.#engine.dispose();
  }

  #guestCreate(form: ScenarioVm, { trace, totals, nextUse, addressSpacePages }: VmTrace): Guest {
    const { seek, evictBatch } = form;
    const vm = this.#engine.createVm({
      name: form.name,
      memory: form.memoryBytes,
      addressSpace: addressSpacePages * this.#engine.pageBytes,
      eviction: form.eviction,
      ...(seek === undefined ? {} : { seek }),
      ...(evictBatch === undefined ? {} : { evictBatch }),
    });
    const player = new Player(this.#engine.core, vm.handle, vm.replica.handle, {
      loadsStore: this.#scenario.loadsStore,
      knowsNextUse: nextUse !== null,
    });
    const slowest = new SlowestAccesses();
    const onSlice = this.#watch?.watch(player);
    const processor = new TraceProcessor({
      player,
      trace,
      length: totals.records,
      nextUse,
      accessNs: this.#scenario.accessNs,
      signal: this.#signal,
      onWait: (waitNs) => slowest.add(waitNs),
      ...(onSlice === undefined ? {} : { onSlice }),
    });
    return { vm, player, processor, slowest };
  }

  #appoint(change: ScenarioChange): void {
    const { when } = change;
    const carryOut = (timeNs: number): void => this.#request(change, timeNs);
    if (!('vm' in when)) {
      this.#scheduler.appoint({ due: { timeNs: when.virtualNs }, carryOut });
      return;
    }
    const { processor } = this.#guestOf(when.vm);
    this.#scheduler.appoint({ due: { processor, position: Math.floor(when.progress * processor.length) }, carryOut });
  }

  /** Reductions now; expansions now under `rights`, and at the end of the last write under `eager`. */
  #request(change: ScenarioChange, requestNs: number): void {
    const moves = change.moves.map((move) => ({ vm: this.#guestOf(move.vm).vm, change: move.bytes }));
    const reconfiguration = reconfigurationAt(this.#engine, requestNs, moves, { shortfall: change.shortfall });
    this.#requests.push({ requestNs, reconfiguration });
    const { dueNs } = reconfiguration;
    if (dueNs !== null) this.#scheduler.appoint({ due: { timeNs: dueNs }, carryOut: () => reconfiguration.expand() });
  }

  #guestOf(name: string): Guest {
    return this.#guests.find((guest) => guest.vm.name === name)!;
  }

  #vmResult({ vm, processor, slowest }: Guest): VmResult {
    const { accesses, faults, pageIns, pageOuts, evictions, takeOvers, ioWaitNs } = vm.counters;
    const slow = slowest.summary(accesses, this.#scenario.accessNs);
    return {
      name: vm.name,
      virtualNs: vm.timeNs,
      accesses,
      faults,
      pageIns,
      pageOuts,
      evictions,
      takeOvers,
      ioWaitNs,
      slowest1PercentNs: slow.meanNs,
      slowestNs: slow.worstNs,
      managedBytes: vm.managedBytes,
      usedBytes: vm.usedBytes,
      usableBytes: vm.usableBytes,
      tracedBytes: processor.units.length * TRACED_UNIT_BYTES,
      digest: tracedDigest(vm.replica, processor.units),
    };
  }

  #mark({ requestNs, reconfiguration }: Request, number: string): void {
    const { grantNs, settledNs } = durations(reconfiguration);
    this.#watch?.mark(requestNs, grantNs === 0 ? `request${number} = grant` : `request${number}`);
    if (grantNs > 0) this.#watch?.mark(requestNs + grantNs, `grant${number}`);
    if (settledNs !== null && settledNs > grantNs) this.#watch?.mark(requestNs + settledNs, `settled${number}`);
  }
}

function engineOptions(scenario: Scenario, strategy: Strategy, traces: readonly VmTrace[]): EngineOptions {
  const moves = scenario.changes.reduce((sum, change) => sum + change.moves.length, 0);
  return {
    memory: scenario.memoryBytes,
    region: scenario.regionBytes,
    swap: swapOptions(scenario.swap),
    handover: strategy,
    accessNs: scenario.accessNs,
    maxVms: scenario.vms.length,
    maxReplicas: scenario.vms.length,
    maxPlayers: scenario.vms.length,
    maxChanges: Math.max(CHANGES_LEAST, moves),
    eventCapacity: eventCapacity(scenario),
    tables: { translatedPages: traces.reduce((sum, trace) => sum + trace.addressSpacePages, 0) },
    selection: { expand: scenario.expand },
  };
}

/** The most that one operation causes is an eager reduction of everything: two events a region. */
function eventCapacity(scenario: Scenario): number {
  const events = (EVENTS_A_REGION * scenario.memoryBytes) / scenario.regionBytes;
  return 2 ** Math.ceil(Math.log2(Math.max(EVENTS_LEAST, events)));
}

function swapOptions(swap: ScenarioSwap) {
  const { device, readLatencyNs, writeLatencyNs, readBytesPerSecond, writeBytesPerSecond, queue, path } = swap;
  return {
    size: swap.bytes,
    ...(device === undefined ? {} : { device }),
    ...(readLatencyNs === undefined ? {} : { readLatency: readLatencyNs }),
    ...(writeLatencyNs === undefined ? {} : { writeLatency: writeLatencyNs }),
    ...(readBytesPerSecond === undefined ? {} : { readBandwidth: readBytesPerSecond }),
    ...(writeBytesPerSecond === undefined ? {} : { writeBandwidth: writeBytesPerSecond }),
    ...(queue === undefined ? {} : { queue }),
    ...(path === undefined ? {} : { store: fileSwapStore(path) }),
  };
}

/** After the run no expansion is left to come, so the grant has a time. */
function durations({ grantNs, settledNs }: Reconfiguration): { readonly grantNs: number; readonly settledNs: number | null } {
  return { grantNs: grantNs ?? 0, settledNs };
}

function reconfigurationResult({ requestNs, reconfiguration }: Request, regionBytes: number): ReconfigurationResult {
  const { regions, pageOutsBeforeGrant, pageOutsAfterGrant, changes } = reconfiguration;
  const { grantNs, settledNs } = durations(reconfiguration);
  return {
    requestVirtualNs: requestNs,
    regions,
    grantVirtualNs: grantNs,
    settledVirtualNs: settledNs,
    pageOutsBeforeGrant,
    pageOutsAfterGrant,
    changes: changes.map((change) => {
      const report = change.report();
      return {
        vm: report.vm,
        bytes: (report.kind === 'reduce' ? -1 : 1) * report.regions * regionBytes,
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
