// What a region's user does with it while somebody else, or nobody, manages it (Fig. 15 S611, [0359]).
import {
  CB_REGION_STATISTICS,
  CHANGE_GRANT_NS,
  STATISTICS_ACCESSES,
  STATISTICS_ACCESSES_SINCE,
  STATISTICS_BYTES,
  STATISTICS_BYTES_ALL,
  STATISTICS_BYTES_EACH,
  STATISTICS_BYTES_SINCE,
  STATISTICS_LAST_ACCESSES,
  STATISTICS_LAST_BYTES,
  STATISTICS_PERIOD,
  STATISTICS_PERIOD_ACCESSES,
  STATISTICS_PERIOD_BYTES,
  STATISTICS_REDUCTION,
  STATISTICS_SINCE_NS,
  STATISTICS_STARTED,
} from '../shared/layout.ts';
import { recordClear } from '../base/clear.ts';
import { numberAdd, word } from '../store/control.ts';
import { regionReduce } from '../store/region.ts';
import { changeRecord, changeSerial } from './change.ts';

export function statisticsRecord(region: u32): usize {
  return word(CB_REGION_STATISTICS) + region * STATISTICS_BYTES;
}

/** The region's user went, or is to be judged by another condition. */
export function statisticsClear(region: u32): void {
  if (word(CB_REGION_STATISTICS)) recordClear(statisticsRecord(region), STATISTICS_BYTES);
}

/** The figures since the management right was given up, and per period, begin anew at `sinceNs`. */
function begin(record: usize, reduction: u32, sinceNs: f64): void {
  store<u32>(record + STATISTICS_STARTED, 1);
  store<u32>(record + STATISTICS_REDUCTION, reduction ? changeSerial(reduction) : 0);
  store<f64>(record + STATISTICS_SINCE_NS, sinceNs);
  store<f64>(record + STATISTICS_ACCESSES_SINCE, 0);
  store<f64>(record + STATISTICS_BYTES_SINCE, 0);
  store<f64>(record + STATISTICS_PERIOD, 0);
  periodBegin(record, 0, 0);
}

/** A new period; what the last complete one had. */
function periodBegin(record: usize, lastAccesses: f64, lastBytes: f64): void {
  store<f64>(record + STATISTICS_LAST_ACCESSES, lastAccesses);
  store<f64>(record + STATISTICS_LAST_BYTES, lastBytes);
  store<f64>(record + STATISTICS_PERIOD_ACCESSES, 0);
  store<f64>(record + STATISTICS_PERIOD_BYTES, 0);
}

/** Time since the management right was given up. */
export function statisticsSinceNs(region: u32, timeNs: f64): f64 {
  return max<f64>(0, timeNs - load<f64>(statisticsRecord(region) + STATISTICS_SINCE_NS));
}

/** Brings the figures of a region up to `timeNs`: since when they count, and the periods that have passed. */
export function statisticsBring(region: u32, periodNs: f64, timeNs: f64): void {
  const record = statisticsRecord(region);
  const reduction = regionReduce(region);
  if (!load<u32>(record + STATISTICS_STARTED)) {
    begin(record, reduction, reduction ? load<f64>(changeRecord(reduction) + CHANGE_GRANT_NS) : timeNs);
  } else if (reduction && changeSerial(reduction) != load<u32>(record + STATISTICS_REDUCTION)) {
    begin(record, reduction, load<f64>(changeRecord(reduction) + CHANGE_GRANT_NS));
  }
  if (!periodNs) return;
  const period = floor<f64>(statisticsSinceNs(region, timeNs) / periodNs);
  const before = load<f64>(record + STATISTICS_PERIOD);
  if (period <= before) return;
  store<f64>(record + STATISTICS_PERIOD, period);
  const isNext = period == before + 1;
  const accesses = isNext ? load<f64>(record + STATISTICS_PERIOD_ACCESSES) : 0;
  periodBegin(record, accesses, isNext ? load<f64>(record + STATISTICS_PERIOD_BYTES) : 0);
}

/** S611: an access of `bytes` bytes; the figures have been brought up to its time. */
export function statisticsCount(region: u32, bytes: u32): void {
  const record = statisticsRecord(region);
  const amount = bytes as f64;
  numberAdd(record + STATISTICS_ACCESSES, 1);
  numberAdd(record + STATISTICS_ACCESSES_SINCE, 1);
  numberAdd(record + STATISTICS_PERIOD_ACCESSES, 1);
  numberAdd(record + STATISTICS_BYTES_ALL, amount);
  numberAdd(record + STATISTICS_BYTES_SINCE, amount);
  numberAdd(record + STATISTICS_PERIOD_BYTES, amount);
  store<f64>(record + STATISTICS_BYTES_EACH, amount);
}
