// What is reported of a check point, as plain data. Replicas stand there by number (VMID, from 1).
import type { ByteRange } from '../byte-ranges.ts';
import type { ReplicaComparison } from '../comparison.ts';
import type { CheckPoint, DifferencePolicy } from './types.ts';

interface Divided {
  /** Replicas that agree, the largest group first; of groups of one size the one with the earliest replica. */
  readonly groups: readonly (readonly number[])[];
  /** Replicas outside the strict majority; empty where there is no strict majority. */
  readonly minority: readonly number[];
}

/** Where a replica stands. */
export interface ReplicaPlace {
  readonly vmId: number;
  /** Null: it has reached none within the limit, or its program failed. */
  readonly checkPoint: CheckPoint | null;
  /** What its program threw. */
  readonly error?: unknown;
}

/** Replicas are at different check points, in another order, late, or failed. */
export interface PlaceDifference extends Divided {
  readonly kind: 'checkPoint';
  readonly places: readonly ReplicaPlace[];
}

/** Processor states differ. */
export interface StateDifference extends Divided {
  readonly kind: 'state';
  /** Bytes at which some state differs from those of the first group; a state that ends earlier differs from its end on. */
  readonly ranges: readonly ByteRange[];
}

/** Contents of a page differ. */
export interface MemoryDifference extends Divided {
  readonly kind: 'page';
  readonly page: number;
  readonly address: number;
  /** Where in the page some replica differs from those of the first group. */
  readonly ranges: readonly ByteRange[];
}

/** Something that replicas at a check point do not have in common. Of pages and states only those who stand at the check point of the largest group have a voice. */
export type Difference = PlaceDifference | StateDifference | MemoryDifference;

/** A content that changed without a store, as a scrub finds it. */
export interface Flip {
  readonly page: number;
  readonly address: number;
  /** Replicas that run and hold it. */
  readonly vmIds: readonly number[];
}

/**
 * `equal`: nothing was found. `waits`: some are late, and are waited for. `takenOver`: all had failed, and the standby runs now. The others say what policy
 * dealt with it.
 */
export type CheckPointOutcome = 'equal' | 'waits' | 'reported' | 'repaired' | 'rolledBack' | 'takenOver' | 'halted';

/** What was found at a check point and what was done about it (US 9,063,868 Fig. 13, and what came on top of it). */
export interface CheckPointReport {
  /** Meetings so far, this one counted; 0: the one before the first slice. */
  readonly number: number;
  /** Where the replicas met; of several places that of the largest group. Null: none was reached. */
  readonly checkPoint: CheckPoint | null;
  readonly timeNs: number;
  readonly comparison: ReplicaComparison;
  readonly differences: readonly Difference[];
  readonly flips: readonly Flip[];
  /** Replicas that some strict majority is against. */
  readonly minority: readonly number[];
  readonly outcome: CheckPointOutcome;
  /** Policies that were tried in vain before the outcome, in order. */
  readonly tried: readonly DifferencePolicy[];
  /** Replicas that were made equal to the majority. */
  readonly repaired: readonly number[];
  /** The check point that all went back to. */
  readonly rolledBackTo: CheckPoint | null;
}

/** How often what happened. */
export interface CheckPointCounts {
  /** Times that replicas met on the way, or were late. */
  readonly checkPoints: number;
  readonly comparisons: number;
  readonly areasMerged: number;
  /** Meetings at which something differed. */
  readonly differences: number;
  /** Replicas repaired. */
  readonly repairs: number;
  readonly rollBacks: number;
  readonly flips: number;
  readonly fails: number;
  readonly joins: number;
  readonly takeOvers: number;
}

/** Whether two meetings have found the same thing. */
export function isSameDifference(a: Difference, b: Difference): boolean {
  if (a.kind !== b.kind || (a.kind === 'page' && b.kind === 'page' && a.page !== b.page)) return false;
  return JSON.stringify(a.groups) === JSON.stringify(b.groups);
}
