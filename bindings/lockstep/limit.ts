import type { Processor } from './types.ts';

/** By default the others may take so many times what the first one's way suggests, */
const FACTOR = 10;
/** and so much for waits that it did not have. */
const WAITS_NS = 10_000_000;

/**
 * Virtual time that the others may take longer than the first one, who took `wayNs`: each may have to share the slowest processor where the first one had the fastest for itself.
 */
export function limitByWay(wayNs: number, replicas: number, processors: readonly Processor[]): number {
  const speeds = processors.map(({ speed }) => speed);
  const slowdown = (Math.max(...speeds) / Math.min(...speeds)) * Math.ceil(replicas / processors.length);
  return WAITS_NS + FACTOR * slowdown * wayNs;
}
