// Each criterion by an example, on drawings of real memory: A asks, B is another VM, small letters use what nobody manages.
import { describe, expect, test } from 'vitest';
import type { Criterion } from '../../bindings/node.ts';
import { EXPAND_CRITERIA } from '../../bindings/node.ts';
import { expandIn, releaseFrom } from '../support/selection.ts';

describe('S108, which regions an expansion gets', () => {
  //              0         1
  //              0123456789012345
  const memory = '..BB...BA.B....B';

  test.each([
    ['[0122] largestRun takes the longest run first', 'largestRun', 6, [11, 12, 13, 14, 4, 5]],
    ['[0123] bestFit takes the run that is as long as what is wanted', 'bestFit', 3, [4, 5, 6]],
    ['[0123] bestFit takes the least longer one, and of equals the lowest', 'bestFit', 2, [0, 1]],
    ['[0123] bestFit uses the longest run whole while all are shorter, then fits the rest', 'bestFit', 6, [11, 12, 13, 14, 0, 1]],
    ['[0124] smallestRun takes the shortest run first', 'smallestRun', 4, [9, 0, 1, 4]],
    ['[0125] adjacent takes what lies just above', 'adjacent', 3, [9, 11, 12]],
    ['lowest goes by real address', 'lowest', 3, [0, 1, 4]],
  ])('%s', (_, selection, regions, chosen) => {
    expect(expandIn({ memory }, regions, selection)).toEqual(chosen);
  });

  test('[0125] adjacent lets a run grow before it steps over foreign memory, and takes what lies above nothing last', () => {
    expect(expandIn({ memory: '.A..B.A...' }, 7, 'adjacent')).toEqual([2, 3, 7, 8, 9, 5, 0]);
    expect(expandIn({ memory: '..B.' }, 3, 'adjacent')).toEqual([0, 1, 3]); // a VM without memory
  });

  test('[0127]-[0128] spreadModules takes each region from the module of which the VM has least', () => {
    expect(expandIn({ memory: 'A... .... ...B', regionsPerModule: 4 }, 5, 'spreadModules')).toEqual([4, 8, 1, 5, 9]);
    expect(expandIn({ memory: 'AAB. BBBB ..', regionsPerModule: 4 }, 3, 'spreadModules')).toEqual([8, 9, 3]); // the last module is a half one
  });

  test('[0129] packModule stays in the modules that the VM has, then enters as few as it can, the tightest one last', () => {
    const drawing = { memory: '.... ABB. ..BB ...B', regionsPerModule: 4 };
    expect(expandIn(drawing, 1, 'packModule')).toEqual([7]);
    expect(expandIn(drawing, 3, 'packModule')).toEqual([7, 8, 9]);
    expect(expandIn(drawing, 4, 'packModule')).toEqual([7, 12, 13, 14]);
    expect(expandIn(drawing, 6, 'packModule')).toEqual([7, 0, 1, 2, 3, 8]);
  });

  test('[0130] claim 10: userlessOnly leaves regions alone that somebody uses', () => {
    expect(expandIn({ memory: 'b.a.c' }, 4, 'userlessOnly')).toEqual([1, 3]);
  });

  test('claim 11: userlessFirst takes them last', () => {
    expect(expandIn({ memory: 'b.a.c' }, 4, 'userlessFirst')).toEqual([1, 3, 0, 2]);
  });

  test('ownFirst takes back what the asker still uses', () => {
    expect(expandIn({ memory: 'b.a.ca' }, 3, 'ownFirst')).toEqual([2, 5, 0]);
  });
});

describe('[0132] criteria together, in order of priority', () => {
  test('what a criterion excludes is not there for those behind it: runs of regions that nobody uses', () => {
    expect(expandIn({ memory: '..b...bbbb..' }, 4, ['userlessOnly', 'largestRun'])).toEqual([3, 4, 5, 0]);
    expect(expandIn({ memory: '..b...bbbb..' }, 4, ['largestRun', 'userlessOnly'])).toEqual([0, 1, 3, 4]); // one run of twelve
  });

  test('a criterion fits into what those before it left equal, counting what they have chosen', () => {
    const memory = 'A.bb b.bb ..b. bb..';
    expect(expandIn({ memory, regionsPerModule: 4 }, 6, ['userlessFirst', 'spreadModules'])).toEqual([5, 8, 14, 1, 9, 15]);
    expect(expandIn({ memory: 'a..aab.b' }, 5, ['ownFirst', 'userlessFirst', 'bestFit'])).toEqual([3, 4, 0, 1, 2]);
    expect(expandIn({ memory: '..... .BBBB a...', regionsPerModule: 5 }, 4, ['ownFirst', 'packModule'])).toEqual([10, 11, 12, 13]);
  });

  test('behind a criterion that decides everything the others only exclude', () => {
    expect(expandIn({ memory: 'b..b.' }, 2, ['lowest', 'userlessOnly'])).toEqual([1, 2]);
  });

  test("a function of the user's stands among the names, and may use the criteria", () => {
    const highestAddress: Criterion = (candidates) => candidates.map(({ realAddress }) => -realAddress);
    const lastRun: Criterion = (...asked) => EXPAND_CRITERIA.largestRun(...asked).map((key) => -key);
    expect(expandIn({ memory: '.b..b.' }, 3, ['userlessFirst', highestAddress])).toEqual([5, 3, 2]);
    expect(expandIn({ memory: '..B.B...' }, 2, [lastRun])).toEqual([3, 0]);
  });
});

describe('S102, which regions a reduction gives up', () => {
  test('[0164] highest goes by machine address', () => {
    expect(releaseFrom([{}, {}, {}, {}], 2, 'highest')).toEqual([3, 2]);
  });

  test('[0165] unusedFirst: most frames without a page; a region that another VM uses has none of ours', () => {
    const held = [{ freeFrames: 16 }, { freeFrames: 3 }, { isUsedByAsker: false, freeFrames: 0 }, { freeFrames: 9 }, { freeFrames: 9 }];
    expect(releaseFrom(held, 5, 'unusedFirst')).toEqual([2, 0, 4, 3, 1]);
  });

  test('[0165] cacheFirst: most pages that need no page-out', () => {
    const held = [{ cachePages: 5 }, { cachePages: 0 }, { isUsedByAsker: false, cachePages: 9 }, { cachePages: 7 }];
    expect(releaseFrom(held, 4, 'cacheFirst')).toEqual([3, 0, 2, 1]);
  });

  test('[0166] leastRecentlyUsed', () => {
    expect(releaseFrom([{ lastUse: 8 }, { lastUse: 2 }, { lastUse: 0 }, { lastUse: 5 }], 3, 'leastRecentlyUsed')).toEqual([2, 1, 3]);
  });

  test('[0166] farthestNextUse, where the future is known', () => {
    const held = [{ nextUse: 10 }, { nextUse: 30 }, { nextUse: Infinity }, { isUsedByAsker: false, nextUse: 1 }, { nextUse: 20 }];
    expect(releaseFrom(held, 5, 'farthestNextUse')).toEqual([3, 2, 1, 4, 0]);
    expect(releaseFrom([{ nextUse: null }, { nextUse: null }, {}], 3, 'farthestNextUse')).toEqual([2, 1, 0]);
  });

  test('combined: of the regions that are equally cold, those with the most unused frames', () => {
    const held = [
      { lastUse: 1, freeFrames: 2 },
      { lastUse: 1, freeFrames: 8 },
      { lastUse: 0, freeFrames: 0 },
    ];
    expect(releaseFrom(held, 3, ['leastRecentlyUsed', 'unusedFirst'])).toEqual([2, 1, 0]);
  });
});
