// What a question answers with.

/**
 * @typedef {object} Figure
 * @property {string} what the loop or operation, and its unit: 'load, words in a row over 4 hot pages, ns'
 * @property {number} ours
 * @property {number | null} reference what the same costs done barely, in the same unit; null: there is nothing to compare with
 * @property {number | null} ratio ours / reference, measured side by side
 * @property {Bound | null} bound null: for information
 *
 * @typedef {object} Bound
 * @property {'ratio' | 'ours'} on
 * @property {'most' | 'least'} kind
 * @property {number} value
 *
 * @typedef {object} Question
 * @property {string} name
 * @property {string} title
 * @property {() => Figure[] | Promise<Figure[]>} measure
 */

/** @param {number} value @returns {Bound} */
export const ratioMost = (value) => ({ on: 'ratio', kind: 'most', value });
/** @param {number} value @returns {Bound} */
export const most = (value) => ({ on: 'ours', kind: 'most', value });
/** @param {number} value @returns {Bound} */
export const least = (value) => ({ on: 'ours', kind: 'least', value });

/** @param {Figure} figure @returns {boolean | null} null where there is no bound */
export function holds({ bound, ours, ratio }) {
  if (bound === null) return null;
  const value = bound.on === 'ours' ? ours : (ratio ?? NaN);
  return bound.kind === 'most' ? value <= bound.value : value >= bound.value;
}

/**
 * A figure of two sides measured in turns.
 * @param {string} what @param {import('./side-by-side.mjs').Compared} compared @param {number} perMs units a millisecond @param {Bound | null} [bound]
 * @returns {Figure}
 */
export function compared(what, { oursMs, referenceMs, ratio }, perMs, bound = null) {
  return { what, ours: oursMs * perMs, reference: referenceMs * perMs, ratio, bound };
}
