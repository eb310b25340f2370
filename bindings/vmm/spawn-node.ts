import { Worker } from 'node:worker_threads';
import type { Workers } from './spawn.ts';

const OPTIONS = { name: 'usufruct' };

/** Threads of Node. */
export const workersNode: Workers = {
  own: () => new Worker(new URL('./worker-node.js', import.meta.url), OPTIONS),
  at: (url) => new Worker(url, OPTIONS),
};
