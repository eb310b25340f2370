// The minority is made equal to the majority, in memory and in state.
import type { Examination } from './examine.ts';
import { stateRestore } from './states.ts';
import type { CheckPoint, Crew, Member } from './types.ts';
import { leastWrong } from './verdict.ts';

/** The questions of a vote that are not of pages. */
const STATE_QUESTION = 1;
const PAGE_QUESTIONS = 2;

/**
 * Of a vote that is decided: whoever is in the majority everywhere serves as the model for all who are not. Where nobody is, one is repaired page by page
 * first. Who was repaired: whose program cannot go on from the state of the majority has failed. A failure (TABLES_FULL) leaves those done so far repaired
 * and the others as they were: it may be tried again.
 */
export function minorityRepair(crew: Crew, examination: Examination): readonly Member[] {
  const { vote, members } = examination;
  const checkPoint = examination.checkPoint!;
  const state = majorityState(examination);
  const [model = onePatched(crew, examination, checkPoint, state)] = vote.sound;
  for (const member of members) {
    if (member === model || vote.sound.includes(member)) continue;
    memberRestore(crew, member, { memory: model.replica, state, checkPoint });
  }
  return vote.minority.filter(({ failure }) => failure === null);
}

/** Of a vote that is decided. */
export function majorityState({ vote, states }: Examination): Uint8Array | undefined {
  return states.get(vote.majorities[STATE_QUESTION]![0]!);
}

/** What a member becomes. */
export interface Model {
  readonly memory: Parameters<Member['replica']['restore']>[0];
  readonly state: Uint8Array | undefined;
  readonly checkPoint: CheckPoint;
}

/** Its program goes on from there, or has failed. */
export function memberRestore(crew: Crew, member: Member, { memory, state, checkPoint }: Model): void {
  member.replica.restore(memory);
  stateRestore(crew, member, state, checkPoint);
}

/** The member with the least that is wrong, put right. */
function onePatched(crew: Crew, { vote, pages }: Examination, checkPoint: CheckPoint, state: Uint8Array | undefined): Member {
  const member = leastWrong(vote);
  pages.forEach((page, index) => {
    const majority = vote.majorities[PAGE_QUESTIONS + index]!;
    if (!majority.includes(member)) pageTake(member, majority[0]!, page);
  });
  const hasState = vote.majorities[STATE_QUESTION]!.includes(member);
  stateRestore(crew, member, hasState ? undefined : state, checkPoint);
  return member;
}

/** One page becomes the other replica's: shared, not copied. */
function pageTake({ replica }: Member, from: Member, page: number): void {
  const { core } = replica;
  core.begin('lockstep.run');
  try {
    core.require(core.exports.replicaTakePages(replica.handle, from.replica.handle, page, 1));
  } finally {
    core.end();
  }
}
