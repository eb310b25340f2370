import type { Processor } from './types.ts';

/** By default the others may take so many times what the first one's way suggests, */
const FACTOR = 10;
/** and so much for waits that it did not have. */
const WAITS_NS = 10_000_000;

/** How many times as fast as the slowest processor the fastest one is. */
export function speedSpread(processors: readonly Processor[]): number {
  const speeds = processors.map(({ speed }) => speed);
  return Math.max(...speeds) / Math.min(...speeds);
}

/**
 * Virtual time that the others may take longer than the first one, who took `wayNs`: each may have to share the slowest processor where the first one had the
 * fastest for itself.
 * `spread`: see `speedSpread`.
 */
export function limitByWay(wayNs: number, replicas: number, processors: number, spread: number): number {
  return WAITS_NS + FACTOR * (spread * Math.ceil(replicas / processors)) * wayNs;
}
