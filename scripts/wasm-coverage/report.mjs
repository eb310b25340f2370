// Says which blocks of assembly/ the suite ran: a line a file on the terminal, the lines that were not reached in coverage/assembly.txt.
//
//   node scripts/wasm-coverage/report.mjs
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COUNTS_FOLDER, POINTS_FILE } from './paths.mjs';

const REPORT_FOLDER = fileURLToPath(new URL('../../coverage', import.meta.url));

/** @typedef {{ functions: number, functionsRun: number, blocks: number, blocksRun: number, missed: string[] }} Figures */

/** @returns {number[][]} */
function readCounts() {
  /** @type {number[][]} */
  const files = [];
  for (const file of readdirSync(COUNTS_FOLDER)) {
    const counts = /** @type {number[]} */ (JSON.parse(readFileSync(join(COUNTS_FOLDER, file), 'utf8')));
    files.push(counts);
  }
  if (files.length === 0) throw new Error('no counts: run the tests with vitest.coverage.config.ts first');
  return files;
}

/** @returns {Map<string, Figures>} */
function figuresByFile() {
  const points = /** @type {import('./build.mjs').SourcePoint[]} */ (JSON.parse(readFileSync(POINTS_FILE, 'utf8')));
  const counts = readCounts();
  /** @type {Map<string, Figures>} */
  const files = new Map();
  points.forEach(({ kind, source, line }, i) => {
    if (!source.startsWith('assembly/')) return;
    const figures = files.get(source) ?? { functions: 0, functionsRun: 0, blocks: 0, blocksRun: 0, missed: [] };
    files.set(source, figures);
    const run = counts.some((one) => (one[i] ?? 0) !== 0);
    figures.blocks++;
    if (run) figures.blocksRun++;
    else figures.missed.push(`${source}:${line} ${kind}`);
    if (kind !== 'function') return;
    figures.functions++;
    if (run) figures.functionsRun++;
  });
  return files;
}

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`.padStart(8);

const files = [...figuresByFile()].sort(([a], [b]) => (a < b ? -1 : 1));
const total = { functions: 0, functionsRun: 0, blocks: 0, blocksRun: 0 };
const lines = [`${'assembly'.padEnd(44)} functions   blocks`];
for (const [source, figures] of files) {
  for (const key of /** @type {(keyof typeof total)[]} */ (Object.keys(total))) total[key] += figures[key];
  lines.push(`${source.padEnd(44)} ${percent(figures.functionsRun, figures.functions)} ${percent(figures.blocksRun, figures.blocks)}`);
}
lines.push(
  `${'all'.padEnd(44)} ${percent(total.functionsRun, total.functions)} ${percent(total.blocksRun, total.blocks)}`,
  `(${total.functionsRun} of ${total.functions} functions, ${total.blocksRun} of ${total.blocks} blocks: function bodies, arms of if, bodies of loops)`,
);
console.log(lines.join('\n'));
mkdirSync(REPORT_FOLDER, { recursive: true });
writeFileSync(join(REPORT_FOLDER, 'assembly.txt'), [...lines, '', 'Not run:', ...files.flatMap(([, { missed }]) => missed), ''].join('\n'));
