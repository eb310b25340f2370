// Where a byte of a compiled module comes from, by its source map (one line; columns are byte offsets).

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @typedef {{ offset: number, source: string, line: number }} Place `line` counts from 1 */

/** @param {string} text one segment of base-64 VLQ numbers */
function numbers(text) {
  const found = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    found.push((value & 1) !== 0 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return found;
}

/** All places of a map, by ascending offset. @param {{ sources: string[], mappings: string }} map @returns {Place[]} */
export function places(map) {
  let offset = 0;
  let source = 0;
  let line = 0;
  const found = [];
  for (const segment of map.mappings.split(',')) {
    const [byOffset = 0, bySource = 0, byLine = 0] = numbers(segment);
    offset += byOffset;
    source += bySource;
    line += byLine;
    found.push({ offset, source: map.sources[source] ?? '', line: line + 1 });
  }
  return found;
}

/** The first place at or behind an offset. @param {Place[]} sorted @param {number} offset */
export function placeAt(sorted, offset) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.offset ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}
