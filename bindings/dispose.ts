import { DisposedError } from './errors.ts';

/** `Symbol.dispose` where the platform has it, else a symbol of our own, so that classes may always declare the method. */
const platform = Symbol as { readonly dispose?: symbol };
export const DISPOSE: typeof Symbol.dispose = (platform.dispose ?? Symbol.for('usufruct.dispose')) as typeof Symbol.dispose;

/** Where a long-lived thing was made: an error object whose stack is rendered only if somebody asks. */
export class Origin {
  readonly #made: Error;

  /** Call it in the maker; `maker` and what it called stay out of the stack. */
  constructor(maker: (...args: never[]) => unknown) {
    const capture = { stack: '' } as Error;
    if (typeof Error.captureStackTrace === 'function') Error.captureStackTrace(capture, maker);
    else capture.stack = new Error().stack ?? '';
    this.#made = capture;
  }

  /** The line of the caller's code. */
  line(): string {
    const lines = (this.#made.stack ?? '').split('\n').map((line) => line.trim());
    return (lines.find((line) => line.startsWith('at ') || line.includes('@')) ?? 'an unknown place').replace(/^at /, '');
  }
}

/** The error for a use of `what` (for instance "VM 'a'") after its end. */
export function disposedError(what: string, origin: Origin): DisposedError {
  const madeAt = origin.line();
  return new DisposedError(`${what} was disposed of and cannot be used any more; it was made at ${madeAt}.`, { what, madeAt });
}
