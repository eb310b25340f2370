import * as layout from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkChoice, checkFields, checkFunction } from '../options.ts';
import { formatNs, parseBytes, parseTimeNs } from '../units.ts';
import { decideAll } from './decide.ts';
import type { CheckedCondition } from './decide.ts';
import type { Comparison, Counting, EarlyRelease, FiguresFunction, Statistic } from './options.ts';

/** A comparison as the compiled engine takes it. */
export interface CompiledCondition {
  readonly statistic: number;
  readonly comparison: number;
  readonly constant: number;
  readonly perBorrowed: number;
}

/** A release condition in the engine's units. */
export interface ReleasePolicy {
  /** What it was made of. */
  readonly options: EarlyRelease;
  readonly mode: number;
  /** 0: no statistics per period. */
  readonly periodNs: number;
  /** null: no sweeps. */
  readonly sweepNs: number | null;
  /** Comparisons that all must hold; with a function among them the host decides instead. */
  readonly conditions: readonly CompiledCondition[];
  readonly decide: FiguresFunction<boolean> | null;
}

const FIELDS = ['counting', 'period', 'when', 'sweep'];
const CONDITION_FIELDS = ['statistic', 'evaluate', 'comparison', 'constant', 'threshold', 'perBorrowedRegion'];

export const COUNTINGS: Readonly<Record<Counting, number>> = { exact: layout.WATCH_EXACT, sampled: layout.WATCH_SAMPLED };

export const COMPARISONS: Readonly<Record<Comparison, number>> = {
  '>=': layout.COMPARISON_AT_LEAST,
  '<=': layout.COMPARISON_AT_MOST,
  '>': layout.COMPARISON_ABOVE,
  '<': layout.COMPARISON_BELOW,
  '==': layout.COMPARISON_EQUAL,
  '!=': layout.COMPARISON_NOT_EQUAL,
};

interface StatisticKind {
  readonly code: number;
  readonly isPerPeriod?: boolean;
  /** A constant that is text. */
  readonly parse?: (field: string, value: unknown) => number;
}

export const STATISTICS: Readonly<Record<Statistic, StatisticKind>> = {
  accesses: { code: layout.STATISTIC_ACCESSES },
  accessesSince: { code: layout.STATISTIC_ACCESSES_SINCE },
  accessesPerPeriod: { code: layout.STATISTIC_ACCESSES_PER_PERIOD, isPerPeriod: true },
  bytesEach: { code: layout.STATISTIC_BYTES_EACH, parse: parseBytes },
  bytes: { code: layout.STATISTIC_BYTES, parse: parseBytes },
  bytesSince: { code: layout.STATISTIC_BYTES_SINCE, parse: parseBytes },
  bytesSinceAverage: { code: layout.STATISTIC_BYTES_SINCE_AVERAGE, parse: parseBytes },
  bytesPerPeriod: { code: layout.STATISTIC_BYTES_PER_PERIOD, isPerPeriod: true, parse: parseBytes },
  bytesPerPeriodAverage: { code: layout.STATISTIC_BYTES_PER_PERIOD_AVERAGE, isPerPeriod: true, parse: parseBytes },
  timeSinceNs: { code: layout.STATISTIC_TIME_SINCE_NS, parse: parseTimeNs },
};

/** The longest period and interval between sweeps. */
const TIME_NS_MOST = 1e14;
/** Sweeps that follow each other more closely would be all that there is time for. */
const SWEEP_NS_LEAST = 1000;

/** Everything about a release condition that can be known before the first access. `isKept`: the engine keeps statistics. Errors: INVALID_OPTION. */
export function checkEarlyRelease(field: string, value: unknown, isKept: boolean): ReleasePolicy {
  const { counting = 'exact', period, when, sweep } = checkFields(field, value, FIELDS);
  if (!isKept)
    throw new InvalidOptionError(
      field,
      value,
      'on engines that keep statistics; create the engine with statistics: true',
      'a release condition',
    );
  const shared = {
    options: value as EarlyRelease,
    mode: COUNTINGS[checkChoice(`${field}.counting`, counting, COUNTINGS)],
    periodNs: period === undefined ? 0 : checkTime(`${field}.period`, period, 1),
    sweepNs: sweep === undefined ? null : checkTime(`${field}.sweep`, sweep, SWEEP_NS_LEAST),
  };
  if (typeof when === 'function') return { ...shared, conditions: [], decide: when as FiguresFunction<boolean> };
  const conditions = conditionsOf(`${field}.when`, when, shared.periodNs !== 0);
  const compiled = conditions.map(compile);
  if (compiled.every((condition) => condition !== null)) return { ...shared, conditions: compiled, decide: null };
  return { ...shared, conditions: [], decide: decideAll(conditions) };
}

function conditionsOf(field: string, when: unknown, hasPeriod: boolean): readonly CheckedCondition[] {
  if (!Array.isArray(when)) return [checkCondition(field, when, hasPeriod)];
  if (when.length === 0 || when.length > layout.CONDITIONS_MOST)
    throw new InvalidOptionError(field, when, `from 1 to ${layout.CONDITIONS_MOST} conditions, or one function`);
  return when.map((condition: unknown, index) => checkCondition(`${field}[${index}]`, condition, hasPeriod));
}

function checkCondition(field: string, value: unknown, hasPeriod: boolean): CheckedCondition {
  const { statistic, evaluate, comparison, constant, threshold, perBorrowedRegion } = checkFields(field, value, CONDITION_FIELDS);
  oneOf(field, { statistic, evaluate });
  oneOf(field, { constant, threshold });
  const shared = { field, comparison: checkChoice(`${field}.comparison`, comparison, COMPARISONS) };
  const name = statistic === undefined ? null : checkChoice(`${field}.statistic`, statistic, STATISTICS);
  if (name !== null && STATISTICS[name].isPerPeriod === true && !hasPeriod)
    throw new InvalidOptionError(`${field}.statistic`, name, 'with a `period` beside `when`');
  if (evaluate !== undefined) checkFunction(`${field}.evaluate`, evaluate);
  const compared = { statistic: name, evaluate: (evaluate ?? null) as FiguresFunction<unknown> | null };
  if (threshold === undefined) {
    return {
      ...shared,
      ...compared,
      threshold: null,
      constant: checkConstant(`${field}.constant`, constant, name),
      perBorrowed: checkNumber(`${field}.perBorrowedRegion`, perBorrowedRegion === undefined ? 0 : perBorrowedRegion, 'a finite number'),
    };
  }
  if (perBorrowedRegion !== undefined)
    throw new InvalidOptionError(`${field}.perBorrowedRegion`, perBorrowedRegion, 'only with a constant');
  checkFunction(`${field}.threshold`, threshold);
  return { ...shared, ...compared, threshold: threshold as FiguresFunction<unknown>, constant: 0, perBorrowed: 0 };
}

/** Exactly one of two fields. */
function oneOf(field: string, pair: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(pair);
  const given = names.filter((name) => pair[name] !== undefined);
  if (given.length !== 1)
    throw new InvalidOptionError(
      field,
      pair,
      `one with ${names.join(' or ')}`,
      `a condition with ${given.join(' and ') || `no ${names.join(' and no ')}`}`,
    );
}

function checkConstant(field: string, value: unknown, statistic: Statistic | null): number {
  const parse = statistic === null ? undefined : STATISTICS[statistic].parse;
  if (typeof value === 'string' && parse !== undefined) return parse(field, value);
  return checkNumber(field, value, parse === undefined ? 'a finite number' : 'a finite number, or text with a unit');
}

function checkNumber(field: string, value: unknown, allowed: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new InvalidOptionError(field, value, allowed);
  return value;
}

function checkTime(field: string, value: unknown, leastNs: number): number {
  const timeNs = parseTimeNs(field, value);
  if (timeNs >= leastNs && timeNs <= TIME_NS_MOST) return timeNs;
  throw new InvalidOptionError(field, value, `a time from ${formatNs(leastNs)} to ${formatNs(TIME_NS_MOST)}`);
}

/** The condition for the compiled engine; null if it needs the host. */
function compile({ statistic, comparison, threshold, constant, perBorrowed }: CheckedCondition): CompiledCondition | null {
  if (statistic === null || threshold !== null) return null;
  return { statistic: STATISTICS[statistic].code, comparison: COMPARISONS[comparison], constant, perBorrowed };
}
