import type { ModuleSource } from './source.ts';

// Two literal `new URL(…, import.meta.url)`: that is the form bundlers look for.
const MODULE_URL = new URL('../../wasm/usufruct.wasm', import.meta.url);
const MODULE_SHARED_URL = new URL('../../wasm/usufruct-shared.wasm', import.meta.url);

/** From where the scripts were served. */
export const sourceWeb: ModuleSource = async (shared) => {
  const url = shared ? MODULE_SHARED_URL : MODULE_URL;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
};
