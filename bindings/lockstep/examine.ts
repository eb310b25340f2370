// What replicas at a check point do not have in common: places, processor states, pages.
import { bytesAreEqual, byteRangesOf } from '../byte-ranges.ts';
import type { PageDifference } from '../comparison.ts';
import { isSameCheckPoint } from './check-point.ts';
import type { Difference, MemoryDifference, PlaceDifference, StateDifference } from './difference.ts';
import type { States } from './states.ts';
import type { CheckPoint, Meeting, Member } from './types.ts';
import { groupsOf, largestFirst, minorityOf, voteOn } from './verdict.ts';
import type { Answers, Vote } from './verdict.ts';

/** What a look at all replicas came to. */
export interface Examination {
  readonly members: readonly Member[];
  /** Where those of the largest group stand; null: nobody stands anywhere. */
  readonly checkPoint: CheckPoint | null;
  readonly states: States;
  readonly differences: readonly Difference[];
  /** Question 0 is the place, 1 the state; then come the pages that differ. */
  readonly vote: Vote<Member>;
  /** The pages of the questions from 2 on. */
  readonly pages: readonly number[];
}

interface Place {
  readonly member: Member;
  readonly checkPoint: CheckPoint | null;
}

/** `states`: of those who stand at check points; who has failed stands nowhere. `pageDifferences`: pages in which replicas in step differ. Changes nothing. */
export function examine(
  members: readonly Member[],
  meeting: Meeting,
  states: States,
  pageDifferences: Iterable<PageDifference>,
): Examination {
  const places = members.map((member) => placeOf(member, meeting));
  const placeGroups = groupsOf(places, (a, b) => isSameCheckPoint(a.checkPoint, b.checkPoint));
  // nowhere is no answer: those who stand nowhere have no voice
  const placed = placeGroups.filter(([first]) => first!.checkPoint !== null);
  const [largest = []] = placed;
  const checkPoint = largest[0]?.checkPoint ?? null;
  const voices = largest.map(({ member }) => member);
  const stateGroups = groupsOf(voices, (a, b) => statesAreEqual(states.get(a), states.get(b)));

  const differences: Difference[] = [];
  const answers = placed.map((group) => group.map(({ member }) => member));
  if (placeGroups.length > 1 || checkPoint === null) differences.push(placeDifference(members, places, answers));
  if (stateGroups.length > 1) differences.push(stateDifference(members, stateGroups, states));

  const pages: number[] = [];
  const pageGroups: Answers<Member>[] = [];
  for (const difference of pageDifferences) {
    const groups = groupsHeard(difference, voices);
    if (groups.length < 2) continue;
    pages.push(difference.page);
    pageGroups.push(groups);
    differences.push(memoryDifference(members, groups, difference));
  }
  return { members, checkPoint, states, differences, vote: voteOn(members, [answers, stateGroups, ...pageGroups]), pages };
}

function placeOf(member: Member, { arrivals }: Meeting): Place {
  const arrival = member.failure === null ? arrivals.find((other) => other.member === member) : undefined;
  return { member, checkPoint: arrival?.checkPoint ?? null };
}

/** The groups of a page among those who have a voice. */
function groupsHeard({ groups }: PageDifference, voices: readonly Member[]): Answers<Member> {
  const heard = groups.map((group) => voices.filter(({ replica }) => group.includes(replica))).filter((group) => group.length > 0);
  return largestFirst(heard);
}

function divided(members: readonly Member[], groups: Answers<Member>): Pick<PlaceDifference, 'groups' | 'minority'> {
  return { groups: groups.map(numbersOf), minority: numbersOf(minorityOf(groups, members)) };
}

function placeDifference(members: readonly Member[], places: readonly Place[], groups: Answers<Member>): PlaceDifference {
  const rows = places.map(({ member: { number: vmId, failure }, checkPoint }) =>
    failure === null ? { vmId, checkPoint } : { vmId, checkPoint, error: failure.error },
  );
  return { kind: 'checkPoint', places: rows, ...divided(members, groups) };
}

function stateDifference(members: readonly Member[], groups: Answers<Member>, states: States): StateDifference {
  const [first, ...others] = groups.map(([member]) => states.get(member!) ?? new Uint8Array(0));
  return { kind: 'state', ranges: byteRangesOf(first!, others), ...divided(members, groups) };
}

function memoryDifference(
  members: readonly Member[],
  groups: Answers<Member>,
  { page, address, ranges }: PageDifference,
): MemoryDifference {
  return { kind: 'page', page, address, ranges, ...divided(members, groups) };
}

export function numbersOf(members: readonly Member[]): readonly number[] {
  return members.map(({ number }) => number);
}

function statesAreEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : bytesAreEqual(a, b);
}
