// Compiles assembly/ to WebAssembly: build/wasm/usufruct-<target>-<n>k.wasm for each target of asconfig.json and each page size.
//
//   node scripts/build-wasm.mjs [--targets debug,release,release-shared] [--page-kib 1,4,16] [--wat] [--quiet]
//
// What is up to date is left alone: beside each module stands the hash of all it was made from. Several modules are
// compiled in parallel child processes.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const ASSEMBLY = join(ROOT, 'assembly');
/** The one file that differs between page sizes. */
const PAGE_FILE = 'assembly/shared/page.ts';
const PAGE_SHIFT_PATTERN = /^export const PAGE_SHIFT(?:: \w+)? = \d+;/m;

export const WASM_FOLDER = join(ROOT, 'build', 'wasm');
export const TARGETS = Object.freeze(['debug', 'release', 'release-shared']);
export const PAGE_SIZES_KIB = Object.freeze([1, 4, 16]);

/** @typedef {{ target: string, pageKib: number, wat: boolean }} Job */

/** @param {string} target @param {number} pageKib */
export function wasmPath(target, pageKib) {
  return join(WASM_FOLDER, `usufruct-${target}-${pageKib}k.wasm`);
}

function sourceFiles() {
  return readdirSync(ASSEMBLY, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** One hash over everything a module is made from, its target and page size aside. */
function sourceHash() {
  const hash = createHash('sha256');
  for (const file of [...sourceFiles(), 'asconfig.json', 'node_modules/assemblyscript/package.json', relative(ROOT, SELF)]) {
    const text = readFileSync(join(ROOT, file));
    hash.update(`${file} ${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}

/** @param {Job} job */
function outputs(job) {
  const wasm = wasmPath(job.target, job.pageKib);
  return { wasm, wat: wasm.replace(/wasm$/, 'wat'), stamp: wasm.replace(/wasm$/, 'stamp') };
}

/** @param {Job} job @param {string} hash */
function upToDate(job, hash) {
  const { wasm, wat, stamp } = outputs(job);
  return existsSync(wasm) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && (!job.wat || existsSync(wat));
}

/** The text of a source file as the compiler is to see it. @param {string} file @param {number} pageKib */
function sourceText(file, pageKib) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  if (file !== PAGE_FILE) return text;
  if (!PAGE_SHIFT_PATTERN.test(text))
    throw new Error(`${PAGE_FILE} has no line "export const PAGE_SHIFT = …;", so the page size cannot be set`);
  return text.replace(PAGE_SHIFT_PATTERN, `export const PAGE_SHIFT = ${Math.log2(pageKib) + 10};`);
}

/** Compiles one module; throws with the compiler's own words. @param {Job} job @param {string} hash */
async function compile(job, hash) {
  const { default: asc } = await import('assemblyscript/asc');
  const { wasm, wat, stamp } = outputs(job);
  const args = ['--config', 'asconfig.json', '--target', job.target, '--outFile', 'module.wasm'];
  if (job.wat) args.push('--textFile', 'module.wat');
  /** @type {Map<string, string | Uint8Array>} */
  const written = new Map();
  let messages = '';
  const { error } = await asc.main(args, {
    readFile: (name) => {
      const file = name.split(sep).join('/').replace(/^\.\//, '');
      return existsSync(join(ROOT, file)) ? sourceText(file, job.pageKib) : null;
    },
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
    stderr: { write: (text) => void (messages += String(text)) },
  });
  if (error) throw new Error(`${job.target} with ${job.pageKib} KiB pages:\n${messages || error.message}`);
  mkdirSync(WASM_FOLDER, { recursive: true });
  replaceFile(wasm, written.get('module.wasm') ?? '');
  if (job.wat) replaceFile(wat, written.get('module.wat') ?? '');
  replaceFile(stamp, hash);
  return messages;
}

/** Others may be reading the old file: the new one takes its name in one step. @param {string} path @param {string | Uint8Array} contents */
function replaceFile(path, contents) {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}

/** Runs jobs in child processes, each of which takes the next job when it has done one. @param {Job[]} jobs @param {string} hash */
async function compileAll(jobs, hash) {
  const waiting = [...jobs];
  /** @type {string[]} */
  const failures = [];
  /** The compiler says the same about each page size: once is enough. @type {Set<string>} */
  const said = new Set();
  const work = () =>
    new Promise((resolve) => {
      const child = fork(SELF, ['--worker', hash]);
      const next = () => {
        const job = waiting.shift();
        if (job) child.send(job);
        else child.disconnect();
      };
      child.on('message', (/** @type {{ failure?: string, messages?: string }} */ reply) => {
        if (reply.failure) failures.push(reply.failure);
        if (reply.messages && !said.has(reply.messages)) process.stderr.write(reply.messages);
        said.add(reply.messages ?? '');
        next();
      });
      child.on('exit', (code) => {
        if (code !== 0) failures.push(`a compiler process ended with status ${code}`);
        resolve(undefined);
      });
      next();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

/** @param {string} hash */
function serve(hash) {
  process.on('message', (/** @type {Job} */ job) => {
    compile(job, hash).then(
      (messages) => process.send?.({ messages }),
      (/** @type {unknown} */ error) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/**
 * Makes what is missing or out of date of `targets` x `pageSizesKib`; answers how many modules were compiled.
 * @param {{ targets?: readonly string[], pageSizesKib?: readonly number[], wat?: boolean }} [options]
 */
export async function buildWasm({ targets = TARGETS, pageSizesKib = PAGE_SIZES_KIB, wat = false } = {}) {
  const unknown = targets.find((target) => !TARGETS.includes(target)) ?? pageSizesKib.find((kib) => !PAGE_SIZES_KIB.includes(kib));
  if (unknown !== undefined)
    throw new Error(`"${unknown}": targets are ${TARGETS.join(', ')}; page sizes are ${PAGE_SIZES_KIB.join(', ')} KiB`);
  const hash = sourceHash();
  const jobs = pageSizesKib.flatMap((pageKib) => targets.map((target) => ({ target, pageKib, wat }))).filter((job) => !upToDate(job, hash));
  if (jobs.length > 0) await compileAll(jobs, hash);
  return jobs.length;
}

async function main() {
  const { values } = parseArgs({
    options: {
      targets: { type: 'string', default: TARGETS.join(',') },
      'page-kib': { type: 'string', default: PAGE_SIZES_KIB.join(',') },
      wat: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const started = performance.now();
  const compiled = await buildWasm({
    targets: values.targets.split(','),
    pageSizesKib: values['page-kib'].split(',').map(Number),
    wat: values.wat,
  });
  if (!values.quiet) console.log(`${compiled} modules compiled in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

if (process.argv[2] === '--worker') serve(process.argv[3] ?? '');
else if (process.argv[1] === SELF) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
