import type { Eviction } from '../policy/eviction.ts';
import type { Shortfall } from '../policy/expand.ts';
import type { SeekClass } from '../policy/seek.ts';
import type { DevicePreset } from '../swap/timing.ts';
import type { EarlyReleaseForm, HandoverName, Policies, Release, RequestPolicies } from './policies.ts';
import type { ScenarioReplicas } from './replicas.ts';

// A scenario after reading: every size in bytes, every time in ns, every name resolved, every path absolute.

export const SWAP_STORES = ['linear', 'file'] as const;

export type SwapStoreName = (typeof SWAP_STORES)[number];

export interface ScenarioSwap {
  readonly bytes: number;
  readonly device?: DevicePreset | undefined;
  readonly readLatencyNs?: number | undefined;
  readonly writeLatencyNs?: number | undefined;
  readonly readBytesPerSecond?: number | undefined;
  readonly writeBytesPerSecond?: number | undefined;
  readonly queue?: number | undefined;
  /** Where contents go: into the engine's linear memory, or into a real file (removed at the end). */
  readonly store: SwapStoreName;
  readonly path?: string | undefined;
}

export interface ScenarioVm {
  readonly name: string;
  readonly memoryBytes: number;
  readonly tracePath: string;
  readonly addressSpaceBytes?: number | undefined;
  readonly eviction: Eviction;
  readonly seek?: readonly SeekClass[] | undefined;
  readonly evictBatch?: number | undefined;
  readonly earlyRelease?: EarlyReleaseForm | null | undefined;
  readonly release?: Release | undefined;
  /** Absent: it runs as one, on a processor of its own. */
  readonly replicas?: ScenarioReplicas | undefined;
}

/** Before record floor(progress x records) of one VM, or when the lowest clock reaches a virtual time. */
export type When = { readonly vm: string; readonly progress: number } | { readonly virtualNs: number };

export interface AddressRange {
  readonly fromBytes: number;
  readonly bytes: number;
}

/** One part of a request: a relative amount, a range of a VM's machine addresses that goes or comes, or a range of real memory that becomes somebody's. */
export type Move =
  | { readonly kind: 'amount'; readonly vm: string; /** Negative: a reduction. */ readonly bytes: number }
  | { readonly kind: 'give' | 'take'; readonly vm: string; readonly range: AddressRange }
  | { readonly kind: 'real'; /** null: nobody's. */ readonly vm: string | null; readonly range: AddressRange };

export interface ScenarioChange extends RequestPolicies {
  /** Its place in the file: a change that is repeated stands there once. */
  readonly index: number;
  readonly when: When;
  readonly moves: readonly Move[];
  /** The file gave a list, not an object by VM. For messages. */
  readonly isList: boolean;
  readonly shortfall: Shortfall;
  /** Not before every earlier change has been granted. */
  readonly afterGrant: boolean;
}

/** What one run differs in from the others of the same scenario. Everything is decided: what the file says for all of them is in it. */
export interface Strategy extends Policies {
  readonly name: string;
  readonly handover: HandoverName;
}

export interface Scenario {
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly regionBytes: number;
  readonly moduleBytes?: number | undefined;
  readonly accessNs: number;
  /** Whether load records leave their bytes too, as the definition of traced contents has it. */
  readonly loadsStore: boolean;
  readonly swap: ScenarioSwap;
  readonly vms: readonly ScenarioVm[];
  readonly changes: readonly ScenarioChange[];
  readonly strategies: readonly Strategy[];
  /** Every strategy that can be had by name: those of the file, and the built-in ones. */
  readonly known: readonly Strategy[];
}
