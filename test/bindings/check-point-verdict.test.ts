// Groups, strict majorities and minorities, on plain values.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupsOf, largestFirst, leastWrong, majorityOf, minorityOf, voteOn } from '../../bindings/lockstep/verdict.ts';

const same = (a: string, b: string): boolean => a[0] === b[0];

describe('groups', () => {
  test('equals stand together, the largest group first, then the one with the earliest', () => {
    expect(groupsOf(['b1', 'a1', 'c1', 'a2', 'c2'], same)).toEqual([['a1', 'a2'], ['c1', 'c2'], ['b1']]);
    expect(groupsOf([], same)).toEqual([]);
    expect(largestFirst([[1], [2, 3], [4, 5]])).toEqual([[2, 3], [4, 5], [1]]);
  });
});

describe('a strict majority', () => {
  test.each([
    [[[1, 2]], 2, [1, 2]],
    [[[1], [2]], 2, null],
    [[[1, 2], [3]], 3, [1, 2]],
    [
      [
        [1, 2],
        [3, 4],
      ],
      4,
      null,
    ],
    [[[1, 2], [3]], 4, null], // one has no voice
    [[[1, 2, 3], [4]], 5, [1, 2, 3]],
    [[[1]], 1, [1]],
    [[], 1, null],
  ])('of %j among %i: %j', (groups, voters, majority) => {
    expect(majorityOf(groups, voters)).toEqual(majority);
  });

  test('the minority is everybody else; nobody where there is no majority', () => {
    expect(minorityOf([[1, 3]], [1, 2, 3])).toEqual([2]);
    expect(minorityOf([[1], [2]], [1, 2])).toEqual([]);
  });
});

describe('a vote on several questions', () => {
  test('who is in the majority of each is sound', () => {
    const vote = voteOn(
      [1, 2, 3, 4, 5],
      [
        [[1, 2, 3, 4, 5]],
        [[2, 3, 4, 5], [1]],
        [
          [1, 2, 3],
          [4, 5],
        ],
      ],
    );
    expect(vote).toMatchObject({ isDecided: true, sound: [2, 3], minority: [1, 4, 5] });
  });

  test('each may be right in something else: it is decided, and nobody is sound', () => {
    const vote = voteOn([1, 2, 3], [[[1, 2, 3]], [[1, 2], [3]], [[2, 3], [1]], [[1, 3], [2]], [[1, 3], [2]]]);
    expect(vote).toMatchObject({ isDecided: true, sound: [], minority: [1, 2, 3] });
    expect(leastWrong(vote)).toBe(1); // one wrong answer as 3 has, and the first
  });

  test('one question without a majority leaves all undecided', () => {
    expect(voteOn([1, 2, 3], [[[1, 2, 3]], [[1], [2], [3]]])).toEqual({
      majorities: [[1, 2, 3], null],
      isDecided: false,
      sound: [],
      minority: [],
    });
  });

  test('whatever is answered: sound and minority are everybody, and a sound voter agrees with more than half on everything', () => {
    const answers = fc.array(fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(answers, (columns) => {
        const voters = [0, 1, 2, 3, 4];
        const vote = voteOn(
          voters,
          columns.map((column) => groupsOf(voters, (a, b) => column[a] === column[b])),
        );
        const agree = (voter: number): boolean =>
          columns.every((column) => voters.filter((other) => column[other] === column[voter]).length > voters.length / 2);
        expect(vote.isDecided).toBe(columns.every((column) => [0, 1, 2].some((value) => column.filter((one) => one === value).length > 2)));
        if (!vote.isDecided) return;
        expect(vote.sound).toEqual(voters.filter(agree));
        expect([...vote.sound, ...vote.minority].sort()).toEqual(voters);
      }),
    );
  });
});
