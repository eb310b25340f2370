import type { Change, ChangeReport } from '../change.ts';
import type { EngineParts } from '../engine-parts.ts';
import { UsufructError } from '../errors.ts';
import type { EventMap } from '../events/event-map.ts';
import { throwIfAborted, waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import type { ChangeRequest } from './change-request.ts';
import { ReportLog } from './reports.ts';
import type { ReconfigurationReport } from './reports.ts';
import type { Issued, Sequence } from './sequence.ts';

/**
 * `requested`: not all requests have been answered. `granted`: all rights have moved, some regions have yet to follow. `settled`: all have followed. `ended`:
 * nothing is waited for, but some change was cancelled or abandoned. `failed`: the engine refused a request in the middle; what was answered stands.
 */
export type ReconfigurationState = 'requested' | 'granted' | 'settled' | 'ended' | 'failed';

/**
 * A request for the whole system (5th embodiment, JP 2009-26117A Figs. 17 and 18): requests for single VMs, issued in the order that was chosen. It is granted
 * when all of them are answered, and settled when all its changes have settled. Times, those of its changes too, are durations since the request, on
 * the virtual clock.
 */
export class Reconfiguration {
  readonly #parts: EngineParts;
  readonly #requestNs: number;
  readonly #sequence: Sequence;
  readonly #issued: Issued[] = [];
  readonly #changes = new Map<Change, Issued>();
  readonly #log = new ReportLog();
  #answers: ReconfigurationReport[] = [];
  #error: unknown = null;
  #granted: Granted | undefined;
  /** Some requests were never issued. */
  #isCutShort = false;
  #isWatched = false;
  #isGrantedTold = false;

  /** @internal Use engine.reconfigure. `sequenceOf` is given what is to be told of requests that were issued. */
  constructor(parts: EngineParts, requestNs: number, sequenceOf: (reconfiguration: Reconfiguration) => Sequence) {
    this.#parts = parts;
    this.#requestNs = requestNs;
    this.#sequence = sequenceOf(this);
  }

  // ---- carrying it out -------------------------------------------------------------------------------------------------------

  /** @internal When there is something to do next, on the virtual clock; null: everything has been answered, or nothing more will be issued. */
  get dueNs(): number | null {
    return this.#sequence.dueNs;
  }

  /** @internal Does what is due at `dueNs`. Throws what the engine throws; then the reconfiguration has failed and what was answered stands. */
  step(): void {
    const { core } = this.#parts;
    core.held += 1; // who listens may use the engine: not before the step is done
    try {
      this.#sequence.step();
    } catch (error) {
      this.#error = error;
      if (error instanceof UsufructError) this.#sayWhatStands(error);
      throw error;
    } finally {
      core.held -= 1;
      this.#stepEnd();
    }
  }

  #sayWhatStands(error: UsufructError): void {
    const answered = this.#issued.length;
    const unissued = this.#sequence.unissuedCount;
    Object.assign(error.details, { answered, unissued });
    if (answered > 0)
      error.message += ` ${answered} of the ${answered + unissued} requests of the reconfiguration had been carried out and stand; only the others are left to be made.`;
  }

  /** @internal For the sequence. */
  issuedNote(issued: Issued): void {
    this.#issued.push(issued);
    this.#changes.set(issued.change, issued);
  }

  /** @internal For the sequence. */
  answeredNote({ change, regions, round, issueNs, answerNs }: Issued): void {
    const since = this.#requestNs;
    const unissued = this.#sequence.unissuedCount;
    this.#answers.push({ kind: 'answered', change, regions, round, issueNs: issueNs - since, answerNs: answerNs - since, unissued });
  }

  /** @internal Requests that have yet to be issued, in their order. */
  get unissued(): readonly ChangeRequest[] {
    return this.#sequence.unissued;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#sequence.dueNs !== null;
  }

  // ---- figures -----------------------------------------------------------------------------------------------------------------

  /** In the order in which they were issued. */
  get changes(): readonly Change[] {
    return this.#issued.map(({ change }) => change);
  }

  get state(): ReconfigurationState {
    if (this.#error !== null) return 'failed';
    if (this.isOpen) return 'requested';
    const states = this.changes.map(({ state }) => state);
    if (states.includes('granted')) return 'granted';
    return !this.#isCutShort && states.every((state) => state === 'settled') ? 'settled' : 'ended';
  }

  /** Why it failed; undefined: it did not. */
  get error(): UsufructError | undefined {
    return this.#error instanceof UsufructError ? this.#error : undefined;
  }

  /** Regions moved: those given up or those handed out, whichever are more. */
  get regions(): number {
    const of = (wanted: Issued['kind']): number =>
      this.#issued.reduce((sum, { kind, regions }) => sum + (kind === wanted ? regions : 0), 0);
    return Math.max(of('reduce'), of('expand'));
  }
  /** The latest answer; null while not all requests have been answered. */
  get grantNs(): number | null {
    if (this.isOpen || this.#error !== null) return null;
    return this.#issued.reduce((latest, { answerNs }) => Math.max(latest, answerNs - this.#requestNs), 0);
  }
  /** When the last change settled; null while one has not, or never will. */
  get settledNs(): number | null {
    if (this.state !== 'settled') return null;
    return Math.max(0, ...this.changes.map((change) => change.settledNs ?? 0));
  }
  get pageOutsBeforeGrant(): number {
    return this.changes.reduce((sum, change) => sum + change.pageOutsBeforeGrant, 0);
  }
  get pageOutsAfterGrant(): number {
    return this.changes.reduce((sum, change) => sum + change.pageOutsAfterGrant, 0);
  }

  // ---- waiting -------------------------------------------------------------------------------------------------------------------

  /** Resolves when all management rights have moved; rejects when the reconfiguration fails before. */
  get granted(): Promise<void> {
    this.#granted ??= this.#grantedMake();
    return this.#granted.promise;
  }

  /** Resolves when every change has ended, with the state that the reconfiguration is in then. It never rejects. */
  get settled(): Promise<ReconfigurationState> {
    return this.#whenEnded();
  }

  /** `settled`, unless `signal` aborts the wait first. */
  whenSettled(options: SignalOption = {}): Promise<ReconfigurationState> {
    return waitAbortable(this.settled, options.signal);
  }

  /**
   * What happens, as it does: a report for each request that is answered, for all of them together, for each region that follows or is superseded from the
   * first call on, and a final one ([0421-0422]). `signal` ends the wait, not the reconfiguration.
   */
  reports(options: SignalOption = {}): AsyncGenerator<ReconfigurationReport, void, void> {
    throwIfAborted(options.signal);
    this.#watch();
    return this.#log.read(options.signal);
  }

  /**
   * Takes back what has not followed: requests that were not issued are not, expansions lose what they did not use yet, reductions get back what nobody has.
   * A reduction that has settled gets nothing back, as all do under the handover 'eager': what the receiver loses then is without manager.
   * A change that cannot be taken back stands; the first error is thrown in the end (TOO_LITTLE_LEFT).
   */
  cancel(): void {
    this.#isCutShort ||= this.#sequence.unissuedCount > 0;
    this.#sequence.stop();
    const failures: unknown[] = [];
    for (const kind of ['expand', 'reduce'] as const) {
      for (const issued of this.#issued) {
        if (issued.kind !== kind || issued.change.state !== 'granted') continue;
        try {
          issued.change.cancelNow();
        } catch (error) {
          failures.push(error);
        }
      }
    }
    this.#stepEnd();
    if (failures.length > 0) throw failures[0];
  }

  async #whenEnded(): Promise<ReconfigurationState> {
    if (this.isOpen) await this.granted.catch(() => undefined);
    await Promise.all(this.changes.map((change) => change.settled));
    return this.state;
  }

  #grantedMake(): Granted {
    let settle: Pick<Granted, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined };
    const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    promise.catch(() => undefined); // who does not wait for it is not to hear of it
    if (this.#error !== null) settle.reject(this.#error);
    else if (!this.isOpen) settle.resolve();
    return { promise, ...settle };
  }

  // ---- reports ---------------------------------------------------------------------------------------------------------------------

  /** Tells who waits what the step, or the cancel, has brought. */
  #stepEnd(): void {
    if (this.#parts.events.wants('report')) this.#watch();
    const reports = this.#answers;
    this.#answers = [];
    for (const report of reports) this.#tell(report);
    if (!this.isOpen) this.#closed();
    this.#parts.core.end();
  }

  /** Nothing more will be issued. */
  #closed(): void {
    if (this.#error === null) this.#granted?.resolve();
    else this.#granted?.reject(this.#error);
    if (!this.#isWatched) return;
    if (this.#error === null) this.#grantedTell();
    else this.#finish();
  }

  #grantedTell(): void {
    if (this.#isCutShort || this.#isGrantedTold) return;
    this.#isGrantedTold = true;
    this.#tell({ kind: 'granted', grantNs: this.grantNs ?? 0, regions: this.regions, changes: this.#changeReports() });
  }

  /** From now on regions that follow are reported, and the end. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const { events } = this.#parts;
    const note = ({ type, change, region, timeNs }: EventMap['follow'] | EventMap['superseded']): void => {
      if (!this.#changes.has(change)) return;
      this.#tell({ kind: type === 'follow' ? 'followed' : type, change, region, timeNs: timeNs - this.#requestNs });
    };
    const offs = [events.on('follow', note), events.on('superseded', note)];
    if (!this.isOpen) this.#closed();
    void this.settled.then(() => {
      for (const off of offs) off();
      this.#finish();
    });
  }

  #finish(): void {
    const { state, grantNs, settledNs, regions } = this;
    this.#tell({ kind: 'final', state, code: this.error?.code ?? null, grantNs, settledNs, regions, changes: this.#changeReports() });
  }

  /** Nothing is told behind the final report. */
  #tell(report: ReconfigurationReport): void {
    if (this.#log.isComplete) return;
    this.#log.add(report);
    if (this.#isWatched) this.#parts.events.emit({ type: 'report', reconfiguration: this, report });
  }

  #changeReports(): readonly ChangeReport[] {
    return this.changes.map((change) => change.report());
  }
}

/** Who waits for the grant. */
interface Granted {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
