import { CB_FEATURES, FEATURE_KNOWN, TRIGGER_NEVER } from '../assembly/shared/layout.ts';
import { checkCompareEvery } from './comparison-interval.ts';
import type { CheckedEvery, CompareEvery } from './comparison-interval.ts';
import type { Core } from './engine/core.ts';
import { InvalidOptionError } from './errors.ts';
import { checkBoolean, checkChoice, checkFields } from './options.ts';
import { AFTER_COPY, COMPARE_TRIGGERS, EXCEPTION_RULES, KEPT_AREAS, MERGE_RULES } from './policy/compare.ts';
import type { CompareTrigger, ExceptionRule, KeptArea, MergeRule } from './policy/compare.ts';

/** How a VM's replicas in step are compared, and what becomes of equal areas (US 9,063,868, variations 1 and 3 to 6). */
export interface ComparePolicy {
  /** Stores to which areas are compared at once (1st embodiment); false, by default: none. Needs an engine made with `compareOnWrite: true`. */
  readonly onWrite?: CompareTrigger | false;
  /** A store that made a copy is compared too, so that a third replica's write finds the second one's copy (true). */
  readonly afterCopy?: boolean;
  /** 'target' by default. */
  readonly keep?: KeptArea;
  /** 'equal' by default. */
  readonly merge?: MergeRule;
  /** 'writes' by default. */
  readonly exception?: ExceptionRule;
  /**
   * At intervals (3rd embodiment), each counted from the last comparison: virtual time ('1ms'), or accesses of all replicas; null, by default: never.
   * A lockstep keeps them while it runs, else `engine.advance()` does.
   */
  readonly every?: CompareEvery | null;
}

const FIELDS = ['onWrite', 'afterCopy', 'keep', 'merge', 'exception', 'every'];

/** A policy in the engine's numbers, and as it was given. */
export interface CheckedComparePolicy {
  readonly policy: Required<ComparePolicy>;
  readonly trigger: number;
  readonly keep: number;
  readonly flags: number;
  readonly every: CheckedEvery | null;
}

/** Checks a policy; `core` is the engine that it is for. */
export function checkComparePolicy(field: string, value: unknown, core: Core): CheckedComparePolicy {
  checkFields(field, value, FIELDS);
  const {
    onWrite = false,
    afterCopy = true,
    keep = 'target',
    merge = 'equal',
    exception = 'writes',
    every = null,
  } = value as ComparePolicy;
  const trigger = onWrite === false ? TRIGGER_NEVER : COMPARE_TRIGGERS[checkChoice(`${field}.onWrite`, onWrite, COMPARE_TRIGGERS)];
  if (trigger !== TRIGGER_NEVER && (core.word(CB_FEATURES) & FEATURE_KNOWN) === 0) {
    throw new InvalidOptionError(
      `${field}.onWrite`,
      onWrite,
      'false, or make the engine with `compareOnWrite: true`, which leaves room for it',
    );
  }
  const flags =
    MERGE_RULES[checkChoice(`${field}.merge`, merge, MERGE_RULES)] |
    EXCEPTION_RULES[checkChoice(`${field}.exception`, exception, EXCEPTION_RULES)] |
    (checkBoolean(`${field}.afterCopy`, afterCopy) ? AFTER_COPY : 0);
  return {
    policy: { onWrite, afterCopy, keep, merge, exception, every },
    trigger,
    keep: KEPT_AREAS[checkChoice(`${field}.keep`, keep, KEPT_AREAS)],
    flags,
    every: every === null ? null : checkCompareEvery(`${field}.every`, every),
  };
}

export const COMPARE_POLICY_DEFAULT: Required<ComparePolicy> = {
  onWrite: false,
  afterCopy: true,
  keep: 'target',
  merge: 'equal',
  exception: 'writes',
  every: null,
};
