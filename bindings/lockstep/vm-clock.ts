import { CB_ACCESS_NS, VM_ACCESSES, VM_TIME_NS } from '../../assembly/shared/layout.ts';
import type { Core } from '../engine/core.ts';

const STEP_NS_LEAST = 1;

/**
 * One VM's clock for several processors: while one of them runs, it is that processor's, and an access takes as long as there. Otherwise it is the latest
 * time that any of them has come to.
 */
export class VmClock {
  readonly #core: Core;
  readonly #vm: number;

  constructor(core: Core, vm: number) {
    this.#core = core;
    this.#vm = vm;
  }

  get timeNs(): number {
    return this.#core.vmNumber(this.#vm, VM_TIME_NS);
  }

  /** Accesses of all replicas. */
  get accesses(): number {
    return this.#core.vmNumber(this.#vm, VM_ACCESSES);
  }

  /** Lets the VM's clock be at least this. */
  reach(timeNs: number): void {
    if (timeNs > this.timeNs) this.#core.vmTimeSet(this.#vm, timeNs);
  }

  /** Runs something on a processor from a time on. When it ended there, however it ended, goes to `ended`. */
  on<Result>(speed: number, fromNs: number, run: () => Result, ended: (timeNs: number) => void): Result {
    const core = this.#core;
    const accessNs = core.number(CB_ACCESS_NS);
    const latestNs = this.timeNs;
    core.vmTimeSet(this.#vm, fromNs);
    core.numberSet(CB_ACCESS_NS, accessNs / speed);
    try {
      return run();
    } finally {
      const endNs = this.timeNs;
      core.numberSet(CB_ACCESS_NS, accessNs);
      core.vmTimeSet(this.#vm, Math.max(latestNs, endNs));
      ended(endNs);
    }
  }

  /** How long what takes no access takes at least: as long as one, and 1 ns where accesses take no time. */
  stepNs(speed: number): number {
    return Math.max(this.#core.number(CB_ACCESS_NS) / speed, STEP_NS_LEAST);
  }

  /** Lets the time of so many accesses pass. */
  work(steps: number): void {
    this.#core.vmTimeSet(this.#vm, this.timeNs + steps * this.#core.number(CB_ACCESS_NS));
  }
}
