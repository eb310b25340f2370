import { waitAbortable } from '../signal.ts';
import type { SignalOption } from '../signal.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** An iterator of the engine's side. */
export class OpenReports implements Face {
  readonly [FACE]: Face[typeof FACE];

  constructor(session: Session, reference: Reference) {
    this[FACE] = { session, reference };
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    const { session, reference } = this[FACE];
    return session.ask('iterator', reference, 'next', []) as Promise<IteratorResult<unknown, unknown>>;
  }

  async return(): Promise<void> {
    const { session, reference } = this[FACE];
    await session.ask('iterator', reference, 'return', []);
  }
}

/** Reads reports one by one, until the last one, an abort, or the end of the loop. */
export async function* reportsRead<Report>(open: () => Promise<OpenReports>, { signal }: SignalOption): AsyncGenerator<Report, void, void> {
  const reports = await waitAbortable(open(), signal);
  try {
    for (;;) {
      const { done, value } = await waitAbortable(reports.next(), signal);
      if (done === true) return;
      yield value as Report;
    }
  } finally {
    // (nobody waits for an iterator that is no more)
    reports.return().catch(() => undefined);
  }
}
