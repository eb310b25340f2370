import type { Vm } from '../vm.ts';
import { requestCut, wantedRegions } from './change-request.ts';
import type { ChangeRequest } from './change-request.ts';
import type { Funds, Phase } from './phases.ts';

/**
 * Reductions, then expansions. Where a VM that is to give up more than it can spare gets some in return, as when two VMs exchange all their memory ([0407]),
 * what it cannot spare yet follows when it has got something: a second round of reductions and then expansions, and so on. Some phases may be empty.
 */
export function exchangeRounds(requests: readonly ChangeRequest[], funds: Funds): readonly Phase[] {
  let reductions: Phase = requests.filter(({ kind }) => kind === 'reduce');
  let expansions: Phase = requests.filter(({ kind }) => kind === 'expand');
  if (!isExchange(reductions, expansions, funds)) return [reductions, expansions];
  const ledger = new Ledger(funds);
  const phases: Phase[] = [];
  for (;;) {
    const given = partsOf(reductions, (request) => ledger.give(request));
    const got = partsOf(expansions, (request) => ledger.get(request));
    if (given.now.length + got.now.length === 0) return [...phases, reductions, expansions];
    phases.push(given.now, got.now);
    reductions = given.later;
    expansions = got.later;
  }
}

function isExchange(reductions: Phase, expansions: Phase, funds: Funds): boolean {
  const getting = new Set(expansions.map(({ vm }) => vm));
  const gives = new Map<Vm, number>();
  for (const { vm, wanted } of reductions) if (getting.has(vm)) gives.set(vm, (gives.get(vm) ?? 0) + wantedRegions(wanted));
  return [...gives].some(([vm, regions]) => regions > funds.spareOf(vm));
}

/** What can be had of a request now, and what is left of it; null: nothing. */
type Parts = readonly [now: ChangeRequest | null, later: ChangeRequest | null];

function partsOf(requests: Phase, part: (request: ChangeRequest) => Parts): { readonly now: Phase; readonly later: Phase } {
  const now: ChangeRequest[] = [];
  const later: ChangeRequest[] = [];
  for (const request of requests) {
    const [first, rest] = part(request);
    if (first !== null) now.push(first);
    if (rest !== null) later.push(rest);
  }
  return { now, later };
}

/** What VMs can spare and what is there to be had, as the rounds go on. */
class Ledger {
  readonly #funds: Funds;
  readonly #spare = new Map<Vm, number>();
  readonly #given = new Set<number>();
  #regions: number;

  constructor(funds: Funds) {
    this.#funds = funds;
    this.#regions = funds.regions;
  }

  give(request: ChangeRequest): Parts {
    const { vm } = request;
    const spare = this.#spareOf(vm);
    const parts = cutAt(request, spare);
    const [now] = parts;
    if (now === null) return parts;
    const regions = wantedRegions(now.wanted);
    this.#spare.set(vm, spare - regions);
    this.#regions += regions;
    if (now.wanted.by === 'list') for (const region of now.wanted.list) this.#given.add(region);
    return parts;
  }

  get(request: ChangeRequest): Parts {
    const { vm, wanted } = request;
    const parts = wanted.by === 'list' ? this.#listed(request, wanted.list) : cutAt(request, this.#regions);
    const regions = parts[0] === null ? 0 : wantedRegions(parts[0].wanted);
    this.#regions -= regions;
    this.#spare.set(vm, this.#spareOf(vm) + regions);
    return parts;
  }

  /** A list in two: regions without manager, and those that have one yet. */
  #listed(request: ChangeRequest, list: readonly number[]): Parts {
    const isThere = (region: number): boolean => this.#given.has(region) || this.#funds.isFree(region);
    const part = (regions: readonly number[]): ChangeRequest | null =>
      regions.length === 0 ? null : { ...request, wanted: { by: 'list', list: regions } };
    return [part(list.filter(isThere)), part(list.filter((region) => !isThere(region)))];
  }

  #spareOf(vm: Vm): number {
    return this.#spare.get(vm) ?? this.#funds.spareOf(vm);
  }
}

function cutAt(request: ChangeRequest, most: number): Parts {
  if (most <= 0) return [null, request];
  return wantedRegions(request.wanted) <= most ? [request, null] : requestCut(request, most);
}
