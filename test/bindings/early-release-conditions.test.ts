// [0360-0361]: comparisons with a constant, evaluation functions, thresholds that vary, and whole decisions.
import { describe, expect, test } from 'vitest';
import type { AccessFigures, Comparison, Condition, EarlyRelease, Statistic } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES } from '../support/engines.ts';
import { borrowing } from '../support/rights.ts';

const AT = 3 * REGION_BYTES;

/** How many loads of 4 bytes, 1 ns each, region 3 takes until it is released; 0: it is not, with ten of them. */
async function releasedBy(when: EarlyRelease['when'], options: Partial<EarlyRelease> = {}, given = 1): Promise<number> {
  const { a } = await borrowing(given, { earlyRelease: { when, ...options } });
  for (let access = 1; access <= 10; access += 1) {
    a.replica.memory.load32(AT);
    if (a.counters.earlyReleases > 0) return access;
  }
  return 0;
}

describe('[0361] each comparison with a constant', () => {
  test.each<readonly [Comparison, number, number]>([
    ['>=', 3, 3],
    ['>', 3, 4],
    ['==', 3, 3],
    ['<=', 3, 1],
    ['<', 1, 0],
    ['<', 2, 1],
    ['!=', 1, 2],
    ['==', 2.5, 0],
  ])('accesses %s %d', async (comparison, constant, expected) => {
    expect(await releasedBy({ statistic: 'accesses', comparison, constant })).toBe(expected);
    expect(await releasedBy({ evaluate: ({ accesses }) => accesses, comparison, constant }), 'the same decided by the host').toBe(expected);
  });
});

describe('[0359] each statistic in a condition', () => {
  test.each<readonly [Statistic, number | string, number]>([
    ['accesses', 2, 2],
    ['accessesSince', 5, 5],
    ['bytesEach', 4, 1],
    ['bytesEach', 5, 0],
    ['bytes', 9, 3],
    ['bytes', '16B', 4],
    ['bytesSince', 24, 6],
    ['bytesSinceAverage', 4, 1],
    ['timeSinceNs', 7, 7],
    ['timeSinceNs', '9ns', 9],
    ['accessesPerPeriod', 3, 4], // period 1 begins at the 4th nanosecond; period 0 had three accesses
    ['bytesPerPeriod', 12, 4],
    ['bytesPerPeriodAverage', 4, 4],
    ['accessesPerPeriod', 4, 8], // period 1 had four
  ])('%s >= %s', async (statistic, constant, expected) => {
    const condition = { statistic, comparison: '>=', constant } as const;
    expect(await releasedBy(condition, { period: 4 })).toBe(expected);
    if (typeof constant === 'string') return;
    const byHost = (figures: AccessFigures): boolean => (figures[statistic] ?? -1) >= constant;
    expect(await releasedBy(byHost, { period: 4 }), 'the same decided by the host').toBe(expected);
  });

  test('few accesses per period speak for release, but not before there was a period', async () => {
    const { a } = await borrowing(1, {
      earlyRelease: { period: 100, when: { statistic: 'accessesPerPeriod', comparison: '<=', constant: 1 } },
    });
    for (let access = 0; access < 90; access += 1) a.replica.memory.load32(AT);
    for (let access = 0; access < 20; access += 1) a.replica.memory.load32(0);
    a.replica.memory.load32(AT); // the first period had 90
    expect(a.counters.earlyReleases).toBe(0);
    for (let access = 0; access < 100; access += 1) a.replica.memory.load32(0);
    a.replica.memory.load32(AT); // the second one had 1
    expect(a.counters.earlyReleases).toBe(1);
  });

  test.each<Comparison>(['>=', '<=', '>', '<', '==', '!='])('with what is not known %s does not hold', async (comparison) => {
    const condition: Condition = { statistic: 'accessesPerPeriod', comparison, constant: 0 };
    expect(await releasedBy(condition, { period: '1s' })).toBe(0);
    expect(await releasedBy([condition, { evaluate: () => 1, comparison: '>', constant: 0 }], { period: '1s' }), 'beside a function').toBe(
      0,
    );
  });
});

describe('several conditions', () => {
  test('all must hold', async () => {
    const three = { statistic: 'accesses', comparison: '>=', constant: 3 } as const;
    const five = { statistic: 'timeSinceNs', comparison: '>=', constant: 5 } as const;
    const never = { statistic: 'bytes', comparison: '<', constant: 0 } as const;
    expect(await releasedBy([three])).toBe(3);
    expect(await releasedBy([three, five])).toBe(5);
    expect(await releasedBy([three, five, never])).toBe(0);
    expect(await releasedBy([three, { evaluate: ({ bytes }) => bytes / 2, comparison: '>', constant: 15 }]), 'data and a function').toBe(8);
  });
});

describe('[0361] a threshold that varies with the situation', () => {
  test('each region that the VM uses and does not manage adds to the constant', async () => {
    const when = { statistic: 'accesses', comparison: '>=', constant: 2, perBorrowedRegion: 1.5 } as const;
    expect(await releasedBy(when, {}, 1)).toBe(4);
    expect(await releasedBy(when, {}, 2)).toBe(5);
    const beside = { evaluate: () => 1, comparison: '==', constant: 1 } as const;
    expect(await releasedBy([when, beside], {}, 2), 'the same decided by the host').toBe(5);
  });

  test('a function of the figures', async () => {
    expect(
      await releasedBy({ statistic: 'accesses', comparison: '>=', threshold: ({ borrowedRegions }) => 3 * borrowedRegions }, {}, 2),
    ).toBe(6);
    expect(await releasedBy({ statistic: 'accesses', comparison: '>', threshold: () => Infinity })).toBe(0);
  });
});

describe('[0361] functions of the user', () => {
  test('an evaluation function before the comparison', async () => {
    expect(await releasedBy({ evaluate: ({ accesses, timeSinceNs }) => accesses * timeSinceNs, comparison: '>=', constant: 20 })).toBe(5);
  });

  test('an evaluation function against a threshold that varies', async () => {
    const when = {
      evaluate: ({ bytes }: AccessFigures) => bytes,
      comparison: '>',
      threshold: ({ timeSinceNs }: AccessFigures) => 30 - timeSinceNs,
    } as const;
    expect(await releasedBy(when)).toBe(7);
  });

  test('a whole decision; it sees the figures with the access in hand, at its time', async () => {
    const seen: AccessFigures[] = [];
    const when = (figures: AccessFigures): boolean => {
      seen.push(figures);
      return figures.accesses === 2;
    };
    const { a } = await borrowing(1, { earlyRelease: { when } });
    const startNs = a.timeNs;
    a.replica.memory.load32(AT);
    a.replica.memory.load16(AT + PAGE_BYTES);
    expect(a.counters.earlyReleases).toBe(1);
    expect(seen).toMatchObject([
      { vm: 'a', region: 3, machineAddress: AT, accesses: 1, bytes: 4, timeNs: startNs + 1, timeSinceNs: 1 },
      { vm: 'a', region: 3, machineAddress: AT, accesses: 2, bytes: 6, timeNs: startNs + 2, timeSinceNs: 2 },
    ]);
  });
});
