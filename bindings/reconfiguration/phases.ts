import type { ReconfigurationOrder } from '../policy/order.ts';
import type { Vm } from '../vm.ts';
import { wantedRegions } from './change-request.ts';
import type { ChangeRequest } from './change-request.ts';
import { exchangeRounds } from './exchange.ts';

/** Requests that are issued together; the next phase begins when all of them are answered. */
export type Phase = readonly ChangeRequest[];

/** What pays for expansions before any reduction does: the regions without manager. */
export interface Funds {
  readonly regions: number;
  isFree(region: number): boolean;
  /** Regions that a VM can give up before it gets any. */
  spareOf(vm: Vm): number;
}

/** The order of issue as phases, none of them empty (JP 2009-26117A [0416-0420], Fig. 18 S802-S803). */
export function phasesOf(requests: readonly ChangeRequest[], order: ReconfigurationOrder, funds: Funds): readonly Phase[] {
  switch (order) {
    case 'allAtOnce':
      return [requests].filter(isSome);
    case 'oneByOne':
      return requests.map((request) => [request]);
    case 'reductionsFirst':
      return exchangeRounds(requests, funds).filter(isSome);
    case 'cycles':
      return cyclesOf(requests, funds).flatMap(({ reductions, expansions }) => [reductions, expansions].filter(isSome));
    case 'overlappedCycles':
      return overlapped(cyclesOf(requests, funds));
  }
}

const isSome = (phase: Phase): boolean => phase.length > 0;

interface Cycle {
  readonly reductions: readonly ChangeRequest[];
  readonly expansions: readonly ChangeRequest[];
}

/** Each cycle: as few reductions as pay for the next expansion, and then all the expansions that they pay for. Reductions beyond make up the last one. */
function cyclesOf(requests: readonly ChangeRequest[], funds: Funds): readonly Cycle[] {
  const reductions = requests.filter(({ kind }) => kind === 'reduce');
  const expansions = requests.filter(({ kind }) => kind === 'expand');
  const purse = new Purse(funds);
  const isPaid = (): boolean => purse.pays(expansions[granted]!);
  const cycles: Cycle[] = [];
  let given = 0;
  let granted = 0;
  while (given < reductions.length || granted < expansions.length) {
    const firstGiven = given;
    const firstGranted = granted;
    const isLast = granted === expansions.length;
    while (given < reductions.length && (isLast || !isPaid())) purse.put(reductions[given++]!);
    while (granted < expansions.length && isPaid()) purse.take(expansions[granted++]!);
    if (granted === firstGranted) granted = expansions.length; // nothing pays for the rest: all of it is issued, to be refused or cut short
    cycles.push({ reductions: reductions.slice(firstGiven, given), expansions: expansions.slice(firstGranted, granted) });
  }
  return cycles;
}

/** A cycle's reductions go out together with the expansions of the one before. */
function overlapped(cycles: readonly Cycle[]): readonly Phase[] {
  const phases: Phase[] = [];
  let expansions: Phase = [];
  for (const cycle of cycles) {
    phases.push([...expansions, ...cycle.reductions]);
    ({ expansions } = cycle);
  }
  return [...phases, expansions].filter(isSome);
}

/** Regions that expansions of the plan can get. */
class Purse {
  readonly #funds: Funds;
  readonly #listed = new Set<number>();
  #regions: number;

  constructor(funds: Funds) {
    this.#funds = funds;
    this.#regions = funds.regions;
  }

  put({ wanted }: ChangeRequest): void {
    this.#regions += wantedRegions(wanted);
    if (wanted.by === 'list') for (const region of wanted.list) this.#listed.add(region);
  }

  pays({ wanted }: ChangeRequest): boolean {
    if (wanted.by === 'list') return wanted.list.every((region) => this.#listed.has(region) || this.#funds.isFree(region));
    return wantedRegions(wanted) <= this.#regions;
  }

  take({ wanted }: ChangeRequest): void {
    this.#regions -= wantedRegions(wanted);
  }
}
