import type { EngineParts } from '../engine-parts.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkBoolean, checkFields } from '../options.ts';
import { Replica } from '../replica.ts';
import type { Vm } from '../vm.ts';
import type { CheckPointCounts, CheckPointReport, Difference } from './difference.ts';
import { checkJudgeOptions } from './judge-options.ts';
import { judgeMake } from './judge.ts';
import type { CheckPointJudge } from './judge.ts';
import { Stepping } from './stepping.ts';
import type { LockstepOptions } from './types.ts';

export interface FailOptions {
  /** Whether the replica goes as well (true). */
  readonly dispose?: boolean;
}

/**
 * Runs one program on the replicas of a VM that are in step (US 9,063,868): on simulated processors in virtual time (2nd embodiment), with comparisons at
 * intervals (3rd) and at check points (4th), and with what is done about differences. Deterministic: the same programs and options give the same run. Made by
 * `vm.lockstep(options)`.
 */
export class Lockstep extends Stepping<CheckPointJudge> {
  /** @internal */
  constructor(parts: EngineParts, vm: Vm, options: LockstepOptions, maker: (...args: never[]) => unknown) {
    super(parts, vm, options, (crew, replicas) => judgeMake(crew, checkJudgeOptions(options, replicas)), maker);
  }

  get counts(): CheckPointCounts {
    return this.judge.counts;
  }
  /** Of the last meeting; null: there was none. */
  get report(): CheckPointReport | null {
    return this.judge.report;
  }
  /** What was found at the last meeting and not resolved. */
  get differences(): readonly Difference[] {
    return this.judge.differences;
  }
  /** The replica that stands by; null: there is none. */
  get standby(): Replica | null {
    return this.judge.standby;
  }

  /**
   * A replica takes no part any more, at the latest after the slice in hand: the others go on and do not wait for it; the standby follows the last one. One
   * that stands by: another is made at the next verified check point. Errors: INVALID_OPTION; LOCKSTEP_HALTED when nobody is left.
   */
  fail(replica: Replica, options: FailOptions = {}): void {
    if (!(replica instanceof Replica) || replica.vm !== this.vm) throw new InvalidOptionError('replica', replica, 'a replica of this VM');
    checkFields('options', options, ['dispose']);
    const { dispose = true } = options;
    checkBoolean('options.dispose', dispose);
    this.between(() => this.judge.fail(replica, dispose));
  }

  /** @internal Whether it runs the program here. */
  has(replica: Replica): boolean {
    return !this.isDisposed && this.judge.has(replica);
  }

  /** One more replica joins at the next check point, with the memory and state of one that is right there. Errors: INVALID_OPTION. */
  join(): void {
    this.between(() => this.judge.join());
  }
}
