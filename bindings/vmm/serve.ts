import { createBirpc } from 'birpc';
import { thrownFromWire, thrownToWire } from './error-wire.ts';
import { VmmHost } from './host.ts';
import { transferOf } from './protocol.ts';
import type { Answer, Notice, Reply, SignalReference, WorkerFunctions } from './protocol.ts';

/** The thread that started this one. */
export interface ParentPort {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  listen(receive: (message: unknown) => void): void;
}

/** Signals of the other thread, by number. */
class SignalCopies {
  readonly #controllers = new Map<number, AbortController>();
  readonly #reasons = new WeakMap<object, number>();

  signal({ id, aborted }: SignalReference): AbortSignal {
    const controller = this.#controllers.get(id) ?? new AbortController();
    this.#controllers.set(id, controller);
    if (aborted !== undefined) this.abort(id, thrownFromWire(aborted));
    return controller.signal;
  }

  abort(id: number, reason: unknown): void {
    if (typeof reason === 'object' && reason !== null) this.#reasons.set(reason, id);
    this.#controllers.get(id)?.abort(reason);
  }

  forget(id: number): void {
    this.#controllers.delete(id);
  }

  /** The signal whose reason this is. */
  whose(thrown: unknown): number | undefined {
    return typeof thrown === 'object' && thrown !== null ? this.#reasons.get(thrown) : undefined;
  }
}

/** A message of birpc; the error of a function that failed becomes a reply. */
function withoutError(message: { readonly e?: unknown }): object {
  const { e: error, ...rest } = message;
  return error === undefined ? message : { ...rest, r: { thrown: thrownToWire(error), aborted: undefined } satisfies Reply };
}

/** Runs a VMM in this worker for the thread that started it. */
export function vmmServe(parent: ParentPort): void {
  const signals = new SignalCopies();
  const notice = (message: Notice): void => parent.post(message, []);
  const host = new VmmHost(
    (events) => notice({ usufruct: 'events', events }),
    (reference) => signals.signal(reference),
  );
  const replyTo = async (answer: Promise<Answer>): Promise<Reply> => {
    try {
      return await answer;
    } catch (error) {
      return { thrown: thrownToWire(error), aborted: signals.whose(error) };
    }
  };
  const functions: WorkerFunctions = {
    start: (options) => replyTo(host.start(options)),
    request: (request) => replyTo(host.request(request)),
    release: (releases) => host.release(releases),
    abort: (signal, reason) => signals.abort(signal, thrownFromWire(reason)),
    signalForget: (signal) => signals.forget(signal),
  };
  createBirpc<object, WorkerFunctions, false>(functions, {
    post: (message) => parent.post(message, transferOf(message)),
    on: (receive) => parent.listen(receive),
    timeout: -1,
    proxify: false,
    // an answer that cannot be posted gives way to the error that says so, as data
    onGeneralError: () => true,
    serialize: withoutError,
  });
  notice({ usufruct: 'ready' });
}
