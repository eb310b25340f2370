import { checkCompareEvery } from '../comparison-interval.ts';
import type { CompareEvery } from '../comparison-interval.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkChoice, checkFields, checkInteger } from '../options.ts';
import type { DifferencePolicy, LockstepOptions } from './types.ts';

/** Policies by name: whether nothing can come after it. */
export const DIFFERENCE_POLICIES: Readonly<Record<DifferencePolicy, boolean>> = { report: true, halt: true, vote: false, rollBack: false };

/** What becomes of flips that a scrub finds. */
export type FlipPolicy = 'report' | 'halt';
const FLIP_POLICIES: Readonly<Record<FlipPolicy, true>> = { report: true, halt: true };

const RETRIES = 3;
const RETRIES_MOST = 1_000_000;
export const VOTERS_LEAST = 3;

/** The options that concern comparison, and what is done about differences. */
export interface JudgeOptions {
  readonly policies: readonly DifferencePolicy[];
  readonly retries: number;
  /** Null: no scrub. */
  readonly scrub: FlipPolicy | null;
  readonly hasStandby: boolean;
  /** As it was given; undefined: as the VM has it. */
  readonly every: CompareEvery | undefined;
}

/** Errors: INVALID_OPTION, also where options contradict each other. */
export function checkJudgeOptions(options: LockstepOptions, replicas: number): JudgeOptions {
  const { compare, onDifference, scrub, standby = 0 } = options;
  if (compare !== undefined) checkFields('compare', compare, ['atCheckPoints', 'every']);
  if (compare?.every !== undefined) checkCompareEvery('compare.every', compare.every);
  const checked: JudgeOptions = {
    policies: checkPolicies(onDifference, replicas),
    retries: checkInteger('retries', options.retries ?? RETRIES, 0, RETRIES_MOST),
    scrub: checkScrub(scrub),
    hasStandby: checkInteger('standby', standby, 0, 1) === 1,
    every: compare?.every,
  };
  if (compare?.atCheckPoints === false) refuseAtCheckPoints(options, checked);
  if (options.retries !== undefined && !checked.policies.includes('rollBack') && !checked.policies.includes('report'))
    throw new InvalidOptionError('retries', options.retries, "left out where onDifference has neither 'rollBack' nor 'report'");
  return checked;
}

/** How many records of replicas and snapshots a lockstep of so many replicas needs at most at a time, without those that join. */
export function lockstepRecords(options: LockstepOptions, replicas: number): number {
  const { policies, hasStandby } = checkJudgeOptions(options, replicas);
  const snapshots = policies.includes('rollBack') ? 2 : 0; // the new one is taken before the old one goes
  return replicas + snapshots + (hasStandby ? 1 : 0);
}

function checkPolicies(given: LockstepOptions['onDifference'], replicas: number): readonly DifferencePolicy[] {
  const list: readonly unknown[] = given === undefined ? ['report'] : Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new InvalidOptionError('onDifference', given, 'at least one policy');
  const policies = list.map((policy) => checkChoice('onDifference', policy, DIFFERENCE_POLICIES));
  policies.forEach((policy, index) => {
    if (policies.indexOf(policy) !== index) throw new InvalidOptionError('onDifference', policy, 'each policy once');
    if (DIFFERENCE_POLICIES[policy] && index < policies.length - 1)
      throw new InvalidOptionError('onDifference', policy, `'${policy}' as the last policy: nothing is tried after it`);
  });
  if (policies.at(-1) === 'vote' && replicas < VOTERS_LEAST)
    throw new InvalidOptionError(
      'onDifference',
      'vote',
      `at least ${VOTERS_LEAST} replicas in step (here ${replicas}), or a policy behind it`,
    );
  return policies;
}

function checkScrub(scrub: unknown): FlipPolicy | null {
  if (scrub === undefined || scrub === false) return null;
  return scrub === true ? 'report' : checkChoice('scrub', scrub, FLIP_POLICIES);
}

/** What needs check points where replicas wait. */
function refuseAtCheckPoints({ onDifference, retries, scrub, standby }: LockstepOptions, checked: JudgeOptions): void {
  const allowed = 'left out where compare.atCheckPoints is false: replicas do not meet';
  if (onDifference !== undefined) throw new InvalidOptionError('onDifference', onDifference, allowed);
  if (retries !== undefined) throw new InvalidOptionError('retries', retries, allowed);
  if (checked.scrub !== null) throw new InvalidOptionError('scrub', scrub, allowed);
  if (checked.hasStandby) throw new InvalidOptionError('standby', standby, allowed);
}
