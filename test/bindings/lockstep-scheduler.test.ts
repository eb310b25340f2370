// A VM in lockstep beside others: one scheduler runs them all by virtual time; and many replicas on few processors.
import { describe, expect, test } from 'vitest';
import { KIND_LOAD, KIND_STORE } from '../../assembly/shared/trace-format.ts';
import { Player } from '../../bindings/engine/player.ts';
import { traceProgram } from '../../bindings/node.ts';
import { tracedDigest } from '../../bindings/scenario/digest.ts';
import { Scheduler } from '../../bindings/scheduler.ts';
import type { Processor } from '../../bindings/scheduler.ts';
import { TraceProcessor } from '../../bindings/scheduler/trace-processor.ts';
import { contentsDigest } from '../../bindings/trace/contents.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';
import { traceOf } from '../support/traces.ts';

const [build] = shipped;
const RECORDS: readonly TraceRecord[] = Array.from({ length: 100_000 }, (_, index) => ({
  kind: index % 2 === 0 ? KIND_LOAD : KIND_STORE,
  unit: 3 + ((index * 7) % 12),
  offset: (index * 16) % 4096,
  size: 8,
}));

describe('in one scheduler', () => {
  test('a plain VM and a VM in lockstep take turns by virtual time; appointments at the position of the replica that is behind are kept', async () => {
    const engine = await engineOf(build!, { regions: 32, slots: 256, maxVms: 2, maxReplicas: 8, maxPlayers: 4 });
    const trace = traceOf(RECORDS);
    const program = await traceProgram(trace, { checkPoints: { every: 30_000 } });
    const plain = engine.createVm({ memory: 8 * REGION, addressSpace: program.footprintBytes });
    const vm = engine.createVm({ memory: 16 * REGION, addressSpace: program.footprintBytes, replicas: 3 });
    const lockstep = vm.lockstep({ program, processors: [{ rate: 0.5 }, { frequency: '2GHz' }] });
    const player = new Player(engine.core, plain.handle, plain.replica.handle, { loadsStore: true, knowsNextUse: false });
    const alone = new TraceProcessor({ player, trace, length: RECORDS.length, nextUse: null, accessNs: 1 });
    const kept: [string, number, number][] = [];
    const both: readonly Processor[] = [alone, lockstep.processor];
    const scheduler = new Scheduler(both);
    for (const position of [0, 12_345, 30_000, 99_999, 100_000])
      scheduler.appoint({
        due: { processor: lockstep.processor, position },
        carryOut: () => kept.push(['lockstep', position, lockstep.processor.position]),
      });
    scheduler.appoint({
      due: { timeNs: 50_000 },
      carryOut: () => kept.push(['time', 50_000, Math.min(...both.map(({ timeNs }) => timeNs))]),
    });
    const clocks: number[] = [];
    lockstep.on('slice', ({ fromNs }) => clocks.push(fromNs - alone.timeNs));
    await scheduler.run();

    expect(kept.filter(([name]) => name === 'lockstep').map(([, due, position]) => position - due)).toEqual([0, 0, 0, 0, 0]);
    expect(kept.find(([name]) => name === 'time')![2]).toBeGreaterThanOrEqual(50_000);
    expect(Math.max(...clocks.filter((_, index) => index < 10))).toBeLessThanOrEqual(10_000);
    expect(lockstep.result).toMatchObject({ end: 'finished', checkPoints: 4 });
    expect(lockstep.processor).toMatchObject({ isOver: true, position: 100_000, length: 100_000 });
    const expected = await contentsDigest(RECORDS);
    for (const replica of [plain.replica, ...vm.replicas]) expect(tracedDigest(replica, program.units)).toBe(expected);
    await alone.dispose();
    await lockstep.dispose();
    engine.validate();
  });

  test('what was halted is over', async () => {
    const engine = await engineOf(build!, { regions: 32, slots: 256, maxVms: 1, maxReplicas: 8 });
    const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas: 2 });
    const lockstep = vm.lockstep({ program: (guest) => new ListProgram(guest, steps(100), [50]), onDifference: 'halt' });
    lockstep.on('arrive', ({ vmId }) => {
      if (vmId === 1) vm.replica.memory.store8(0, 1);
    });
    await new Scheduler([lockstep.processor]).run();
    expect(lockstep.result).toMatchObject({ end: 'halted', checkPoint: { id: 50 } });
    expect(lockstep.processor.position).toBe(lockstep.processor.length);
  });
});

test('one lockstep a VM at a time', async () => {
  const engine = await engineOf(build!, { regions: 32, slots: 256, maxVms: 1, maxReplicas: 8 });
  const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas: 2 });
  const program = (guest: ConstructorParameters<typeof ListProgram>[0]): ListProgram => new ListProgram(guest, steps(10));
  const lockstep = vm.lockstep({ program });
  expect(() => vm.lockstep({ program })).toThrow(expect.objectContaining({ code: 'REENTRANT' }));
  await lockstep.dispose();
  expect(await vm.lockstep({ program }).run()).toMatchObject({ end: 'finished' });
});

test('500 replicas on 7 processors', async () => {
  const engine = await engineOf(build!, { regions: 160, slots: 0, maxVms: 1, maxReplicas: 600 });
  const vm = engine.createVm({ memory: 160 * REGION, addressSpace: 16 * PAGE, replicas: 500 });
  const lockstep = vm.lockstep({
    program: (guest) => new ListProgram(guest, [...steps(1, ({ replica }) => replica.memory.store16(0, 7)), ...steps(599)], [200, 400]),
    processors: [{ frequency: '3GHz' }, {}, {}, { rate: 0.5 }, { rate: 0.5 }, { rate: 0.1 }, { rate: 0.1 }],
    onDifference: 'halt',
  });
  const result = await lockstep.run();
  expect(result).toMatchObject({ end: 'finished', checkPoints: 3 });
  expect(vm.residentPages).toBe(1);
  // all the work at 6.2 steps a ns, and at the end of each of three rounds a wait for the slowest processors
  const leastNs = (500 * 600) / 6.2;
  expect(result.virtualNs).toBeGreaterThan(leastNs);
  expect(result.virtualNs).toBeLessThan(leastNs * 1.1);
}, 30_000);
