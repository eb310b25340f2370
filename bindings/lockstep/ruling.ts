import type { ReplicaComparison } from '../comparison.ts';
import type { CheckPointOutcome, Flip } from './difference.ts';
import type { Examination } from './examine.ts';
import type { CheckPoint, Meeting, Member, Verdict } from './types.ts';

/** What a meeting is judged by. */
export interface Findings {
  readonly meeting: Meeting;
  readonly comparison: ReplicaComparison;
  readonly examination: Examination;
  readonly flips: readonly Flip[];
}

/** What was done about it. */
export interface Ruling {
  readonly outcome: CheckPointOutcome;
  readonly repaired?: readonly Member[];
  readonly rolledBackTo?: CheckPoint;
}

/** How those who met go on. */
export const VERDICTS: Readonly<Record<CheckPointOutcome, Verdict>> = {
  equal: 'goOn',
  waits: 'goOn',
  reported: 'goOn',
  repaired: 'goOn',
  rolledBack: 'rollBack',
  takenOver: 'rollBack',
  halted: 'halt',
};

/** Outcomes that leave differences. */
export const OPEN: ReadonlySet<CheckPointOutcome> = new Set(['waits', 'reported', 'halted']);
