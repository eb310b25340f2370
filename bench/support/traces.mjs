// Traces for the player: made up, or recorded; blocks of the compact format, all in memory.
import { traceInternals } from './built.mjs';

const { TraceEncoder, batchMake, format, openTrace } = traceInternals;

/**
 * @typedef {object} PreparedTrace
 * @property {import('../../bindings/trace/trace.ts').TraceBlock[]} blocks
 * @property {number} records
 * @property {number} units pages of address space, at 4 KiB
 */

/** A recorded trace. @param {string} path @returns {Promise<PreparedTrace>} */
export async function traceRecorded(path) {
  const trace = await openTrace(path);
  const { records, units } = await trace.totals();
  const blocks = [];
  for await (const block of trace.blocks()) blocks.push({ ...block, payload: block.payload.slice() });
  return { blocks, records, units };
}

/**
 * A program with a working set that fits and, now and then, a page that does not: `missShare` of the records go to a page that has not been touched for
 * long. Of the records half are fetches, the others loads and stores two to one; three of four stay on the page of the one before.
 * @param {{ records: number, hotPages: number, coldPages: number, missShare: number }} shape
 * @returns {PreparedTrace}
 */
export function traceMade({ records, hotPages, coldPages, missShare }) {
  const encoder = new TraceEncoder('made up');
  const blocks = [];
  const batch = batchMake(records);
  let random = 1;
  /** @param {number} limit */
  const below = (limit) => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return Math.floor((random / 2 ** 32) * limit);
  };
  let cold = 0;
  let codePage = 0;
  let dataPage = hotPages >> 1;
  for (let i = 0; i < records; i++) {
    const isMiss = below(1e6) < missShare * 1e6;
    const isFetch = !isMiss && below(2) === 0;
    if (isMiss) cold = (cold + 1) % coldPages;
    else if (below(4) === 0) {
      if (isFetch) codePage = below(hotPages >> 3);
      else dataPage = (hotPages >> 3) + below(hotPages - (hotPages >> 3));
    }
    batch.kinds[i] = isFetch ? format.KIND_FETCH : below(3) < 2 ? format.KIND_LOAD : format.KIND_STORE;
    batch.units[i] = isMiss ? hotPages + cold : isFetch ? codePage : dataPage;
    batch.offsets[i] = isFetch ? below(1000) * 4 : below(500) * 8;
    batch.sizes[i] = isFetch ? 4 : 8;
  }
  batch.count = records;
  for (let at = 0; (at = encoder.add(batch, at)) < records;) blocks.push(encoder.take());
  blocks.push(encoder.take());
  return { blocks, records, units: encoder.totals.units };
}
