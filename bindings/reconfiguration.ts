import { FLAG_BEST_EFFORT, FRAMES_LEAST, FRAMES_LEAST_SHARING, SLOT_BY_POLICY, VM_MANAGED } from '../assembly/shared/layout.ts';
import type { Change, ChangeReport } from './change.ts';
import type { Engine } from './engine.ts';
import { InvalidOptionError, NotEnoughMemoryError, TooLittleLeftError } from './errors.ts';
import { checkFields } from './options.ts';
import { waitAbortable } from './signal.ts';
import type { SignalOption } from './signal.ts';
import { parseBytesSigned } from './units.ts';
import type { Quantity } from './units.ts';
import { reduceFlags } from './request-options.ts';
import type { ReduceOptions } from './request-options.ts';
import { Vm } from './vm.ts';

/** One VM's share of a reconfiguration: how many bytes come (+) or go (-). */
export interface Move {
  readonly vm: Vm;
  readonly change: Quantity;
}

export type ReconfigurationState = 'requested' | 'granted' | 'settled' | 'ended';

/** A move in regions; negative: a reduction. */
interface RegionMove {
  readonly vm: Vm;
  readonly regions: number;
}

/**
 * A request for several VMs: reductions first, in the order given, then expansions (5th embodiment, "reductions first"). It is granted when all
 * management rights have moved, and settled when all its changes have settled. Times are durations since the request, on the virtual clock.
 */
export class Reconfiguration {
  readonly #engine: Engine;
  readonly #requestNs: number;
  readonly #flags: number;
  readonly #reductions: readonly Change[];
  readonly #moves: readonly RegionMove[];
  #expansions: readonly Change[] = [];
  #expanded = false;
  #granted: Promise<void> | undefined;
  #grant: (() => void) | undefined;

  /** @internal Use engine.reconfigure. */
  constructor(engine: Engine, moves: readonly RegionMove[], flags: number, requestNs: number) {
    this.#engine = engine;
    this.#requestNs = requestNs;
    this.#flags = flags;
    this.#reductions = moves
      .filter(({ regions }) => regions < 0)
      .map(({ vm, regions }) => vm.reduceAt(-regions, SLOT_BY_POLICY, flags, requestNs));
    this.#moves = moves.filter(({ regions }) => regions > 0);
    if (engine.handover === 'rights' || this.#moves.length === 0) this.expand();
  }

  /** @internal When the rights that were given up may go to others: under 'eager' the end of the last write. null: nothing is left to hand out. */
  get dueNs(): number | null {
    if (this.#expanded) return null;
    return this.#requestNs + Math.max(0, ...this.#reductions.map((change) => change.grantNs));
  }

  /** @internal Carries the expansions out; under 'eager' the runner of the virtual clocks does that when they have come to `dueNs`. */
  expand(): void {
    if (this.#expanded) return;
    const grantNs = this.dueNs ?? this.#requestNs;
    this.#expansions = this.#moves.map(({ vm, regions }) => vm.expandAt(regions, this.#flags & FLAG_BEST_EFFORT, this.#requestNs, grantNs));
    this.#expanded = true;
    this.#grant?.();
  }

  /** Reductions, then expansions. */
  get changes(): readonly Change[] {
    return [...this.#reductions, ...this.#expansions];
  }

  get state(): ReconfigurationState {
    if (!this.#expanded) return 'requested';
    const states = this.changes.map(({ state }) => state);
    if (states.includes('granted')) return 'granted';
    return states.every((state) => state === 'settled') ? 'settled' : 'ended';
  }

  /** Regions moved: those given up or those handed out, whichever are more. */
  get regions(): number {
    return Math.max(total(this.#reductions, 'regions'), total(this.#expansions, 'regions'));
  }
  /** The latest grant; null while expansions are yet to come. */
  get grantNs(): number | null {
    return this.#expanded ? Math.max(0, ...this.changes.map((change) => change.grantNs)) : null;
  }
  /** When the last change settled; null while one has not, or never will. */
  get settledNs(): number | null {
    if (this.state !== 'settled') return null;
    return Math.max(0, ...this.changes.map((change) => change.settledNs ?? 0));
  }
  get pageOutsBeforeGrant(): number {
    return total(this.changes, 'pageOutsBeforeGrant');
  }
  get pageOutsAfterGrant(): number {
    return total(this.changes, 'pageOutsAfterGrant');
  }

  /** Resolves when all management rights have moved. */
  get granted(): Promise<void> {
    this.#granted ??= this.#expanded ? Promise.resolve() : new Promise((resolve) => (this.#grant = resolve));
    return this.#granted;
  }

  /** Resolves when every change has ended, with 'settled' if all settled, else 'ended'. It never rejects. */
  get settled(): Promise<ReconfigurationState> {
    return this.granted.then(() => Promise.all(this.changes.map((change) => change.settled))).then(() => this.state);
  }

  /** `settled`, unless `signal` aborts the wait first. */
  whenSettled(options: SignalOption = {}): Promise<ReconfigurationState> {
    return waitAbortable(this.settled, options.signal);
  }

  /** Cancels what has not settled: the expansions, then the reductions. */
  cancel(): void {
    for (const change of [...this.#expansions, ...this.#reductions]) if (change.state === 'granted') change.cancelNow();
    this.#expanded = true;
    this.#grant?.();
  }

  /** @internal */
  get engine(): Engine {
    return this.#engine;
  }
}

function total(changes: readonly Change[], field: keyof ChangeReport & ('regions' | 'pageOutsBeforeGrant' | 'pageOutsAfterGrant')): number {
  return changes.reduce((sum, change) => sum + change[field], 0);
}

/** @internal Checks everything that can be known before the first right moves, then requests at `requestNs`. */
export function reconfigurationAt(engine: Engine, requestNs: number, moves: readonly Move[], options: ReduceOptions = {}): Reconfiguration {
  const flags = reduceFlags(options, engine.rights);
  engine.core.begin('engine.reconfigure');
  const regionMoves = movesInRegions(engine, moves);
  if ((flags & FLAG_BEST_EFFORT) === 0) checkFeasible(engine, regionMoves);
  return new Reconfiguration(engine, regionMoves, flags, requestNs);
}

function movesInRegions(engine: Engine, moves: unknown): readonly RegionMove[] {
  if (!Array.isArray(moves) || moves.length === 0)
    throw new InvalidOptionError('moves', moves, 'an array of { vm, change } with at least one element');
  const seen = new Set<Vm>();
  return moves.map((move: unknown, index) => {
    const field = `moves[${index}]`;
    const { vm, change } = checkFields(field, move, ['vm', 'change']);
    if (!(vm instanceof Vm) || !engine.owns(vm)) throw new InvalidOptionError(`${field}.vm`, vm, 'a VM of this engine');
    if (vm.isDisposed) throw vm.disposed();
    if (seen.has(vm)) throw new InvalidOptionError(`${field}.vm`, vm.name, 'each VM once');
    seen.add(vm);
    const regions = parseBytesSigned(`${field}.change`, change) / engine.regionBytes;
    if (regions !== 0 && Number.isInteger(regions)) return { vm, regions };
    throw new InvalidOptionError(
      `${field}.change`,
      change,
      `a multiple of the region size (${engine.regionBytes} bytes), not 0; negative to reduce`,
    );
  });
}

/** All or nothing: an expansion that must fail is refused before the reductions are made. */
function checkFeasible(engine: Engine, moves: readonly RegionMove[]): void {
  const { core } = engine;
  const framesPerRegion = engine.regionBytes / engine.pageBytes;
  let free = engine.regionsFree;
  for (const { vm, regions } of moves) {
    if (regions > 0) continue;
    const managed = core.vmWord(vm.handle, VM_MANAGED);
    if (managed < -regions) throw notEnough(-regions, managed, engine.regionBytes, `VM '${vm.name}' manages only`);
    const framesLeft = (managed + regions) * framesPerRegion;
    const framesLeast = vm.replicas.length > 1 ? FRAMES_LEAST_SHARING : FRAMES_LEAST;
    if (framesLeft < framesLeast) {
      const message = `VM '${vm.name}' would be left with ${framesLeft} frames; it needs at least ${framesLeast}. Take less away.`;
      throw new TooLittleLeftError(message, { framesLeft, framesLeast });
    }
    free -= regions;
  }
  const wanted = moves.reduce((sum, { regions }) => sum + Math.max(0, regions), 0);
  if (wanted > free) throw notEnough(wanted, free, engine.regionBytes, 'with what the reductions give up there are only');
}

function notEnough(requested: number, available: number, regionBytes: number, what: string): NotEnoughMemoryError {
  return new NotEnoughMemoryError(
    `${requested} regions (${requested * regionBytes} bytes) are asked for, but ${what} ${available} (${available * regionBytes} bytes). Ask for less, or pass shortfall: 'bestEffort'.`,
    { requested, available, requestedBytes: requested * regionBytes, availableBytes: available * regionBytes },
  );
}
