// Which processors serve which replicas (US 9,063,868, 2nd embodiment and its variations): plans from tables, without any time in them.

/** Processors (by place) and the replicas (by number) that they serve. More replicas than processors take turns. */
export interface Share {
  readonly places: readonly number[];
  readonly vmIds: readonly number[];
}

/**
 * The slower a replica, the faster its processor. More replicas than processors: the fastest one is exclusively the slowest replica's (claim 10) and the others share
 * the rest; a single processor is shared by all. `fastestFirst`: places of the processors; `slowestFirst`: replicas that run.
 */
export function shareFastestToSlowest(fastestFirst: readonly number[], slowestFirst: readonly number[]): readonly Share[] {
  if (slowestFirst.length <= fastestFirst.length)
    return slowestFirst.map((vmId, rank) => ({ places: [fastestFirst[rank]!], vmIds: [vmId] }));
  if (fastestFirst.length === 1) return [{ places: fastestFirst, vmIds: slowestFirst }];
  return [
    { places: fastestFirst.slice(0, 1), vmIds: slowestFirst.slice(0, 1) },
    { places: fastestFirst.slice(1), vmIds: slowestFirst.slice(1) },
  ];
}

/** The baseline: each replica stays on the processor at its place in the list, counted round; `homes` has all replicas, `running` those that run. */
export function shareFixed(processors: number, homes: readonly number[], running: ReadonlySet<number>): readonly Share[] {
  const vmIds: number[][] = Array.from({ length: Math.min(processors, homes.length) }, () => []);
  for (const [index, vmId] of homes.entries()) if (running.has(vmId)) vmIds[index % processors]!.push(vmId);
  return vmIds.map((served, place) => ({ places: [place], vmIds: served })).filter((share) => share.vmIds.length > 0);
}

/** How many of the shortest turns a replica has at a time: one, and one more for each sharer that is further on than it. */
export function turnFactor(progress: number, progressOfSharers: readonly number[]): number {
  return 1 + progressOfSharers.filter((other) => other > progress).length;
}
