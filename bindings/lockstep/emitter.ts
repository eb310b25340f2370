import { checkChoice, checkFunction } from '../options.ts';

/** Events by name, each of which tells its name. */
type Named<Events> = { readonly [Name in keyof Events]: { readonly type: Name } };

/**
 * Tells listeners by the name of an event, in the order in which they came. One that throws does not disturb the rest: its error goes to the host, as an
 * uncaught one.
 */
export class Emitter<Events extends Named<Events>> {
  readonly #names: Readonly<Record<keyof Events & string, true>>;
  readonly #listeners = new Map<unknown, Set<(event: Events[keyof Events]) => void>>();

  constructor(names: Readonly<Record<keyof Events & string, true>>) {
    this.#names = names;
  }

  /** The function that comes back ends it. */
  on<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): () => void {
    checkChoice('event name', name, this.#names);
    checkFunction('listener', listener);
    const wrapped = (event: Events[keyof Events]): void => listener(event as Events[Name]);
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(wrapped));
    return () => void set.delete(wrapped);
  }

  wants(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit(event: Events[keyof Events]): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
