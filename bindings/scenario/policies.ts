import type { Comparison, Counting, Statistic } from '../early-release/options.ts';
import type { DeclaredAccess, DeclaredCapacity } from '../policy/declaration.ts';
import type { ExpandCriterionName } from '../policy/expand-criteria.ts';
import type { ReconfigurationOrder } from '../policy/order.ts';
import type { ReleaseCriterionName } from '../policy/release-criteria.ts';
import type { ReserveShortfall } from '../policy/reserve.ts';
import type { UseRight } from '../policy/use-right.ts';

// The policies of a run as plain data. Names are those of the engine's options.

export const HANDOVERS = ['rights', 'eager', 'reserve'] as const;
export const RELEASES = ['pageOut', 'moveFirst'] as const;

export type HandoverName = (typeof HANDOVERS)[number];
export type Release = (typeof RELEASES)[number];

export interface ReleaseCondition {
  readonly statistic: Statistic;
  readonly comparison: Comparison;
  /** Text: with a unit, for statistics of bytes and times. */
  readonly constant: number | string;
  readonly perBorrowedRegion?: number | undefined;
}

/** For statistics per period where no period is given. */
export const PERIOD_NS_DEFAULT = 5_000_000;

/** How accesses are watched: what a condition says beside its comparisons. */
export interface WatchForm {
  readonly counting?: Counting | undefined;
  readonly period?: number | undefined;
  readonly sweep?: number | undefined;
}

/** When a VM gives a region back before anybody asks: all conditions hold (3rd embodiment). */
export interface EarlyReleaseForm extends WatchForm {
  readonly when: readonly ReleaseCondition[];
}

export interface SelectionForm {
  readonly expand?: readonly ExpandCriterionName[] | undefined;
  readonly release?: readonly ReleaseCriterionName[] | undefined;
}

export interface ReserveForm {
  /** Absent: as large as the largest reduction of a change. */
  readonly memoryBytes?: number | undefined;
  readonly refillBytesPerSecond?: number | undefined;
  readonly shortfall?: ReserveShortfall | undefined;
}

export interface DeclarationForm {
  readonly capacity?: DeclaredCapacity | undefined;
  readonly access?: DeclaredAccess | undefined;
}

/** How a request is carried out; absent: the engine's default. */
export interface RequestPolicies {
  readonly useRight?: UseRight | undefined;
  readonly declaration?: DeclarationForm | undefined;
  readonly selection?: SelectionForm | undefined;
  readonly order?: ReconfigurationOrder | undefined;
  readonly chunkBytes?: number | undefined;
  readonly sameVmOnceAtATime?: boolean | undefined;
}

/** All that a strategy decides. `earlyRelease` null: none, whatever a VM says. */
export interface Policies extends RequestPolicies {
  readonly reserve?: ReserveForm | undefined;
  readonly earlyRelease?: EarlyReleaseForm | null | undefined;
  readonly release?: Release | undefined;
}
