import type { CheckPointReport, Difference } from '../lockstep/difference.ts';
import type { PlacedFault } from './faulty-program.ts';
import type { BlockShown, FaultResult, FoundDifference, FoundResult } from './replica-result.ts';
import type { FaultForm } from './replicas.ts';

/** What is told one by one; the counts tell of all. */
const FOUND_MOST = 1000;
const DIFFERENCES_MOST = 100;

interface Strike {
  timeNs: number;
  times: number;
  /** undefined: the check point after it has not come. */
  foundNs: number | null | undefined;
}

/** Faults as they strike, and what check points find. */
export class ReplicaReports {
  readonly #faults: readonly FaultForm[];
  readonly #strikes = new Map<number, Strike>();
  readonly #found: CheckPointReport[] = [];

  constructor(faults: readonly FaultForm[]) {
    this.#faults = faults;
  }

  struck({ index }: PlacedFault, timeNs: number): void {
    const strike = this.#strikes.get(index);
    if (strike === undefined) this.#strikes.set(index, { timeNs, times: 1, foundNs: undefined });
    else strike.times += 1;
  }

  /** Somebody saw at once that a replica died. */
  seen({ index }: PlacedFault, timeNs: number): void {
    const strike = this.#strikes.get(index);
    if (strike !== undefined) strike.foundNs ??= timeNs;
  }

  note(report: CheckPointReport): void {
    if (report.outcome === 'waits') return;
    const isFound = report.differences.length > 0 || report.flips.length > 0;
    for (const strike of this.#strikes.values()) if (strike.foundNs === undefined) strike.foundNs = isFound ? report.timeNs : null;
    if (isFound && this.#found.length < FOUND_MOST) this.#found.push(report);
  }

  get faults(): readonly FaultResult[] {
    return this.#faults.map(({ replica, what, at }, index) => {
      const strike = this.#strikes.get(index);
      return {
        replica,
        kind: what.kind === 'memory' && what.isUnseen ? 'unseen' : what.kind,
        progress: at,
        virtualNs: strike?.timeNs ?? null,
        times: strike?.times ?? 0,
        foundVirtualNs: strike?.foundNs ?? null,
      };
    });
  }

  /** `blockAt`: the block of the program at an address of the replicas. */
  found(blockAt: (address: number) => BlockShown): readonly FoundResult[] {
    return this.#found.map((report) => ({
      virtualNs: report.timeNs,
      progress: report.checkPoint?.progress ?? null,
      outcome: report.outcome,
      minority: report.minority,
      repaired: report.repaired,
      rolledBackTo: report.rolledBackTo?.progress ?? null,
      differences: report.differences.slice(0, DIFFERENCES_MOST).map((difference) => differenceShown(difference, blockAt)),
      flips: report.flips.slice(0, DIFFERENCES_MOST).map(({ address }) => blockAt(address)),
    }));
  }
}

function differenceShown(difference: Difference, blockAt: (address: number) => BlockShown): FoundDifference {
  const { kind, groups } = difference;
  switch (kind) {
    case 'page':
      return { kind, ...blockAt(difference.address), ranges: difference.ranges, groups };
    case 'state':
      return { kind, ranges: difference.ranges, groups };
    case 'checkPoint':
      return { kind, groups };
  }
}
