// What can go into a worker: plain data, bytes, compiled modules, and signals by number. Functions cannot.
import { CannotCrossError, valueShown } from '../errors.ts';
import { thrownToWire } from './error-wire.ts';
import type { SignalReference } from './protocol.ts';
import { isPlain, treeCopy } from './tree.ts';

/** Tells the worker about a signal that it knows by number. */
export interface SignalNews {
  aborted(signal: number, reason: unknown): void;
  forgotten(signal: number): void;
}

/** The signals of this thread that a worker knows by number. */
export class SignalTable {
  readonly #numbers = new WeakMap<AbortSignal, number>();
  readonly #news: SignalNews;
  readonly #gone: FinalizationRegistry<number>;
  #last = 0;

  constructor(news: SignalNews) {
    this.#news = news;
    this.#gone = new FinalizationRegistry((id) => news.forgotten(id));
  }

  reference(signal: AbortSignal): SignalReference {
    const aborted = signal.aborted ? thrownToWire(signal.reason) : undefined;
    return { $: 'signal', id: this.#numbers.get(signal) ?? this.#add(signal), aborted };
  }

  #add(signal: AbortSignal): number {
    const id = (this.#last += 1);
    this.#numbers.set(signal, id);
    this.#gone.register(signal, id);
    signal.addEventListener('abort', ({ target }) => this.#news.aborted(id, (target as AbortSignal).reason), { once: true });
    return id;
  }
}

/** Arguments as they can be posted; `used` gets the signals among them. CannotCrossError names what cannot. */
export function crossingCopy(value: unknown, path: string, signals: SignalTable, used: Map<number, AbortSignal>): unknown {
  return treeCopy(value, path, (object, place) => {
    if (object instanceof AbortSignal) {
      const reference = signals.reference(object);
      used.set(reference.id, object);
      return reference;
    }
    if (Array.isArray(object) || isPlain(object)) return undefined;
    if (object instanceof ArrayBuffer || ArrayBuffer.isView(object) || object instanceof WebAssembly.Module) return object;
    throw cannotCross(place, object);
  });
}

export function cannotCross(field: string, value: unknown, cause?: unknown): CannotCrossError {
  const shown = valueShown(value);
  return new CannotCrossError(
    `${field} is ${shown}, which cannot go into a worker. Put it into a module and pass moduleExport(url, name) instead; for the swap stores of this package say 'memory' or { file: path }; or start the VMM with where: 'here'.`,
    { field, value: shown },
    cause === undefined ? undefined : { cause },
  );
}
