import { NotEnoughMemoryError, TablesFullError, TooLittleLeftError } from '../errors.ts';
import { reserveExhaustedError } from '../reserve/exhausted.ts';
import type { Vm } from '../vm.ts';
import { wantedRegions } from './change-request.ts';
import type { ChangeRequest } from './change-request.ts';
import type { Phase } from './phases.ts';

/** What there is before the first request is issued, less what reconfigurations under way are going to use of it. */
export interface Stock {
  readonly regionBytes: number;
  readonly framesPerRegion: number;
  /** Regions without manager. */
  readonly free: number;
  /** Change records that can be had; `changesMost`: how many there are in all. */
  readonly changes: number;
  readonly changesMost: number;
  /** Most regions that can be given up in all (handover 'reserve'); Infinity where nothing limits it. */
  readonly reducible: number;
  managedBy(vm: Vm): number;
  framesLeast(vm: Vm): number;
}

/** Refuses a plan for whose changes there are no records. Errors: TABLES_FULL. */
export function checkChanges(requests: number, { changes, changesMost }: Stock): void {
  if (requests <= changes) return;
  throw new TablesFullError(
    `The reconfiguration takes ${requests} change requests, but only ${changes} of ${changesMost} change records are not in use. Nothing was changed; create the engine with a larger \`maxChanges\`, or ask for larger chunks.`,
    { table: 'changes that have not finished', capacity: changesMost, requested: requests, available: changes },
  );
}

/**
 * Carries the plan out on numbers alone, so that one that must fail is refused before the first right moves. The requests in the order in which they
 * will be carried out. With best effort nothing is refused here. Errors: NOT_ENOUGH_MEMORY, TOO_LITTLE_LEFT, RESERVE_EXHAUSTED.
 */
export function rehearse(phases: readonly Phase[], stock: Stock, isBestEffort: boolean): readonly ChangeRequest[] {
  const rehearsal = new Rehearsal(stock, isBestEffort);
  const order: ChangeRequest[] = [];
  for (const phase of phases) {
    // in a phase an expansion may wait for its reductions; what waits keeps its turn
    const waiting: ChangeRequest[] = [];
    for (const request of phase) {
      (request.kind === 'reduce' ? order : waiting).push(request);
      if (request.kind === 'reduce') rehearsal.reduce(request);
      while (waiting.length > 0 && rehearsal.isThere(waiting[0]!)) {
        rehearsal.expand(waiting[0]!);
        order.push(waiting.shift()!);
      }
    }
    for (const request of waiting) rehearsal.expand(request);
    order.push(...waiting);
  }
  return order;
}

class Rehearsal {
  readonly #stock: Stock;
  readonly #isBestEffort: boolean;
  readonly #managed = new Map<Vm, number>();
  #free: number;
  #reducible: number;

  constructor(stock: Stock, isBestEffort: boolean) {
    this.#stock = stock;
    this.#isBestEffort = isBestEffort;
    this.#free = stock.free;
    this.#reducible = stock.reducible;
  }

  isThere({ wanted }: ChangeRequest): boolean {
    return wantedRegions(wanted) <= this.#free;
  }

  reduce({ vm, wanted }: ChangeRequest): void {
    const regions = wantedRegions(wanted);
    const managed = this.#managedBy(vm);
    if (!this.#isBestEffort) this.#checkReduction(vm, regions, managed);
    this.#reducible -= regions;
    this.#free += regions;
    this.#managed.set(vm, managed - regions);
  }

  #checkReduction(vm: Vm, regions: number, managed: number): void {
    if (regions > managed) throw this.#notEnough(regions, managed, `VM '${vm.name}' manages only`);
    const framesLeft = (managed - regions) * this.#stock.framesPerRegion;
    const framesLeast = this.#stock.framesLeast(vm);
    if (framesLeft < framesLeast) {
      const message = `VM '${vm.name}' would be left with ${framesLeft} frames; it needs at least ${framesLeast}. Nothing was changed; take less away; where it also gets memory, the order 'reductionsFirst' lets it give and get by turns.`;
      throw new TooLittleLeftError(message, { vm: vm.name, framesLeft, framesLeast });
    }
    if (regions > this.#reducible) throw reserveExhaustedError(regions, this.#reducible, this.#stock.regionBytes);
  }

  expand({ vm, wanted }: ChangeRequest): void {
    const regions = wantedRegions(wanted);
    if (regions > this.#free && !this.#isBestEffort)
      throw this.#notEnough(regions, this.#free, 'with what the reductions before give up there are only');
    this.#free -= regions;
    this.#managed.set(vm, this.#managedBy(vm) + regions);
  }

  #managedBy(vm: Vm): number {
    return this.#managed.get(vm) ?? this.#stock.managedBy(vm);
  }

  #notEnough(requested: number, available: number, what: string): NotEnoughMemoryError {
    const { regionBytes } = this.#stock;
    return new NotEnoughMemoryError(
      `${requested} regions (${requested * regionBytes} bytes) are asked for, but ${what} ${available} (${available * regionBytes} bytes). Nothing was changed; ask for less, choose another order, or pass shortfall: 'bestEffort'.`,
      { requested, available, requestedBytes: requested * regionBytes, availableBytes: available * regionBytes },
    );
  }
}
