// Events of what is decided at check points; they join those of LockstepEventMap. Times are virtual, replicas stand there by number (VMID).
import type { ReplicaComparison } from '../comparison.ts';
import type { CheckPointReport, Difference, Flip } from './difference.ts';
import type { CheckPoint } from './types.ts';

interface Timed {
  readonly timeNs: number;
}

export interface JudgeEventMap {
  /** Replicas have met, were compared, and go on, go back or end. It comes last, behind what was done about differences. */
  checkPoint: {
    readonly type: 'checkPoint';
    readonly checkPoint: CheckPoint | null;
    readonly comparison: ReplicaComparison;
    readonly report: CheckPointReport;
  } & Timed;
  /** Something differs. */
  difference: {
    readonly type: 'difference';
    readonly checkPoint: CheckPoint | null;
    readonly differences: readonly Difference[];
    readonly minority: readonly number[];
    /** All of it was known from the meeting before, and not resolved. */
    readonly isKnown: boolean;
  } & Timed;
  /** The minority was made equal to the majority. */
  repair: { readonly type: 'repair'; readonly checkPoint: CheckPoint; readonly vmIds: readonly number[] } & Timed;
  /** All were brought back to the last verified check point. `attempt`: the so-manieth time, from 1. */
  rollBack: { readonly type: 'rollBack'; readonly from: CheckPoint | null; readonly to: CheckPoint; readonly attempt: number } & Timed;
  /** The run ends. */
  halt: { readonly type: 'halt'; readonly report: CheckPointReport } & Timed;
  /** Contents have changed without a store. */
  flip: { readonly type: 'flip'; readonly flips: readonly Flip[] } & Timed;
  /** A replica takes no part any more. */
  fail: { readonly type: 'fail'; readonly vmId: number; readonly isDisposed: boolean } & Timed;
  /** A new replica runs from this check point on, a copy of `from`. */
  join: { readonly type: 'join'; readonly vmId: number; readonly from: number; readonly checkPoint: CheckPoint } & Timed;
  /** The standby runs now, from the last verified check point on. */
  takeOver: { readonly type: 'takeOver'; readonly vmId: number; readonly checkPoint: CheckPoint } & Timed;
  /** Replicas were compared on the way (3rd embodiment). */
  compare: { readonly type: 'compare'; readonly comparison: ReplicaComparison } & Timed;
}
