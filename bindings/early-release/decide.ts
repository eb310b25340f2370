import { InvalidOptionError } from '../errors.ts';
import type { AccessFigures } from './figures.ts';
import type { Comparison, FiguresFunction, Statistic } from './options.ts';

/** A condition that was checked. It has a statistic or an evaluation function, a threshold that is a function or a constant. */
export interface CheckedCondition {
  /** Where it stands in the options, for messages. */
  readonly field: string;
  readonly statistic: Statistic | null;
  readonly evaluate: FiguresFunction<unknown> | null;
  readonly comparison: Comparison;
  readonly threshold: FiguresFunction<unknown> | null;
  readonly constant: number;
  readonly perBorrowed: number;
}

const HOLDS: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  '>=': (value, threshold) => value >= threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '<': (value, threshold) => value < threshold,
  '==': (value, threshold) => value === threshold,
  '!=': (value, threshold) => value !== threshold,
};

/** Whether all of the conditions hold: what the compiled engine does with plain ones, for those that need functions of the user's. */
export function decideAll(conditions: readonly CheckedCondition[]): FiguresFunction<boolean> {
  return (figures) => conditions.every((condition) => holds(condition, figures));
}

function holds(
  { field, statistic, evaluate, comparison, threshold, constant, perBorrowed }: CheckedCondition,
  figures: AccessFigures,
): boolean {
  const value = statistic === null ? answer(`${field}.evaluate`, evaluate!, figures) : figures[statistic];
  if (value === null) return false;
  const limit = threshold === null ? constant + perBorrowed * figures.borrowedRegions : answer(`${field}.threshold`, threshold, figures);
  return HOLDS[comparison](value, limit);
}

function answer(field: string, policy: FiguresFunction<unknown>, figures: AccessFigures): number {
  const result = policy(figures);
  if (typeof result === 'number' && !Number.isNaN(result)) return result;
  throw new InvalidOptionError(`the answer of ${field}`, result, 'a number');
}
