import { Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-options.ts';
import { InvalidOptionError } from '../errors.ts';
import type { EventName } from '../events/event-map.ts';
import type { Replica } from '../replica.ts';
import { pause } from '../signal.ts';
import type { VmOptions } from '../vm-options.ts';
import { thrownFromWire, thrownToWire } from './error-wire.ts';
import { isModuleExport, moduleExportGet } from './module-export.ts';
import type { ModuleExport } from './module-export.ts';
import { ObjectTable } from './object-table.ts';
import { OPERATIONS, WAITING } from './operations.ts';
import { isWire } from './protocol.ts';
import type { Answer, EventSink, Releases, Request, SignalReference, Target, VmmService, Wire } from './protocol.ts';
import { storeOf } from './stores.ts';
import { hasMethods, treeCopy } from './tree.ts';

/** An answer that is still to come, while requests behind it are carried out. */
class Later {
  readonly promise: Promise<unknown>;
  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

/** The signal that a number stands for, where signals cross. */
export type SignalResolve = (reference: SignalReference) => AbortSignal | undefined;

type Operation = (target: unknown, ...args: readonly unknown[]) => unknown;

/**
 * The engine's side of a VMM: carries requests out one after another, in the thread in which the engine is. What it answers is plain data and references.
 * JP 2009-26117A Figs. 19-21: the same engine, wherever it runs.
 */
export class VmmHost implements VmmService {
  readonly #objects = new ObjectTable();
  readonly #sink: EventSink;
  readonly #signalOf: SignalResolve;
  /** What is asked of the VMM itself. */
  readonly #own: Readonly<Record<string, Operation>> = {
    listen: (engine, name) => this.#listen(engine as Engine, name as EventName),
    unlisten: (_engine, name) => this.#unlisten(name as EventName),
    dispose: (engine) => this.#dispose(engine as Engine),
  };
  readonly #listening = new Map<EventName, () => void>();
  #events: unknown[] = [];
  #engine: Engine | undefined;
  #isBusy = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(sink: EventSink, signalOf: SignalResolve = () => undefined) {
    this.#sink = sink;
    this.#signalOf = signalOf;
  }

  start(options: object): Promise<Answer> {
    return this.#queue(async () => this.#answer(await this.#start(options)));
  }

  async request(request: Request): Promise<Answer> {
    const answer = await this.#queue(async () => {
      const value = await this.#carryOut(request);
      if (value instanceof Later) return value;
      // guests' data has no references in it, and there is a lot of it
      if (request.target === 'memory') return { value, transfer: buffersIn(value) };
      return this.#answer(value, request.method === 'peek' ? buffersIn(value) : []);
    });
    return answer instanceof Later ? this.#answer(await answer.promise) : answer;
  }

  release(releases: Releases): void {
    void this.#queue(() => this.#objects.release(releases));
  }

  async #start(options: object): Promise<unknown> {
    const { vms = [], ...rest } = (await this.#received(options, '')) as { readonly vms?: unknown } & EngineOptions;
    if (!Array.isArray(vms)) throw new InvalidOptionError('vms', vms, 'an array of the options of VMs');
    const engine = await Engine.create(withStore(rest));
    try {
      for (const vm of vms as readonly VmOptions[]) engine.createVm(vm);
    } catch (error) {
      engine.dispose();
      throw error;
    }
    this.#engine = engine;
    const { pageBytes, regionBytes, handover, isShared, isOperatorOnly } = engine;
    return { pageBytes, regionBytes, handover, isShared, isOperatorOnly };
  }

  /** One after another. What `action` causes is told before its answer. */
  #queue<Result>(action: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.#tail.then(async () => {
      this.#isBusy = true;
      try {
        return await action();
      } finally {
        this.#isBusy = false;
        this.#eventsSend();
      }
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #carryOut({ target, of, method, args }: Request): Promise<unknown> {
    const object = of === undefined ? this.#engine : this.#objects.object(of, target);
    const operation = target === 'engine' && Object.hasOwn(this.#own, method) ? this.#own[method] : operationOf(target, method);
    if (object === undefined || operation === undefined)
      throw new InvalidOptionError('request', `${target}.${method}`, 'what this version of the package knows');
    if (target === 'memory') return operation((object as Replica).memory, ...args);
    const received = (await this.#received(args, 'argument ')) as readonly unknown[];
    const result = operation(object, ...received);
    return WAITING.has(method) ? new Later(Promise.resolve(result)) : result;
  }

  #listen(engine: Engine, name: EventName): void {
    if (this.#listening.has(name)) return;
    this.#listening.set(
      name,
      engine.on(name, (event) => this.#note(event)),
    );
  }

  #unlisten(name: EventName): void {
    this.#listening.get(name)?.();
    this.#listening.delete(name);
  }

  /** Whoever waits for a change hears of its end before the VMM ends. */
  async #dispose(engine: Engine): Promise<void> {
    engine.dispose();
    await pause();
  }

  #note(event: unknown): void {
    this.#events.push(this.#told(event));
    // what happens between requests is told at once
    if (!this.#isBusy) queueMicrotask(() => this.#eventsSend());
  }

  #eventsSend(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#sink(events);
  }

  #answer(value: unknown, transfer: readonly ArrayBuffer[] = []): Answer {
    return { value: this.#told(value), transfer };
  }

  /** Objects of the engine -> references. */
  #told(value: unknown): unknown {
    return treeCopy(value, '', (object) => {
      if (object instanceof Error) return { $: 'error', thrown: thrownToWire(object) } satisfies Wire;
      return this.#objects.referenceOf(object);
    });
  }

  /** References -> objects, exports of modules -> what they are. */
  async #received(value: unknown, path: string): Promise<unknown> {
    const exports = new Map<object, string>();
    const found = treeCopy(value, path, (object, place) => {
      if (isModuleExport(object)) exports.set(object, place);
      return isModuleExport(object) || isWire(object) || hasMethods(object) ? object : undefined;
    });
    const imported = new Map<object, unknown>();
    for (const [object, place] of exports) imported.set(object, await moduleExportGet(object as ModuleExport, place));
    return treeCopy(found, path, (object, place) => {
      if (imported.has(object)) return imported.get(object);
      if (!isWire(object)) return undefined;
      if (object.$ === 'error') return thrownFromWire(object.thrown);
      return object.$ === 'signal' ? this.#signalOf(object) : this.#objects.object(object, place);
    });
  }
}

function operationOf(target: Target, method: string): Operation | undefined {
  const operations = OPERATIONS[target] as Readonly<Record<string, Operation>>;
  return Object.hasOwn(operations, method) ? operations[method] : undefined;
}

/** The buffers of what came out of a guest memory. */
function buffersIn(value: unknown): readonly ArrayBuffer[] {
  if (Array.isArray(value)) return value.flatMap(buffersIn);
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
}

/** Stores that are described by name or by path are made here. */
function withStore(options: EngineOptions): EngineOptions {
  const { swap } = options;
  if (typeof swap !== 'object' || (swap as unknown) === null || !('store' in swap)) return options;
  return { ...options, swap: { ...swap, store: storeOf(swap.store) as Exclude<typeof swap.store, undefined> } };
}
