import type { AssignmentTable } from './assignment-table.ts';
import { shareFastestToSlowest, shareFixed, turnFactor } from './assignment.ts';
import type { Share } from './assignment.ts';
import { fastestFirst } from './processors.ts';
import type { ProgressTable } from './progress-table.ts';
import type { AssignmentPolicy, AssignmentRow, Processor } from './types.ts';

/** A processor at work. */
export interface Lane {
  readonly processor: Processor;
  /** The processor's own clock. */
  timeNs: number;
  /** The replica that has it; null: none. */
  vmId: number | null;
  /** When its turn is over; Infinity: it has the processor exclusively. */
  turnEndNs: number;
}

export interface LanesOptions {
  readonly processors: readonly Processor[];
  readonly assignment: AssignmentPolicy;
  readonly turnNs: number;
  readonly progress: ProgressTable;
  readonly table: AssignmentTable;
  /** How far a replica's own time has come: no processor runs it earlier. */
  readonly clockOf: (vmId: number) => number;
}

/** The processors, and who has them: shared out anew each time that the slowest replica changes, or which replicas run. */
export class Lanes {
  readonly all: readonly Lane[];
  readonly #options: LanesOptions;
  readonly #fastestFirst: readonly number[];
  /** What the shares were made from. */
  #running: readonly number[] = [];
  #slowest: number | undefined;
  #version = -1;
  #shares: readonly Share[] = [];
  /** By a share's first place: those who still have a turn in this round. */
  readonly #rounds = new Map<number, number[]>();

  constructor(options: LanesOptions) {
    const { processors } = options;
    this.#options = options;
    this.#fastestFirst = fastestFirst(processors);
    this.all = processors.map((processor) => ({ processor, timeNs: 0, vmId: null, turnEndNs: Infinity }));
  }

  /**
   * Brings the assignment up to date at a time. `homes`: all replicas by number; `running`: those of them that run, in the same order, another array when they are
   * others. Whether the table has changed.
   */
  update(homes: readonly number[], running: readonly number[], nowNs: number): boolean {
    if (this.#isStale(running)) {
      const slowest = this.#options.progress.slowestFirst(running);
      // a suspended replica holds no processor, so who runs counts as much as who is the slowest
      if (running !== this.#running || slowest[0] !== this.#slowest) {
        this.#shares = this.#share(homes, running, slowest);
        this.#dropStrangers();
      }
      this.#running = running;
      this.#slowest = slowest[0];
      this.#version = this.#options.progress.version;
    }
    let isChanged = false;
    const idle = new Set(this.all.keys());
    for (const share of this.#shares) {
      this.#serve(share, nowNs);
      for (const place of share.places) {
        idle.delete(place);
        const turns = share.vmIds.length > share.places.length ? share.vmIds : [];
        if (this.#options.table.set(place, this.all[place]!.vmId, turns)) isChanged = true;
      }
    }
    for (const place of idle) if (this.#options.table.set(place, null, [])) isChanged = true;
    return isChanged;
  }

  rows(): readonly AssignmentRow[] {
    return this.#options.table.rows();
  }

  #isStale(running: readonly number[]): boolean {
    return running !== this.#running || this.#version !== this.#options.progress.version;
  }

  #share(homes: readonly number[], running: readonly number[], slowest: readonly number[]): readonly Share[] {
    return this.#options.assignment === 'fixed'
      ? shareFixed(this.all.length, homes, new Set(running))
      : shareFastestToSlowest(this.#fastestFirst, slowest);
  }

  /** Takes processors from replicas that they do not serve any more. */
  #dropStrangers(): void {
    const served = new Map<number, Share>();
    for (const share of this.#shares) for (const place of share.places) served.set(place, share);
    for (const [place, lane] of this.all.entries()) {
      const share = served.get(place);
      if (lane.vmId === null) continue;
      if (share === undefined || !share.vmIds.includes(lane.vmId)) lane.vmId = null;
      else if (share.vmIds.length <= share.places.length) lane.turnEndNs = Infinity;
      else if (lane.turnEndNs === Infinity) lane.turnEndNs = lane.timeNs + this.#turnNs(share, lane.vmId);
    }
  }

  /** Fills the processors of a share. */
  #serve(share: Share, nowNs: number): void {
    const lanes = share.places.map((place) => this.all[place]!);
    for (const lane of lanes) {
      if (lane.vmId !== null) lane.timeNs = Math.max(lane.timeNs, this.#options.clockOf(lane.vmId));
      if (lane.timeNs >= lane.turnEndNs) lane.vmId = null;
    }
    const busy = new Set(lanes.map((lane) => lane.vmId));
    const isExclusive = share.vmIds.length <= share.places.length;
    for (const lane of lanes) {
      if (lane.vmId !== null) continue;
      const vmId = isExclusive ? share.vmIds.find((candidate) => !busy.has(candidate)) : this.#next(share, busy);
      if (vmId === undefined) continue;
      busy.add(vmId);
      lane.vmId = vmId;
      lane.timeNs = Math.max(lane.timeNs, nowNs, this.#options.clockOf(vmId));
      lane.turnEndNs = isExclusive ? Infinity : lane.timeNs + this.#turnNs(share, vmId);
    }
  }

  /** Whose turn it is: in each round everybody has one, the slower before the faster. */
  #next(share: Share, busy: ReadonlySet<number | null>): number | undefined {
    const place = share.places[0]!;
    const take = (round: readonly number[]): number | undefined => {
      const next = round.find((vmId) => share.vmIds.includes(vmId) && !busy.has(vmId));
      this.#rounds.set(
        place,
        round.filter((vmId) => vmId !== next),
      );
      return next;
    };
    return take(this.#rounds.get(place) ?? []) ?? take(this.#order(share.vmIds));
  }

  #order(vmIds: readonly number[]): readonly number[] {
    return this.#options.assignment === 'fixed' ? vmIds : this.#options.progress.slowestFirst(vmIds);
  }

  #turnNs({ vmIds }: Share, vmId: number): number {
    const { turnNs, progress, assignment } = this.#options;
    if (assignment === 'fixed') return turnNs;
    const sharers = vmIds.map((other) => progress.of(other));
    return turnNs * turnFactor(progress.of(vmId), sharers);
  }
}
