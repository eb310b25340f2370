import { InvalidOptionError, WorkerFailedError } from '../errors.ts';
import { workerPort } from './worker-port.ts';
import type { WorkerLike, WorkerPort } from './worker-port.ts';

/** The workers of a platform. */
export interface Workers {
  /** The worker of this package. */
  own(): WorkerLike;
  /** A worker whose script is elsewhere. */
  at(url: string | URL): WorkerLike;
}

/** Where else the worker comes from: the address of its script, or a function that makes it. */
export type WorkerOption = string | URL | (() => WorkerLike);

let workers: Workers | undefined;

/** Called once, by the entry that was imported; the first one stays. */
export function workersSet(chosen: Workers): void {
  workers ??= chosen;
}

/** Errors: INVALID_OPTION. */
export function checkWorkerOption(option: unknown): void {
  if (option !== undefined && typeof option !== 'string' && typeof option !== 'function' && !(option instanceof URL)) {
    throw new InvalidOptionError('worker', option, 'a URL, or a function that returns a Worker');
  }
}

/** Starts the worker. Errors: WORKER_FAILED. */
export function workerSpawn(option: WorkerOption | undefined): WorkerPort {
  return workerPort(workerMake(option));
}

function workerMake(option: WorkerOption | undefined): WorkerLike {
  try {
    if (typeof option === 'function') return option();
    if (workers === undefined) throw new Error('no entry of the package was imported that knows the workers of this platform');
    return option === undefined ? workers.own() : workers.at(option);
  } catch (cause) {
    const reason = `it could not be started: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new WorkerFailedError(
      `The worker of the VMM failed: ${reason}. Pass \`worker\`: the address of its script or a function that makes it; or where: 'here'.`,
      { reason },
      { cause },
    );
  }
}
