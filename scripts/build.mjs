// Builds the package into dist/: the two shipped modules, the compiled bindings with their types, the modules inlined as base64.
//
//   node scripts/build.mjs [--tests] [--quiet]        --tests: all targets and page sizes in build/wasm/ as well
//
// What is up to date is left alone. A new dist/ takes the place of the old one in one step.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'rolldown';
import { buildWasm, wasmPath } from './build-wasm.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
/** Kept outside dist/, which is published whole. */
const STAMP = join(ROOT, 'build', 'dist.stamp');
const SHIPPED_PAGE_KIB = 4;
const SHIPPED = Object.freeze([
  { target: 'release', file: 'usufruct.wasm', name: 'releaseBase64' },
  { target: 'release-shared', file: 'usufruct-shared.wasm', name: 'releaseSharedBase64' },
]);
const COMMAND = 'bindings/cli/main.js';

function inputFiles() {
  const folders = ['bindings', 'assembly/shared'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const single = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/build.mjs'].map((file) => join(ROOT, file));
  return [...folders, ...single, ...SHIPPED.map(({ target }) => wasmPath(target, SHIPPED_PAGE_KIB))].sort();
}

function inputHash() {
  const hash = createHash('sha256');
  for (const file of inputFiles()) {
    const bytes = readFileSync(file);
    hash.update(`${relative(ROOT, file)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Compiles the bindings into `folder`; tsc's own words go to the terminal. @param {string} folder */
function compileBindings(folder) {
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', folder], { cwd: ROOT, stdio: 'inherit' });
}

/** @param {string} folder */
function copyModules(folder) {
  mkdirSync(join(folder, 'wasm'), { recursive: true });
  for (const { target, file } of SHIPPED) copyFileSync(wasmPath(target, SHIPPED_PAGE_KIB), join(folder, 'wasm', file));
}

/** @param {string} folder */
function inlineModules(folder) {
  const lines = SHIPPED.map(
    ({ target, name }) => `export const ${name} = '${readFileSync(wasmPath(target, SHIPPED_PAGE_KIB)).toString('base64')}';\n`,
  );
  const base = join(folder, 'bindings', 'engine', 'inline-modules');
  mkdirSync(join(base, '..'), { recursive: true });
  writeFileSync(`${base}.js`, lines.join(''));
  copyFileSync(join(ROOT, 'bindings', 'engine', 'inline-modules.d.ts'), `${base}.d.ts`);
}

/**
 * The script of Web Workers becomes one file without imports: import maps do not reach workers, and as text it can be carried along. The names of classes
 * stay, errors show them. @param {string} folder
 */
async function bundleWorker(folder) {
  const file = join(folder, 'bindings', 'vmm', 'worker-web.js');
  const { output } = await build({
    input: join(ROOT, 'bindings', 'vmm', 'worker-web.ts'),
    cwd: ROOT,
    platform: 'browser',
    output: {
      file,
      format: 'esm',
      sourcemap: true,
      codeSplitting: false,
      minify: true,
      keepNames: true,
      // what tells other bundlers to leave an import alone stays
      comments: { legal: true, annotation: true, jsdoc: false },
    },
  });
  const text = output[0].code.replace(/\n\/\/# sourceMappingURL=.*$/m, '');
  writeFileSync(join(folder, 'bindings', 'vmm', 'inline-worker.js'), `export const workerText = ${JSON.stringify(text)};\n`);
  copyFileSync(join(ROOT, 'bindings', 'vmm', 'inline-worker.d.ts'), join(folder, 'bindings', 'vmm', 'inline-worker.d.ts'));
}

async function buildDist() {
  const hash = inputHash();
  if (existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return false;
  // beside dist/, so that the paths in the source maps are the same
  const fresh = join(ROOT, `dist.${process.pid}`);
  try {
    compileBindings(fresh);
    copyModules(fresh);
    inlineModules(fresh);
    await bundleWorker(fresh);
    const command = join(fresh, COMMAND);
    if (existsSync(command)) chmodSync(command, 0o755);
    rmSync(STAMP, { force: true });
    rmSync(DIST, { recursive: true, force: true });
    renameSync(fresh, DIST);
    writeFileSync(STAMP, hash);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false }, quiet: { type: 'boolean', default: false } } });
const started = performance.now();
try {
  const modules = await buildWasm(values.tests ? {} : { targets: SHIPPED.map(({ target }) => target), pageSizesKib: [SHIPPED_PAGE_KIB] });
  const dist = await buildDist();
  if (!values.quiet) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${modules} modules compiled, dist/ ${dist ? 'built' : 'up to date'}, ${seconds} s`);
  }
} catch (error) {
  // tsc has already said what is wrong
  if (!(error instanceof Error && 'status' in error)) console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
