import type { Engine } from '../engine.ts';
import type { Player } from '../engine/player.ts';
import type { Vm } from '../vm.ts';
import { type Mark, NOBODY, RightsRecorder, Sampler, type Timeline } from './timeline.ts';

/** Between the first samples; they thin out as the run gets longer. */
const SAMPLE_NS_FIRST = 1000;

/** Records a run's timeline: rights from the engine's events, samples when a slice has ended. */
export class RunWatch {
  readonly #engine: Engine;
  readonly #vms = new Map<Vm, number>();
  readonly #rights: RightsRecorder;
  readonly #samplers: Sampler[] = [];
  readonly #marks: Mark[] = [];
  readonly #offs: readonly (() => void)[];

  /** Before the first VM is made, so that its first memory is seen. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#rights = new RightsRecorder(engine.regions);
    this.#offs = this.#listen();
  }

  #listen(): readonly (() => void)[] {
    const engine = this.#engine;
    const rights = this.#rights;
    return [
      engine.on('grant', ({ timeNs, region, regions, vm }) => {
        for (let index = 0; index < regions; index += 1) rights.managerSet(timeNs, region + index, this.#numberOf(vm));
      }),
      engine.on('declare', ({ timeNs, region, regions }) => {
        for (let index = 0; index < regions; index += 1) rights.managerSet(timeNs, region + index, NOBODY);
      }),
      engine.on('takeOver', ({ timeNs, region, vm }) => rights.userSet(timeNs, region, this.#numberOf(vm))),
      engine.on('use', ({ timeNs, region, vm }) => rights.userSet(timeNs, region, this.#numberOf(vm))),
      engine.on('release', ({ timeNs, region }) => rights.userSet(timeNs, region, NOBODY)),
    ];
  }

  /** VMs count in the order in which they are met, which is that of their creation. */
  #numberOf(vm: Vm): number {
    const known = this.#vms.get(vm) ?? this.#vms.size;
    this.#vms.set(vm, known);
    return known;
  }

  /** A sampler for the next VM; call the function when a slice of it has ended. */
  watch(player: Player): () => void {
    const sampler = new Sampler(SAMPLE_NS_FIRST);
    this.#samplers.push(sampler);
    return () => {
      if (sampler.isDue(player.timeNs)) this.#sample(sampler, player);
    };
  }

  mark(timeNs: number, text: string): void {
    this.#marks.push({ timeNs, text });
  }

  /** The timeline, with a last sample of each VM. */
  finish(players: readonly Player[]): Timeline {
    players.forEach((player, index) => this.#sample(this.#samplers[index]!, player));
    for (const off of this.#offs) off();
    return {
      regions: this.#engine.regions,
      rights: this.#rights.changes,
      rightsChangesLost: this.#rights.lost,
      vms: this.#samplers.map((sampler) => sampler.samples),
      marks: this.#marks,
    };
  }

  #sample(sampler: Sampler, player: Player): void {
    const { pageIns, pageOuts, residentPages } = player.sample();
    sampler.add(player.timeNs, player.position, pageIns, pageOuts, residentPages);
  }
}
