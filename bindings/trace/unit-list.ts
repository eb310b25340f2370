// Linear unit numbers to traced ones: the dictionaries of the blocks read so far.
import { TRACE_UNIT_BYTES, TRACE_UNIT_SHIFT } from '../../assembly/shared/trace-format.ts';

const CAPACITY_FIRST = 1 << 10;

export class UnitList {
  #units = new Float64Array(CAPACITY_FIRST);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  append(units: Float64Array): void {
    const count = this.#count + units.length;
    if (count > this.#units.length) {
      const longer = new Float64Array(2 ** Math.ceil(Math.log2(count)));
      longer.set(this.#units.subarray(0, this.#count));
      this.#units = longer;
    }
    this.#units.set(units, this.#count);
    this.#count = count;
  }

  /** The traced unit of a linear address. */
  at(address: number): number {
    return this.#units[address >>> TRACE_UNIT_SHIFT]!;
  }

  static offset(address: number): number {
    return address & (TRACE_UNIT_BYTES - 1);
  }

  /** All traced units, in the order of first touch. */
  all(): Float64Array {
    return this.#units.subarray(0, this.#count);
  }
}
