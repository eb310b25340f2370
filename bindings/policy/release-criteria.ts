import type { NamedCriterion } from './criterion.ts';

/** What a reduction goes by in choosing among the regions that the VM manages (S102); each is explained at RELEASE_CRITERIA. */
export type ReleaseCriterionName = 'highest' | 'unusedFirst' | 'cacheFirst' | 'leastRecentlyUsed' | 'farthestNextUse';

/**
 * The criteria for release of JP 2009-26117A [0164]-[0166]. Those that look at pages rank regions by summaries of the VM's own pages there (ours): in
 * a region that it manages and does not use it has none.
 */
export const RELEASE_CRITERIA: Readonly<Record<ReleaseCriterionName, NamedCriterion>> = {
  /** By machine address, from high to low ([0164]); what decides between equals anyway. */
  highest: (candidates) => candidates.map(({ machineAddress }) => -machineAddress!),

  /** Most frames without a page of the VM's first ([0165]). */
  unusedFirst: (candidates, { framesPerRegion }) =>
    candidates.map(({ isUsedByAsker, freeFrames }) => (isUsedByAsker ? -freeFrames : -framesPerRegion)),

  /** Most pages that are clean or discardable first ([0165]). */
  cacheFirst: (candidates) => candidates.map(({ isUsedByAsker, cachePages }) => (isUsedByAsker ? -cachePages! : 0)),

  /** Longest not touched first ([0166]). */
  leastRecentlyUsed: (candidates) => candidates.map(({ isUsedByAsker, lastUse }) => (isUsedByAsker ? lastUse! : 0)),

  /** Farthest mean next use first ([0166]); where the VM's future is not known, all are equal that have pages. */
  farthestNextUse: (candidates) => candidates.map(({ isUsedByAsker, nextUse }) => (isUsedByAsker ? -(nextUse ?? 0) : -Infinity)),
};
