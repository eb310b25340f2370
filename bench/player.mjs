// How many trace records does the player carry out a second: two VMs in turns, exact LRU?
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { layout } from './support/built.mjs';
import { least } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median } from './support/side-by-side.mjs';
import { traceMade, traceRecorded } from './support/traces.mjs';

/** @typedef {import('./support/traces.mjs').PreparedTrace} PreparedTrace */

const SLICE_NS = 10_000;
const ROUNDS = 3;
const RECORDS_MOST = 0xffffffff;
const FAULT_SHARE = 0.05;
/** Frames a VM, from which on memory is taken away until so many records fault. */
const FRAMES_FIRST = 16;
const RECORDED = ['sort', 'sqlite'];
const TRACES = fileURLToPath(new URL('../examples/traces', import.meta.url));

/** One VM that plays one trace. */
class Runner {
  /** @param {RawEngine} engine @param {PreparedTrace} trace @param {number} regions @param {number} flags */
  constructor(engine, trace, regions, flags) {
    this.engine = engine;
    this.trace = trace;
    this.vm = engine.vmCreate(regions, trace.units);
    this.player = engine.expectHandle(engine.exports.playerCreate(engine.exports.vmReplica(this.vm), flags));
    this.buffer = engine.exports.playerBuffer(this.player) >>> 0;
    this.time = (engine.word(layout.CB_VM_TABLE) + this.vm * layout.VM_BYTES + layout.VM_TIME_NS) >>> 3;
    this.next = 0;
    this.feed();
  }

  get timeNs() {
    return this.engine.f64[this.time] ?? NaN;
  }

  /** Is there another block? */
  feed() {
    const block = this.trace.blocks[this.next++];
    if (!block) return false;
    this.engine.u8.set(block.payload, this.buffer);
    this.engine.expect(this.engine.exports.playerFeed(this.player, block.payload.length, block.records));
    return true;
  }

  /** Runs a slice; false when the trace has ended. */
  run() {
    const result = this.engine.exports.playerRun(this.player, this.timeNs + SLICE_NS, RECORDS_MOST);
    if (result < 0) this.engine.expect(-result);
    return result !== layout.RUN_BLOCK_DONE || this.feed();
  }
}

/**
 * Two VMs in an engine of their own, always the one whose clock is behind; records a second and the share of faults.
 * @param {readonly [PreparedTrace, PreparedTrace]} traces @param {readonly [number, number]} frames of each VM @param {number} flags
 */
function play(traces, frames, flags) {
  const units = traces[0].units + traces[1].units;
  const engine = new RawEngine({
    regions: frames[0] + frames[1],
    regionPages: 1,
    slots: units,
    columnPages: units,
    readNs: 90_000,
    writeNs: 25_000,
  });
  const [first, second] = [new Runner(engine, traces[0], frames[0], flags), new Runner(engine, traces[1], frames[1], flags)];
  const started = performance.now();
  let [firstRuns, secondRuns] = [true, true];
  while (firstRuns || secondRuns) {
    if (firstRuns && (!secondRuns || first.timeNs <= second.timeNs)) firstRuns = first.run();
    else secondRuns = second.run();
  }
  const seconds = (performance.now() - started) / 1000;
  const records = traces[0].records + traces[1].records;
  /** @param {number} offset */
  const total = (offset) => engine.vmNumber(first.vm, offset) + engine.vmNumber(second.vm, offset);
  return { perSecond: records / seconds, faults: total(layout.VM_FAULTS) / records, outs: total(layout.VM_PAGE_OUTS) / records };
}

/**
 * @param {string} how @param {readonly [PreparedTrace, PreparedTrace]} traces @param {readonly [number, number]} frames @param {number} flags
 * @param {import('./support/figure.mjs').Bound | null} bound
 * @returns {import('./support/figure.mjs').Figure}
 */
function figureOf(how, traces, frames, flags, bound) {
  play(traces, frames, flags);
  const rounds = Array.from({ length: ROUNDS }, () => play(traces, frames, flags));
  const { faults, outs } = rounds[0] ?? { faults: NaN, outs: NaN };
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;
  const what = `${how}; ${percent(faults)} faults, ${percent(outs)} page-outs; million records/s`;
  return { what, ours: median(rounds.map((round) => round.perSecond)) / 1e6, reference: null, ratio: null, bound };
}

/** An adverse program: pages, places and kinds at random, so that nothing can be foreseen. */
function made() {
  const shape = { records: 2_000_000, hotPages: 384, coldPages: 2048, missShare: FAULT_SHARE };
  const trace = traceMade(shape);
  const noFault = traceMade({ ...shape, missShare: 0 });
  const frames = /** @type {const} */ ([768, 768]);
  return [
    figureOf('made up, all at random', [trace, trace], frames, layout.PLAYER_LOADS_STORE, null),
    figureOf('made up, all at random, no page missing', [noFault, noFault], frames, layout.PLAYER_LOADS_STORE, null),
  ];
}

/** The recorded traces, with two thirds of the memory that they need, and with so little that one record in twenty faults. */
async function recorded() {
  const [first, second] = RECORDED.map((name) => `${TRACES}/${name}.trace.gz`);
  if (!first || !second || !existsSync(first) || !existsSync(second)) return [];
  const traces = /** @type {const} */ ([await traceRecorded(first), await traceRecorded(second)]);
  const framesOf = (/** @type {PreparedTrace} */ trace) => Math.ceil((trace.units * 2) / 3);
  const enough = /** @type {const} */ ([framesOf(traces[0]), framesOf(traces[1])]);
  let few = FRAMES_FIRST;
  while (few > 2 && play(traces, [few, few], layout.PLAYER_LOADS_STORE).faults < FAULT_SHARE) few--;
  const names = `recorded, ${RECORDED.join(' and ')}`;
  return [
    figureOf(`${names}, ${few} frames each`, traces, [few, few], layout.PLAYER_LOADS_STORE, least(30)),
    figureOf(`${names}, two thirds of their footprints`, traces, enough, layout.PLAYER_LOADS_STORE, null),
  ];
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'player',
  title: 'The trace player: two VMs, exact LRU',
  measure: async () => [...(await recorded()), ...made()],
};
