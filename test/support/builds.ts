// The compiled modules that the suite runs against. `npm run build:test` makes them all.
import { readFileSync } from 'node:fs';
import { PAGE_SIZES_KIB, TARGETS, wasmPath } from '../../scripts/build-wasm.mjs';
import { COVERED_MODULE } from '../../scripts/wasm-coverage/paths.mjs';

export interface Build {
  /** For the titles of tests: "release-shared, 16 KiB pages". */
  readonly name: string;
  readonly target: string;
  readonly pageKib: number;
  readonly pageBytes: number;
  /** Whether the module wants a shared memory. */
  readonly shared: boolean;
  readonly path: string;
}

/** In a coverage run the module with counters stands in for those of 4 KiB pages without shared memory. */
const COVERAGE = process.env['USUFRUCT_WASM_COVERAGE'] === '1';

const modules = new Map<string, WebAssembly.Module>();

/** Every target with every page size. */
export const builds: readonly Build[] = PAGE_SIZES_KIB.flatMap((pageKib) =>
  TARGETS.map((target) => ({
    name: `${target}, ${pageKib} KiB pages`,
    target,
    pageKib,
    pageBytes: pageKib * 1024,
    shared: target.endsWith('-shared'),
    path: COVERAGE && pageKib === 4 && !target.endsWith('-shared') ? COVERED_MODULE : wasmPath(target, pageKib),
  })),
);

/** What the package contains. */
export const shippedBuilds: readonly Build[] = builds.filter((build) => build.pageKib === 4 && build.target !== 'debug');

/** The build with these properties. */
export function buildOf(target: string, pageKib = 4): Build {
  const found = builds.find((build) => build.target === target && build.pageKib === pageKib);
  if (found === undefined) throw new Error(`there is no build "${target}" with ${pageKib} KiB pages`);
  return found;
}

export function buildBytes(build: Build): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(build.path));
}

/** The compiled module; each is compiled once a process. */
export function buildModule(build: Build): WebAssembly.Module {
  let module = modules.get(build.path);
  if (module === undefined) {
    module = new WebAssembly.Module(buildBytes(build));
    modules.set(build.path, module);
  }
  return module;
}
