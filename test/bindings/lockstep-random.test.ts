// Any replicas, processors, turns and check points: what must hold of every run in virtual time.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LockstepEventMap, LockstepOptions } from '../../bindings/node.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, lockstepMake, steps } from '../support/lockstep.ts';

const [build] = shipped;

const system = fc.record({
  replicas: fc.integer({ min: 1, max: 6 }),
  processors: fc.array(fc.record({ rate: fc.constantFrom(0.1, 0.3, 0.5, 1), frequency: fc.constantFrom('1GHz', '2GHz') }), {
    minLength: 1,
    maxLength: 6,
  }),
  assignment: fc.constantFrom('fastestToSlowest' as const, 'fixed' as const),
  progress: fc.constantFrom('checkPoints' as const, 'program' as const),
  atCheckPoints: fc.boolean(),
  turn: fc.integer({ min: 1, max: 30_000 }),
  length: fc.integer({ min: 1, max: 30_000 }),
  checkPoints: fc.uniqueArray(fc.integer({ min: 1, max: 30_000 }), { maxLength: 6 }),
});

test('no processor and no replica is in two places at a time, nobody runs before a meeting is over, and no work is lost', async () => {
  await fc.assert(
    fc.asyncProperty(system, async ({ replicas, processors, assignment, progress, atCheckPoints, turn, length, checkPoints }) => {
      const engine = await engineOf(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
      const vm = engine.createVm({ memory: 16 * REGION, addressSpace: PAGE, replicas });
      const options: LockstepOptions = {
        program: (guest) => new ListProgram(guest, steps(length), checkPoints),
        processors,
        assignment,
        progress,
        compare: { atCheckPoints },
        ...(replicas > processors.length ? { turn } : {}),
      };
      const { lockstep, judge } = lockstepMake(engine, vm, options);
      const slices: LockstepEventMap['slice'][] = [];
      lockstep.on('slice', (slice) => slices.push(slice));
      const result = await lockstep.run();
      expect(result.end).toBe('finished');
      expect(result.replicas.every(({ position }) => position === length)).toBe(true);

      for (const key of ['processor', 'vmId'] as const) {
        const ends = new Map<number, number>();
        for (const slice of slices) {
          expect(slice.fromNs).toBeGreaterThanOrEqual(ends.get(slice[key]) ?? 0);
          ends.set(slice[key], slice.timeNs);
        }
      }
      const speeds = processors.map(({ rate, frequency }) => rate * (frequency === '2GHz' ? 2 : 1));
      const done = slices.reduce((sum, { processor, fromNs, timeNs }) => sum + (timeNs - fromNs) * speeds[processor - 1]!, 0);
      expect(done).toBeCloseTo(replicas * length, 3);
      expect(judge.meetings.every(({ kind }) => kind === 'met')).toBe(true);
      let metNs = 0;
      for (const { timeNs, arrivals } of judge.meetings) {
        expect(Math.max(...arrivals.map((arrival) => arrival.timeNs))).toBe(timeNs);
        for (const slice of slices) if (slice.timeNs > metNs && slice.fromNs < timeNs) expect(slice.timeNs).toBeLessThanOrEqual(timeNs);
        metNs = timeNs;
      }
      engine.dispose();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('on equal processors, one for each, nobody ever waits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 40_000 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40_000 }), { maxLength: 5 }),
      async (replicas, length, checkPoints) => {
        const engine = await engineOf(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
        const vm = engine.createVm({ memory: 16 * REGION, addressSpace: PAGE, replicas });
        const { lockstep } = lockstepMake(engine, vm, { program: (guest) => new ListProgram(guest, steps(length), checkPoints) });
        expect(await lockstep.run()).toMatchObject({ virtualNs: length });
        engine.dispose();
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
