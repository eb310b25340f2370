// Builds the module that counts: the debug build with 4 KiB pages, a counter in every block, and a list of what each counter counts.
//
//   node scripts/wasm-coverage/build.mjs
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { instrument } from './instrument.mjs';
import { COUNTS_FOLDER, COVERAGE_FOLDER, COVERED_MODULE, POINTS_FILE } from './paths.mjs';
import { placeAt, places } from './source-map.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** @typedef {{ kind: import('./instrument.mjs').Kind, source: string, line: number }} SourcePoint */

/** @type {Map<string, string | Uint8Array>} */
const written = new Map();
let messages = '';
const { error } = await asc.main(['--config', 'asconfig.json', '--target', 'debug', '--outFile', 'module.wasm', '--sourceMap'], {
  readFile: (name) => (existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), 'utf8') : null),
  writeFile: (name, contents) => void written.set(name, contents),
  listFiles: () => [],
  stderr: { write: (text) => void (messages += String(text)) },
});
if (error) throw new Error(messages || error.message);
const { bytes, points } = instrument(/** @type {Uint8Array} */ (written.get('module.wasm')));
const map = /** @type {{ sources: string[], mappings: string }} */ (JSON.parse(String(written.get('module.wasm.map'))));
const sorted = places(map);
const named = points.map(({ kind, offset }) => {
  const place = placeAt(sorted, offset);
  return { kind, source: place?.source ?? '', line: place?.line ?? 0 };
});
rmSync(COVERAGE_FOLDER, { recursive: true, force: true });
mkdirSync(COUNTS_FOLDER, { recursive: true });
writeFileSync(COVERED_MODULE, bytes);
writeFileSync(POINTS_FILE, JSON.stringify(named));
