// What happens when replicas meet at check points (US 9,063,868, 4th embodiment, and what came on top): they are compared, and what differs is dealt with.
import type { ReplicaComparison } from '../comparison.ts';
import type { Replica } from '../replica.ts';
import type { PageFlip } from '../scrub.ts';
import { isEnd } from './check-point.ts';
import { isSameDifference } from './difference.ts';
import type { CheckPointCounts, CheckPointReport, Difference, Flip } from './difference.ts';
import { examine, numbersOf } from './examine.ts';
import type { Examination } from './examine.ts';
import { haltedError } from './halted.ts';
import type { JudgeOptions } from './judge-options.ts';
import { Keeper } from './keeper.ts';
import { OwnInterval } from './own-interval.ts';
import { majorityState, memberRestore, minorityRepair } from './repair.ts';
import { Roster } from './roster.ts';
import { OPEN, VERDICTS } from './ruling.ts';
import type { Findings, Ruling } from './ruling.ts';
import { requireStates, statesRead } from './states.ts';
import { Tally } from './tally.ts';
import { CHECK_POINT_START } from './types.ts';
import type { CheckPoint, Crew, DifferencePolicy, Judge, Meeting, Member, Verdict } from './types.ts';

/** Judges the replicas of one lockstep. What fails in the middle (a read of swap, a full table) leaves things as they were or done in part: the same call may come again. */
export class CheckPointJudge implements Judge {
  readonly #crew: Crew;
  readonly #options: JudgeOptions;
  readonly #tally = new Tally();
  readonly #keeper: Keeper;
  readonly #roster: Roster;
  readonly #interval: OwnInterval;
  #report: CheckPointReport | null = null;
  /** Meetings in a row at which somebody was late and was waited for. */
  #waits = 0;
  /** Of the last meeting. */
  #examination: Examination | null = null;

  constructor(crew: Crew, options: JudgeOptions) {
    this.#crew = crew;
    this.#options = options;
    this.#keeper = new Keeper(options.policies.includes('rollBack'), options.hasStandby);
    this.#roster = new Roster(crew, this.#keeper, this.#tally);
    this.#interval = new OwnInterval(crew.vm, options.every);
  }

  get counts(): CheckPointCounts {
    return this.#tally.counts;
  }
  /** Of the last meeting; null: there was none. */
  get report(): CheckPointReport | null {
    return this.#report;
  }
  /** What was found at the last meeting and not resolved. */
  get differences(): readonly Difference[] {
    return this.#report !== null && OPEN.has(this.#report.outcome) ? this.#report.differences : [];
  }
  /** The replica that stands by; null: there is none. */
  get standby(): Replica | null {
    return this.#keeper.standby?.replica ?? null;
  }

  // ---- as the runner calls it ---------------------------------------------------------------------------------------------

  /** Before the first slice: the replicas should be equal, and are the first verified state. */
  start(): Verdict {
    const { vm, members, timeNs } = this.#crew;
    this.#requireStates();
    this.#interval.begin();
    vm.outside.hold();
    const arrivals = members.map((member) => ({ member, checkPoint: CHECK_POINT_START, timeNs }));
    const verdict = this.settle({ kind: 'met', checkPoint: CHECK_POINT_START, arrivals, missing: [], timeNs });
    this.leave(CHECK_POINT_START);
    return verdict;
  }

  settle(meeting: Meeting): Verdict {
    const findings = this.#look(meeting);
    this.#tellDifferences(findings.examination);
    const tried: DifferencePolicy[] = [];
    const ruling = this.#rule(findings, tried);
    this.#waits = ruling?.outcome === 'waits' ? this.#waits + 1 : 0;
    this.#examination = findings.examination;
    const report = this.#reportMake(findings, ruling ?? { outcome: 'halted' }, tried);
    this.#tell(report);
    if (ruling === null) throw this.#haltedError();
    return VERDICTS[report.outcome];
  }

  /** All stand at a check point: writes from outside come in, the state to come back to is kept, and replicas join. */
  leave(checkPoint: CheckPoint): void {
    const { outcome, flips } = this.#report!;
    const examination = this.#examination!;
    const { vm, members } = this.#crew;
    const [first] = members as readonly [Member];
    const stateOf = (member: Member): Uint8Array | undefined =>
      outcome === 'repaired' ? majorityState(examination) : examination.states.get(member);
    if (outcome === 'halted') return;
    if (isEnd(checkPoint)) {
      this.#keeper.release();
      vm.outside.release();
      return;
    }
    vm.outside.carryOut();
    const isVerified = !OPEN.has(outcome) && flips.length === 0;
    if (isVerified) this.#keeper.keep(first.replica, stateOf(first), checkPoint);
    const model = members.find((member) => member === examination.vote.sound[0]) ?? first;
    this.#roster.joinAll(model, stateOf(model), checkPoint);
  }

  get dueNs(): number {
    return this.#crew.vm.comparisonInterval.dueTimeNs ?? Infinity;
  }
  get dueAccesses(): number {
    return this.#crew.vm.comparisonInterval.dueAccesses ?? Infinity;
  }

  /** 3rd embodiment: replicas are compared on the way, and differ as they may. */
  interval(): void {
    const comparison = this.#compare();
    this.#crew.emit({ type: 'compare', timeNs: this.#crew.timeNs, comparison });
  }

  end(): void {
    const { vm } = this.#crew;
    if (vm.isDisposed) return;
    this.#keeper.dispose();
    this.#interval.end();
    vm.outside.release();
  }

  // ---- as the user calls it ---------------------------------------------------------------------------------------------------

  /** A replica takes no part any more: the others go on and do not wait for it. The last one is followed by the standby, from the last verified check point on. */
  fail(replica: Replica, isDisposed: boolean): void {
    this.#roster.fail(replica, isDisposed);
  }

  /** One more replica joins at the next check point, with the memory and state of one that is right there. Errors: INVALID_OPTION. */
  join(): void {
    requireStates(this.#crew, 'lockstep.join()');
    this.#roster.joinNext();
  }

  /** Whether it runs the program. */
  has(replica: Replica): boolean {
    return this.#crew.members.some((member) => member.replica === replica);
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------------

  #look(meeting: Meeting): Findings {
    const { vm, members } = this.#crew;
    const flips = meeting.kind === 'late' || this.#options.scrub === null ? [] : this.#flips(vm.scrub().flips);
    const comparison = this.#compare();
    const states = statesRead(this.#crew, meeting);
    const examination = examine(members, meeting, states, vm.differences());
    return { meeting, comparison, examination, flips };
  }

  #compare(): ReplicaComparison {
    const comparison = this.#crew.vm.compare();
    this.#tally.add('comparisons');
    this.#tally.add('areasMerged', comparison.areasMerged);
    return comparison;
  }

  #flips(flips: readonly PageFlip[]): readonly Flip[] {
    const { members, timeNs } = this.#crew;
    if (flips.length === 0) return [];
    const told = flips.map(({ page, address, replicas }) => {
      const holders = members.filter(({ replica }) => replicas.includes(replica));
      return { page, address, vmIds: numbersOf(holders) };
    });
    this.#tally.add('flips', told.length);
    this.#crew.emit({ type: 'flip', timeNs, flips: told });
    return told;
  }

  // ---- deciding --------------------------------------------------------------------------------------------------------------

  /** By the first policy that can deal with it; `tried` gets those before it. Null: none could. */
  #rule(findings: Findings, tried: DifferencePolicy[]): Ruling | null {
    const { members } = this.#crew;
    if (members.length === 0 && this.#keeper.standby !== null) return this.#takeOver(); // it could not before
    if (findings.flips.length > 0 && this.#options.scrub === 'halt') return { outcome: 'halted' };
    if (findings.examination.differences.length === 0) return { outcome: 'equal' };
    for (const policy of this.#options.policies) {
      const ruling = this.#try(policy, findings);
      if (ruling !== null) return ruling;
      tried.push(policy);
    }
    return null;
  }

  #try(policy: DifferencePolicy, { meeting, examination }: Findings): Ruling | null {
    if (policy === 'halt') return { outcome: 'halted' };
    if (policy === 'report') return this.#letPass(meeting);
    return policy === 'vote' ? this.#vote(examination) : this.#rollBack(examination);
  }

  #vote(examination: Examination): Ruling | null {
    if (!examination.vote.isDecided) return null;
    const repaired = minorityRepair(this.#crew, examination);
    if (!this.#removeFailed()) return null;
    this.#tally.add('repairs', repaired.length);
    const { timeNs } = this.#crew;
    if (repaired.length > 0) this.#crew.emit({ type: 'repair', timeNs, checkPoint: examination.checkPoint!, vmIds: numbersOf(repaired) });
    return { outcome: 'repaired', repaired };
  }

  #rollBack({ checkPoint: from }: Examination): Ruling | null {
    const { kept } = this.#keeper;
    if (kept === null || kept.rollBacks >= this.#options.retries) return null;
    for (const member of this.#crew.members) memberRestore(this.#crew, member, kept);
    kept.rollBacks += 1;
    if (!this.#removeFailed()) return null;
    this.#tally.add('rollBacks');
    this.#crew.emit({ type: 'rollBack', timeNs: this.#crew.timeNs, from, to: kept.checkPoint, attempt: kept.rollBacks });
    return { outcome: 'rolledBack', rolledBackTo: kept.checkPoint };
  }

  /** Those whose programs could not be restored take no part any more. False: nobody's could. */
  #removeFailed(): boolean {
    const { members } = this.#crew;
    const failed = members.filter(({ failure }) => failure !== null);
    if (failed.length === members.length) return false;
    for (const member of failed) this.#roster.remove(member, false);
    return true;
  }

  /** All go on as they are; who is late is waited for, so many times; who has failed is out. */
  #letPass({ kind }: Meeting): Ruling | null {
    const { members } = this.#crew;
    const failed = members.filter(({ failure }) => failure !== null);
    if (failed.length === members.length && this.#keeper.standby === null) return null;
    if (kind === 'late' && failed.length === 0) return this.#waits < this.#options.retries ? { outcome: 'waits' } : null;
    for (const member of failed) this.#roster.remove(member, false);
    if (this.#crew.members.length > 0) return { outcome: kind === 'late' ? 'waits' : 'reported' };
    return this.#takeOver();
  }

  #takeOver(): Ruling {
    return { outcome: 'takenOver', rolledBackTo: this.#roster.takeOver() };
  }

  // ---- telling ---------------------------------------------------------------------------------------------------------------

  #tellDifferences({ differences, checkPoint, vote }: Examination): void {
    if (differences.length === 0) return;
    const known = this.differences;
    const isKnown = differences.every((difference) => known.some((other) => isSameDifference(other, difference)));
    this.#tally.add('differences');
    const minority = numbersOf(vote.minority);
    this.#crew.emit({ type: 'difference', timeNs: this.#crew.timeNs, checkPoint, differences, minority, isKnown });
  }

  #reportMake({ meeting, comparison, examination, flips }: Findings, ruling: Ruling, tried: readonly DifferencePolicy[]): CheckPointReport {
    return {
      number: this.#report === null ? 0 : this.#report.number + 1,
      checkPoint: examination.checkPoint,
      timeNs: meeting.timeNs,
      comparison,
      differences: examination.differences,
      flips,
      minority: numbersOf(examination.vote.minority),
      outcome: ruling.outcome,
      tried,
      repaired: numbersOf(ruling.repaired ?? []),
      rolledBackTo: ruling.rolledBackTo ?? null,
    };
  }

  #tell(report: CheckPointReport): void {
    const { timeNs } = this.#crew;
    this.#report = report;
    if (report.number > 0) this.#tally.add('checkPoints');
    if (report.outcome === 'halted') this.#crew.emit({ type: 'halt', timeNs, report });
    this.#crew.emit({ type: 'checkPoint', timeNs, checkPoint: report.checkPoint, comparison: report.comparison, report });
  }

  #haltedError(): Error {
    return haltedError(this.#crew.vm.name, this.#report!, this.#keeper.kept?.rollBacks ?? 0);
  }

  #requireStates(): void {
    const { policies, hasStandby } = this.#options;
    for (const policy of policies) if (policy === 'vote' || policy === 'rollBack') requireStates(this.#crew, `onDifference: '${policy}'`);
    if (hasStandby) requireStates(this.#crew, 'standby');
  }
}

export function judgeMake(crew: Crew, options: JudgeOptions): CheckPointJudge {
  return new CheckPointJudge(crew, options);
}
