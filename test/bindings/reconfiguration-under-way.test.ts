// Several reconfigurations under way at the same time, as a runner of virtual clocks has them: what was accepted is carried out, whatever comes between.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EngineOptions, ReconfigurationOrder, Reconfiguration } from '../../bindings/node.ts';
import { RECONFIGURATION_ORDERS, UsufructError } from '../../bindings/node.ts';
import { reconfigurationAt } from '../../bindings/reconfiguration/request.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

const R = REGION_BYTES;
const FIRST = [6, 4, 3] as const;
const ORDERS = Object.keys(RECONFIGURATION_ORDERS) as ReconfigurationOrder[];
const HANDOVERS: Readonly<Record<string, Partial<EngineOptions>>> = {
  eager: { handover: 'eager' },
  'manager preferred': { useRight: 'managerPreferred' },
  'a reserve that waits': { handover: 'reserve', reserve: { memory: 2 * R, shortfall: 'wait' } },
};

const steps = fc.array(
  fc.oneof(
    fc.record({
      changes: fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -3, max: 4 }), fc.integer({ min: -2, max: 4 })),
      order: fc.constantFrom(...ORDERS),
      chunk: fc.constantFrom(R, 2 * R, 8 * R),
      sameVmOnceAtATime: fc.boolean(),
    }),
    fc.constant('next' as const),
  ),
  { minLength: 2, maxLength: 14 },
);

describe.each(shipped)('$name', (build) => {
  test.each(Object.keys(HANDOVERS))('%s', async (handover) => {
    let together = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const swap = { size: 512 * PAGE_BYTES, writeLatency: 1000, readLatency: 2000 };
        const engine = await engineMake(build, { regions: 17, swap, accessNs: 0, ...HANDOVERS[handover] });
        const vms = FIRST.map((regions, index) => engine.createVm({ name: 'abc'[index]!, memory: regions * R }));
        vms.forEach((vm, index) => {
          for (let at = 0; at < FIRST[index]! * R; at += PAGE_BYTES) vm.replica.memory.store32(at, at + 1);
        });
        // regions that are managed by one and used by another, so that S504 has something to page out
        for (const [from, to, regions] of [
          [0, 1, 3],
          [1, 2, 1],
        ] as const) {
          engine.reconfigure(
            [
              { vm: vms[from]!, change: -regions * R },
              { vm: vms[to]!, change: regions * R },
            ],
            handover === 'manager preferred' ? { useRight: 'presentUser' } : {},
          );
        }
        engine.advance(1e9);
        const expected = vms.map((vm) => vm.managedBytes / R);
        const requests: Reconfiguration[] = [];
        let nowNs = 1e9;
        const next = (): boolean => {
          const [first] = requests.filter(({ dueNs }) => dueNs !== null).sort((x, y) => x.dueNs! - y.dueNs!);
          if (first === undefined) return false;
          nowNs = Math.max(nowNs, first.dueNs!);
          engine.advance(nowNs);
          first.step();
          return true;
        };
        for (const step of plan) {
          if (step === 'next') {
            next();
            continue;
          }
          const { changes, ...options } = step;
          const moves = changes.flatMap((change, index) => (change === 0 ? [] : [{ vm: vms[index]!, change: change * R }]));
          if (moves.length === 0) continue;
          together += requests.some(({ dueNs }) => dueNs !== null) ? 1 : 0;
          try {
            requests.push(reconfigurationAt(engine, nowNs, moves, options));
            changes.forEach((change, index) => (expected[index]! += change));
          } catch (error) {
            expect(error).toBeInstanceOf(UsufructError);
            expect((error as UsufructError).details).not.toHaveProperty('answered');
          }
        }
        while (next()); // nothing that was accepted fails later
        expect(vms.map((vm) => vm.managedBytes / R)).toEqual(expected);
        for (const { state } of requests) expect(['granted', 'settled']).toContain(state);
        engine.validate();
      }),
      { numRuns: 100 },
    );
    expect(together).toBeGreaterThan(10);
  });
});
