import { CB_REGION_SHIFT, EVICTION_FARTHEST, VM_EVICTION } from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';
import type { RegionTable } from './region-table.ts';

/** A region that a request may choose, as plain data. What it says of pages speaks of its user's. */
export interface Candidate {
  readonly region: number;
  readonly realAddress: number;
  /** Memory module that it lies in, from 0. */
  readonly module: number;
  /** Where it is in the VM that gives it up; null for an expansion. */
  readonly machineAddress: number | null;
  /** Name of the VM that uses it. */
  readonly user: string | null;
  /** Whether the VM that asks, or that gives memory up, is its user. */
  readonly isUsedByAsker: boolean;
  /** Frames without a page. */
  readonly freeFrames: number;
  /** Pages that cost no page-out: clean or discardable. null here and below: the engine keeps no such summary (`selection.summaries`). */
  readonly cachePages: number | null;
  /** When a page of it was last touched: an ever-counting number, whose order has a meaning among regions of the same user; 0: never. */
  readonly lastUse: number | null;
  /** Mean next use of its pages, in records of the user's trace; Infinity: it has no page; null also where the user's future is not known. */
  readonly nextUse: number | null;
}

export interface CandidateSource {
  readonly core: Core;
  readonly table: RegionTable;
  readonly regionBytes: number;
  readonly moduleBytes: number;
  /** Handle of the VM that asks; NO_VM: it does not exist yet. */
  readonly asker: number;
}

/** No VM has this handle, and 0 means that there is none. */
export const NO_VM = 2 ** 32 - 1;

/** Regions without manager, ascending: what an expansion can get. */
export function candidatesFree(source: CandidateSource): Candidate[] {
  const { manager } = source.table;
  const reader = new CandidateReader(source);
  const found: Candidate[] = [];
  for (let region = 0; region < manager.length; region += 1) {
    if (manager[region] === 0) found.push(reader.at(region, null));
  }
  return found;
}

/** Regions that the asker manages, from high machine addresses down: what it can give up. */
export function candidatesManaged(source: CandidateSource): Candidate[] {
  const { table, asker, regionBytes } = source;
  const { manager, managerSlot } = table;
  const regions: number[] = [];
  for (let region = manager.length - 1; region >= 0; region -= 1) if (manager[region] === asker) regions.push(region);
  regions.sort((a, b) => managerSlot[b]! - managerSlot[a]!);
  const reader = new CandidateReader(source);
  return regions.map((region) => reader.at(region, (managerSlot[region]! - 1) * regionBytes));
}

/** Reads rows of the table; what is known of the user of the last row is kept for the next. */
class CandidateReader {
  readonly #source: CandidateSource;
  readonly #frames: number;
  readonly #regionsPerModule: number;
  #user = 0;
  #userName: string | null = null;
  #knowsFuture = false;

  constructor(source: CandidateSource) {
    this.#source = source;
    this.#frames = 2 ** source.core.word(CB_REGION_SHIFT);
    this.#regionsPerModule = source.moduleBytes / source.regionBytes;
  }

  at(region: number, machineAddress: number | null): Candidate {
    const { table, regionBytes, asker } = this.#source;
    const user = table.user[region]!;
    if (user !== this.#user) this.#userRead(user);
    return {
      region,
      realAddress: region * regionBytes,
      module: Math.floor(region / this.#regionsPerModule),
      machineAddress,
      user: this.#userName,
      isUsedByAsker: user === asker,
      freeFrames: table.free[region]!,
      cachePages: table.cache === null ? null : table.cache[region]!,
      lastUse: table.stamp === null ? null : table.stamp[region]!,
      nextUse: this.#nextUse(region),
    };
  }

  #userRead(user: number): void {
    const { core } = this.#source;
    this.#user = user;
    this.#userName = user === 0 ? null : (core.vmNames.get(user) ?? `number ${user}`);
    this.#knowsFuture = user !== 0 && core.vmWord(user, VM_EVICTION) === EVICTION_FARTHEST;
  }

  #nextUse(region: number): number | null {
    const { nextUse, free } = this.#source.table;
    if (nextUse === null) return null;
    const pages = this.#frames - free[region]!;
    if (pages === 0) return Infinity;
    return this.#knowsFuture ? nextUse[region]! / pages : null;
  }
}
