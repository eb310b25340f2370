import type { ReconfigurationState } from '../reconfiguration/reconfiguration.ts';
import type { ReconfigurationReport } from '../reconfiguration/reports.ts';
import { throwIfAborted, unminded, waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import type { AsyncChange } from './async-change.ts';
import type { Received } from './async-types.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import { reportsRead } from './open-reports.ts';
import type { OpenReports } from './open-reports.ts';
import type { AnswerOf, MethodOf } from './operations.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** A request for several VMs: what class Reconfiguration says. */
export class AsyncReconfiguration implements Face {
  readonly #face: Face[typeof FACE];
  #granted: Promise<void> | undefined;
  #settled: Promise<ReconfigurationState> | undefined;

  /** @internal */
  constructor(session: Session, reference: Reference) {
    this.#face = { session, reference };
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  /** Its state and figures, now. */
  report(): Promise<Received<AnswerOf<'reconfiguration', 'report'>>> {
    return this.#ask('report');
  }

  /** Its changes so far. */
  changes(): Promise<readonly AsyncChange[]> {
    return this.#ask('changes');
  }

  /** Resolves when all management rights have moved. */
  get granted(): Promise<void> {
    this.#granted ??= unminded(this.#ask('granted'));
    return this.#granted;
  }

  /** Resolves when every change has ended. It rejects only where a worker fails. */
  get settled(): Promise<ReconfigurationState> {
    this.#settled ??= unminded(this.#ask('settled'));
    return this.#settled;
  }

  /** `settled`, unless `signal` aborts the wait first. */
  whenSettled(options: SignalOption = {}): Promise<ReconfigurationState> {
    return waitAbortable(this.settled, options.signal);
  }

  /** What happens, as it does, from the first report to the final one. */
  reports(options: SignalOption = {}): AsyncGenerator<Received<ReconfigurationReport>, void, void> {
    throwIfAborted(options.signal);
    const opened = unminded(this.#ask('reports') as unknown as Promise<OpenReports>);
    return reportsRead<Received<ReconfigurationReport>>(() => opened, options);
  }

  /** Cancels what has not settled. */
  cancel(): Promise<void> {
    return this.#ask('cancel');
  }

  #ask<Name extends MethodOf<'reconfiguration'>>(method: Name) {
    const { session, reference } = this.#face;
    return session.ask('reconfiguration', reference, method, [] as never);
  }
}
