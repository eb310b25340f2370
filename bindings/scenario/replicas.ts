import type { FlipPolicy } from '../lockstep/judge-options.ts';
import type { AssignmentPolicy, DifferencePolicy, LockstepOptions } from '../lockstep/types.ts';

// A VM of several replicas as a scenario file describes it, after reading: sizes in bytes, times in ns. Names are those of the library's options.

export const ASSIGNMENTS = ['fastestToSlowest', 'fixed'] as const satisfies readonly AssignmentPolicy[];
export const PROGRESSES = ['checkPoints', 'program'] as const satisfies readonly LockstepOptions['progress'][];
export const COMPARE_TRIGGERS = ['any', 'copy', 'basic'] as const;
export const KEEPS = ['target', 'corresponding', 'basic', 'copy'] as const;
export const MERGES = ['equal', 'allEqual'] as const;
export const EXCEPTIONS = ['writes', 'retries'] as const;
export const DIFFERENCE_POLICIES = ['report', 'halt', 'vote', 'rollBack'] as const satisfies readonly DifferencePolicy[];

export const FLIP_POLICIES = ['report', 'halt'] as const satisfies readonly FlipPolicy[];

export type CompareTrigger = (typeof COMPARE_TRIGGERS)[number];

/** What performance a processor has: frequency and rate, or a level. */
export interface ScenarioProcessor {
  readonly name?: string | undefined;
  readonly frequencyHz?: number | undefined;
  /** Share of the processor that the program gets. */
  readonly rate?: number | undefined;
  readonly level?: number | undefined;
}

/** When replicas are compared, and what becomes of equal pages. */
export interface CompareForm {
  /** false: not on writes. */
  readonly onWrite?: false | CompareTrigger | undefined;
  readonly afterCopy?: boolean | undefined;
  readonly atCheckPoints?: boolean | undefined;
  readonly every?: { readonly ns: number } | { readonly accesses: number } | undefined;
  readonly keep?: (typeof KEEPS)[number] | undefined;
  readonly merge?: (typeof MERGES)[number] | undefined;
  readonly exception?: (typeof EXCEPTIONS)[number] | undefined;
}

export interface CheckPointsForm {
  /** From one to the next: a fraction of the program's records, or a number of records; or where they all are, as fractions. */
  readonly every: { readonly fraction: number } | { readonly records: number } | { readonly at: readonly number[] };
  /** How long the first replica waits at one for the last. */
  readonly limitNs?: number | undefined;
}

/** What goes wrong: the contents of memory, the state of the processor, or the whole replica. */
export type FaultWhat =
  | {
      readonly kind: 'memory';
      /** The n-th 4 KiB block that the program touches, from 0, and a byte in it; or a traced address. */
      readonly place: { readonly block: number; readonly offset: number } | { readonly address: bigint };
      /** Bits that flip, counted from that byte on; or the byte that is stored there. */
      readonly change: { readonly bits: readonly number[] } | { readonly byte: number };
      /** In the frame itself, behind everybody's back, and not by a write of the replica. */
      readonly isUnseen: boolean;
    }
  | { readonly kind: 'state'; readonly bits: readonly number[] }
  | { readonly kind: 'dies'; /** Another one joins at the next check point. */ readonly isReplaced: boolean };

export interface FaultForm {
  /** Which replica, from 1. */
  readonly replica: number;
  /** Before record floor(at x records) of it. */
  readonly at: number;
  /** Each time that the replica comes there, not the first time only. */
  readonly isPermanent: boolean;
  readonly what: FaultWhat;
}

/** How a VM runs as several replicas. What is undefined takes the library's default. */
export interface ScenarioReplicas {
  readonly count: number;
  /** A number: so many equal ones. */
  readonly processors?: number | readonly ScenarioProcessor[] | undefined;
  readonly assignment?: AssignmentPolicy | undefined;
  /** When the progress table is brought up to date. */
  readonly progress?: (typeof PROGRESSES)[number] | undefined;
  /** The shortest turn where replicas share a processor. */
  readonly turnNs?: number | undefined;
  readonly checkPoints?: CheckPointsForm | undefined;
  readonly compare?: CompareForm | undefined;
  /** In the order in which they are tried. */
  readonly onDifference?: readonly DifferencePolicy[] | undefined;
  readonly retries?: number | undefined;
  readonly standby: number;
  /** What becomes of flips that a scrub finds; null: no scrub. */
  readonly scrub: FlipPolicy | null;
  readonly faults: readonly FaultForm[];
}
