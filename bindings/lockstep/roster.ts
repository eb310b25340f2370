import { InvalidOptionError } from '../errors.ts';
import type { Replica } from '../replica.ts';
import { lastFailedError } from './halted.ts';
import type { Keeper } from './keeper.ts';
import type { Tally } from './tally.ts';
import type { CheckPoint, Crew, Member } from './types.ts';

/** Who takes part: replicas that fail, that join, and the standby that takes over (the source's background: survivors carry on, a standby is switched to). */
export class Roster {
  readonly #crew: Crew;
  readonly #keeper: Keeper;
  readonly #tally: Tally;
  /** Replicas that are to join. */
  #joining = 0;

  constructor(crew: Crew, keeper: Keeper, tally: Tally) {
    this.#crew = crew;
    this.#keeper = keeper;
    this.#tally = tally;
  }

  /** See Lockstep.fail. */
  fail(replica: Replica, isDisposed: boolean): void {
    const { members, vm } = this.#crew;
    if (members.length === 0) throw lastFailedError(vm.name, replica.number); // the standby could not take over yet
    if (this.#keeper.standbyDrop(replica, isDisposed)) return;
    const member = members.find((other) => other.replica === replica);
    if (member === undefined) throw new InvalidOptionError('replica', replica, 'a replica that runs, or stands by, in this lockstep');
    if (members.length === 1 && this.#keeper.standby === null) throw lastFailedError(vm.name, member.number);
    this.remove(member, isDisposed);
    if (this.#crew.members.length === 0) this.takeOver();
  }

  /** A member goes; others are left, or the standby takes over next. */
  remove(member: Member, isDisposed: boolean): void {
    const { replica, number: vmId } = member;
    this.#crew.remove(member);
    if (isDisposed) replica.dispose();
    else if (!replica.isDisposed) replica.isInStep = false;
    this.#tally.add('fails');
    this.#crew.emit({ type: 'fail', timeNs: this.#crew.timeNs, vmId, isDisposed: replica.isDisposed });
  }

  /**
   * The standby runs from its check point on; another one is made at the next verified one. A failure to make its program leaves it the standby: it may be
   * tried again.
   */
  takeOver(): CheckPoint {
    const { replica, state, checkPoint } = this.#keeper.standby!;
    const { number: vmId } = this.#add(replica, state, checkPoint);
    this.#keeper.standbyTaken();
    this.#tally.add('takeOvers');
    this.#crew.emit({ type: 'takeOver', timeNs: this.#crew.timeNs, vmId, checkPoint });
    return checkPoint;
  }

  /** One more is to join. */
  joinNext(): void {
    this.#joining += 1;
  }

  /** Those who are to join do so, as copies of `from` with its state. One that cannot (TABLES_FULL, TOO_LITTLE_LEFT) is not asked again. */
  joinAll(from: Member, state: Uint8Array | undefined, checkPoint: CheckPoint): void {
    while (this.#joining > 0) {
      this.#joining -= 1;
      this.#join(from, state, checkPoint);
    }
  }

  #join(from: Member, state: Uint8Array | undefined, checkPoint: CheckPoint): void {
    const replica = from.replica.fork();
    const { number: vmId } = this.#joined(replica, state, checkPoint);
    from.replica.isInStep = true; // a single one need not have been
    this.#tally.add('joins');
    this.#crew.emit({ type: 'join', timeNs: this.#crew.timeNs, vmId, from: from.number, checkPoint });
  }

  /** A new replica as a member, or not at all. */
  #joined(replica: Replica, state: Uint8Array | undefined, checkPoint: CheckPoint): Member {
    try {
      return this.#add(replica, state, checkPoint);
    } catch (failure) {
      replica.dispose();
      throw failure;
    }
  }

  /** A replica becomes a member and is in step, or neither. */
  #add(replica: Replica, state: Uint8Array | undefined, checkPoint: CheckPoint): Member {
    replica.isInStep = true;
    try {
      return this.#crew.add(replica, state, checkPoint);
    } catch (failure) {
      replica.isInStep = false;
      throw failure;
    }
  }
}
