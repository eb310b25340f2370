// Who is right: groups of equals, strict majorities, and what follows for each voter. Nothing here knows of memory.

/** A question that voters answered: those with the same answer stand in one group, the largest first. Who has no voice is in none. */
export type Answers<Voter> = readonly (readonly Voter[])[];

/** Things that are equal, as groups, the largest first; of groups of one size the one with the earliest thing. */
export function groupsOf<Thing>(things: readonly Thing[], areEqual: (a: Thing, b: Thing) => boolean): readonly (readonly Thing[])[] {
  const groups: Thing[][] = [];
  for (const thing of things) {
    const group = groups.find(([first]) => areEqual(first!, thing));
    if (group === undefined) groups.push([thing]);
    else group.push(thing);
  }
  return largestFirst(groups);
}

/** Groups by size; those of one size stay in their order. */
export function largestFirst<Thing>(groups: readonly (readonly Thing[])[]): readonly (readonly Thing[])[] {
  return [...groups].sort((a, b) => b.length - a.length);
}

/** The group that more than half of `voters` are in; null: there is none. */
export function majorityOf<Voter>(answers: Answers<Voter>, voters: number): readonly Voter[] | null {
  const largest = answers[0];
  return largest !== undefined && largest.length * 2 > voters ? largest : null;
}

/** Who is not in the majority; nobody, where there is none. */
export function minorityOf<Voter>(answers: Answers<Voter>, voters: readonly Voter[]): readonly Voter[] {
  const majority = majorityOf(answers, voters.length);
  return majority === null ? [] : voters.filter((voter) => !majority.includes(voter));
}

/** What a vote on several questions comes to. */
export interface Vote<Voter> {
  /** Question by question. */
  readonly majorities: readonly (readonly Voter[] | null)[];
  /** Each question has a strict majority. */
  readonly isDecided: boolean;
  /** In the majority of each question; nobody, where it is not decided. */
  readonly sound: readonly Voter[];
  /** The others of a vote that is decided. */
  readonly minority: readonly Voter[];
}

/** A strict majority of all `voters` decides each question; those without a voice count as against. */
export function voteOn<Voter>(voters: readonly Voter[], questions: readonly Answers<Voter>[]): Vote<Voter> {
  const majorities = questions.map((answers) => majorityOf(answers, voters.length));
  const isDecided = majorities.every((majority) => majority !== null);
  const isSound = (voter: Voter): boolean => majorities.every((majority) => majority?.includes(voter) === true);
  return {
    majorities,
    isDecided,
    sound: isDecided ? voters.filter(isSound) : [],
    minority: isDecided ? voters.filter((voter) => !isSound(voter)) : [],
  };
}

/** Of the voters with a right answer to question 0, the one with the fewest wrong answers; the first of several. Question 0 has a majority. */
export function leastWrong<Voter>(vote: Vote<Voter>): Voter {
  const wrong = (voter: Voter): number => vote.majorities.filter((majority) => majority?.includes(voter) === false).length;
  return vote.majorities[0]!.reduce((best, voter) => (wrong(voter) < wrong(best) ? voter : best));
}
