import type { Engine } from '../engine.ts';
import { Player } from '../engine/player.ts';
import { TraceProcessor } from '../scheduler/trace-processor.ts';
import type { Vm } from '../vm.ts';
import { tracedDigest } from './digest.ts';
import { vmOptions } from './engine-form.ts';
import type { VmResult } from './result.ts';
import { Stalls } from './stalls.ts';
import { TRACED_UNIT_BYTES, type VmTrace } from './traces.ts';
import type { ScenarioVm, Strategy } from './types.ts';

export interface GuestOptions {
  readonly accessNs: number;
  readonly loadsStore: boolean;
  readonly signal: AbortSignal | undefined;
  /** For samples of a timeline: what to call at the end of each slice. */
  readonly watch: ((player: Player) => () => void) | null;
}

/** A VM of a run with what replays its trace, and what is counted on the way. */
export class Guest {
  readonly vm: Vm;
  readonly player: Player;
  readonly processor: TraceProcessor;
  /** Waits of all its accesses, and of those that took a region that had come to it into use. */
  readonly stalls = new Stalls();
  readonly #firstTouches = new Stalls();
  readonly #accessNs: number;
  /** When it took regions into use within the slice that is running. */
  #takenNs: number[] = [];

  constructor(engine: Engine, form: ScenarioVm, strategy: Strategy, source: VmTrace, options: GuestOptions) {
    const { trace, totals, nextUse, addressSpacePages } = source;
    const { accessNs, loadsStore, signal, watch } = options;
    this.#accessNs = accessNs;
    this.vm = engine.createVm(vmOptions(form, strategy, addressSpacePages * engine.pageBytes));
    this.player = new Player(engine.core, this.vm.handle, this.vm.replica.handle, { loadsStore, knowsNextUse: nextUse !== null });
    const onSample = watch?.(this.player);
    this.processor = new TraceProcessor({
      player: this.player,
      trace,
      length: totals.records,
      nextUse,
      accessNs,
      signal,
      onWait: (waitNs) => this.#waited(waitNs),
      onSlice: () => {
        this.forgetTaken(0);
        onSample?.();
      },
    });
  }

  /** It took a region into use that a change had brought. */
  taken(timeNs: number): void {
    this.#takenNs.push(timeNs);
  }

  /** The regions just taken waited so long: 0 where no access was behind it or none had to wait. */
  forgetTaken(waitNs: number | null): void {
    if (this.#takenNs.length === 0) return;
    if (waitNs !== null) for (const _ of this.#takenNs) this.#firstTouches.add(waitNs);
    this.#takenNs = [];
  }

  /** The last access of the slice waited; those that took something before it began did not. */
  #waited(waitNs: number): void {
    this.stalls.add(waitNs);
    const startNs = this.player.timeNs - waitNs;
    const isOfAccess = this.#takenNs.some((timeNs) => timeNs >= startNs);
    this.#takenNs = this.#takenNs.filter((timeNs) => timeNs < startNs);
    this.forgetTaken(0);
    if (isOfAccess) this.#firstTouches.add(waitNs); // one access, however many regions it took
  }

  result(): VmResult {
    const { vm, processor } = this;
    const { accesses, faults, pageIns, pageOuts, evictions, takeOvers, earlyReleases, earlyReleasesFailed, pagesMoved, ioWaitNs } =
      vm.counters;
    const slow = this.stalls.slowest(accesses, this.#accessNs);
    return {
      name: vm.name,
      virtualNs: vm.timeNs,
      accesses,
      faults,
      pageIns,
      pageOuts,
      evictions,
      takeOvers,
      earlyReleases,
      earlyReleasesFailed,
      pagesMoved,
      ioWaitNs,
      stalls: this.stalls.figures(accesses),
      firstTouches: this.#firstTouches.touchFigures(),
      slowest1PercentNs: slow.meanNs,
      slowestNs: slow.worstNs,
      managedBytes: vm.managedBytes,
      usedBytes: vm.usedBytes,
      usableBytes: vm.usableBytes,
      tracedBytes: processor.units.length * TRACED_UNIT_BYTES,
      digest: tracedDigest(vm.replica, processor.units),
    };
  }
}
