import type { StallPoint } from './stalls.ts';

// What happened when, for pictures. Recording never touches the virtual clock.

/** No VM holds the right. */
export const NOBODY = -1;

/** One VM sampled at virtual times, column by column. */
export interface VmSamples {
  readonly timesNs: number[];
  readonly positions: number[];
  readonly pageIns: number[];
  readonly pageOuts: number[];
  readonly residentPages: number[];
}

/** Changes of the rights table, column by column, in order of time. VMs are indices into the run's `vms`, or NOBODY. */
export interface RightsChanges {
  readonly timesNs: number[];
  readonly regions: number[];
  readonly managers: number[];
  readonly users: number[];
}

export interface Mark {
  readonly timeNs: number;
  readonly text: string;
}

/** How many regions are in whose hands at one time. */
export interface HolderSample {
  readonly timeNs: number;
  /** By VM: regions that it uses, whoever manages them. */
  readonly used: readonly number[];
  /** By VM: regions that it manages and nobody uses yet. */
  readonly untouched: readonly number[];
}

/** What the pictures of one run show. */
export interface Timeline {
  readonly regions: number;
  readonly rights: RightsChanges;
  readonly holders: readonly HolderSample[];
  /** How many accesses of the VMs that memory came to waited how long. */
  readonly stalls: readonly StallPoint[];
  readonly vms: readonly VmSamples[];
  readonly marks: readonly Mark[];
  /** Rights changes that were not kept because there were too many. */
  readonly rightsChangesLost: number;
}

const SAMPLES_MAX = 2000;
const RIGHTS_CHANGES_MAX = 400_000;

/** Keeps at most SAMPLES_MAX samples of one VM: whenever there are more, every other one goes and the next ones lie twice as far apart. */
export class Sampler {
  readonly samples: VmSamples = { timesNs: [], positions: [], pageIns: [], pageOuts: [], residentPages: [] };
  #strideNs: number;
  #nextNs = 0;

  constructor(strideNs: number) {
    this.#strideNs = strideNs;
  }

  isDue(timeNs: number): boolean {
    return timeNs >= this.#nextNs;
  }

  add(timeNs: number, position: number, pageIns: number, pageOuts: number, residentPages: number): void {
    const { samples } = this;
    samples.timesNs.push(timeNs);
    samples.positions.push(position);
    samples.pageIns.push(pageIns);
    samples.pageOuts.push(pageOuts);
    samples.residentPages.push(residentPages);
    if (samples.timesNs.length > SAMPLES_MAX) {
      for (const column of [samples.timesNs, samples.positions, samples.pageIns, samples.pageOuts, samples.residentPages]) halve(column);
      this.#strideNs *= 2;
    }
    this.#nextNs = timeNs + this.#strideNs;
  }
}

function halve(column: number[]): void {
  const kept = column.filter((_, index) => index % 2 === 0);
  column.splice(0, column.length, ...kept);
}

/** The rights table as it changes. */
export class RightsRecorder {
  readonly changes: RightsChanges = { timesNs: [], regions: [], managers: [], users: [] };
  lost = 0;

  note(timeNs: number, region: number, manager: number, user: number): void {
    const { timesNs, regions, managers, users } = this.changes;
    if (timesNs.length >= RIGHTS_CHANGES_MAX) {
      this.lost += 1;
      return;
    }
    timesNs.push(timeNs);
    regions.push(region);
    managers.push(manager);
    users.push(user);
  }
}
