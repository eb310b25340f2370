import type { Engine } from '../engine.ts';
import { Player, type PlayerSample } from '../engine/player.ts';
import type { Processor } from '../scheduler.ts';
import { TraceProcessor } from '../scheduler/trace-processor.ts';
import type { Vm } from '../vm.ts';
import { tracedDigest } from './digest.ts';
import { vmOptions } from './engine-form.ts';
import { vmFigures } from './guest-result.ts';
import type { VmResult } from './result.ts';
import { TRACED_UNIT_BYTES, type VmTrace } from './traces.ts';
import type { ScenarioVm, Strategy } from './types.ts';
import { Waits } from './waits.ts';

/** What is sampled for a timeline. */
export interface Sampled {
  readonly timeNs: number;
  readonly position: number;
  sample(): PlayerSample;
}

export interface GuestOptions {
  readonly accessNs: number;
  readonly loadsStore: boolean;
  readonly signal: AbortSignal | undefined;
  /** For samples of a timeline: what to call at the end of each slice. */
  readonly watch: ((sampled: Sampled) => () => void) | null;
}

/** A VM of a run, with what runs in it and what is counted on the way. */
export interface Guest {
  readonly vm: Vm;
  readonly processor: Processor;
  readonly sampled: Sampled;
  readonly waits: Waits;
  /** Nothing will run in any VM any more: it does nothing more by itself. */
  rest?(): void;
  result(): VmResult;
  dispose(): Promise<void>;
}

/** A VM that replays its trace once. */
export class TraceGuest implements Guest {
  readonly vm: Vm;
  readonly sampled: Sampled;
  readonly processor: TraceProcessor;
  readonly waits = new Waits();
  readonly #accessNs: number;

  constructor(engine: Engine, form: ScenarioVm, strategy: Strategy, source: VmTrace, options: GuestOptions) {
    const { trace, totals, nextUse, addressSpacePages } = source;
    const { accessNs, loadsStore, signal, watch } = options;
    this.#accessNs = accessNs;
    this.vm = engine.createVm(vmOptions(form, strategy, addressSpacePages * engine.pageBytes));
    const player = new Player(engine.core, this.vm.handle, this.vm.replica.handle, { loadsStore, knowsNextUse: nextUse !== null });
    this.sampled = player;
    const onSample = watch?.(player);
    this.processor = new TraceProcessor({
      player,
      trace,
      length: totals.records,
      nextUse,
      accessNs,
      signal,
      onWait: (waitNs) => this.waits.waited(waitNs, player.timeNs),
      onSlice: () => {
        this.waits.forgetTaken(0);
        onSample?.();
      },
    });
  }

  result(): VmResult {
    const { vm, processor } = this;
    return {
      ...vmFigures(vm, this.waits, this.#accessNs),
      tracedBytes: processor.units.length * TRACED_UNIT_BYTES,
      digest: tracedDigest(vm.replica, processor.units),
    };
  }

  dispose(): Promise<void> {
    return this.processor.dispose();
  }
}
