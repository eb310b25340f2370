import { ATTENTION_BUSY } from './engine/core.ts';
import type { Core } from './engine/core.ts';
import { InvalidOptionError } from './errors.ts';

export type AccessWidth = 1 | 2 | 4 | 8;

/**
 * A device page's callbacks. Addresses are the replica's own. Values are unsigned numbers for widths 1, 2 and 4, and unsigned bigints for width 8; float
 * accesses pass their bit patterns. A callback must not change the engine (REENTRANT). What it throws reaches the caller of the access.
 */
export interface DeviceHandlers {
  load(address: number, width: AccessWidth): number | bigint;
  store(address: number, width: AccessWidth, value: number | bigint): void;
}

interface DeviceRange {
  readonly start: number;
  readonly end: number;
  readonly handlers: DeviceHandlers;
}

/** The devices of one replica's address space. */
export class DeviceMap {
  readonly #core: Core;
  #ranges: readonly DeviceRange[];

  constructor(core: Core, ranges: readonly DeviceRange[] = []) {
    this.#core = core;
    this.#ranges = ranges;
  }

  /** The same devices, for a fork. */
  clone(): DeviceMap {
    return new DeviceMap(this.#core, this.#ranges);
  }

  /** Takes over the devices of another map, for restore. */
  copyFrom(other: DeviceMap): void {
    this.#ranges = other.#ranges;
  }

  /** All devices go. */
  clear(): void {
    this.#ranges = [];
  }

  overlaps(address: number, length: number): boolean {
    return this.#ranges.some(({ start, end }) => start < address + length && address < end);
  }

  /** The range object stands for the mapping when it is removed. */
  add(address: number, length: number, handlers: DeviceHandlers): DeviceRange {
    const range: DeviceRange = { start: address, end: address + length, handlers };
    this.#ranges = [...this.#ranges, range];
    return range;
  }

  /** Whether the mapping was still there. */
  remove(range: DeviceRange): boolean {
    const before = this.#ranges.length;
    this.#ranges = this.#ranges.filter((other) => other !== range);
    return this.#ranges.length < before;
  }

  /** The device that an access lies wholly inside. */
  find(address: number, width: number): DeviceHandlers | undefined {
    for (const { start, end, handlers } of this.#ranges) if (address >= start && address + width <= end) return handlers;
    return undefined;
  }

  load(vm: number, handlers: DeviceHandlers, address: number, width: AccessWidth): bigint {
    const value = this.#busily(vm, () => handlers.load(address, width));
    if (typeof value === 'bigint') return BigInt.asUintN(width * 8, value);
    if (Number.isSafeInteger(value)) return BigInt.asUintN(width * 8, BigInt(value));
    throw new InvalidOptionError(`the value that the device's load returned for address ${address}`, value, 'a whole number or a bigint');
  }

  store(vm: number, handlers: DeviceHandlers, address: number, width: AccessWidth, value: bigint): void {
    this.#busily(vm, () => handlers.store(address, width, width === 8 ? value : Number(value)));
  }

  /** An access like any other, but for the page. */
  #busily<Result>(vm: number, action: () => Result): Result {
    const core = this.#core;
    core.accessCount(vm);
    core.attention |= ATTENTION_BUSY;
    try {
      return action();
    } finally {
      core.attention &= ~ATTENTION_BUSY;
    }
  }
}
