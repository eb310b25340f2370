import type { Sampled } from './guest.ts';
import type { StallPoint } from './stalls.ts';
import { type HolderSample, type Mark, RightsRecorder, Sampler, type Timeline } from './timeline.ts';

/** Between the first samples; they thin out as the run gets longer. */
const SAMPLE_NS_FIRST = 1000;

/** Records a run's timeline: samples when a slice has ended, and whatever else the pictures need. */
export class RunWatch {
  readonly rights = new RightsRecorder();
  readonly #samplers: Sampler[] = [];
  readonly #marks: Mark[] = [];

  /** A sampler for the next VM; call the function when a slice of it has ended. */
  watch(sampled: Sampled): () => void {
    const sampler = new Sampler(SAMPLE_NS_FIRST);
    this.#samplers.push(sampler);
    return () => {
      if (sampler.isDue(sampled.timeNs)) this.#sample(sampler, sampled);
    };
  }

  mark(timeNs: number, text: string): void {
    this.#marks.push({ timeNs, text });
  }

  /** The timeline, with a last sample of each VM. */
  finish(sampled: readonly Sampled[], regions: number, holders: readonly HolderSample[], stalls: readonly StallPoint[]): Timeline {
    sampled.forEach((one, index) => this.#sample(this.#samplers[index]!, one));
    return {
      regions,
      rights: this.rights.changes,
      rightsChangesLost: this.rights.lost,
      holders,
      stalls,
      vms: this.#samplers.map((sampler) => sampler.samples),
      marks: this.#marks,
    };
  }

  #sample(sampler: Sampler, sampled: Sampled): void {
    const { pageIns, pageOuts, residentPages } = sampled.sample();
    sampler.add(sampled.timeNs, sampled.position, pageIns, pageOuts, residentPages);
  }
}
