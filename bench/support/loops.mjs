// The loops of the benches: modules of their own on the engine's memory, compiled from bench/loops/ when they are needed.
import asc from 'assemblyscript/asc';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles bench/loops/<name>.ts as the engine itself is compiled (asconfig.json, target release).
 * @param {string} name
 * @returns {Promise<{ module: WebAssembly.Module, wat: string }>}
 */
export async function loopsCompile(name) {
  /** @type {Map<string, string | Uint8Array>} */
  const written = new Map();
  let messages = '';
  const { error } = await asc.main(
    [
      `bench/loops/${name}.ts`,
      ...['--outFile', 'loops.wasm', '--textFile', 'loops.wat', '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
      ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--initialMemory', '1', '--use', 'abort=', '--enable', 'simd'],
    ],
    {
      readFile: (path) => (path.endsWith('.ts') && existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : null),
      writeFile: (path, contents) => void written.set(path, contents),
      listFiles: () => [],
      stderr: { write: (text) => void (messages += String(text)) },
    },
  );
  if (error) throw new Error(`bench/loops/${name}.ts does not compile:\n${messages || error.message}`);
  const wasm = /** @type {Uint8Array<ArrayBuffer>} */ (written.get('loops.wasm'));
  return { module: await WebAssembly.compile(wasm), wat: String(written.get('loops.wat')) };
}
