import type { Eviction } from '../policy/eviction.ts';
import type { ExpandSelection, Shortfall } from '../policy/expand.ts';
import type { SeekClass } from '../policy/seek.ts';
import type { DevicePreset } from '../swap/timing.ts';

// A scenario after reading: every size in bytes, every time in ns, every name resolved, every path absolute.

export const STRATEGIES = ['rights', 'eager'] as const;
export const SWAP_STORES = ['linear', 'file'] as const;

export type Strategy = (typeof STRATEGIES)[number];
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
}

/** Before record floor(progress x records) of one VM, or when the lowest clock reaches a virtual time. */
export type When = { readonly vm: string; readonly progress: number } | { readonly virtualNs: number };

export interface Move {
  readonly vm: string;
  /** Negative: a reduction. */
  readonly bytes: number;
}

export interface ScenarioChange {
  readonly when: When;
  readonly moves: readonly Move[];
  readonly shortfall: Shortfall;
}

export interface Scenario {
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly regionBytes: number;
  readonly accessNs: number;
  /** Whether load records leave their bytes too, as the definition of traced contents has it. */
  readonly loadsStore: boolean;
  readonly expand: ExpandSelection;
  readonly swap: ScenarioSwap;
  readonly vms: readonly ScenarioVm[];
  readonly changes: readonly ScenarioChange[];
  readonly strategies: readonly Strategy[];
}
