import { CB_REGION_USER_SLOT } from '../../assembly/shared/layout.ts';
import type { Core } from '../engine/core.ts';
import { regionTable } from '../engine/region-table.ts';
import type { RegionTable } from '../engine/region-table.ts';
import { OverlapError } from '../errors.ts';
import type { Vm } from '../vm.ts';
import type { Wish } from './moves.ts';

/** The regions that a VM holds, by machine slot. */
export interface Held {
  readonly managed: ReadonlyMap<number, number>;
  readonly used: ReadonlyMap<number, number>;
}

/** What a request names, region by region and machine slot by machine slot, against the present rights table (JP 2009-26117A [0408]). */
export class NamedMemory {
  readonly table: RegionTable;
  readonly #core: Core;
  readonly #regionBytes: number;
  readonly #held = new Map<Vm, Held>();
  /** Which move names a region, or a machine slot of a VM. */
  readonly #byRegion = new Map<number, string>();
  readonly #bySlot = new Map<Vm, Map<number, string>>();

  constructor(core: Core, regionBytes: number) {
    this.#core = core;
    this.#regionBytes = regionBytes;
    this.table = regionTable(core);
  }

  heldBy(vm: Vm): Held {
    const known = this.#held.get(vm);
    if (known !== undefined) return known;
    const { manager, managerSlot, user } = this.table;
    const managed = new Map<number, number>();
    const used = new Map<number, number>();
    for (let region = 0; region < manager.length; region += 1) {
      if (manager[region] === vm.handle) managed.set(managerSlot[region]! - 1, region);
      if (user[region] === vm.handle) used.set(this.#core.columnWord(CB_REGION_USER_SLOT, region + 1) - 1, region);
    }
    const held = { managed, used };
    this.#held.set(vm, held);
    return held;
  }

  isNamed(region: number): boolean {
    return this.#byRegion.has(region);
  }

  /** Errors: OVERLAPPING_REQUEST when another move names the region too. */
  regionClaim(region: number, { field }: Wish): void {
    const other = this.#byRegion.get(region);
    if (other === undefined) {
      this.#byRegion.set(region, field);
      return;
    }
    const realAddress = region * this.#regionBytes;
    throw new OverlapError(
      `${other} and ${field} both name region ${region} (real address 0x${realAddress.toString(16)}). Nothing was changed; name each piece of memory once.`,
      { first: other, second: field, region, realAddress },
    );
  }

  /** Errors: OVERLAPPING_REQUEST when another move names the machine slot of the VM too. */
  slotClaim(vm: Vm, slot: number, { field }: Wish): void {
    const slots = this.#bySlot.get(vm) ?? new Map<number, string>();
    this.#bySlot.set(vm, slots);
    const other = slots.get(slot);
    if (other === undefined) {
      slots.set(slot, field);
      return;
    }
    const machineAddress = slot * this.#regionBytes;
    throw new OverlapError(
      `${other} and ${field} both name machine address 0x${machineAddress.toString(16)} of VM '${vm.name}'. Nothing was changed; name each piece of memory once.`,
      { first: other, second: field, vm: vm.name, machineAddress },
    );
  }
}
