import type { Quantity } from '../units.ts';
import type { AccessFigures } from './figures.ts';

/** A statistic of JP 2009-26117A [0359]; what each is: AccessFigures. */
export type Statistic =
  | 'accesses'
  | 'accessesSince'
  | 'accessesPerPeriod'
  | 'bytesEach'
  | 'bytes'
  | 'bytesSince'
  | 'bytesSinceAverage'
  | 'bytesPerPeriod'
  | 'bytesPerPeriodAverage'
  | 'timeSinceNs';

/** [0361] at least, at most, above, below, equal, not equal. */
export type Comparison = '>=' | '<=' | '>' | '<' | '==' | '!=';

/**
 * A number, or a function of the figures: an evaluation function before the comparison, a threshold that varies with the situation ([0361]). A function that
 * throws or answers with anything but a number fails the access or the sweep with POLICY_FAILED; the region stays as it was.
 */
export type FiguresFunction<Answer> = (figures: AccessFigures) => Answer;

/** What is compared: a statistic, or what a function makes of the figures. With a statistic that is not known yet no comparison holds. */
type Compared =
  { readonly statistic: Statistic; readonly evaluate?: never } | { readonly evaluate: FiguresFunction<number>; readonly statistic?: never };

/** With what: a constant (a time or a size may be text with a unit), to which each region that the VM uses and does not manage adds; or a function's answer. */
type ComparedWith =
  | { readonly constant: Quantity; readonly perBorrowedRegion?: number; readonly threshold?: never }
  | { readonly threshold: FiguresFunction<number>; readonly constant?: never; readonly perBorrowedRegion?: never };

/** One comparison (Fig. 15 S612, [0360-0361]). */
export type Condition = Compared & ComparedWith & { readonly comparison: Comparison };

/** `exact`: each access is counted. `sampled`: a page's first access after each sweep; the ones after it cost nothing. */
export type Counting = 'exact' | 'sampled';

/** 3rd embodiment: when a VM releases a region that it no longer manages, before the manager asks for it (Fig. 15 S611-S617). */
export interface EarlyRelease {
  readonly counting?: Counting;
  /** For the statistics per period; a time, at least 1 ns. */
  readonly period?: Quantity;
  /** One condition; up to four that must all hold; or a function that decides. */
  readonly when: Condition | readonly Condition[] | FiguresFunction<boolean>;
  /** Also judge the regions that are no longer accessed, every so often on the virtual clock, at least 1 us apart; see engine.advance(). */
  readonly sweep?: Quantity;
}
