import { readFile } from 'node:fs/promises';
import type { ModuleSource } from './source.ts';

const MODULE_URL = new URL('../../wasm/usufruct.wasm', import.meta.url);
const MODULE_SHARED_URL = new URL('../../wasm/usufruct-shared.wasm', import.meta.url);

/** From the package's own files. */
export const sourceNode: ModuleSource = (shared) => readFile(shared ? MODULE_SHARED_URL : MODULE_URL);
