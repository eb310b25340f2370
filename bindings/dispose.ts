import { DisposedError } from './errors.ts';

/** `Symbol.dispose` where the platform has it, else a symbol of our own, so that classes may always declare the method. */
const platform = Symbol as { readonly dispose?: symbol; readonly asyncDispose?: symbol };
export const DISPOSE: typeof Symbol.dispose = (platform.dispose ?? Symbol.for('usufruct.dispose')) as typeof Symbol.dispose;
/** The same for `Symbol.asyncDispose`. */
export const DISPOSE_ASYNC: typeof Symbol.asyncDispose = (platform.asyncDispose ??
  Symbol.for('usufruct.disposeAsync')) as typeof Symbol.asyncDispose;

/** Frames of the stack from this folder are the package's own. */
const OWN_FOLDER = import.meta.url.replace(/^file:\/\//, '').replace(/[^/]*$/, '');

/** Where a long-lived thing was made: an error object whose stack is rendered only if somebody asks. */
export class Origin {
  readonly #made: { stack?: string };

  /** Call it in the maker; `maker` and what it called stay out of the stack where the platform can do that. null: the place is not kept. */
  constructor(maker: ((...args: never[]) => unknown) | null) {
    this.#made = {};
    if (maker === null) return;
    const { captureStackTrace } = Error as { captureStackTrace?: typeof Error.captureStackTrace };
    if (captureStackTrace === undefined) this.#made = new Error();
    else captureStackTrace(this.#made, maker);
  }

  /** The line of the caller's code. */
  line(): string {
    if (this === ORIGIN_NOT_KEPT) return 'a place that was not kept: only those of the first ones are';
    const lines = (this.#made.stack ?? '').split('\n').map((line) => line.trim());
    const frames = lines.filter((line) => line.startsWith('at ') || line.includes('@'));
    const frame = frames.find((line) => !line.includes(OWN_FOLDER)) ?? frames[0];
    return frame === undefined ? 'an unknown place' : frame.replace(/^at /, '');
  }
}

/** To look at the stack takes longer than to make a replica: the origin of all but the first ones. */
export const ORIGIN_NOT_KEPT = new Origin(null);

/** The error for a use of `what` (for instance "VM 'a'") after its end. */
export function disposedError(what: string, origin: Origin): DisposedError {
  const madeAt = origin.line();
  return new DisposedError(`${what} was disposed of and cannot be used any more; it was made at ${madeAt}.`, { what, madeAt });
}
