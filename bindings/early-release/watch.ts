import { VM_TIME_NS, WATCH_NONE } from '../../assembly/shared/layout.ts';
import type { DueTask } from '../due.ts';
import type { EngineParts } from '../engine-parts.ts';
import { borrowedCount } from '../engine/statistics.ts';
import type { ReleasePolicy } from './check.ts';
import { accessFigures } from './figures.ts';
import type { EarlyRelease, FiguresFunction } from './options.ts';

/** The release condition of one VM, and its sweeps on the virtual clock (3rd embodiment). */
export class ReleaseWatch implements DueTask {
  readonly #parts: EngineParts;
  readonly #vm: number;
  readonly #name: string;
  #policy: ReleasePolicy | null = null;
  #dueNs: number | null = null;
  /** The time that a sweep in hand judges at. */
  #sweepNs: number | null = null;

  constructor(parts: EngineParts, vm: number, name: string) {
    this.#parts = parts;
    this.#vm = vm;
    this.#name = name;
  }

  get options(): EarlyRelease | null {
    return this.#policy?.options ?? null;
  }

  get dueNs(): number | null {
    return this.#dueNs;
  }

  /** The condition from now on, whose statistics begin anew; null: none. Sweeps are due from `nowNs` on. */
  set(policy: ReleasePolicy | null, nowNs: number): void {
    const { core, judges, due } = this.#parts;
    const decide = policy?.decide ?? null;
    core.require(core.exports.vmWatch(this.#vm, policy?.mode ?? WATCH_NONE, policy?.periodNs ?? 0, decide === null ? 0 : 1));
    for (const { statistic, comparison, constant, perBorrowed } of policy?.conditions ?? [])
      core.require(core.exports.vmCondition(this.#vm, statistic, comparison, constant, perBorrowed));

    this.#policy = policy;
    judges.judgeSet(this.#vm, decide === null ? undefined : (region) => this.#ask(decide, region));
    const sweepNs = policy?.sweepNs ?? null;
    this.#dueNs = sweepNs === null ? null : nowNs + sweepNs;
    if (sweepNs === null) due.remove(this);
    else due.add(this);
  }

  /** A sweep. With nothing borrowed there is nothing to judge. */
  carryOut(timeNs: number): void {
    const { core } = this.#parts;
    this.#dueNs = timeNs + this.#policy!.sweepNs!;
    if (borrowedCount(core, this.#vm) === 0) return;
    core.begin('engine.advance');
    this.#sweepNs = timeNs;
    try {
      core.requireIndex(core.exports.vmSweep(this.#vm, timeNs));
    } finally {
      this.#sweepNs = null;
      core.end();
    }
  }

  /** The VM is gone. */
  end(): void {
    this.#parts.judges.judgeSet(this.#vm, undefined);
    this.#parts.due.remove(this);
  }

  #ask(decide: FiguresFunction<boolean>, region: number): boolean {
    const { core, regionBytes } = this.#parts;
    const timeNs = this.#sweepNs ?? core.vmNumber(this.#vm, VM_TIME_NS);
    return decide(accessFigures({ core, regionBytes, vm: this.#vm, name: this.#name }, region, timeNs));
  }
}
