import * as layout from '../../assembly/shared/layout.ts';
import { ATTENTION_LISTENING } from '../engine/core.ts';
import type { Core } from '../engine/core.ts';
import { checkChoice, checkFunction } from '../options.ts';
import type { Change } from '../change.ts';
import { eventRead } from '../engine/event-record.ts';
import type { EventRecord } from '../engine/event-record.ts';
import { eventBuild } from './event-build.ts';
import type { Directory } from './event-build.ts';
import type { EngineEvent, EventListener, EventMap, EventName } from './event-map.ts';

/** Event names -> the engine's types. Those without one do not come from the engine's ring. */
const TYPES: Readonly<Record<EventName, number>> = {
  grant: layout.EVENT_GRANT,
  declare: layout.EVENT_DECLARE,
  takeOver: layout.EVENT_TAKE_OVER,
  use: layout.EVENT_USE,
  release: layout.EVENT_RELEASE,
  follow: layout.EVENT_FOLLOW,
  settled: layout.EVENT_SETTLED,
  superseded: layout.EVENT_SUPERSEDED,
  abandoned: layout.EVENT_ABANDONED,
  cancelled: layout.EVENT_CANCELLED,
  pageIn: layout.EVENT_PAGE_IN,
  pageOut: layout.EVENT_PAGE_OUT,
  fault: layout.EVENT_FAULT,
  copy: layout.EVENT_COPY,
  merge: layout.EVENT_MERGE,
  earlyRelease: layout.EVENT_EARLY_RELEASE,
  move: layout.EVENT_MOVE,
  vmCreated: layout.EVENT_VM_CREATED,
  vmDisposed: layout.EVENT_VM_DISPOSED,
  lost: 0,
  report: 0,
  reserve: 0,
};

const NAMES: ReadonlyMap<number, EventName> = new Map(Object.entries(TYPES).map(([name, type]) => [type, name as EventName]));

const ENDS: ReadonlySet<number> = new Set([layout.EVENT_SETTLED, layout.EVENT_ABANDONED, layout.EVENT_CANCELLED]);
const ENDS_MASK = [...ENDS].reduce((mask, type) => mask | (1 << type), 0);

type Listeners = Map<EventName, Set<(event: EngineEvent) => void>>;

/**
 * Delivers the engine's events after the operation that caused them. The engine records only types that somebody listens to or waits for; with nobody
 * there, nothing is recorded and nothing is built.
 */
export class Events {
  readonly #core: Core;
  readonly #directory: Directory;
  readonly #listeners: Listeners = new Map();
  /** Changes whose end somebody waits for. */
  readonly #awaited = new Set<Change>();
  /** Events that do not come from the ring and wait for the end of an operation. */
  readonly #own: EngineEvent[] = [];
  #tail = 0;
  #draining = false;

  constructor(core: Core, directory: Directory) {
    this.#core = core;
    this.#directory = directory;
    core.drain = () => this.#drain();
  }

  /** Calls `listener` for every event of that name, in order; the function that comes back ends it. */
  on<Name extends EventName>(name: Name, listener: EventListener<Name>): () => void {
    checkChoice('event name', name, TYPES);
    checkFunction('listener', listener);
    this.#core.check();
    const wrapped = (event: EngineEvent): void => listener(event as EventMap[Name]);
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(wrapped));
    this.#maskSet();
    return () => {
      set.delete(wrapped);
      this.#maskSet();
    };
  }

  /** Delivers an event that does not come from the ring; in the middle of an operation of several parts, when that is done. */
  emit(event: EngineEvent): void {
    if (this.#core.held === 0) this.#call(event);
    else if (this.wants(event.type)) this.#own.push(event);
  }

  /** Whether anybody listens. */
  wants(name: EventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** From now on the change is told when it ends. */
  await(change: Change): void {
    this.#awaited.add(change);
    this.#maskSet();
  }

  #maskSet(): void {
    const core = this.#core;
    let mask = this.#awaited.size > 0 ? ENDS_MASK : 0;
    let listening = mask !== 0;
    for (const name of this.#listeners.keys()) {
      if (!this.wants(name)) continue;
      listening = true;
      if (TYPES[name] !== 0) mask |= 1 << TYPES[name];
    }
    if ((core.attention & ATTENTION_LISTENING) === 0 && !this.#draining) this.#tail = core.word(layout.CB_EVENT_HEAD);
    core.wordSet(layout.CB_EVENT_MASK, mask);
    core.attention = listening ? core.attention | ATTENTION_LISTENING : core.attention & ~ATTENTION_LISTENING;
  }

  /** Listeners may call the engine: what that causes waits in the ring until they return. */
  #drain(): void {
    const core = this.#core;
    if (this.#draining || (core.word(layout.CB_EVENT_HEAD) === this.#tail && this.#own.length === 0)) return;
    this.#draining = true;
    try {
      while (this.#tail !== core.word(layout.CB_EVENT_HEAD)) {
        this.#skipLost();
        this.#deliver(eventRead(core, this.#tail));
        this.#tail = (this.#tail + 1) >>> 0;
      }
      for (let event = this.#own.shift(); event !== undefined; event = this.#own.shift()) this.#call(event);
    } finally {
      this.#draining = false;
    }
  }

  #skipLost(): void {
    const core = this.#core;
    const head = core.word(layout.CB_EVENT_HEAD);
    const count = ((head - this.#tail) >>> 0) - core.word(layout.CB_EVENTS);
    if (count <= 0) return;
    this.#tail = (this.#tail + count) >>> 0;
    this.#call({ type: 'lost', count });
    for (const change of this.#awaited) if (change.state !== 'granted') this.#end(change);
  }

  #deliver(record: EventRecord): void {
    if (ENDS.has(record.type) && this.#awaited.size > 0) {
      const change = this.#directory.changeOf(record.a);
      if (this.#awaited.has(change)) this.#end(change);
    }
    const name = NAMES.get(record.type);
    if (name === undefined || !this.wants(name)) return;
    const event = eventBuild(record, this.#directory);
    if (event !== undefined) this.#call(event);
  }

  #end(change: Change): void {
    this.#awaited.delete(change);
    change.ended();
    this.#maskSet();
  }

  /** A listener that throws does not spoil the operation or the other listeners: its error goes to the host, as an uncaught one. */
  #call(event: EngineEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) {
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
