import { unminded, waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** An iterator of the engine's side. */
export class OpenReports implements Face {
  readonly #face: Face[typeof FACE];

  constructor(session: Session, reference: Reference) {
    this.#face = { session, reference };
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    const { session, reference } = this.#face;
    return session.ask('iterator', reference, 'next', []);
  }

  async return(): Promise<void> {
    const { session, reference } = this.#face;
    await session.ask('iterator', reference, 'return', []);
  }
}

/** Reads reports one by one, until the last one, an abort, or the end of the loop. */
export async function* reportsRead<Report>(open: () => Promise<OpenReports>, { signal }: SignalOption): AsyncGenerator<Report, void, void> {
  const reports = await open();
  try {
    for (;;) {
      const { done, value } = await waitAbortable(unminded(reports.next()), signal);
      if (done === true) return;
      yield value as Report;
    }
  } finally {
    // (nobody waits for an iterator that is no more)
    reports.return().catch(() => undefined);
  }
}
