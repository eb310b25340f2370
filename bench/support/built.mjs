// What the build made, imported by path: layout and internals are no part of the package's public names.
import { readFileSync } from 'node:fs';
import { wasmPath } from '../../scripts/build-wasm.mjs';

/** @param {string} path within dist/ */
const fromDist = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);

export const layout = /** @type {typeof import('../../assembly/shared/layout.ts')} */ (await fromDist('assembly/shared/layout.js'));
export const status = /** @type {typeof import('../../assembly/shared/status.ts')} */ (await fromDist('assembly/shared/status.js'));
export const usufruct = /** @type {typeof import('../../bindings/node.ts')} */ (await fromDist('bindings/node.js'));

/** The engine as it is shipped, without shared memory. */
export function engineModule() {
  return new WebAssembly.Module(readFileSync(wasmPath('release', 4)));
}

const [encode, record, format, file] = await Promise.all([
  /** @type {Promise<typeof import('../../bindings/trace/encode.ts')>} */ (fromDist('bindings/trace/encode.js')),
  /** @type {Promise<typeof import('../../bindings/trace/record.ts')>} */ (fromDist('bindings/trace/record.js')),
  /** @type {Promise<typeof import('../../assembly/shared/trace-format.ts')>} */ (fromDist('assembly/shared/trace-format.js')),
  /** @type {Promise<typeof import('../../bindings/trace/file.ts')>} */ (fromDist('bindings/trace/file.js')),
]);

/** What reads and makes traces. */
export const traceInternals = { TraceEncoder: encode.TraceEncoder, batchMake: record.batchMake, format, openTrace: file.openTrace };
