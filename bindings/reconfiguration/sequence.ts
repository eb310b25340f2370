import type { Change } from '../change.ts';
import type { Vm } from '../vm.ts';
import type { ChangeRequest, Wanted } from './change-request.ts';
import type { Phase } from './phases.ts';

/** A request that was issued (Fig. 18 S803), and when it is answered. Times are on the virtual clock. */
export interface Issued {
  readonly change: Change;
  readonly kind: ChangeRequest['kind'];
  readonly regions: number;
  /** Requests with the same number were issued together. */
  readonly round: number;
  readonly issueNs: number;
  readonly answerNs: number;
}

/** What carries requests out. */
export interface Issuer {
  /** Whether `request` can be issued; `heldBack`: regions without manager whose reductions are not answered yet. */
  mayIssue(request: ChangeRequest, timeNs: number, heldBack: number): boolean;
  /** Carries it out, as far as it can be now; `rest` waits for its turn. Throws what the engine throws. */
  issue(request: ChangeRequest, timeNs: number, round: number): { readonly issued: Issued; readonly rest: ChangeRequest | null };
  /** A request has been answered. */
  answered(issued: Issued): void;
  /** When, behind `timeNs`, a reduction may be possible that is not now, apart from answers; null: nothing of that kind is expected. */
  laterNs(timeNs: number): number | null;
}

/** How little an expansion says of the regions that it gets. */
const RANKS: Readonly<Record<Wanted['by'], number>> = { list: 0, slots: 1, amount: 2 };

/**
 * Issues the requests of a plan phase by phase: S802, S803 (JP 2009-26117A Fig. 18). The next phase begins when all requests of one are answered. In a phase
 * everything is issued that can be; an expansion waits for memory as long as reductions may bring some, and those behind it wait with it. Nor does one
 * that names less overtake one that names more.
 */
export class Sequence {
  readonly #phases: readonly Phase[];
  readonly #issuer: Issuer;
  readonly #onceAtATime: boolean;
  readonly #outstanding: Issued[] = [];
  #phase = 0;
  #round = 0;
  #waiting: ChangeRequest[] = [];
  #dueNs: number | null;
  #unissued: number;

  /** `onceAtATime`: never two requests to the same VM at once ([0419-0420]). */
  constructor(phases: readonly Phase[], issuer: Issuer, onceAtATime: boolean, startNs: number) {
    this.#phases = phases;
    this.#issuer = issuer;
    this.#onceAtATime = onceAtATime;
    this.#dueNs = startNs;
    this.#unissued = phases.reduce((sum, phase) => sum + phase.length, 0);
  }

  /** When there is something to do next; null: nothing is left. */
  get dueNs(): number | null {
    return this.#dueNs;
  }

  /** Requests that have not been issued, in the order in which they will be. */
  get unissued(): readonly ChangeRequest[] {
    return [...this.#waiting, ...this.#phases.slice(this.#phase).flat()];
  }

  get unissuedCount(): number {
    return this.#unissued;
  }

  /** Nothing more is issued. */
  stop(): void {
    this.#unissued = 0;
    this.#phase = this.#phases.length;
    this.#waiting = [];
    this.#dueNs = null;
  }

  /** Does everything that is due at `dueNs`. What the engine throws ends the sequence; what was issued before stands. */
  step(): void {
    const timeNs = this.#dueNs;
    if (timeNs === null) return;
    this.#dueNs = null;
    for (;;) {
      this.#collect(timeNs);
      if (!this.#phaseBegin()) return;
      if (this.#pass(timeNs)) continue;
      this.#dueNs = this.#nextNs(timeNs);
      if (this.#dueNs !== null) return;
      this.#insist(timeNs);
    }
  }

  /** Nothing will make the next request possible: the engine says why it is not, or does what it can. */
  #insist(timeNs: number): void {
    const request = this.#waiting.shift()!;
    try {
      this.#issue(request, timeNs);
    } catch (error) {
      this.#waiting.unshift(request);
      throw error;
    }
    this.#round += 1;
  }

  /** Answers that have come. */
  #collect(timeNs: number): void {
    const come = this.#outstanding.filter(({ answerNs }) => answerNs <= timeNs).sort((a, b) => a.answerNs - b.answerNs);
    for (const issued of come) {
      this.#outstanding.splice(this.#outstanding.indexOf(issued), 1);
      this.#issuer.answered(issued);
    }
  }

  /** S802: false when nothing is left. */
  #phaseBegin(): boolean {
    if (this.#waiting.length > 0 || this.#outstanding.length > 0) return true;
    const phase = this.#phases[this.#phase];
    if (phase === undefined) return false;
    this.#phase += 1;
    this.#waiting = [...phase];
    return true;
  }

  /** S803 for everything that can be issued together. False: nothing could. */
  #pass(timeNs: number): boolean {
    const round = this.#waiting;
    const busy = new Set<Vm>(this.#onceAtATime ? this.#outstanding.map(({ change }) => change.vm) : []);
    let next = 0;
    let isSome = false;
    let expansionsWait = false;
    let lowestWaiting = Infinity;
    this.#waiting = [];
    try {
      for (; next < round.length; next += 1) {
        const request = round[next]!;
        const isExpansion = request.kind === 'expand';
        const rank = RANKS[request.wanted.by];
        const isBehind: boolean = isExpansion && (expansionsWait || rank > lowestWaiting);
        const mayGo: boolean = !busy.has(request.vm) && !isBehind && this.#mayIssue(request, timeNs);
        if (mayGo) this.#issue(request, timeNs);
        else this.#waiting.push(request);
        isSome ||= mayGo;
        if (isExpansion && !mayGo) lowestWaiting = Math.min(lowestWaiting, rank);
        expansionsWait ||= isExpansion && !mayGo && !busy.has(request.vm);
        if (this.#onceAtATime && mayGo) busy.add(request.vm);
      }
    } finally {
      this.#waiting.push(...round.slice(next)); // none, unless the engine threw
    }
    if (isSome) this.#round += 1;
    return isSome;
  }

  #mayIssue(request: ChangeRequest, timeNs: number): boolean {
    return this.#issuer.mayIssue(request, timeNs, request.kind === 'expand' ? this.#heldBack(timeNs) : 0);
  }

  #issue(request: ChangeRequest, timeNs: number): void {
    const { issued, rest } = this.#issuer.issue(request, timeNs, this.#round);
    if (rest === null) this.#unissued -= 1;
    else this.#waiting.push(rest);
    if (issued.answerNs <= timeNs) this.#issuer.answered(issued);
    else this.#outstanding.push(issued);
  }

  #heldBack(timeNs: number): number {
    let regions = 0;
    for (const issued of this.#outstanding) if (issued.kind === 'reduce' && issued.answerNs > timeNs) regions += issued.regions;
    return regions;
  }

  #nextNs(timeNs: number): number | null {
    const laterNs = this.#waiting.some(({ kind }) => kind === 'reduce') ? (this.#issuer.laterNs(timeNs) ?? Infinity) : Infinity;
    const nextNs = this.#outstanding.reduce((earliest, { answerNs }) => Math.min(earliest, answerNs), laterNs);
    return nextNs === Infinity ? null : nextNs;
  }
}
