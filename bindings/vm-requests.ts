import { SLOT_BY_POLICY } from '../assembly/shared/layout.ts';
import type { Change } from './change.ts';
import { wantedWrite } from './engine/picks.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Selection } from './policy/selection.ts';
import { expandWanted, releaseWanted } from './selection.ts';
import type { Vm } from './vm.ts';

/** So many regions, or the regions themselves in the order in which they are dealt with. */
type Wanted = number | readonly number[];

/** Requests of one VM at a time of the caller's choosing, with all flags. `selection`: the engine's, where it is left out. */
export class VmRequests {
  readonly #parts: EngineParts;
  readonly #vm: Vm;

  constructor(parts: EngineParts, vm: Vm) {
    this.#parts = parts;
    this.#vm = vm;
  }

  /** Expands by the machine slots firstSlot … firstSlot+regions-1. */
  expandRangeAt(regions: number, firstSlot: number, flags: number, requestNs: number): Change {
    const { core } = this.#parts;
    return this.#issue('vm.expand', () => core.exports.rightsExpandRange(this.#vm.handle, regions, firstSlot, flags, requestNs));
  }

  expandAt(regions: Wanted, flags: number, requestNs: number, grantNs: number, selection?: Selection): Change {
    const { core } = this.#parts;
    return this.#issue('vm.expand', () => {
      const { count, flags: all } = wantedWrite(core, this.#expandWanted(regions, flags, selection), flags);
      return core.exports.rightsExpand(this.#vm.handle, count, all, requestNs, grantNs);
    });
  }

  /** Reduces from machine slot `firstSlot` up, or (SLOT_BY_POLICY) by the selection policy or the list; through the pool of a reserve where there is one. */
  reduceAt(regions: Wanted, firstSlot: number, flags: number, requestNs: number, selection?: Selection): Change {
    const { reserve } = this.#parts;
    if (reserve === undefined || reserve.vm === this.#vm) return this.#reduceNow(regions, firstSlot, flags, requestNs, selection);
    const declare = (count: number): Change =>
      this.#reduceNow(typeof regions === 'number' ? count : regions.slice(0, count), firstSlot, flags, requestNs, selection);
    return reserve.reduce(typeof regions === 'number' ? regions : regions.length, flags, requestNs, declare);
  }

  #reduceNow(regions: Wanted, firstSlot: number, flags: number, requestNs: number, selection?: Selection): Change {
    const { core } = this.#parts;
    return this.#issue('vm.reduce', () => {
      const wanted = firstSlot === SLOT_BY_POLICY ? this.#reduceWanted(regions, flags, selection) : regions;
      const { count, flags: all } = wantedWrite(core, wanted, flags);
      return core.exports.rightsReduce(this.#vm.handle, count, firstSlot, all, requestNs);
    });
  }

  /** One operation of the engine that makes a change, or fails. */
  #issue(operation: string, make: () => number): Change {
    const { core } = this.#parts;
    core.begin(operation);
    try {
      return this.#parts.changeMake(this.#vm, core.requireIndex(make()));
    } finally {
      core.end();
    }
  }

  #reduceWanted(regions: Wanted, flags: number, selection?: Selection): Wanted {
    if (typeof regions !== 'number') return regions;
    const parts = this.#parts;
    return releaseWanted(parts, { vm: this.#vm.handle, regions, flags, selection: selection ?? parts.selection.release });
  }

  #expandWanted(regions: Wanted, flags: number, selection?: Selection): Wanted {
    if (typeof regions !== 'number') return regions;
    const parts = this.#parts;
    return expandWanted(parts, { vm: this.#vm.handle, regions, flags, selection: selection ?? parts.selection.expand });
  }
}
