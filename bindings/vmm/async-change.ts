import type { ChangeReport, ChangeState } from '../change.ts';
import { unminded, waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import type { RegionReport } from '../change.ts';
import type { OpenReports } from './open-reports.ts';
import { reportsRead } from './open-reports.ts';
import type { Received } from './async-types.ts';
import type { AsyncVm } from './async-vm.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

interface Facts {
  readonly vm: AsyncVm;
  readonly report: ChangeReport | undefined;
}

/** One VM's part of a request: what class Change says. */
export class AsyncChange implements Face {
  readonly vm: AsyncVm;
  readonly #face: Face[typeof FACE];
  #last: ChangeReport | undefined;
  #settled: Promise<ChangeState> | undefined;

  /** @internal */
  constructor(session: Session, reference: Reference) {
    const { vm, report } = reference.facts as Facts;
    this.vm = vm;
    this.#last = report;
    this.#face = { session, reference, told: (facts) => (this.#last = (facts as Facts).report ?? this.#last) };
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  /** The latest that was heard of it here: at first how it was granted. undefined: the engine had forgotten it when an event named it. */
  get last(): ChangeReport | undefined {
    return this.#last;
  }

  /** Everything about the change, now. */
  async report(): Promise<ChangeReport> {
    const { session, reference } = this.#face;
    return (this.#last = await session.ask('change', reference, 'report', []));
  }

  /** Resolves when the change has ended, with the way it did. It rejects only where a worker fails. */
  get settled(): Promise<ChangeState> {
    const { session, reference } = this.#face;
    this.#settled ??= unminded(session.ask('change', reference, 'settled', []));
    return this.#settled;
  }

  /** `settled`, unless `signal` aborts the wait first. The change goes on. */
  whenSettled(options: SignalOption = {}): Promise<ChangeState> {
    return waitAbortable(this.settled, options.signal);
  }

  /** One report for each region that follows or is superseded from now on; ends with the change. */
  regionReports(options: SignalOption = {}): AsyncGenerator<Received<RegionReport>, void, void> {
    const { session, reference } = this.#face;
    return reportsRead<Received<RegionReport>>(
      () => session.ask('change', reference, 'regionReports', []) as unknown as Promise<OpenReports>,
      options,
    );
  }

  /** Takes back what has not followed yet. */
  cancel(): Promise<void> {
    const { session, reference } = this.#face;
    return session.ask('change', reference, 'cancel', []);
  }
}
