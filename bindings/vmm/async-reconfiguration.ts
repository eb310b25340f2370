import type { ReconfigurationState } from '../reconfiguration.ts';
import { waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import type { AsyncChange } from './async-change.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { AnswerOf, MethodOf } from './operations.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** A request for several VMs: what class Reconfiguration says. */
export class AsyncReconfiguration implements Face {
  /** @internal */
  readonly [FACE]: Face[typeof FACE];
  #granted: Promise<void> | undefined;
  #settled: Promise<ReconfigurationState> | undefined;

  /** @internal */
  constructor(session: Session, reference: Reference) {
    this[FACE] = { session, reference };
  }

  /** Its state and figures, now. */
  report(): Promise<AnswerOf<'reconfiguration', 'report'>> {
    return this.#ask('report');
  }

  /** Its changes so far. */
  changes(): Promise<readonly AsyncChange[]> {
    return this.#ask('changes');
  }

  /** Resolves when all management rights have moved. */
  get granted(): Promise<void> {
    this.#granted ??= this.#ask('granted');
    return this.#granted;
  }

  /** Resolves when every change has ended. It rejects only where a worker fails. */
  get settled(): Promise<ReconfigurationState> {
    this.#settled ??= this.#ask('settled');
    return this.#settled;
  }

  /** `settled`, unless `signal` aborts the wait first. */
  whenSettled(options: SignalOption = {}): Promise<ReconfigurationState> {
    return waitAbortable(this.settled, options.signal);
  }

  /** Cancels what has not settled. */
  cancel(): Promise<void> {
    return this.#ask('cancel');
  }

  #ask<Name extends MethodOf<'reconfiguration'>>(method: Name) {
    const { session, reference } = this[FACE];
    return session.ask('reconfiguration', reference, method, [] as never);
  }
}
