// Every order and size of pieces under every handover, at random: amounts come out right, no byte is lost, and what is refused has changed nothing.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, ReconfigurationOrder, ReconfigureOptions, Vm } from '../../bindings/node.ts';
import { RECONFIGURATION_ORDERS, UsufructError } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

const R = REGION_BYTES;
const FIRST = [6, 4, 3] as const;
const ORDERS = Object.keys(RECONFIGURATION_ORDERS) as ReconfigurationOrder[];
const HANDOVERS: Readonly<Record<string, Partial<EngineOptions>>> = {
  rights: {},
  'rights, manager preferred': { useRight: 'managerPreferred' },
  'rights, evacuating': { declaration: { access: 'evacuate', capacity: 'atDeclaration' } },
  eager: { handover: 'eager' },
  reserve: { handover: 'reserve', reserve: { memory: 3 * R, refill: '400MB/s' } },
  'reserve that waits': { handover: 'reserve', reserve: { memory: 2 * R, shortfall: 'wait' } },
};

const requests = fc.array(
  fc.record({
    changes: fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -3, max: 4 }), fc.integer({ min: -2, max: 4 })),
    order: fc.constantFrom(...ORDERS),
    chunk: fc.constantFrom(R, 2 * R, 8 * R),
    sameVmOnceAtATime: fc.boolean(),
    shortfall: fc.constantFrom('reject' as const, 'bestEffort' as const),
    touches: fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 8 })), { maxLength: 6 }),
    isCancelled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

describe.each(shipped)('$name', (build) => {
  test.each(Object.keys(HANDOVERS))('%s', async (handover) => {
    const setup = async (): Promise<{ engine: Engine; vms: readonly Vm[] }> => {
      const swap = { size: 512 * PAGE_BYTES, writeLatency: 1000, readLatency: 2000 };
      const engine = await engineMake(build, { regions: 17, swap, ...HANDOVERS[handover] });
      const vms = FIRST.map((regions, index) => engine.createVm({ name: 'abc'[index]!, memory: regions * R }));
      vms.forEach((vm, index) => {
        for (let at = 0; at < FIRST[index]! * R; at += PAGE_BYTES) vm.replica.memory.store32(at, at + index + 1);
      });
      return { engine, vms };
    };
    let done = 0;
    await fc.assert(
      fc.asyncProperty(requests, async (steps) => {
        const { engine, vms } = await setup();
        for (const { changes, touches, isCancelled, ...options } of steps) {
          done += requestOnce(engine, vms, changes, options, isCancelled) ? 1 : 0;
          for (const [vm, region] of touches) vms[vm]!.replica.memory.store32(region * R + 8, region);
          engine.advance();
          engine.validate();
          expectWhole(engine, vms);
        }
        vms.forEach((vm, index) => {
          for (let at = 0; at < FIRST[index]! * R; at += PAGE_BYTES) expect(vm.replica.memory.load32(at)).toBe(at + index + 1);
        });
      }),
      { numRuns: 100 },
    );
    expect(done).toBeGreaterThan(20);
  });
});

/** True when it was done; false when it was refused, and nothing has changed but what the clock brought. */
function requestOnce(
  engine: Engine,
  vms: readonly Vm[],
  changes: readonly number[],
  options: ReconfigureOptions,
  isCancelled: boolean,
): boolean {
  const moves = changes.flatMap((change, index) => (change === 0 ? [] : [{ vm: vms[index]!, change: change * R }]));
  if (moves.length === 0) return false;
  const before = vms.map((vm) => vm.managedBytes / R);
  let request;
  try {
    request = engine.reconfigure(moves, options);
  } catch (error) {
    expect(error).toBeInstanceOf(UsufructError);
    expect((error as UsufructError).details).not.toHaveProperty('answered');
    expect(vms.map((vm) => vm.managedBytes / R)).toEqual(before);
    return false;
  }
  const after = vms.map((vm) => vm.managedBytes / R);
  if (options.shortfall === 'reject') expect(after).toEqual(before.map((regions, index) => regions + changes[index]!));
  after.forEach((regions, index) => expect(Math.sign(regions - before[index]!) * Math.sign(changes[index]!)).toBeGreaterThanOrEqual(0));
  expect(request.grantNs).toBeGreaterThanOrEqual(0);
  if (isCancelled && engine.handover === 'rights') {
    try {
      request.cancel();
    } catch (error) {
      expect(error).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
    }
  }
  return true;
}

/** Every region is somebody's or nobody's, once; the pool of a reserve is as large as ever. */
function expectWhole(engine: Engine, vms: readonly Vm[]): void {
  const { regions, reserve } = engine.inspect();
  const managed = vms.reduce((sum, vm) => sum + vm.managedBytes / R, 0);
  expect(managed + engine.regionsFree + (reserve?.regions ?? 0)).toBe(regions.length);
  expect(regions.filter(({ manager }) => manager === 'reserve')).toHaveLength(reserve?.regions ?? 0);
  if (reserve !== null) expect(reserve.regionsUnused + reserve.regionsRefilling).toBe(reserve.regions);
  for (const vm of vms) expect(vm.managedBytes).toBeGreaterThanOrEqual(R);
}
