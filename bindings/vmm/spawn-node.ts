import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';
import type { Workers } from './spawn.ts';

/** Threads of Node. They inherit the options of the process, but for those of `node --input-type=module -e …`, which are not for files. */
export const workersNode: Workers = {
  own: () => new Worker(new URL('./worker-node.js', import.meta.url), options()),
  at: (url) => new Worker(url, options()),
};

function options(): WorkerOptions {
  const isInput = process.execArgv.some((option) => option.startsWith('--input-type'));
  return { name: 'usufruct', ...(isInput ? { execArgv: [] } : {}) };
}
