/**
 * A thousand faults that leave something wrong, of one replica each and one between two check points, for each guest and for two and three replicas: none unnoticed at the next
 * check point, all repaired or run again. FAULT_RUNS is their number, FAULT_SEED the first seed.
 */
import { expect, test } from 'vitest';
import { faultCampaign, machineGuest, traceGuest } from '../support/fault-campaign.ts';

const FAULTS = Number(process.env['FAULT_RUNS'] ?? 1000);
const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 2 ** 31);

test.each([
  ['machine', machineGuest, 3, 'vote'],
  ['machine', machineGuest, 2, 'rollBack'],
  ['trace', traceGuest, 3, 'vote'],
  ['trace', traceGuest, 2, 'rollBack'],
] as const)('%s: %o, %i replicas, %s', async (what, guestMake, replicas, policy) => {
  let found = 0;
  let masked = 0;
  for (let seed = SEED; found < FAULTS; seed += 1) {
    const campaign = await faultCampaign(await guestMake(), seed, replicas, policy);
    expect(policy === 'vote' ? campaign.repairs : campaign.rollBacks).toBe(campaign.found);
    found += campaign.found;
    masked += campaign.masked;
  }
  console.log(
    `${what}, ${replicas} replicas, ${policy}: ${found} faults found at the next check point and undone, ${masked} left nothing (from seed ${SEED})`,
  );
});
