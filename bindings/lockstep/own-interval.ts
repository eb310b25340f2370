import type { CompareEvery } from '../comparison-interval.ts';
import type { Vm } from '../vm.ts';

/** The interval between comparisons that a lockstep has of its own: the VM has it meanwhile, and then what it had before. */
export class OwnInterval {
  readonly #vm: Vm;
  /** Undefined: none of its own. */
  readonly #own: CompareEvery | undefined;
  /** Undefined: the VM has its own still. */
  #before: CompareEvery | null | undefined;

  constructor(vm: Vm, own: CompareEvery | undefined) {
    this.#vm = vm;
    this.#own = own;
  }

  begin(): void {
    if (this.#own === undefined || this.#before !== undefined) return;
    const { comparePolicy } = this.#vm;
    this.#vm.compareBy({ ...comparePolicy, every: this.#own });
    this.#before = comparePolicy.every;
  }

  /** An interval that the user has set meanwhile stays. */
  end(): void {
    const { comparePolicy } = this.#vm;
    if (this.#before === undefined || comparePolicy.every !== this.#own) return;
    this.#vm.compareBy({ ...comparePolicy, every: this.#before });
  }
}
