import type { Core } from '../engine/core.ts';
import type { RegionTable } from '../engine/region-table.ts';
import { InvalidOptionError, NotManagedError, NotSelectableError, SlotTakenError } from '../errors.ts';
import type { Vm } from '../vm.ts';
import type { ChangeRequest, Wanted } from './change-request.ts';
import type { Wish } from './moves.ts';
import { NamedMemory } from './named-memory.ts';

/** What the analysis knows of the engine. */
export interface AnalysisContext {
  readonly core: Core;
  readonly regionBytes: number;
  /** 'bestEffort': what cannot be given or taken is passed over. */
  readonly isBestEffort: boolean;
  /** Handle of the reserve's pool, which hands its own regions over; 0: there is none. */
  readonly pool: number;
  /** Handle of the common holder, which keeps its regions; 0: there is none. */
  readonly common: number;
  vmOf(handle: number): Vm;
  /** Regions that the VM can give up. */
  spareOf(vm: Vm): number;
  /** S102 on a table of the caller's. */
  picksOf(vm: Vm, regions: number, table: RegionTable): readonly number[];
}

type Named = Exclude<Wish, { kind: 'amount' }>;

/**
 * Fig. 17 part 1130, Fig. 18 S801 (JP 2009-26117A [0405-0411]): a request for the whole system becomes requests for single VMs. Memory that is named comes
 * first, so that no amount can take it: what is given up, then what is had; then the amounts. Within each the order is as given.
 * Errors: OVERLAPPING_REQUEST, NOT_MANAGED, SLOT_TAKEN, NOT_SELECTABLE, INVALID_OPTION, NOT_ENOUGH_MEMORY, POLICY_FAILED.
 */
export function requestsOf(wishes: readonly Wish[], context: AnalysisContext): readonly ChangeRequest[] {
  const named = wishes.filter((wish): wish is Named => wish.kind !== 'amount');
  const byAmount = wishes.filter((wish) => wish.kind === 'amount').map(amountRequest);
  if (named.length === 0) return byAmount;
  const analysis = new Analysis(context);
  const { reductions, lists, takes } = analysis.run(named);
  const amounts = byAmount.map((request) => analysis.sparing(request));
  return [...reductions, ...lists, ...takes, ...amounts];
}

function amountRequest({ vm, regions }: Extract<Wish, { kind: 'amount' }>): ChangeRequest {
  return { kind: regions < 0 ? 'reduce' : 'expand', vm, wanted: { by: 'amount', regions: Math.abs(regions) } };
}

interface NamedRequests {
  readonly reductions: readonly ChangeRequest[];
  readonly lists: readonly ChangeRequest[];
  readonly takes: readonly ChangeRequest[];
}

class Analysis {
  readonly #context: AnalysisContext;
  readonly #memory: NamedMemory;
  readonly #spare = new Map<Vm, number>();
  readonly #reductions: ChangeRequest[] = [];
  readonly #lists: ChangeRequest[] = [];
  readonly #takes: ChangeRequest[] = [];
  /** VMs that are to have memory by name: some that they get, or some that they have already. */
  readonly #owners = new Set<Vm>();

  constructor(context: AnalysisContext) {
    this.#context = context;
    this.#memory = new NamedMemory(context.core, context.regionBytes);
  }

  run(wishes: readonly Named[]): NamedRequests {
    refuseBothPlacements(wishes);
    for (const wish of wishes) {
      if (wish.kind === 'give') this.#give(wish, wish.vm);
      else if (wish.kind === 'take') this.#take(wish, wish.vm);
      else this.#real(wish, wish.vm);
    }
    return { reductions: this.#reductions, lists: this.#lists, takes: this.#takes };
  }

  /** A reduction by amount of a VM that is to have memory by name: chosen now, so that it leaves that out, whenever it comes. */
  sparing(request: ChangeRequest): ChangeRequest {
    const { kind, vm, wanted } = request;
    if (kind === 'expand' || wanted.by !== 'amount' || !this.#owners.has(vm)) return request;
    const { table } = this.#memory;
    const manager = table.manager.map((handle, region) => (this.#memory.isNamed(region) ? 0 : handle));
    return { kind, vm, wanted: { by: 'list', list: this.#spared(vm, this.#context.picksOf(vm, wanted.regions, { ...table, manager })) } };
  }

  /** Machine slots, high ones first; pieces where the VM does not manage all. */
  #give(wish: Named, vm: Vm): void {
    const { managed } = this.#memory.heldBy(vm);
    const slots: number[] = [];
    for (let slot = wish.first + wish.regions - 1; slot >= wish.first; slot -= 1) {
      this.#memory.slotClaim(vm, slot, wish);
      const region = managed.get(slot);
      if (region === undefined) continue;
      this.#memory.regionClaim(region, wish);
      slots.push(slot);
    }
    if (slots.length < wish.regions && (slots.length === 0 || !this.#context.isBestEffort)) throw this.#notManaged(wish, slots.length);
    for (const run of runsDown(this.#spared(vm, slots))) this.#reductions.push({ kind: 'reduce', vm, wanted: run });
  }

  #take(wish: Named, vm: Vm): void {
    this.#owners.add(vm);
    const { managed, used } = this.#memory.heldBy(vm);
    let taken = 0;
    let firstTaken = 0;
    for (let slot = wish.first; slot < wish.first + wish.regions; slot += 1) {
      this.#memory.slotClaim(vm, slot, wish);
      const region = used.get(slot);
      if (region !== undefined && this.#memory.table.manager[region] === 0) {
        this.#memory.regionClaim(region, wish); // it comes back to its place
      } else if (region !== undefined || managed.has(slot)) {
        taken += 1;
        if (taken === 1) firstTaken = slot;
      }
    }
    if (taken > 0 && !this.#context.isBestEffort) throw this.#slotTaken(wish, vm, taken, firstTaken);
    this.#takes.push({ kind: 'expand', vm, wanted: { by: 'slots', first: wish.first, regions: wish.regions } });
  }

  /** The difference between what is wanted and what is ([0408]). */
  #real(wish: Named, vm: Vm | null): void {
    if (vm !== null) this.#owners.add(vm);
    const { manager } = this.#memory.table;
    const givers = new Map<number, number[]>();
    const wanted: number[] = [];
    for (let region = wish.first; region < wish.first + wish.regions; region += 1) {
      this.#memory.regionClaim(region, wish);
      const handle = manager[region]!;
      if (handle === (vm?.handle ?? 0)) continue;
      wanted.push(region);
      if (handle === 0) continue;
      const given = givers.get(handle);
      if (given === undefined) givers.set(handle, [region]);
      else given.push(region);
    }
    for (const [handle, regions] of givers) {
      if (this.#context.pool !== 0) throw poolInTheWay(wish, regions[0]!, handle === this.#context.pool);
      if (handle === this.#context.common) throw commonInTheWay(wish, regions[0]!);
      const giver = this.#context.vmOf(handle);
      const list = this.#spared(giver, regions);
      if (list.length > 0) this.#reductions.push({ kind: 'reduce', vm: giver, wanted: { by: 'list', list } });
    }
    if (vm !== null && wanted.length > 0) this.#lists.push({ kind: 'expand', vm, wanted: { by: 'list', list: wanted } });
  }

  /** Best effort: as many of `items` as leave the VM enough, all requests together. */
  #spared(vm: Vm, items: readonly number[]): readonly number[] {
    if (!this.#context.isBestEffort) return items;
    const spare = this.#spare.get(vm) ?? this.#context.spareOf(vm);
    this.#spare.set(vm, Math.max(0, spare - items.length));
    return items.slice(0, spare);
  }

  #notManaged({ field, first, regions }: Named, managed: number): NotManagedError {
    const machineAddress = first * this.#context.regionBytes;
    return new NotManagedError(
      `${field}: of the ${regions} regions from machine address 0x${machineAddress.toString(16)} the VM manages ${managed}. Nothing was changed; name a range that it manages, or pass shortfall: 'bestEffort' to give up what there is.`,
      { field, machineAddress, regions, managed },
    );
  }

  #slotTaken({ field }: Named, vm: Vm, taken: number, slot: number): SlotTakenError {
    const machineAddress = slot * this.#context.regionBytes;
    return new SlotTakenError(
      `${field}: ${taken} of the machine addresses of VM '${vm.name}' are taken, the first is 0x${machineAddress.toString(16)}. Nothing was changed; ask for free ones, for regions that the VM gave up and still uses, or with shortfall 'bestEffort'.`,
      { field, machineAddress, taken },
    );
  }
}

/** Where one VM gets memory both at addresses of its choice and of the engine's, the two could be the same. */
function refuseBothPlacements(wishes: readonly Named[]): void {
  const takers = new Map(wishes.flatMap((wish) => (wish.kind === 'take' ? [[wish.vm, wish.field] as const] : [])));
  for (const wish of wishes) {
    const other = wish.kind === 'real' && wish.vm !== null ? takers.get(wish.vm) : undefined;
    if (other !== undefined)
      throw new InvalidOptionError(
        wish.field,
        wish.vm!.name,
        'one of the two in a request, as real memory goes to addresses that the engine chooses; ask for one after the other',
        `real memory for VM '${wish.vm!.name}', which ${other} gives memory at addresses of its choice`,
      );
  }
}

function poolInTheWay({ field }: Named, region: number, isPools: boolean): NotSelectableError {
  const reason = isPools
    ? "it belongs to the reserve's pool"
    : "under the handover 'reserve' the pool hands over other regions in its place";
  return new NotSelectableError(`${field}: region ${region} cannot be named: ${reason}. Nothing was changed; ask by amount.`, {
    field,
    region,
    reason,
  });
}

function commonInTheWay({ field }: Named, region: number): NotSelectableError {
  const reason = 'it is common memory, where VMs of one salt share pages';
  return new NotSelectableError(`${field}: region ${region} cannot be named: ${reason}. Nothing was changed; name memory in front of it.`, {
    field,
    region,
    reason,
  });
}

/** Descending slots as runs of slots that lie side by side. */
function runsDown(slots: readonly number[]): readonly Wanted[] {
  const runs: { by: 'slots'; first: number; regions: number }[] = [];
  for (const slot of slots) {
    const run = runs[runs.length - 1];
    if (run?.first === slot + 1) {
      run.first = slot;
      run.regions += 1;
    } else {
      runs.push({ by: 'slots', first: slot, regions: 1 });
    }
  }
  return runs;
}
