/** Statistics of a region (Fig. 15 S611): what its user did with it while somebody else, or nobody, managed it. */
import { borrowedRegions, note, type Change, type Region, type World } from './world.ts';

export interface Statistics {
  /** The reduction since which `…Since` and the periods are counted. */
  reduction: Change | null;
  sinceNs: number;
  accesses: number;
  bytes: number;
  accessesSince: number;
  bytesSince: number;
  /** Number of the current period. */
  period: number;
  periodAccesses: number;
  periodBytes: number;
  /** Of the last complete period. */
  lastAccesses: number;
  lastBytes: number;
  /** Of the last counted access. */
  bytesEach: number;
}

const ANEW = { accessesSince: 0, bytesSince: 0, period: 0, periodAccesses: 0, periodBytes: 0, lastAccesses: 0, lastBytes: 0 };

/** The region's statistics as of a time: begun if there were none, anew under another reduction, in the period that the time is in. */
export function statisticsAt(world: World, region: Region, periodNs: number, timeNs: number): Statistics {
  const { reduction } = region;
  const kept = region.statistics;
  if (!kept) {
    region.statistics = { reduction, sinceNs: reduction?.grantNs ?? timeNs, accesses: 0, bytes: 0, bytesEach: 0, ...ANEW };
  } else if (reduction && kept.reduction !== reduction) {
    note(world, 'statistics begin anew under another reduction');
    region.statistics = { ...kept, reduction, sinceNs: reduction.grantNs, ...ANEW };
  }
  const statistics = region.statistics;
  if (!statistics) throw new Error(`model: region ${region.number} has no statistics`);
  if (!reduction) note(world, 'statistics without a reduction');
  if (periodNs > 0) periodAdvance(world, statistics, Math.floor(timeSince(statistics, timeNs) / periodNs));
  return statistics;
}

export function timeSince(statistics: Statistics, timeNs: number): number {
  return Math.max(0, timeNs - statistics.sinceNs);
}

function periodAdvance(world: World, statistics: Statistics, period: number): void {
  const by = period - statistics.period;
  if (by <= 0) return;
  note(world, by === 1 ? 'the next period' : 'a period skipped');
  statistics.lastAccesses = by === 1 ? statistics.periodAccesses : 0;
  statistics.lastBytes = by === 1 ? statistics.periodBytes : 0;
  statistics.periodAccesses = 0;
  statistics.periodBytes = 0;
  statistics.period = period;
}

export function statisticsCount(statistics: Statistics, bytes: number): void {
  statistics.accesses++;
  statistics.accessesSince++;
  statistics.periodAccesses++;
  statistics.bytes += bytes;
  statistics.bytesSince += bytes;
  statistics.periodBytes += bytes;
  statistics.bytesEach = bytes;
}

/** What a condition may speak of; null: unknown. */
export interface Figures {
  readonly accesses: number;
  readonly accessesSince: number;
  readonly accessesPerPeriod: number | null;
  readonly bytesEach: number | null;
  readonly bytes: number;
  readonly bytesSince: number;
  readonly bytesSinceAverage: number | null;
  readonly bytesPerPeriod: number | null;
  readonly bytesPerPeriodAverage: number | null;
  readonly timeSinceNs: number;
}

const average = (bytes: number, accesses: number): number | null => (accesses === 0 ? null : bytes / accesses);

export function figuresOf(statistics: Statistics, timeNs: number): Figures {
  const { accesses, accessesSince, bytes, bytesSince, bytesEach, period, lastAccesses, lastBytes } = statistics;
  const hasPeriod = period > 0;
  return {
    accesses,
    accessesSince,
    accessesPerPeriod: hasPeriod ? lastAccesses : null,
    bytesEach: accesses > 0 ? bytesEach : null,
    bytes,
    bytesSince,
    bytesSinceAverage: average(bytesSince, accessesSince),
    bytesPerPeriod: hasPeriod ? lastBytes : null,
    bytesPerPeriodAverage: hasPeriod ? average(lastBytes, lastAccesses) : null,
    timeSinceNs: timeSince(statistics, timeNs),
  };
}

/** How many regions the threshold of a condition of the region's user counts. */
export function borrowedCount(world: World, region: Region): number {
  return region.user ? borrowedRegions(world, region.user).length : 0;
}
