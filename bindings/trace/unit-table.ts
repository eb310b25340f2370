// Traced unit numbers to linear ones, in the order of first touch.
import { TRACE_UNITS_MOST } from '../../assembly/shared/trace-format.ts';

const CAPACITY_FIRST = 1 << 12;
const HASH_FACTOR = 0x9e3779b1;
const HIGH_PART = 2 ** 32;

/** An open-addressed table: far quicker than a Map of numbers this large. */
export class UnitTable {
  #capacity = CAPACITY_FIRST;
  #keys = new Float64Array(CAPACITY_FIRST).fill(-1);
  #numbers = new Uint32Array(CAPACITY_FIRST);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The linear number of a traced unit, or -1 where it has none. */
  find(unit: number): number {
    const slot = this.#slot(unit);
    return this.#keys[slot] === unit ? this.#numbers[slot]! : -1;
  }

  /** Gives `unit`, which has none, the next linear number. -1 where there is none left. */
  add(unit: number): number {
    if (this.#count === TRACE_UNITS_MOST) return -1;
    if (this.#count * 2 >= this.#capacity) this.#grow();
    const slot = this.#slot(unit);
    this.#keys[slot] = unit;
    this.#numbers[slot] = this.#count;
    return this.#count++;
  }

  #slot(unit: number): number {
    const mask = this.#capacity - 1;
    const high = Math.floor(unit / HIGH_PART);
    const hash = Math.imul((unit | 0) ^ Math.imul(high, HASH_FACTOR), HASH_FACTOR);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let key; (key = this.#keys[slot]!) !== unit && key >= 0;) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const numbers = this.#numbers;
    this.#capacity *= 2;
    this.#keys = new Float64Array(this.#capacity).fill(-1);
    this.#numbers = new Uint32Array(this.#capacity);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i]! < 0) continue;
      const slot = this.#slot(keys[i]!);
      this.#keys[slot] = keys[i]!;
      this.#numbers[slot] = numbers[i]!;
    }
  }
}
