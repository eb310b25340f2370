import type { Workers } from './spawn.ts';

/** Web Workers, from where the scripts were served. */
export const workersWeb: Workers = {
  // the form that bundlers look for, all in one expression
  own: () => new Worker(new URL('./worker-web.js', import.meta.url), { type: 'module', name: 'usufruct' }),
  at: (url) => new Worker(url, { type: 'module', name: 'usufruct' }),
};
