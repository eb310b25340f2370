import {
  COMPARE_AFTER_COPY,
  COMPARE_ALL_EQUAL,
  COMPARE_RETRIES,
  KEEP_BASIC,
  KEEP_COPY,
  KEEP_CORRESPONDING,
  KEEP_TARGET,
  TRIGGER_ANY,
  TRIGGER_BASIC,
  TRIGGER_COPY,
} from '../../assembly/shared/layout.ts';

/**
 * Stores to which areas are compared with what the other replicas have (US 9,063,868 Fig. 3). `any`: to any not-shared area (claims 2, 3); `copy`: to copy
 * areas (claim 4); `basic`: to not-shared basic areas (claims 1, 5; variation 1, S7 left out).
 */
export type CompareTrigger = 'any' | 'copy' | 'basic';

/** Which of equal areas stays (S13, S14; variation 4): that of the store which is compared, or the corresponding one (where no store is the reason: the first, both);
 * or the one that began as a basic area, or as a copy. */
export type KeptArea = 'target' | 'corresponding' | 'basic' | 'copy';

/** `equal`: areas that are equal become one (supplement 15(a)); `allEqual`: only when all areas of the page are (supplement 15(j), variation 6). */
export type MergeRule = 'equal' | 'allEqual';

/**
 * `writes`: what handles the exception of a store does the store too (S5, S6); `retries`: it leaves that to the replica, which runs its instruction again and
 * pays for another access (variation 5).
 */
export type ExceptionRule = 'writes' | 'retries';

export const COMPARE_TRIGGERS: Readonly<Record<CompareTrigger, number>> = { any: TRIGGER_ANY, copy: TRIGGER_COPY, basic: TRIGGER_BASIC };
export const KEPT_AREAS: Readonly<Record<KeptArea, number>> = {
  target: KEEP_TARGET,
  corresponding: KEEP_CORRESPONDING,
  basic: KEEP_BASIC,
  copy: KEEP_COPY,
};
export const MERGE_RULES: Readonly<Record<MergeRule, number>> = { equal: 0, allEqual: COMPARE_ALL_EQUAL };
export const EXCEPTION_RULES: Readonly<Record<ExceptionRule, number>> = { writes: 0, retries: COMPARE_RETRIES };
/** After S2-S5 the copy is compared too. */
export const AFTER_COPY = COMPARE_AFTER_COPY;
