// What does it cost to grant a management right: by call, by region in runs, by scattered region?
import { layout, usufruct } from './support/built.mjs';
import { most } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median } from './support/side-by-side.mjs';

const REGIONS = 16384;
/** Regions that change hands in one measurement: all of them by calls of one region each would be a test of the change table. */
const MOVED = 8192;
const CALLS_MOST = 256;
/** The product's own default for `maxChanges`. */
const CHANGES = 1024;
const ROUNDS = 31;
/** Until all code is compiled at its best. */
const WARM_MS = 150;
const CALL_NS = 15;
const RUN_REGION_NS = 1;
const SCATTERED_REGION_NS = 5;
const RUNS = [1, 64, 1024, 4096];

/**
 * A VM that gives regions up and one that gets them; `giver` and `receiver` know how.
 * @typedef {{ reduce: (regions: number) => unknown, expand: (regions: number) => unknown }} Party
 */

/** Nanoseconds a call of `action`, called `calls` times in a row. @param {number} calls @param {() => unknown} action */
function nsPerCall(calls, action) {
  const started = performance.now();
  for (let i = 0; i < calls; i++) action();
  return ((performance.now() - started) * 1e6) / calls;
}

/** Medians over the rounds: nanoseconds a reduction and an expansion by `regions` regions. @param {Party} giver @param {Party} receiver @param {number} regions @param {number} moved */
function measureMoves(giver, receiver, regions, moved) {
  const calls = Math.min(moved / regions, CALLS_MOST);
  const round = () => {
    const reduceNs = nsPerCall(calls, () => giver.reduce(regions));
    const expandNs = nsPerCall(calls, () => receiver.expand(regions));
    for (let i = 0; i < calls; i++) receiver.reduce(regions);
    for (let i = 0; i < calls; i++) giver.expand(regions);
    return { reduceNs, expandNs };
  };
  for (const started = performance.now(); performance.now() - started < WARM_MS;) round();
  const rounds = Array.from({ length: ROUNDS }, round);
  return { reduceNs: median(rounds.map((one) => one.reduceNs)), expandNs: median(rounds.map((one) => one.expandNs)) };
}

/** @param {RawEngine} engine @param {number} vm @returns {Party} */
function rawParty({ exports }, vm) {
  return {
    reduce: (regions) => checked(exports.rightsReduce(vm, regions, layout.SLOT_BY_POLICY, 0, 0)),
    expand: (regions) => checked(exports.rightsExpand(vm, regions, 0, 0, 0)),
  };
}

/** @param {number} handle */
function checked(handle) {
  if (handle < 0) throw new Error(`the engine answered status ${-handle}`);
  return handle;
}

function rawEngine(changes = CHANGES) {
  return new RawEngine({ regions: REGIONS, regionPages: 1, changes, slots: 64 });
}

/** @param {string} how @param {number} regions @param {{ reduceNs: number, expandNs: number }} moves @param {number} regionNs @returns {import('./support/figure.mjs').Figure[]} */
function figuresOf(how, regions, { reduceNs, expandNs }, regionNs) {
  const bound = most(CALL_NS + regionNs * regions);
  return [
    { what: `${how}: expand by ${regions}, ns`, ours: expandNs, reference: null, ratio: null, bound },
    { what: `${how}: reduce by ${regions}, ns`, ours: reduceNs, reference: null, ratio: null, bound },
  ];
}

/** Regions that lie next to each other; the receiver gets regions that nobody uses, or that the giver uses. @param {boolean} isUsed */
function inRuns(isUsed) {
  const engine = rawEngine();
  const giver = engine.vmCreate(MOVED + 4, REGIONS);
  const receiver = engine.vmCreate(4, REGIONS);
  const replica = engine.exports.vmReplica(giver);
  if (isUsed) engine.touchAll(replica, MOVED + 4);
  const pagesBefore = engine.word(layout.CB_COUNT_OBJECTS) + engine.word(layout.CB_COUNT_COPIES);
  const how = `exports, runs of regions that ${isUsed ? 'the giver uses' : 'nobody uses'}`;
  const figures = RUNS.flatMap((regions) =>
    figuresOf(how, regions, measureMoves(rawParty(engine, giver), rawParty(engine, receiver), regions, MOVED), RUN_REGION_NS),
  );
  const pages = engine.word(layout.CB_COUNT_OBJECTS) + engine.word(layout.CB_COUNT_COPIES) - pagesBefore;
  return [...figures, { what: `${how}: pages touched`, ours: pages, reference: null, ratio: null, bound: most(0) }];
}

/** Every other region is another VM's. */
function scattered() {
  const engine = rawEngine(MOVED);
  const giver = engine.vmCreate(MOVED, REGIONS);
  const between = engine.vmCreate(2, REGIONS);
  const receiver = engine.vmCreate(4, REGIONS);
  for (let slot = 1; slot < MOVED; slot += 2) checked(engine.exports.rightsReduce(giver, 1, slot, 0, 0));
  // the ones just given up are the lowest without manager
  checked(engine.exports.rightsExpand(between, MOVED / 2, 0, 0, 0));
  const rest = REGIONS - MOVED - 6;
  checked(engine.exports.rightsExpand(between, rest, 0, 0, 0));
  return [1024, 2048].flatMap((regions) =>
    figuresOf(
      'exports, every other region',
      regions,
      measureMoves(rawParty(engine, giver), rawParty(engine, receiver), regions, 2048),
      SCATTERED_REGION_NS,
    ),
  );
}

async function throughClasses() {
  const regionBytes = 4096;
  const engine = await usufruct.Engine.create({ memory: REGIONS * regionBytes, region: regionBytes, shared: false });
  const [giver, receiver] = [MOVED + 4, 4].map((regions) => engine.createVm({ memory: regions * regionBytes }));
  if (!giver || !receiver) throw new Error('two VMs were made');
  /** @param {import('../bindings/vm.ts').Vm} vm @returns {Party} */
  const party = (vm) => ({ reduce: (regions) => vm.reduce(regions * regionBytes), expand: (regions) => vm.expand(regions * regionBytes) });
  const figures = RUNS.flatMap((regions) =>
    figuresOf('vm.expand and vm.reduce, runs', regions, measureMoves(party(giver), party(receiver), regions, MOVED), RUN_REGION_NS),
  );
  engine.dispose();
  return figures;
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'grant',
  title: `Granting management rights: at most ${CALL_NS} ns a call, ${RUN_REGION_NS} ns a region in runs, ${SCATTERED_REGION_NS} ns a scattered region`,
  measure: async () => [...inRuns(false), ...inRuns(true), ...scattered(), ...(await throughClasses())],
};
