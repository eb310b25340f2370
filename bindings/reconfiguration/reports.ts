import type { Change, ChangeReport } from '../change.ts';
import { waitAbortable } from '../signal.ts';
import type { Reconfiguration, ReconfigurationState } from './reconfiguration.ts';

/** Partial: one request was answered (Fig. 18 S803, [0421], [0430]). Times are durations since the request, on the virtual clock. */
export interface AnsweredReport {
  readonly kind: 'answered';
  readonly change: Change;
  readonly regions: number;
  /** Requests with the same number were issued together; counted from 0. */
  readonly round: number;
  readonly issueNs: number;
  readonly answerNs: number;
  /** Requests that have not been issued yet. */
  readonly unissued: number;
}

/** All requests have been answered: their results together ([0422], [0431]). */
export interface GrantedReport {
  readonly kind: 'granted';
  readonly grantNs: number;
  readonly regions: number;
  readonly changes: readonly ChangeReport[];
}

/** Partial: a region of one of the changes has followed, or was given to somebody else before it did ([0267-0276]). */
export interface RegionMovedReport {
  readonly kind: 'followed' | 'superseded';
  readonly change: Change;
  readonly region: number;
  /** Since the request. */
  readonly timeNs: number;
}

/** The last one: every change has ended, or the reconfiguration failed (`code`: of the error). What `changes` says was answered stands. */
export interface FinalReport {
  readonly kind: 'final';
  readonly state: ReconfigurationState;
  readonly code: string | null;
  readonly grantNs: number | null;
  readonly settledNs: number | null;
  readonly regions: number;
  readonly changes: readonly ChangeReport[];
}

export type ReconfigurationReport = AnsweredReport | GrantedReport | RegionMovedReport | FinalReport;

/** An event of engine.on('report'). */
export interface ReportEvent {
  readonly type: 'report';
  readonly reconfiguration: Reconfiguration;
  readonly report: ReconfigurationReport;
}

/** The reports of one reconfiguration, for any number of readers: each sees all of them from the first on. */
export class ReportLog {
  readonly #reports: ReconfigurationReport[] = [];
  readonly #wakes = new Set<() => void>();

  add(report: ReconfigurationReport): void {
    this.#reports.push(report);
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }

  get isComplete(): boolean {
    return this.#reports[this.#reports.length - 1]?.kind === 'final';
  }

  /** Ends behind the final report; a signal that aborts ends the wait with its reason. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<ReconfigurationReport, void, void> {
    for (let next = 0; ; next += 1) {
      while (this.#reports[next] === undefined) await waitAbortable(new Promise<void>((resolve) => this.#wakes.add(resolve)), signal);
      const report = this.#reports[next]!;
      yield report;
      if (report.kind === 'final') return;
    }
  }
}
