// What do the ways of handing memory over cost, on recorded programs? Virtual time: every run gives the same figures.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { usufruct } from './support/built.mjs';
import { least, most, ratioMost } from './support/figure.mjs';

const COMMAND = fileURLToPath(new URL('../dist/bindings/cli/main.js', import.meta.url));
const SCENARIOS = { 'one change': 'default', '1,000 regions back and forth 100 times': 'back-and-forth' };
const STRATEGIES = ['rights', 'earlyRelease', 'eager', 'reserve'];
const OUTPUT_BYTES_MOST = 2 ** 28;

/** @typedef {import('./support/figure.mjs').Figure} Figure */
/** @typedef {Record<'grantWorstNs' | 'stallMedianNs' | 'stallP99Ns' | 'stallWorstNs' | 'firstTouchMedianNs' | 'firstTouchWorstNs' | 'pageOuts' | 'giverSlowdown' | 'usefulBytes' | 'finishNs', number>} Figures */

/** @param {string} scenario @returns {Map<string, Figures>} by strategy */
function compared(scenario) {
  const file = fileURLToPath(new URL(`../examples/${scenario}.json`, import.meta.url));
  const text = execFileSync(process.execPath, [COMMAND, 'compare', file, '--strategies', STRATEGIES.join(','), '--json'], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MOST,
  });
  /** @type {{ contentsEqual: boolean, entries: { strategy: string, figures: Figures }[] }} */
  const { contentsEqual, entries } = JSON.parse(text);
  if (!contentsEqual) throw new Error(`contents differ in ${scenario}`);
  return new Map(entries.map(({ strategy, figures }) => [strategy, figures]));
}

/** @param {string} title @param {string} scenario @returns {Figure[]} */
function scenarioFigures(title, scenario) {
  const all = compared(scenario);
  /** @param {string} strategy @param {keyof Figures} field */
  const of = (strategy, field) => all.get(strategy)?.[field] ?? NaN;
  /** @param {string} what @param {keyof Figures} field @param {number} perUnit @returns {Figure[]} */
  const each = (what, field, perUnit) =>
    STRATEGIES.map((strategy) => ({
      what: `${title}: ${what}, ${strategy}`,
      ours: of(strategy, field) / perUnit,
      reference: null,
      ratio: null,
      bound: null,
    }));
  /** @param {string} what @param {keyof Figures} field @param {import('./support/figure.mjs').Bound} bound @returns {Figure} */
  const against = (what, field, bound) => {
    const ours = of('rights', field);
    const reference = of('eager', field);
    return { what: `${title}: ${what}, rights against eager`, ours, reference, ratio: ours / reference, bound };
  };
  return [
    { ...against('longest wait for a grant, ns', 'grantWorstNs', most(0)) },
    against('page-outs in all', 'pageOuts', ratioMost(1.02)),
    against('useful memory on average, bytes', 'usefulBytes', { ...least(1), on: 'ratio' }),
    ...each('longest wait for a grant, us', 'grantWorstNs', 1000),
    ...each("receiver's stall, median, us", 'stallMedianNs', 1000),
    ...each("receiver's stall, 99 %, us", 'stallP99Ns', 1000),
    ...each("receiver's stall, worst, us", 'stallWorstNs', 1000),
    ...each('first touch, median, us', 'firstTouchMedianNs', 1000),
    ...each('first touch, worst, us', 'firstTouchWorstNs', 1000),
    ...each("giver's slow-down", 'giverSlowdown', 1),
    ...each('useful memory, KiB', 'usefulBytes', 1024),
    ...each('all finished, ms', 'finishNs', 1e6),
  ];
}

const REGIONS = 1000;
const REGION_BYTES = 4 * 4096;

/** Virtual time from the request until the receiver uses all of 1,000 regions that the giver has written to. @param {'rights' | 'eager'} handover */
async function takenNs(handover) {
  const engine = await usufruct.Engine.create({
    memory: (REGIONS + 8) * REGION_BYTES,
    region: REGION_BYTES,
    swap: { size: REGIONS * REGION_BYTES, device: 'nvme' },
    handover,
  });
  const giver = engine.createVm({ memory: (REGIONS + 4) * REGION_BYTES });
  const receiver = engine.createVm({ memory: 4 * REGION_BYTES });
  for (let at = 0; at < (REGIONS + 4) * REGION_BYTES; at += engine.pageBytes) giver.replica.memory.store32(at, at + 1);
  const startNs = receiver.timeNs;
  const { grantNs } = engine.reconfigure([
    { vm: giver, change: -REGIONS * REGION_BYTES },
    { vm: receiver, change: REGIONS * REGION_BYTES },
  ]);
  for (let slot = 4; slot < REGIONS + 4; slot++) receiver.touch(slot * REGION_BYTES);
  const ns = (grantNs ?? NaN) + receiver.timeNs - startNs;
  engine.dispose();
  return ns;
}

async function handOver() {
  const [ours, reference] = [await takenNs('rights'), await takenNs('eager')];
  return {
    what: 'grant and first touch of all of 1,000 regions, ns, rights against eager',
    ours,
    reference,
    ratio: ours / reference,
    bound: ratioMost(1.2),
  };
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'policies',
  title: 'Rights against the baselines, on recorded programs, in virtual time',
  measure: async () => [await handOver(), ...Object.entries(SCENARIOS).flatMap(([title, scenario]) => scenarioFigures(title, scenario))],
};
