// Two ways of doing the same thing, timed in turns, so that a slow moment of the machine meets both.
import { Bench } from 'tinybench';

/**
 * @typedef {object} Sides
 * @property {() => unknown} ours
 * @property {() => unknown} reference
 * @property {() => void} [before] before each call of either, not timed
 * @property {number} [rounds] turns
 * @property {number} [samples] calls a turn and side
 * @property {number} [warmups] turns that do not count
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Milliseconds a call: the median of one turn. @param {() => unknown} action @param {number} samples @param {(() => void) | undefined} before */
export function timed(action, samples, before) {
  const bench = new Bench({ time: 0, iterations: samples, warmup: false });
  bench.add('call', action, before ? { beforeEach: before } : {});
  const [task] = bench.runSync();
  if (task?.result.state !== 'completed') throw new Error('a measurement did not complete', { cause: task?.result });
  return task.result.latency.p50;
}

/**
 * @typedef {object} Compared medians over the turns, in milliseconds a call, and of the ratio of the two within a turn
 * @property {number} oursMs
 * @property {number} referenceMs
 * @property {number} ratio
 */

/** @param {Sides} sides @returns {Compared} */
export function sideBySide({ ours, reference, before, rounds = 15, samples = 5, warmups = 3 }) {
  for (let i = 0; i < warmups; i++) {
    timed(ours, samples, before);
    timed(reference, samples, before);
  }
  const turns = Array.from({ length: rounds }, () => ({
    ours: timed(ours, samples, before),
    reference: timed(reference, samples, before),
  }));
  return {
    oursMs: median(turns.map((turn) => turn.ours)),
    referenceMs: median(turns.map((turn) => turn.reference)),
    ratio: median(turns.map((turn) => turn.ours / turn.reference)),
  };
}
