// One fault of one replica between any two check points: none goes unnoticed at the next one, the majority repairs the third replica, and two run again.
// `npm run test:campaign` does the same with a thousand faults each.
import { describe, expect, test } from 'vitest';
import { faultCampaign, machineGuest, traceGuest } from '../support/fault-campaign.ts';

describe.each([
  ['a computer whose program is in memory', machineGuest, [1, 2, 3]],
  ['a recorded trace', traceGuest, [4, 5]],
] as const)('%s', (_what, guestMake, seeds) => {
  test.each(seeds)('three replicas: found and repaired at the next check point (%i)', async (seed) => {
    const { found, masked, repairs, rollBacks, repaired } = await faultCampaign(await guestMake(), seed, 3, 'vote');
    expect([repairs, rollBacks]).toEqual([found, 0]);
    expect(found).toBeGreaterThan(masked);
    expect(repaired).toEqual(new Set([1, 2, 3]));
  });

  test.each(seeds)('two replicas: found at the next check point, and the way to it is gone again (%i)', async (seed) => {
    const { found, masked, repairs, rollBacks } = await faultCampaign(await guestMake(), seed, 2, 'rollBack');
    expect([repairs, rollBacks]).toEqual([0, found]);
    expect(found).toBeGreaterThan(masked);
  });
});
