import { VM_ACCESSES, VM_TIME_NS } from '../assembly/shared/layout.ts';
import type { DueTask } from './due.ts';
import type { EngineParts } from './engine-parts.ts';
import { InvalidOptionError } from './errors.ts';
import { checkFields, checkInteger } from './options.ts';
import { parseTimeNs } from './units.ts';
import type { Quantity } from './units.ts';

/** An interval between comparisons: virtual time of the VM ('1ms'), or accesses of all its replicas. */
export type CompareEvery = Quantity | { readonly accesses: number };

/** The interval in numbers: one of them is null. */
export interface CheckedEvery {
  readonly timeNs: number | null;
  readonly accesses: number | null;
}

export function checkCompareEvery(field: string, value: unknown): CheckedEvery {
  if (typeof value === 'object' && value !== null) {
    const { accesses } = checkFields(field, value, ['accesses']);
    return { timeNs: null, accesses: checkInteger(`${field}.accesses`, accesses, 1) };
  }
  const timeNs = parseTimeNs(field, value);
  if (timeNs === 0) throw new InvalidOptionError(field, value, 'more than 0 ns');
  return { timeNs, accesses: null };
}

/** The comparisons of one VM's replicas at intervals (US 9,063,868, 3rd embodiment, Fig. 11): each interval counts from the last comparison, whatever caused that. */
export class ComparisonInterval implements DueTask {
  readonly #parts: EngineParts;
  readonly #vm: number;
  readonly #compare: () => void;
  #every: CheckedEvery | null = null;
  #lastNs = 0;
  #lastAccesses = 0;

  /** `compare` does what is due, and tells `compared`. */
  constructor(parts: EngineParts, vm: number, compare: () => void) {
    this.#parts = parts;
    this.#vm = vm;
    this.#compare = compare;
  }

  /** Another interval, which counts from now; null: none. */
  set(every: CheckedEvery | null): void {
    const { due } = this.#parts;
    this.#every = every;
    this.compared();
    if (every === null) due.remove(this);
    else due.add(this);
  }

  /** The time of the next one, for an interval of accesses now, when so many have passed; null: not yet, or never. */
  get dueNs(): number | null {
    const { dueAccesses } = this;
    if (dueAccesses === null) return this.dueTimeNs;
    return this.#accesses >= dueAccesses ? this.#timeNs : null;
  }

  /** The time of the next one; null: it goes by accesses, or there is none. */
  get dueTimeNs(): number | null {
    const every = this.#every?.timeNs ?? null;
    return every === null ? null : this.#lastNs + every;
  }

  /** The count of accesses of the VM at which the next one is due; null: it goes by time, or there is none. */
  get dueAccesses(): number | null {
    const every = this.#every?.accesses ?? null;
    return every === null ? null : this.#lastAccesses + every;
  }

  /** One comparison, now: what a clock that ran far ahead has brought meanwhile is done with it. */
  carryOut(timeNs: number): void {
    const nowNs = Math.max(timeNs, this.#parts.nowNs());
    this.compared(nowNs);
    this.#compare();
    this.compared(nowNs);
  }

  /** There was a comparison, at the VM's clock or `timeNs`, whichever is later. */
  compared(timeNs = 0): void {
    this.#lastNs = Math.max(timeNs, this.#lastNs, this.#timeNs);
    this.#lastAccesses = this.#accesses;
  }

  /** The VM is gone. */
  end(): void {
    this.#parts.due.remove(this);
  }

  get #timeNs(): number {
    return this.#parts.core.vmNumber(this.#vm, VM_TIME_NS);
  }
  get #accesses(): number {
    return this.#parts.core.vmNumber(this.#vm, VM_ACCESSES);
  }
}
