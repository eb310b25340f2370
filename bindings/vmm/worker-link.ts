import { createBirpc } from 'birpc';
import { WorkerFailedError } from '../errors.ts';
import { cannotCross, crossingCopy, SignalTable } from './crossing.ts';
import { thrownFromWire, thrownToWire } from './error-wire.ts';
import type { Link } from './link.ts';
import { isNotice, transferOf } from './protocol.ts';
import type { EventSink, Releases, Reply, Request, WorkerFunctions } from './protocol.ts';
import type { WorkerPort } from './worker-port.ts';

/** A worker that has not said by then that it is there is none of ours. */
const READY_MS_MOST = 30_000;

type Signals = Map<number, AbortSignal>;

/**
 * The way to a VMM in a worker. Messages are matched by birpc. When the worker fails, all that waits and all that comes later gets a WorkerFailedError.
 * While somebody waits for an answer, the process stays (Node).
 */
export class WorkerLink implements Link {
  readonly #port: WorkerPort;
  readonly #rpc;
  readonly #signals = new SignalTable({
    aborted: (id, reason) => void this.#tell('abort', id, thrownToWire(reason)),
    forgotten: (id) => void this.#tell('signalForget', id),
  });
  readonly #sink: EventSink;
  readonly #ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #isNotReady: (error: Error) => void = () => undefined;
  #receive: (message: unknown) => void = () => undefined;
  #end: Error | undefined;
  #waiting = 0;

  constructor(port: WorkerPort, sink: EventSink) {
    this.#port = port;
    this.#sink = sink;
    this.#ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNotReady = reject;
    });
    this.#ready.catch(() => undefined); // whoever starts it is told
    this.#rpc = createBirpc<WorkerFunctions, object, false>(
      {},
      {
        post: (message) => port.post(message, transferOf(message)),
        on: (receive) => void (this.#receive = receive),
        timeout: -1,
        proxify: false,
      },
    );
    port.listen({
      message: (message) => this.#message(message),
      failure: (reason, cause) => this.#fail(reason, cause),
    });
  }

  async start(options: object): Promise<unknown> {
    const timer = setTimeout(
      () => this.#fail(`it did not answer within ${READY_MS_MOST / 1000} s; is it the worker script of this package?`),
      READY_MS_MOST,
    );
    try {
      await this.#ready;
    } finally {
      clearTimeout(timer);
    }
    const used: Signals = new Map();
    const crossing = crossingCopy(options, '', this.#signals, used) as object;
    return this.#wait(() => this.#rpc.$call('start', crossing), used);
  }

  request(request: Request): Promise<unknown> {
    const used: Signals = new Map();
    const name = `${request.target}.${request.method}`;
    // guests' data is large and plain
    const isData = request.target === 'memory';
    const args = isData ? request.args : (crossingCopy(request.args, `${name}: argument `, this.#signals, used) as readonly unknown[]);
    return this.#wait(() => this.#rpc.$call('request', { ...request, args }), used, name);
  }

  release(releases: Releases): void {
    void this.#tell('release', releases);
  }

  async close(reason: Error): Promise<void> {
    this.#finish(reason);
    await this.#port.terminate();
  }

  #message(message: unknown): void {
    if (!isNotice(message)) this.#receive(message);
    else if (message.usufruct === 'ready') this.#isReady();
    else this.#sink(message.events);
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#end !== undefined) return;
    this.#finish(
      new WorkerFailedError(
        `The worker of the VMM failed: ${reason}. What its guests had in memory is lost; start another one.`,
        { reason },
        cause === undefined ? undefined : { cause },
      ),
    );
    void this.#port.terminate();
  }

  #finish(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#isNotReady(error);
    void this.#rpc.$rejectPendingCalls(({ reject }) => reject(error));
  }

  async #wait(call: () => Promise<Reply>, used: Signals, name = 'options'): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    this.#keep(1);
    try {
      const reply = await call();
      if (!('thrown' in reply)) return reply.value;
      const signal = reply.aborted === undefined ? undefined : used.get(reply.aborted);
      throw signal === undefined ? thrownFromWire(reply.thrown) : signal.reason;
    } catch (error) {
      if (error instanceof Error && error.name === 'DataCloneError') throw cannotCross(name, error.message, error);
      throw error;
    } finally {
      this.#keep(-1);
    }
  }

  /** Without an answer. A worker that is gone does not mind. */
  async #tell<Name extends 'abort' | 'signalForget' | 'release'>(name: Name, ...args: Parameters<WorkerFunctions[Name]>): Promise<void> {
    if (this.#end === undefined) await this.#rpc.$callEvent(name, ...args);
  }

  #keep(change: number): void {
    this.#waiting += change;
    if (this.#end === undefined) this.#port.keepAlive(this.#waiting > 0);
  }
}
