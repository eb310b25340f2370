import { CB_REGION_USER_SLOT } from '../../assembly/shared/layout.ts';
import type { Core } from '../engine/core.ts';
import { borrowedCount, borrowedRegions, statisticsRead } from '../engine/statistics.ts';

/**
 * What a VM has done with a region that it uses and no longer manages (JP 2009-26117A [0359]), at one moment of the virtual clock. Counted while the VM has
 * a release condition, and by its way of counting; from the beginning whenever the region gets a new user. null: not known (yet).
 */
export interface AccessFigures {
  readonly vm: string;
  readonly region: number;
  /** Where the region is in the VM. */
  readonly machineAddress: number;
  readonly timeNs: number;
  readonly accesses: number;
  /** Since the management right was given up, as everything named so. */
  readonly accessesSince: number;
  /** In the last complete period, as everything named so; periods begin when the management right was given up. */
  readonly accessesPerPeriod: number | null;
  /** Of the last access counted. */
  readonly bytesEach: number | null;
  readonly bytes: number;
  readonly bytesSince: number;
  /** Bytes of an access on average. */
  readonly bytesSinceAverage: number | null;
  readonly bytesPerPeriod: number | null;
  readonly bytesPerPeriodAverage: number | null;
  /** The time since the management right was given up. */
  readonly timeSinceNs: number;
  /** Regions that the VM uses and does not manage. */
  readonly borrowedRegions: number;
}

/** Whose figures: the VM's handle and name. */
export interface FiguresOf {
  readonly core: Core;
  readonly regionBytes: number;
  readonly vm: number;
  readonly name: string;
}

/** The figures of one region (number from 0) at `timeNs`. */
export function accessFigures({ core, regionBytes, vm, name }: FiguresOf, region: number, timeNs: number): AccessFigures {
  const statistics = statisticsRead(core, vm, region, timeNs);
  const { accessesSince, bytesSince, accessesPerPeriod, bytesPerPeriod } = statistics;
  return {
    vm: name,
    region,
    machineAddress: (core.columnWord(CB_REGION_USER_SLOT, region + 1) - 1) * regionBytes,
    timeNs,
    ...statistics,
    bytesSinceAverage: average(bytesSince, accessesSince),
    bytesPerPeriodAverage: average(bytesPerPeriod, accessesPerPeriod),
    borrowedRegions: borrowedCount(core, vm),
  };
}

/** Those of all regions that the VM uses and does not manage, by ascending machine address. */
export function accessFiguresAll(of: FiguresOf, timeNs: number): readonly AccessFigures[] {
  return borrowedRegions(of.core, of.vm).map(({ region }) => accessFigures(of, region, timeNs));
}

function average(sum: number | null, count: number | null): number | null {
  return sum === null || count === null || count === 0 ? null : sum / count;
}
