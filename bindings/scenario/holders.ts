import type { Engine } from '../engine.ts';
import { InvariantError } from '../errors.ts';
import type { Vm } from '../vm.ts';
import type { UsefulResult } from './result.ts';
import { type HolderSample, NOBODY, type RightsRecorder } from './timeline.ts';

const SAMPLES_MAX = 600;

/**
 * Follows the rights table by the engine's events. A region is useful when some VM may use it: as its user, or because it manages it and nobody else uses it.
 * It is idle when it has neither, and when it belongs to a reserve. Costs something only when rights change.
 */
export class Holders {
  readonly #engine: Engine;
  readonly #recorder: RightsRecorder | null;
  readonly #numbers = new Map<Vm, number>();
  readonly #managers: number[];
  readonly #users: number[];
  readonly #used: number[] = [];
  readonly #untouched: number[] = [];
  readonly #offs: readonly (() => void)[];
  /** The time of what is being carried out beside the processors: rights change then, whenever the I/O that follows ends. */
  #operationNs: number | null = null;
  #lost = 0;
  #samples: HolderSample[] = [];
  #strideNs = 1000;
  #nextNs = 0;
  #timeNs = 0;
  #useful = 0;
  #leastUseful = Infinity;
  #usefulTime = 0;

  /** Before the first VM is made, so that its first memory is seen. VMs count in the order of `names`; any other holder is a reserve. */
  constructor(engine: Engine, names: readonly string[], recorder: RightsRecorder | null) {
    this.#engine = engine;
    this.#recorder = recorder;
    this.#managers = new Array<number>(engine.regions).fill(NOBODY);
    this.#users = new Array<number>(engine.regions).fill(NOBODY);
    this.#used = names.map(() => 0);
    this.#untouched = names.map(() => 0);
    this.#offs = this.#listen(names);
  }

  #listen(names: readonly string[]): readonly (() => void)[] {
    const engine = this.#engine;
    const numberOf = (vm: Vm): number => {
      const known = this.#numbers.get(vm) ?? names.indexOf(vm.name);
      this.#numbers.set(vm, known);
      return known;
    };
    return [
      engine.on('grant', ({ timeNs, region, regions, vm }) => {
        for (let index = 0; index < regions; index += 1) this.#set(timeNs, this.#managers, region + index, numberOf(vm));
      }),
      engine.on('declare', ({ timeNs, region, regions }) => {
        for (let index = 0; index < regions; index += 1) this.#set(timeNs, this.#managers, region + index, NOBODY);
      }),
      engine.on('takeOver', ({ timeNs, region, vm }) => this.#set(timeNs, this.#users, region, numberOf(vm))),
      engine.on('use', ({ timeNs, region, vm }) => this.#set(timeNs, this.#users, region, numberOf(vm))),
      engine.on('release', ({ timeNs, region }) => this.#set(timeNs, this.#users, region, NOBODY)),
      engine.on('lost', ({ count }) => (this.#lost += count)),
    ];
  }

  /** Carries out something at a time of the virtual clock. */
  during(timeNs: number, work: () => void): void {
    this.#operationNs = timeNs;
    work();
    this.#operationNs = null;
  }

  #set(timeNs: number, rights: number[], region: number, vm: number): void {
    if (rights[region] === vm) return;
    this.#advance(this.#operationNs ?? timeNs);
    this.#count(region, -1);
    rights[region] = vm;
    this.#count(region, 1);
    this.#recorder?.note(timeNs, region, this.#managers[region]!, this.#users[region]!);
  }

  #count(region: number, step: 1 | -1): void {
    const manager = this.#managers[region]!;
    const user = this.#users[region]!;
    if (user === NOBODY && manager === NOBODY) return;
    this.#useful += step;
    if (user === NOBODY) this.#untouched[manager]! += step;
    else this.#used[user]! += step;
  }

  /** Clocks of different VMs come in no strict order: time here never runs backwards. */
  #advance(timeNs: number): void {
    if (timeNs <= this.#timeNs) return;
    this.#usefulTime += this.#useful * (timeNs - this.#timeNs);
    this.#leastUseful = Math.min(this.#leastUseful, this.#useful);
    if (this.#timeNs >= this.#nextNs) this.#sample();
    this.#timeNs = timeNs;
  }

  #sample(): void {
    this.#samples.push(this.now);
    while (this.#samples.length > SAMPLES_MAX) {
      this.#strideNs *= 2;
      this.#samples = thinned(this.#samples, this.#strideNs);
    }
    this.#nextNs = this.#timeNs + this.#strideNs;
  }

  /** Regions by VM, now. */
  get now(): HolderSample {
    return { timeNs: this.#timeNs, used: [...this.#used], untouched: [...this.#untouched] };
  }

  /** Ends the watch at the end of the run. InvariantError: events were lost, so that nothing of this can be trusted. */
  finish(endNs: number): { readonly useful: UsefulResult; readonly samples: readonly HolderSample[] } {
    this.#advance(endNs);
    this.#sample();
    for (const off of this.#offs) off();
    if (this.#lost > 0)
      throw new InvariantError(`${this.#lost} events of the run were lost. This is a bug; please report it with the scenario.`, {
        lost: this.#lost,
      });
    const { regionBytes } = this.#engine;
    const samples = this.#samples;
    const mean = this.#timeNs > 0 ? this.#usefulTime / this.#timeNs : this.#useful;
    const useful = {
      mean: mean * regionBytes,
      least: Math.min(this.#leastUseful, this.#useful) * regionBytes,
      samples: {
        virtualNs: samples.map(({ timeNs }) => timeNs),
        bytes: samples.map(({ used, untouched }) => (sum(used) + sum(untouched)) * regionBytes),
      },
    };
    return { useful, samples };
  }
}

/** Those that lie at least `strideNs` behind the one before. */
function thinned(samples: readonly HolderSample[], strideNs: number): HolderSample[] {
  let nextNs = 0;
  return samples.filter(({ timeNs }) => {
    const isKept = timeNs >= nextNs;
    if (isKept) nextNs = timeNs + strideNs;
    return isKept;
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
