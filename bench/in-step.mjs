// What do three replicas of a recorded program in step take, against one: memory and run time, over the spacing of check points?
import { fileURLToPath } from 'node:url';
import { usufruct } from './support/built.mjs';
import { ratioMost } from './support/figure.mjs';
import { median } from './support/side-by-side.mjs';

const REPLICAS = 3;
const PROGRAM = 'sort';
const PROGRAMS = ['sort', 'sqlite', 'python'];
/** Of the program's length: 120 us of virtual time are 1 %. */
const SPACINGS = ['100 %', '10 %', '1 %', '0.1 %', '0.01 %'];
/** What docs/replicas.md recommends: check points, and comparisons on the way. */
const RECOMMENDED = { spacing: '1 %', every: '10us' };
const MEMORY_MOST = 1.1;
const TIME_MOST = 3.1;
const ROUNDS = 3;
const MIB = 2 ** 20;

/**
 * @typedef {object} Way
 * @property {string} spacing of check points
 * @property {string | null} every interval of comparisons on the way
 *
 * @typedef {object} Run
 * @property {number} ms
 * @property {number} framesMost
 *
 * @typedef {{ one: Run, three: Run }} Round
 */

/** Runs a trace on so many replicas in step: milliseconds of CPU time, and the most pages in frames at one time. @param {string} name @param {number} replicas @param {Way} way */
async function run(name, replicas, { spacing, every }) {
  const trace = await usufruct.openTrace(fileURLToPath(new URL(`../examples/traces/${name}.trace.gz`, import.meta.url)));
  const program = await usufruct.traceProgram(trace, { checkPoints: { every: spacing } });
  const addressSpace = Math.ceil(program.footprintBytes / MIB) * MIB;
  const memory = replicas * addressSpace + MIB;
  const engine = await usufruct.Engine.create({ memory, maxVms: 1, maxReplicas: REPLICAS + 1, maxPlayers: replicas, shared: false });
  const vm = engine.createVm({ memory, addressSpace, replicas });
  const lockstep = vm.lockstep({ program, ...(every === null ? {} : { compare: { every } }) });
  const started = process.cpuUsage();
  const { end, framesMost } = await lockstep.run();
  const { user, system } = process.cpuUsage(started);
  if (end !== 'finished') throw new Error(`the run ended as '${end}'`);
  await lockstep.dispose();
  await program.dispose();
  engine.dispose();
  return { ms: (user + system) / 1000, framesMost };
}

/** One and three replicas in turns, as figures. @param {string} name @param {Way} way @param {boolean} isBound */
async function against(name, way, isBound) {
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ one: await run(name, 1, { spacing: '100 %', every: null }), three: await run(name, REPLICAS, way) });
  }
  const middle = (/** @type {(round: Round) => number} */ of) => median(rounds.map(of));
  const frames = { ours: middle(({ three }) => three.framesMost), reference: middle(({ one }) => one.framesMost) };
  const time = { ours: middle(({ three }) => three.ms), reference: middle(({ one }) => one.ms) };
  const how = `${name}, check points every ${way.spacing}${way.every === null ? '' : `, comparisons every ${way.every}`}`;
  return [
    {
      what: `${how}: most pages in frames`,
      ...frames,
      ratio: frames.ours / frames.reference,
      bound: isBound ? ratioMost(MEMORY_MOST) : null,
    },
    {
      what: `${how}: CPU time, ms`,
      ...time,
      ratio: middle(({ one, three }) => three.ms / one.ms),
      bound: isBound ? ratioMost(TIME_MOST) : null,
    },
  ];
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'in-step',
  title: `${REPLICAS} replicas of a recorded program of 12 million records in step, against one`,
  measure: async () => {
    const figures = [];
    for (const spacing of SPACINGS) figures.push(...(await against(PROGRAM, { spacing, every: null }, false)));
    for (const name of PROGRAMS) figures.push(...(await against(name, RECOMMENDED, true)));
    return figures;
  },
};
