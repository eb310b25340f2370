// Setup of a coverage run: every module with counters that is instantiated gets the same ones, and their counts are written when the test file ends.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { COUNTS_FOLDER, POINTS_FILE } from '../../scripts/wasm-coverage/paths.mjs';

const points = JSON.parse(readFileSync(POINTS_FILE, 'utf8')) as unknown[];
const counters = points.map(() => new WebAssembly.Global<'i32'>({ value: 'i32', mutable: true }, 0));
const coverage: WebAssembly.ModuleImports = Object.fromEntries(counters.map((counter, i) => [String(i), counter]));

const { instantiate, Instance } = WebAssembly;
WebAssembly.instantiate = ((source: WebAssembly.Module, imports?: WebAssembly.Imports) =>
  instantiate(source, { ...imports, coverage })) as typeof WebAssembly.instantiate;
WebAssembly.Instance = class extends Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, { ...imports, coverage });
  }
};

// whoever asks what a module imports is not told of the counters
const { imports: importsOf } = WebAssembly.Module;
WebAssembly.Module.imports = (module) => importsOf(module).filter((one) => one.module !== 'coverage');

afterAll(() => {
  const counts = counters.map((counter) => counter.value);
  if (counts.some((count) => count !== 0)) writeFileSync(join(COUNTS_FOLDER, `${process.pid}-${Date.now()}.json`), JSON.stringify(counts));
});
