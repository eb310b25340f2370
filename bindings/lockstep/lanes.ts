import type { AssignmentTable } from './assignment-table.ts';
import { shareFastestToSlowest, shareFixed, turnFactor } from './assignment.ts';
import type { Share } from './assignment.ts';
import { LaneQueue } from './lane-queue.ts';
import { fastestFirst } from './processors.ts';
import type { ProgressTable } from './progress-table.ts';
import type { AssignmentPolicy, AssignmentRow, Processor } from './types.ts';

/** A processor at work. */
export class Lane {
  readonly processor: Processor;
  /** The replica that has it; null: none. */
  vmId: number | null = null;
  /** When its turn is over; Infinity: it has the processor exclusively. */
  turnEndNs = Infinity;
  readonly #moved: () => void;
  #timeNs = 0;

  /** `moved` is called when its clock has changed. */
  constructor(processor: Processor, moved: () => void) {
    this.processor = processor;
    this.#moved = moved;
  }

  /** The processor's own clock. */
  get timeNs(): number {
    return this.#timeNs;
  }
  set timeNs(timeNs: number) {
    if (timeNs === this.#timeNs) return;
    this.#timeNs = timeNs;
    this.#moved();
  }

  get isTurnOver(): boolean {
    return this.#timeNs >= this.turnEndNs;
  }
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
  /** Each processor's share, by place. */
  readonly #shareOf = new Map<number, Share>();
  /** Shares with a turn that may be over. */
  readonly #due = new Set<Share>();
  /** Processors that have a replica, but for those of which `lowest` was told that it stands. */
  readonly #queue: LaneQueue;
  /** By a share's first place: those who still have a turn in this round. */
  readonly #rounds = new Map<number, number[]>();

  constructor(options: LanesOptions) {
    const { processors } = options;
    this.#options = options;
    this.#fastestFirst = fastestFirst(processors);
    this.all = processors.map((processor, place) => new Lane(processor, () => this.#moved(place)));
    this.#queue = new LaneQueue(this.all);
  }

  /**
   * Brings the assignment up to date at a time. `homes`: all replicas by number; `running`: those of them that run, in the same order, another array when they are
   * others. Whether the table has changed.
   */
  update(homes: readonly number[], running: readonly number[], nowNs: number): boolean {
    let isChanged = false;
    if (this.#isStale(running)) {
      isChanged = this.#shareOut(homes, running);
      this.#due.clear();
      for (const share of this.#shares) this.#due.add(share);
    }
    this.#running = running;
    this.#version = this.#options.progress.version;
    for (const share of this.#due) if (this.#serve(share, nowNs)) isChanged = true;
    this.#due.clear();
    return isChanged;
  }

  /** The processor with the lowest clock (ties: the order given) of those whose replica runs; who is told to stand does so until the next sharing out. */
  lowest(runs: (vmId: number) => boolean): Lane | null {
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
      const lane = this.all[place]!;
      if (lane.vmId !== null && runs(lane.vmId)) return lane;
      this.#queue.remove(place);
    }
    return null;
  }

  rows(): readonly AssignmentRow[] {
    return this.#options.table.rows();
  }

  /** Whether others run, or another one is the slowest: a suspended replica holds no processor, so who runs counts as much as who is the slowest. */
  #isStale(running: readonly number[]): boolean {
    const { progress } = this.#options;
    if (running !== this.#running) return true;
    return progress.version !== this.#version && progress.slowestOf(running) !== this.#slowest;
  }

  /** Whether a processor that nobody has any more is a change. */
  #shareOut(homes: readonly number[], running: readonly number[]): boolean {
    const slowest = this.#options.progress.slowestFirst(running);
    this.#slowest = slowest[0];
    this.#shares = this.#share(homes, running, slowest);
    this.#shareOf.clear();
    for (const share of this.#shares) for (const place of share.places) this.#shareOf.set(place, share);
    return this.#dropStrangers();
  }

  #share(homes: readonly number[], running: readonly number[], slowest: readonly number[]): readonly Share[] {
    return this.#options.assignment === 'fixed'
      ? shareFixed(this.all.length, homes, new Set(running))
      : shareFastestToSlowest(this.#fastestFirst, slowest);
  }

  /** Takes processors from replicas that they do not serve any more. Whether one has nobody to serve, and had. */
  #dropStrangers(): boolean {
    let isChanged = false;
    for (const [place, lane] of this.all.entries()) {
      const share = this.#shareOf.get(place);
      if (share === undefined) {
        lane.vmId = null;
        if (this.#options.table.set(place, null, [])) isChanged = true;
      } else if (lane.vmId === null) continue;
      else if (!share.vmIds.includes(lane.vmId)) lane.vmId = null;
      else if (isExclusive(share)) lane.turnEndNs = Infinity;
      else if (lane.turnEndNs === Infinity) lane.turnEndNs = lane.timeNs + this.#turnNs(share, lane.vmId);
    }
    return isChanged;
  }

  /** The clock at a place has changed. */
  #moved(place: number): void {
    this.#queue.moved(place);
    const share = this.#shareOf.get(place);
    if (share !== undefined && this.all[place]!.isTurnOver) this.#due.add(share);
  }

  /** Fills the processors of a share. Whether the table has changed. */
  #serve(share: Share, nowNs: number): boolean {
    const { clockOf, table } = this.#options;
    const lanes = share.places.map((place) => this.all[place]!);
    for (const lane of lanes) {
      if (lane.vmId !== null) lane.timeNs = Math.max(lane.timeNs, clockOf(lane.vmId));
      if (lane.isTurnOver) lane.vmId = null;
    }
    const busy = new Set(lanes.map((lane) => lane.vmId));
    for (const lane of lanes) {
      if (lane.vmId !== null) continue;
      const vmId = isExclusive(share) ? share.vmIds.find((candidate) => !busy.has(candidate)) : this.#next(share, busy);
      if (vmId === undefined) continue;
      busy.add(vmId);
      lane.vmId = vmId;
      lane.timeNs = Math.max(lane.timeNs, nowNs, clockOf(vmId));
      lane.turnEndNs = isExclusive(share) ? Infinity : lane.timeNs + this.#turnNs(share, vmId);
    }
    const turns = isExclusive(share) ? [] : share.vmIds;
    let isChanged = false;
    for (const place of share.places) {
      this.#queue.put(place);
      if (table.set(place, this.all[place]!.vmId, turns)) isChanged = true;
    }
    return isChanged;
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

/** Nobody waits for a turn. */
function isExclusive({ vmIds, places }: Share): boolean {
  return vmIds.length <= places.length;
}
