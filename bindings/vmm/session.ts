import { disposedError } from '../dispose.ts';
import type { Origin } from '../dispose.ts';
import { InvalidOptionError } from '../errors.ts';
import type { EventName } from '../events/event-map.ts';
import { throwIfAborted, unminded, waitAbortable } from '../signal.ts';
import type { Received, Sent } from './async-types.ts';
import { thrownFromWire } from './error-wire.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { Link } from './link.ts';
import type { AnswerOf, ArgumentsFor, MethodOf } from './operations.ts';
import { isWire } from './protocol.ts';
import type { FirstReplica, Kind, Reference, Target } from './protocol.ts';
import { hasMethods, treeCopy } from './tree.ts';

/** Makes the face of an object that was told of for the first time. */
export type FaceMake = (session: Session, reference: Reference) => Face;

interface Known {
  readonly face: WeakRef<Face>;
  told: number;
}

type Listener = (event: unknown) => void;

/** Who listens to events of one name, and the request that asks for them. */
interface Heard {
  readonly listeners: Set<Listener>;
  readonly begun: Promise<unknown>;
}

/** What all faces of one VMM share: the way to it, the objects that are known here, and who listens. */
export class Session {
  readonly #origin: Origin;
  readonly #makers: Readonly<Record<Kind, FaceMake>>;
  readonly #known = new Map<number, Known>();
  readonly #heard = new Map<EventName, Heard>();
  readonly #forgotten = new FinalizationRegistry<number>((id) => this.#forget(id));
  #link: Link | undefined;
  #isDisposed = false;

  constructor(origin: Origin, makers: Readonly<Record<Kind, FaceMake>>) {
    this.#origin = origin;
    this.#makers = makers;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Starts the VMM behind a link. */
  async start(link: Link, options: object, signal: AbortSignal | undefined): Promise<unknown> {
    this.#link = link;
    throwIfAborted(signal);
    return waitAbortable(link.start(this.#sent(options, '') as object), signal);
  }

  /** Asks for one operation of the table in operations.ts. */
  async ask<Of extends Exclude<Target, 'engine'>, Name extends MethodOf<Of>>(
    target: Of,
    of: Reference | FirstReplica,
    method: Name,
    args: Sent<ArgumentsFor<Of, Name>>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Received<AnswerOf<Of, Name>>> {
    return (await this.#request(target, of, method, args, transfer)) as Received<AnswerOf<Of, Name>>;
  }

  /** Asks for one operation of the engine. */
  async askEngine<Name extends MethodOf<'engine'>>(
    method: Name,
    args: Sent<ArgumentsFor<'engine', Name>>,
  ): Promise<Received<AnswerOf<'engine', Name>>> {
    return (await this.#request('engine', undefined, method, args)) as Received<AnswerOf<'engine', Name>>;
  }

  /** Calls `listener` for events of that name that requests from now on cause. Returns the function that ends it. */
  async listen(name: EventName, listener: Listener): Promise<() => void> {
    const heard = this.#heard.get(name) ?? this.#hear(name);
    const wrapped: Listener = (event) => listener(event);
    heard.listeners.add(wrapped);
    await heard.begun;
    return () => {
      if (!heard.listeners.delete(wrapped) || heard.listeners.size > 0) return;
      this.#heard.delete(name);
      // (a VMM that has ended tells nobody anything)
      void unminded(this.#request('engine', undefined, 'unlisten', [name]));
    };
  }

  #hear(name: EventName): Heard {
    const heard: Heard = { listeners: new Set(), begun: this.#request('engine', undefined, 'listen', [name]) };
    this.#heard.set(name, heard);
    heard.begun.catch(() => this.#heard.delete(name));
    return heard;
  }

  /** Events, in order. A listener that throws spoils nothing: its error goes to the host, as an uncaught one. */
  deliver(events: readonly unknown[]): void {
    for (const told of events) {
      const event = this.#received(told) as { readonly type: EventName };
      for (const listener of [...(this.#heard.get(event.type)?.listeners ?? [])]) {
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

  /** The engine ends, then the worker if there is one: when the requests before it are carried out, or now. */
  async dispose(isNow = false): Promise<void> {
    if (this.#isDisposed && !isNow) return;
    // a worker that failed has ended as well
    const ended = this.#isDisposed ? undefined : unminded(this.#request('engine', undefined, 'dispose', []));
    this.#isDisposed = true;
    if (!isNow) await ended?.catch(() => undefined);
    await this.#link?.close(this.#disposed());
  }

  async #request(
    target: Target,
    of: Reference | FirstReplica | undefined,
    method: string,
    args: readonly unknown[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<unknown> {
    if (this.#isDisposed || this.#link === undefined) throw this.#disposed();
    if (target === 'memory') return this.#link.request({ target, of, method, args, transfer });
    const sent = this.#sent(args, 'argument ') as readonly unknown[];
    return this.#received(await this.#link.request({ target, of, method, args: sent, transfer }));
  }

  #disposed(): Error {
    return disposedError('The VMM', this.#origin);
  }

  /** Faces -> references. */
  #sent(value: unknown, path: string): unknown {
    return treeCopy(value, path, (object, place) => {
      if (FACE in object) return this.#referenceOf(object as Face, place);
      return hasMethods(object) ? object : undefined;
    });
  }

  #referenceOf(face: Face, place: string): Reference | FirstReplica {
    const { session, reference } = face[FACE];
    if (session !== this) throw new InvalidOptionError(place, face, 'an object of the same VMM');
    return reference;
  }

  /** References -> faces. */
  #received(value: unknown): unknown {
    return treeCopy(value, '', (object) => {
      if (!isWire(object)) return undefined;
      return object.$ === 'error' ? thrownFromWire(object.thrown) : this.#faceOf(object as Reference);
    });
  }

  #faceOf({ $, id, facts }: Reference): Face {
    const reference: Reference = { $, id, facts: this.#received(facts) };
    const known = this.#known.get(id);
    const face = known?.face.deref();
    if (known !== undefined) known.told += 1;
    if (face !== undefined) {
      face[FACE].told?.(reference.facts);
      return face;
    }
    const made = this.#makers[$](this, reference);
    this.#known.set(id, { face: new WeakRef(made), told: known?.told ?? 1 });
    // VMs stay known to the VMM for as long as it lives
    if ($ !== 'vm') this.#forgotten.register(made, id);
    return made;
  }

  #forget(id: number): void {
    const known = this.#known.get(id);
    if (known === undefined || known.face.deref() !== undefined) return;
    this.#known.delete(id);
    if (!this.#isDisposed) this.#link?.release([[id, known.told]]);
  }
}
