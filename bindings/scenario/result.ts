import type { FollowFigures } from './follows.ts';
import type { HandoverName, Policies } from './policies.ts';
import type { ReplicaResult, ReplicasResult } from './replica-result.ts';
import type { FirstTouchFigures, StallFigures } from './stalls.ts';

// What a run gives: the object that `usufruct run --json` prints. Field names are public; durations of changes count from their request.

export interface VmResult {
  readonly name: string;
  /** When it finished. */
  readonly virtualNs: number;
  /** Trace records. */
  readonly accesses: number;
  readonly faults: number;
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly evictions: number;
  readonly takeOvers: number;
  /** Regions that it gave back by its release condition, and those where that failed. */
  readonly earlyReleases: number;
  readonly earlyReleasesFailed: number;
  /** Pages that moved to another frame of the VM instead of going out. */
  readonly pagesMoved: number;
  /** Virtual time spent waiting for I/O. */
  readonly ioWaitNs: number;
  readonly stalls: StallFigures;
  readonly firstTouches: FirstTouchFigures;
  /** Mean over the slowest hundredth of its accesses (at least one). */
  readonly slowest1PercentNs: number;
  readonly slowestNs: number;
  /** Memory at the end. */
  readonly managedBytes: number;
  readonly usedBytes: number;
  readonly usableBytes: number;
  /** The 4 KiB blocks that its trace touches. */
  readonly tracedBytes: number;
  /** SHA-256 over those blocks at the end, in ascending order of their traced addresses. */
  readonly digest: string;
  /** One each, of a VM that says how many it has. Its own `digest` is then that of the first replica that has taken part to the end. */
  readonly replicas?: readonly ReplicaResult[];
  readonly lockstep?: ReplicasResult;
}

export interface ChangeResult {
  readonly vm: string;
  /** Negative: a reduction. What was granted. */
  readonly bytes: number;
  readonly state: string;
  readonly grantVirtualNs: number;
  readonly settledVirtualNs: number | null;
  readonly pageOutsBeforeGrant: number;
  readonly pageOutsAfterGrant: number;
  readonly superseded: number;
}

export interface ReconfigurationResult {
  readonly requestVirtualNs: number;
  /** How long it had been held back because an earlier change was not granted yet. Its other times count from its request. */
  readonly heldVirtualNs: number;
  /** Regions that moved. */
  readonly regions: number;
  /** null: it was never granted in full. */
  readonly grantVirtualNs: number | null;
  readonly settledVirtualNs: number | null;
  readonly pageOutsBeforeGrant: number;
  readonly pageOutsAfterGrant: number;
  /** How its regions followed: released by those who gave them up, taken into use by those who got them. null: none has. */
  readonly released: FollowFigures | null;
  readonly taken: FollowFigures | null;
  readonly changes: readonly ChangeResult[];
}

/** Memory that some VM may use: not idle. Over virtual time; the samples are where it changed, thinned out. */
export interface UsefulResult {
  readonly mean: number;
  readonly least: number;
  readonly samples: { readonly virtualNs: readonly number[]; readonly bytes: readonly number[] };
}

export interface RunResult {
  /** Its name: a built-in one, or the file's own. */
  readonly strategy: string;
  /** What it decides, as far as it says something. */
  readonly policies: Policies & { readonly handover: HandoverName };
  /** The latest finish. */
  readonly virtualNs: number;
  readonly wallMs: number;
  /** Bytes of WebAssembly memory: all of it, and what is neither frame nor swap slot. */
  readonly bytes: { readonly total: number; readonly books: number };
  readonly usefulBytes: UsefulResult;
  readonly vms: readonly VmResult[];
  readonly reconfigurations: readonly ReconfigurationResult[];
}

export interface ScenarioResult {
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly regionBytes: number;
  readonly pageBytes: number;
  readonly runs: readonly RunResult[];
  /** Whether every VM's digest is the same in all runs; null when there was one run. */
  readonly contentsEqual: boolean | null;
}
