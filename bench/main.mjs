// Runs the benches: each question in several fresh processes, because the same module varies from process to process; medians over the processes.
//
//   npm run bench -- [NAME …] [--processes 5] [--list]
//
// Prints a table; when all are run, writes bench/results/latest.json and bench/results/latest.md.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { holds } from './support/figure.mjs';
import { reportMarkdown, reportText } from './support/report.mjs';
import { median } from './support/side-by-side.mjs';

/** @typedef {import('./support/figure.mjs').Figure} Figure */

const QUESTIONS = [
  'translation',
  'js-access',
  'watched-access',
  'grant',
  'reconfigure',
  'hand-over',
  'page-out',
  'player',
  'fork-reset',
  'fork',
  'copy-on-write',
  'compared-store',
  'merge',
  'in-step',
  'memory',
  'policies',
];
/** These count, or measure virtual time. */
const COUNTED = ['memory', 'policies'];
const PROCESSES = 5;
const SELF = fileURLToPath(import.meta.url);
const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const WORKER = '--worker';

/** @param {string} name @returns {Promise<import('./support/figure.mjs').Question>} */
async function questionOf(name) {
  const { question } = /** @type {{ question: import('./support/figure.mjs').Question }} */ (await import(`./${name}.mjs`));
  return question;
}

/** Answers one question in a process of its own. @param {string} name @returns {Promise<Figure[]>} */
function measured(name) {
  return new Promise((resolve, reject) => {
    const child = fork(SELF, [WORKER, name]);
    /** @type {Figure[] | undefined} */
    let figures;
    child.on('message', (message) => void (figures = /** @type {Figure[]} */ (message)));
    child.on('exit', (code) => {
      if (figures !== undefined && code === 0) resolve(figures);
      else reject(new Error(`the bench "${name}" ended with status ${code}`));
    });
  });
}

/** The figures of several processes as one: medians. @param {readonly Figure[][]} runs @returns {Figure[]} */
function medians(runs) {
  /** @param {readonly (number | null | undefined)[]} values */
  const middle = (values) => {
    const numbers = values.filter((value) => typeof value === 'number');
    return numbers.length === 0 ? null : median(numbers);
  };
  return (runs[0] ?? []).map((figure, index) => ({
    ...figure,
    ours: middle(runs.map((run) => run[index]?.ours)) ?? NaN,
    reference: middle(runs.map((run) => run[index]?.reference)),
    ratio: middle(runs.map((run) => run[index]?.ratio)),
  }));
}

/** @param {readonly string[]} names @param {number} processes */
async function runAll(names, processes) {
  const answers = [];
  for (const name of names) {
    const { title } = await questionOf(name);
    const runs = [];
    const wanted = COUNTED.includes(name) ? 1 : processes;
    for (let i = 0; i < wanted; i++) {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: process ${i + 1} of ${wanted} `);
      runs.push(await measured(name));
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    const answer = { name, title, processes: wanted, figures: medians(runs) };
    console.log(reportText(answer));
    answers.push(answer);
  }
  return answers;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { processes: { type: 'string', default: String(PROCESSES) }, list: { type: 'boolean', default: false } },
  });
  if (values.list) {
    for (const name of QUESTIONS) console.log(`${name}: ${(await questionOf(name)).title}`);
    return;
  }
  const processes = Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1)
    throw new RangeError(`--processes is ${values.processes}; allowed: a whole number from 1 on`);
  const unknown = positionals.find((name) => !QUESTIONS.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no bench "${unknown}"; there are ${QUESTIONS.join(', ')}`);

  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const answers = await runAll(positionals.length > 0 ? positionals : QUESTIONS, processes);
  if (positionals.length === 0) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(`${RESULTS}latest.json`, `${JSON.stringify({ machine, answers }, null, 2)}\n`);
    writeFileSync(`${RESULTS}latest.md`, reportMarkdown(machine, answers));
  }
  const failed = answers.flatMap(({ figures }) => figures).filter((figure) => holds(figure) === false).length;
  console.log(failed === 0 ? 'all bounds hold' : `${failed} bounds do not hold`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (process.argv[2] === WORKER) {
  process.send?.(await (await questionOf(process.argv[3] ?? '')).measure());
  process.disconnect();
} else {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
