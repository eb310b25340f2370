import { InvalidOptionError } from '../errors.ts';

/** A Web Worker. */
interface WebWorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: unknown) => void): void;
  terminate(): void;
}

/** A worker of node:worker_threads. */
interface NodeWorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(type: string, listener: (value: unknown) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export type WorkerLike = WebWorkerLike | NodeWorkerLike;

/** What a worker tells those who started it. */
export interface WorkerListener {
  message(message: unknown): void;
  /** It is of no use any more. */
  failure(reason: string, cause?: unknown): void;
}

/** A worker of either platform. */
export interface WorkerPort {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  listen(listener: WorkerListener): void;
  /** Whether the process (in Node) is to stay for the sake of this worker. */
  keepAlive(keep: boolean): void;
  terminate(): Promise<void>;
}

export function workerPort(worker: unknown): WorkerPort {
  const { postMessage, on, addEventListener } = Object(worker) as Partial<Record<string, unknown>>;
  if (typeof postMessage === 'function' && typeof on === 'function') return portNode(worker as NodeWorkerLike);
  if (typeof postMessage === 'function' && typeof addEventListener === 'function') return portWeb(worker as WebWorkerLike);
  throw new InvalidOptionError('worker', worker, 'a URL, or a function that returns a Worker');
}

function portNode(worker: NodeWorkerLike): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen({ message, failure }) {
      worker.on('message', message);
      worker.on('messageerror', (cause) => failure('a message of it could not be read', cause));
      worker.on('error', (cause) => failure(`it threw: ${textOf(cause)}`, cause));
      worker.on('exit', (code) => failure(`it ended with status ${String(code)}`));
    },
    keepAlive: (keep) => (keep ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
}

function portWeb(worker: WebWorkerLike): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen({ message, failure }) {
      worker.addEventListener('message', (event) => message((event as { readonly data: unknown }).data));
      worker.addEventListener('messageerror', () => failure('a message of it could not be read'));
      worker.addEventListener('error', (event) => {
        const { message: text, error } = event as { readonly message?: string; readonly error?: unknown };
        (event as Event).preventDefault(); // whoever waits for an answer is told
        failure(text === undefined || text === '' ? 'its script could not be loaded' : `it threw: ${text}`, error ?? undefined);
      });
    },
    keepAlive: () => undefined,
    terminate: () => Promise.resolve(worker.terminate()),
  };
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
