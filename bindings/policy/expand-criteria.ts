import type { Candidate } from '../engine/candidates.ts';
import type { NamedCriterion, SelectionRequest } from './criterion.ts';
import { fitOrder, runsOf } from './runs.ts';

/** What an expansion goes by in choosing among the regions without manager (S108); each is explained at EXPAND_CRITERIA. */
export type ExpandCriterionName =
  | 'lowest'
  | 'largestRun'
  | 'bestFit'
  | 'smallestRun'
  | 'adjacent'
  | 'spreadModules'
  | 'packModule'
  | 'userlessOnly'
  | 'userlessFirst'
  | 'ownFirst';

/**
 * The criteria for expansion of JP 2009-26117A [0121]-[0131], and ours. A run: candidates next to each other in real memory. All are functions that may
 * be called from a criterion of one's own.
 */
export const EXPAND_CRITERIA: Readonly<Record<ExpandCriterionName, NamedCriterion>> = {
  /** By real address (ours); what decides between equals anyway. */
  lowest: (candidates) => candidates.map(({ region }) => region),

  /** From the longest run ([0122]). */
  largestRun: (candidates) => {
    const { partOf, sizes } = runsOf(candidates);
    return partOf.map((run) => -sizes[run]!);
  },

  /** From the run that is as long as what is wanted, or the least longer; while all are shorter, the longest one whole ([0123]). */
  bestFit: (candidates, { regions }) => {
    const { partOf, sizes } = runsOf(candidates);
    const places = fitOrder(sizes, regions);
    return partOf.map((run) => places[run]!);
  },

  /** From the shortest run ([0124]). */
  smallestRun: (candidates) => {
    const { partOf, sizes } = runsOf(candidates);
    return partOf.map((run) => sizes[run]!);
  },

  /** Just above the memory that the VM manages ([0125]-[0126]), what this request adds included; what lies above none of it comes last. */
  adjacent: (candidates, request) => gapsBelow(candidates, request),

  /** Each region from the module of which the VM manages least ([0127]-[0128]). */
  spreadModules: (candidates, request) => {
    const ownOf = ownPerModule(request);
    return candidates.map(({ module }) => ownOf[module]!++);
  },

  /** From as few modules as possible ([0127], [0129]): those of which the VM manages most already, then of the others the best fit. */
  packModule,

  /** Only regions that nobody uses ([0130]-[0131], claim 10). */
  userlessOnly: (candidates) => candidates.map(({ user }) => (user === null ? 0 : Infinity)),

  /** Regions that nobody uses before others (claim 11). */
  userlessFirst: (candidates) => candidates.map(({ user }) => (user === null ? 0 : 1)),

  /** Regions that the VM gave up and still uses, which come back at no cost (ours). */
  ownFirst: (candidates) => candidates.map(({ isUsedByAsker }) => (isUsedByAsker ? 0 : 1)),
};

/**
 * For each candidate the widest step, in regions, on the way up to it from the nearest memory of the VM below it over the candidates in between: in
 * the order of these keys each candidate follows the one that it lies above.
 */
function gapsBelow(candidates: readonly Candidate[], { own, poolRegions }: SelectionRequest): number[] {
  let below = -1;
  let widest = 0;
  let scanned = 0;
  return candidates.map(({ region }) => {
    for (; scanned < region; scanned += 1) {
      if (own[scanned] === 0) continue;
      below = scanned;
      widest = 0;
    }
    if (below < 0) return poolRegions;
    widest = Math.max(widest, region - below);
    below = region;
    return widest;
  });
}

function packModule(candidates: readonly Candidate[], request: SelectionRequest): number[] {
  const ownOf = ownPerModule(request);
  const foreign = new Map<number, number>(); // modules of which the VM has nothing: how many candidates
  let isHeld = 0;
  for (const { module } of candidates) {
    if (ownOf[module]! > 0) isHeld += 1;
    else foreign.set(module, (foreign.get(module) ?? 0) + 1);
  }
  const places = fitOrder([...foreign.values()], request.regions - isHeld);
  const placeOf = new Map([...foreign.keys()].map((module, part) => [module, places[part]!]));
  return candidates.map(({ module }) => placeOf.get(module) ?? -ownOf[module]!);
}

/** How many regions of each module the VM manages. */
function ownPerModule({ own, poolRegions, regionsPerModule }: SelectionRequest): number[] {
  const counts: number[] = [];
  for (let first = 0; first < poolRegions; first += regionsPerModule) {
    let count = 0;
    for (let region = first; region < Math.min(first + regionsPerModule, poolRegions); region += 1) count += own[region]!;
    counts.push(count);
  }
  return counts;
}
