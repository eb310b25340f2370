import type { ByteRange } from '../byte-ranges.ts';
import type { CheckPointCounts, CheckPointOutcome } from '../lockstep/difference.ts';
import type { FaultWhat } from './replicas.ts';

// What a run gives of a VM of several replicas. Field names are public; replicas are numbered from 1, times are those of the virtual clock.

export interface ReplicaResult {
  readonly replica: number;
  /** `standby`: it has never run. `failed`: it took no part any more at the end. */
  readonly state: 'finished' | 'stopped' | 'failed' | 'standby';
  /** Records that it has done, of those of the program; what was run again counts once. */
  readonly records: number;
  readonly progress: number;
  /** When it finished or stopped, and how much of that it waited at check points for the others. */
  readonly virtualNs: number;
  readonly waitedNs: number;
  /** SHA-256 over the 4 KiB blocks that the trace touches, in ascending order of their traced addresses; null: its memory is gone. */
  readonly digest: string | null;
}

/** How something went over virtual time: values in columns, thinned out; of memory the most since the sample before. */
export interface MemorySamples {
  readonly virtualNs: readonly number[];
  readonly bytes: readonly number[];
}

export interface ReplicaSamples extends MemorySamples {
  /** Records between the foremost and the last replica, the most since the sample before. */
  readonly apart: readonly number[];
  readonly merges: readonly number[];
  readonly copies: readonly number[];
  /** By replica: records done. */
  readonly records: readonly (readonly number[])[];
}

/** Memory in use: frames that hold its contents. */
export interface MemoryFigures {
  readonly peakBytes: number;
  /** Over virtual time. */
  readonly meanBytes: number;
}

/** The same program in so many VMs with memory of their own, measured in a run of their own. */
export interface SeparateResult extends MemoryFigures {
  readonly vms: number;
  /** Of one of them: the most that it had in use. */
  readonly onePeakBytes: number;
  readonly virtualNs: number;
  readonly samples: MemorySamples;
}

/** Something that was found at a check point, and what was done about it. */
export interface FoundResult {
  readonly virtualNs: number;
  /** Progress at which the replicas met; null: they did not. */
  readonly progress: number | null;
  readonly outcome: CheckPointOutcome;
  /** Replicas that a strict majority is against. */
  readonly minority: readonly number[];
  readonly repaired: readonly number[];
  /** Progress that all went back to; null: they did not. */
  readonly rolledBackTo: number | null;
  readonly differences: readonly FoundDifference[];
  /** Blocks in which a scrub found bits that nobody had written. */
  readonly flips: readonly BlockShown[];
}

/** A page of the replicas' address space, as the first of its 4 KiB blocks. */
export interface BlockShown {
  /** The n-th block that the program touches, from 0. */
  readonly page: number;
  /** Its traced address, hex; null: the trace does not touch it. */
  readonly address: string | null;
}

export type FoundDifference =
  | ({ readonly kind: 'page'; readonly ranges: readonly ByteRange[]; readonly groups: readonly (readonly number[])[] } & BlockShown)
  | { readonly kind: 'state'; readonly ranges: readonly ByteRange[]; readonly groups: readonly (readonly number[])[] }
  | { readonly kind: 'checkPoint'; readonly groups: readonly (readonly number[])[] };

/** What became of a fault of the scenario. */
export interface FaultResult {
  readonly replica: number;
  readonly kind: FaultWhat['kind'] | 'unseen';
  readonly progress: number;
  /** When it struck, the first time, and how often. null: it never did. */
  readonly virtualNs: number | null;
  readonly times: number;
  /** When something was found next, at the check point after it; null: nothing was. */
  readonly foundVirtualNs: number | null;
}

/** Of the VM as a whole. */
export interface ReplicasResult {
  /** Records of the program. */
  readonly records: number;
  readonly end: 'finished' | 'halted';
  readonly processors: readonly { readonly name: string; readonly performance: number }[];
  readonly counts: CheckPointCounts;
  readonly copies: number;
  readonly merges: number;
  readonly memory: MemoryFigures;
  readonly separate: SeparateResult;
  readonly samples: ReplicaSamples;
  readonly faults: readonly FaultResult[];
  /** The first of them, in order. */
  readonly found: readonly FoundResult[];
}
