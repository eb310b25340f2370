import { workerText } from './inline-worker.js';
import type { Workers } from './spawn.ts';
import type { WorkerLike } from './worker-port.ts';

const TYPE = 'text/javascript';

/** The worker from its text, for bundlers that do not carry files along: a Web Worker where there are any, else a thread of Node. */
export const workersInline: Workers = {
  own: () => (typeof Worker === 'function' ? workerWeb() : workerAt(`data:${TYPE},${encodeURIComponent(workerText)}`)),
  at: workerAt,
};

/** The text as a file that lives as long as the page. */
let address: string | undefined;

function workerWeb(): WorkerLike {
  address ??= URL.createObjectURL(new Blob([workerText], { type: TYPE }));
  return workerAt(address);
}

function workerAt(url: string | URL): WorkerLike {
  if (typeof Worker === 'function') return new Worker(url, { type: 'module', name: 'usufruct' });
  const threads = (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.('node:worker_threads');
  if (threads === undefined) throw new Error("there are no workers here, or this entry cannot reach them; in Node import 'usufruct'");
  return new threads.Worker(url instanceof URL ? url : new URL(url), { name: 'usufruct' });
}
