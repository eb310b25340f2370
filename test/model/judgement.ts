/** Release conditions (Fig. 15 S612): comparisons of statistics, or a function of the host's. */
import { borrowedCount, figuresOf, timeSince, type Figures, type Statistics } from './statistics.ts';
import { note, type Region, type World } from './world.ts';

export type Comparison = '>=' | '<=' | '>' | '<' | '==' | '!=';

export interface Condition {
  readonly statistic: keyof Figures;
  readonly comparison: Comparison;
  readonly constant: number;
  /** What each region that the VM uses and does not manage adds to the constant. */
  readonly perBorrowedRegion: number;
}

/** How a VM's accesses to regions that it does not manage are counted and judged. */
export interface Watch {
  readonly mode: 'exact' | 'sampled';
  /** 0: there are no periods. */
  readonly periodNs: number;
  /** All must hold. */
  readonly conditions: readonly Condition[];
  /** Decides instead of the conditions. */
  readonly judge: JudgeRule | null;
}

/** A function of the host's for tests: it hashes what it is told; 0: never. */
export interface JudgeRule {
  readonly releaseEvery: number;
  readonly failEvery: number;
}

/** What the function is told: the counts as they are kept. */
export type JudgedFigures = Omit<Statistics, 'reduction' | 'sinceNs'> & { readonly region: number; readonly timeSinceNs: number };

export type Verdict = 'keep' | 'release' | 'fail';

export function judgeDecide({ releaseEvery, failEvery }: JudgeRule, figures: JudgedFigures): Verdict {
  const { region, timeSinceNs, accesses, bytes, accessesSince, bytesSince, period } = figures;
  const { periodAccesses, periodBytes, lastAccesses, lastBytes, bytesEach } = figures;
  const counts = accesses + accessesSince + periodAccesses + lastAccesses + bytes + bytesSince + periodBytes + lastBytes;
  const hash = counts + 3 * bytesEach + 5 * region + 7 * period + timeSinceNs;
  if (failEvery > 0 && hash % failEvery === 0) return 'fail';
  return releaseEvery > 0 && hash % releaseEvery === 0 ? 'release' : 'keep';
}

const COMPARISONS: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  '>=': (value, threshold) => value >= threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '<': (value, threshold) => value < threshold,
  '==': (value, threshold) => value === threshold,
  '!=': (value, threshold) => value !== threshold,
};

/** S612 for a region whose statistics are up to date. */
export function judge(world: World, watch: Watch, region: Region, statistics: Statistics, timeNs: number): Verdict {
  if (watch.judge) {
    const { reduction: _reduction, sinceNs: _sinceNs, ...counts } = statistics;
    const verdict = judgeDecide(watch.judge, { ...counts, region: region.number, timeSinceNs: timeSince(statistics, timeNs) });
    note(world, `the host says ${verdict}`);
    return verdict;
  }
  const figures = figuresOf(statistics, timeNs);
  const borrowed = borrowedCount(world, region);
  return watch.conditions.every((condition) => holds(world, condition, figures, borrowed)) ? 'release' : 'keep';
}

function holds(world: World, condition: Condition, figures: Figures, borrowed: number): boolean {
  const { statistic, comparison, constant, perBorrowedRegion } = condition;
  const value = figures[statistic];
  if (value === null) {
    note(world, `${statistic} unknown`);
    return false;
  }
  const compare = COMPARISONS[comparison];
  const isHeld = compare(value, constant + perBorrowedRegion * borrowed);
  if (isHeld !== compare(value, constant)) note(world, 'a threshold moved by the borrowed regions');
  for (const what of [statistic, comparison]) note(world, `${what} ${isHeld ? 'holds' : 'fails'}`);
  return isHeld;
}
