import { InvalidOptionError } from './errors.ts';

/** What everything long takes. An abort rejects with the signal's reason, as the platform does. */
export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

/** Throws the reason of a signal that is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw new InvalidOptionError('signal', signal, 'an AbortSignal');
  signal.throwIfAborted();
}

/** Waits for a promise, or for the signal. */
export async function waitAbortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  throwIfAborted(signal);
  if (signal === undefined) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    // the reason is the caller's own value, whatever it is
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The promise, whose rejection is for those who wait for it and for nobody else. */
export function unminded<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Lets the host's event loop run; long work does this between its pieces. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
