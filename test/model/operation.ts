/**
 * Operations on a memory engine as plain data, and what can be seen of an engine after each. Both the plain model and the compiled engine are
 * driven through this: VMs, replicas and changes are numbered from 0 in the order in which they were made.
 */
import type { Advice } from './access.ts';
import type { Information } from './information.ts';
import type { Condition, JudgeRule } from './judgement.ts';
import type { ReplicaOperation } from './operation-replicas.ts';
import type { EvictionPolicy, Mode, Protection, SeekClass } from './world.ts';

export type Operation =
  | ReplicaOperation
  | {
      readonly op: 'vmCreate';
      readonly regions: number;
      /** These regions; the number of them is the list's. */
      readonly list?: readonly number[] | undefined;
      readonly bestEffort: boolean;
      readonly spacePages: number;
      readonly eviction: EvictionPolicy;
      readonly seek: readonly SeekClass[];
      readonly evictBatch: number;
    }
  | { readonly op: 'vmDispose'; readonly vm: number }
  | {
      readonly op: 'reduce';
      readonly vm: number;
      readonly regions: number;
      readonly firstSlot?: number | undefined;
      readonly bestEffort: boolean;
      readonly eager: boolean;
      readonly managerPreferred?: boolean | undefined;
      readonly modes?: readonly Mode[] | undefined;
      readonly list?: readonly number[] | undefined;
      readonly requestNs: number;
    }
  | {
      readonly op: 'expand';
      readonly vm: number;
      readonly regions: number;
      readonly list?: readonly number[] | undefined;
      readonly bestEffort: boolean;
      readonly requestNs: number;
      readonly grantNs: number;
    }
  | {
      readonly op: 'expandRange';
      readonly vm: number;
      readonly slots: number;
      readonly firstSlot: number;
      readonly bestEffort: boolean;
      readonly requestNs: number;
    }
  | { readonly op: 'touch'; readonly vm: number; readonly slot: number }
  /** The region that the VM manages there is released by its user. */
  | { readonly op: 'release'; readonly vm: number; readonly slot: number; readonly issueNs: number }
  | { readonly op: 'cancel'; readonly change: number }
  /** A condition for releasing early, or none. */
  | {
      readonly op: 'watch';
      readonly vm: number;
      readonly mode: 'exact' | 'sampled' | 'none';
      readonly periodNs: number;
      readonly conditions: readonly Condition[];
      readonly judge: JudgeRule | null;
    }
  | { readonly op: 'movesFirst'; readonly vm: number; readonly isOn: boolean }
  | { readonly op: 'sweep'; readonly vm: number; readonly timeNs: number }
  /** A trace from its first record on, until it ends or a record fails. `isRetried`: the first one that fails is tried again, on a device that works now. */
  | {
      readonly op: 'play';
      readonly replica: number;
      readonly loadsStore: boolean;
      readonly isRetried: boolean;
      readonly records: readonly PlayRecord[];
    }
  | { readonly op: 'load'; readonly replica: number; readonly address: number; readonly width: Width }
  /** Stores bytes that count up from `byte`; `byte` null: zeros. */
  | { readonly op: 'store'; readonly replica: number; readonly address: number; readonly width: Width; readonly byte: number | null }
  | { readonly op: 'read'; readonly replica: number; readonly address: number; readonly length: number }
  | { readonly op: 'fill'; readonly replica: number; readonly address: number; readonly length: number; readonly byte: number }
  | { readonly op: 'advise'; readonly replica: number; readonly page: number; readonly pages: number; readonly advice: Advice }
  | {
      readonly op: 'protect';
      readonly replica: number;
      readonly page: number;
      readonly pages: number;
      readonly protection: Protection | 'device' | 'noDevice';
    }
  /** From now on, `after` more transfers succeed; null: all. */
  | { readonly op: 'failWrites'; readonly after: number | null }
  | { readonly op: 'failReads'; readonly after: number | null };

export interface PlayRecord {
  readonly kind: 'I' | 'L' | 'S' | 'M';
  /** Traced: below 2^53. */
  readonly address: number;
  readonly size: number;
}

export type Width = 1 | 2 | 4 | 8;

export interface Outcome {
  readonly status: number;
  /** Bytes loaded or read (of a bulk read that stopped: those before it stopped). */
  readonly bytes?: string;
  /** Bytes (bulk), pages (advice), regions (sweep) or records (play) that were done; of a difference: its page + 1, or 0. */
  readonly done?: number;
  /** Of a region of a list that is refused: region, place, SELECTABLE_…; of a policy that fails: region. */
  readonly about?: readonly number[];
  /** Of a release: when its I/O ends. */
  readonly endNs?: number;
  /**
   * Of a comparison, also of one cut short: pages compared, areas merged, pages different. Of a scan: merged, zero, volatile. Of a scrub: pages checked. Of
   * sharing: mapped, distinct, shared, sharing, zero, volatile.
   */
  readonly counts?: readonly number[];
  /** Page numbers, of what asks for pages. */
  readonly pages?: readonly number[];
}

export interface VmView {
  readonly managed: number;
  readonly used: number;
  readonly usable: number;
  readonly resident: number;
  readonly timeNs: number;
  readonly accesses: number;
  readonly faults: number;
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly evictions: number;
  readonly takeOvers: number;
  readonly copies: number;
  readonly earlyReleases: number;
  readonly earlyReleasesFailed: number;
  readonly pagesMoved: number;
  readonly merges: number;
  readonly information: Information;
}

export interface ChangeView {
  readonly state: 'granted' | 'settled' | 'abandoned' | 'cancelled';
  readonly kind: 'reduce' | 'expand';
  readonly regions: number;
  readonly pending: number;
  readonly superseded: number;
  readonly pageOutsBeforeGrant: number;
  readonly pageOutsAfterGrant: number;
  /** Durations since the request. */
  readonly grantNs: number;
  readonly settledNs: number | null;
}

/** Everything that can be seen. */
export interface View {
  /** "manager@slot user@slot" for each region. */
  readonly regions: readonly string[];
  /** Null: disposed of. */
  readonly vms: readonly (VmView | null)[];
  readonly changes: readonly ChangeView[];
  /** Where each page of each replica is: "f3" (frame), "s2" (only in slot), "" (zeros). Null: disposed of. */
  readonly places: readonly (readonly string[] | null)[];
  /** For each entry of each replica that refers to a page, which one: "4: 2", numbered in the order in which pages are met. Null: disposed of. */
  readonly entries: readonly (readonly string[] | null)[];
  /** What each replica is, and what it has taken of its quota. Null: disposed of. */
  readonly holders: readonly (string | null)[];
  readonly slotsUsed: number;
  /** "free cache stamp nextUse" for each region; the stamp as its rank among the regions of the same user; "-": not kept. */
  readonly summaries: readonly string[];
  /** Statistics of each region as they are kept; "": none. Null: not kept. */
  readonly statistics: readonly string[] | null;
}

export function holderWords(isSnapshot: boolean, isInStep: boolean, quota: number, taken: number): string {
  return `${isSnapshot ? 'snapshot' : 'replica'}${isInStep ? ' in step' : ''}${quota > 0 ? ` ${taken}/${quota}` : ''}`;
}

/** Things that are numbered in the order in which they are met. */
export class Numbering {
  readonly #numbers = new Map<unknown, number>();

  of(thing: unknown): number {
    const number = this.#numbers.get(thing) ?? this.#numbers.size + 1;
    this.#numbers.set(thing, number);
    return number;
  }
}

/** What operations are applied to. */
export interface Subject {
  apply(operation: Operation): Outcome;
  view(): View;
  /** A page's content, read without any effect. */
  content(replica: number, page: number): Uint8Array;
}

export function withAbout(outcome: Outcome, about: readonly number[]): Outcome {
  return about.length > 0 ? { ...outcome, about } : outcome;
}

/** The bytes that a store of `byte` writes. */
export function bytesOf(width: number, byte: number | null): Uint8Array {
  return Uint8Array.from({ length: width }, (_, index) => (byte === null ? 0 : (byte + index) & 0xff));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export function rightText(vm: number | null, slot: number | null): string {
  return vm === null ? '-' : `${vm}@${slot ?? '?'}`;
}

/** Replaces each stamp by its rank among those of the same user; 0 stays 0. */
export function stampRanks(users: readonly (number | null)[], stamps: readonly number[]): number[] {
  const order = stamps.map((_, region) => region).filter((region) => stamps[region] !== 0);
  order.sort((a, b) => (stamps[a] ?? 0) - (stamps[b] ?? 0));
  const ranks = stamps.map(() => 0);
  const given = new Map<number | null, number>();
  for (const region of order) {
    const user = users[region] ?? null;
    const rank = (given.get(user) ?? 0) + 1;
    given.set(user, rank);
    ranks[region] = rank;
  }
  return ranks;
}

export function summaryText(free: number, cache: number | null, rank: number | null, nextUse: number | null): string {
  return [free, cache, rank, nextUse].map((figure) => figure ?? '-').join(' ');
}
