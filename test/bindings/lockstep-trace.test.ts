// Recorded traces as programs of replicas: check points, processor state, going back.
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND_FETCH, KIND_LOAD, KIND_STORE } from '../../assembly/shared/trace-format.ts';
import { openTrace, traceProgram } from '../../bindings/node.ts';
import type { Engine, EngineOptions, LockstepOptions, TraceCheckPoints, TraceProgramMaker, Vm } from '../../bindings/node.ts';
import { checkPointPlaces } from '../../bindings/lockstep/trace-check-points.ts';
import { CHECK_POINT_START } from '../../bindings/lockstep/types.ts';
import type { ReplicaProgram } from '../../bindings/lockstep/types.ts';
import { tracedDigest } from '../../bindings/scenario/digest.ts';
import { contentsDigest } from '../../bindings/trace/contents.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';
import { lockstepMake } from '../support/lockstep.ts';
import { anyRecords } from '../support/trace-records.ts';
import { traceOf } from '../support/traces.ts';

const [build] = shipped;
const SMALL = join(import.meta.dirname, '../../examples/traces/small.trace.gz');
const refused = (field: string): unknown =>
  expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ field }) as unknown });

interface Made {
  readonly engine: Engine;
  readonly vm: Vm;
}

async function vmMake(program: { readonly footprintBytes: number }, replicas: number, options: Partial<EngineOptions> = {}): Promise<Made> {
  const engine = await engineOf(build!, { regions: 64, slots: 4096, maxVms: 4, maxReplicas: 16, maxPlayers: 4, ...options });
  const addressSpace = Math.max(program.footprintBytes, PAGE);
  return { engine, vm: engine.createVm({ memory: 60 * REGION, addressSpace, replicas }) };
}

/** Stores and loads that go round over some units, more than one block of them. */
const LONG: readonly TraceRecord[] = Array.from({ length: 150_000 }, (_, index) => ({
  kind: [KIND_FETCH, KIND_LOAD, KIND_STORE][index % 3]!,
  unit: 7 + ((index * 31) % 20),
  offset: (index * 8) % 4096,
  size: 8,
}));

/** Runs a program of its own to a position, or the end. */
async function runTo(program: ReplicaProgram, position: number): Promise<void> {
  for (;;) {
    const stop = program.run(Infinity, position);
    if (stop === 'input') await program.refill!();
    if (stop === 'finished' || program.position >= position) return;
  }
}

describe('a trace on replicas in step', () => {
  test('each has the contents that a trace is defined to have, and together they have the frames of one', async () => {
    const trace = await openTrace(SMALL);
    const program = await traceProgram(trace, { checkPoints: { every: '10 %' } });
    const { engine, vm } = await vmMake(program, 3);
    const { lockstep, judge } = lockstepMake(engine, vm, { program });
    const result = await lockstep.run();
    expect(result).toMatchObject({ end: 'finished', checkPoints: 10, virtualNs: 5000 });
    expect(judge.left.map(({ progress }) => progress)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    const alone = await vmMake(program, 1);
    await lockstepMake(alone.engine, alone.vm, { program }).lockstep.run();
    const digests = vm.replicas.map((replica) => tracedDigest(replica, program.units));
    expect(digests).toEqual(new Array(3).fill(tracedDigest(alone.vm.replica, program.units)));
    expect(vm.residentPages).toBe(alone.vm.residentPages);
    engine.validate();
    await lockstep.dispose();
    await program.dispose();
  });

  test('whatever the records, processors and memory are', async () => {
    const any = fc.record({
      records: anyRecords,
      replicas: fc.integer({ min: 1, max: 4 }),
      processors: fc.array(fc.record({ rate: fc.constantFrom(0.1, 0.5, 1) }), { minLength: 1, maxLength: 4 }),
      every: fc.integer({ min: 1, max: 50 }),
      regions: fc.constantFrom(2, 4, 30),
      assignment: fc.constantFrom('fixed' as const, 'fastestToSlowest' as const),
      loadsStore: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(any, async ({ records, replicas, processors, every, regions, assignment, loadsStore }) => {
        const program = await traceProgram(traceOf(records), { checkPoints: { every }, loadsStore });
        const engine = await engineOf(build!, { regions: 64, slots: 4096, maxVms: 1, maxReplicas: 16, maxPlayers: 4 });
        const vm = engine.createVm({ memory: regions * REGION, addressSpace: program.footprintBytes, replicas });
        const { lockstep } = lockstepMake(engine, vm, { program, processors, assignment });
        expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: Math.ceil(records.length / every) });
        const expected = await contentsDigest(records, loadsStore);
        for (const replica of vm.replicas) expect(tracedDigest(replica, program.units)).toBe(expected);
        engine.validate();
        engine.dispose();
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('as many times as fast as the processor is', async () => {
    const program = await traceProgram(traceOf(LONG));
    const { engine, vm } = await vmMake(program, 2);
    const options: LockstepOptions = { program, processors: [{ frequency: '2GHz' }, { rate: 0.5 }], assignment: 'fixed' };
    const { replicas } = await lockstepMake(engine, vm, options).lockstep.run();
    expect(replicas.map(({ timeNs }) => timeNs)).toEqual([75_000, 300_000]);
  });
});

describe('processor state', () => {
  test('is equal where the same was done, and brings a replica back from anywhere', async () => {
    const program = await traceProgram(traceOf(LONG), { checkPoints: { every: 10_000 } });
    const { engine, vm } = await vmMake(program, 2);
    const [first, second] = vm.replicas;
    const straight = program({ replica: first!, number: 1, timeNs: 0, work: () => undefined });
    const back = program({ replica: second!, number: 2, timeNs: 0, work: () => undefined });
    await runTo(straight, 70_001);
    for (const [position, onTo] of [
      [0, 5],
      [9_999, 66_000],
      [66_000, 140_000],
      [70_001, 70_001],
    ] as const) {
      await runTo(back, position);
      const [state, snapshot] = [back.state!(), second!.snapshot()];
      await runTo(back, onTo);
      second!.restore(snapshot);
      back.restore!(state, CHECK_POINT_START);
      expect(back.position).toBe(position);
      expect(back.state!()).toEqual(state);
      snapshot.dispose();
    }
    expect(back.state!()).toEqual(straight.state!());
    await runTo(straight, Infinity);
    await runTo(back, Infinity);
    expect(tracedDigest(second!, program.units)).toBe(tracedDigest(first!, program.units));
    expect(tracedDigest(first!, program.units)).toBe(await contentsDigest(LONG));
    engine.validate();
  });

  test('a wrong data number makes wrong stores from then on, and is seen in the state', async () => {
    const program = await traceProgram(traceOf(LONG), { checkPoints: { every: 10_000 } });
    const { engine, vm } = await vmMake(program, 2);
    const { lockstep, judge } = lockstepMake(engine, vm, { program });
    await lockstep.run({ until: { progress: 0.1 } });
    expect(vm.compare().pagesDifferent).toBe(0);
    const [, member] = judge.crew.members;
    const state = member!.program.state!();
    state[8]! ^= 4;
    member!.program.restore!(state, member!.program.checkPoint);
    await lockstep.run({ until: { progress: 0.2 } });
    expect(vm.compare().pagesDifferent).toBe(20);
    const [one, other] = judge.crew.members.map((each) => each.program.state!());
    expect(one).not.toEqual(other);
  });

  test('a wrong position is another place in the program, or none: the replica fails', async () => {
    const program = await traceProgram(traceOf(LONG), { checkPoints: { every: 10_000 } });
    const { engine, vm } = await vmMake(program, 2);
    const { lockstep, judge } = lockstepMake(engine, vm, { program });
    await lockstep.run({ until: { progress: 0.1 } });
    const [, member] = judge.crew.members;
    const state = member!.program.state!();
    state[6]! ^= 1;
    member!.program.restore!(state, member!.program.checkPoint);
    const failures: unknown[] = [];
    lockstep.on('failure', ({ vmId, error }) => failures.push(vmId, String(error)));
    await lockstep.run({ until: { progress: 0.2 } });
    expect(failures).toEqual([2, expect.stringContaining('the trace has 150000')]);
    expect(judge.meetings.at(-1)).toMatchObject({ kind: 'apart', checkPoint: { id: 30_000 } });
    expect(() => member!.program.restore!(new Uint8Array(11), CHECK_POINT_START)).toThrow(refused('state'));
  });
});

describe('where check points are', () => {
  const places = (checkPoints: TraceCheckPoints | undefined, length: number): readonly number[] => {
    const after = checkPointPlaces('checkPoints', checkPoints, length);
    const all: number[] = [];
    for (let place = after(0); ; place = after(place)) {
      all.push(place);
      if (place === length) return all;
    }
  };

  test.each([
    [undefined, 100, [100]],
    [{ every: 30 }, 100, [30, 60, 90, 100]],
    [{ every: 50 }, 100, [50, 100]],
    [{ every: 100 }, 100, [100]],
    [{ every: 101 }, 100, [100]],
    [{ every: 1 }, 3, [1, 2, 3]],
    [{ every: '10 %' }, 1000, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]],
    [{ every: '30 %' }, 10, [3, 6, 9, 10]],
    [{ every: 0.5 }, 3, [1, 3]],
    [{ every: '10 %' }, 3, [1, 2, 3]],
    [{ at: ['10 %', 0.5] }, 100, [10, 50, 100]],
    [{ at: [] }, 100, [100]],
  ] as const)('%j of %d records: before %j', (checkPoints, length, expected) => {
    expect(places(checkPoints, length)).toEqual(expected);
  });

  test.each([
    [{}, 'checkPoints'],
    [{ every: 1, at: [0.5] }, 'checkPoints'],
    [{ every: 0 }, 'checkPoints.every'],
    [{ every: -1 }, 'checkPoints.every'],
    [{ every: 1.5 }, 'checkPoints.every'],
    [{ every: '0 %' }, 'checkPoints.every'],
    [{ every: '200 %' }, 'checkPoints.every'],
    [{ every: 1e-9 }, 'checkPoints.every'],
    [{ at: 0.5 }, 'checkPoints.at'],
    [{ at: [0.5, 0.5] }, 'checkPoints.at[1]'],
    [{ at: ['20 %', '10 %'] }, 'checkPoints.at[1]'],
    [{ at: [0] }, 'checkPoints.at[0]'],
    [{ at: [1] }, 'checkPoints.at[0]'],
    [{ at: ['x'] }, 'checkPoints.at[0]'],
    [{ atEach: 1 }, 'checkPoints.atEach'],
  ])('%j is refused', (checkPoints, field) => {
    expect(thrownBy(() => checkPointPlaces('checkPoints', checkPoints, 100))).toEqual(refused(field));
  });
});

describe('bad input', () => {
  test('fewer players than replicas: nothing is left of it', async () => {
    const program = await traceProgram(traceOf(LONG));
    const { engine, vm } = await vmMake(program, 3, { maxPlayers: 2 });
    expect(thrownBy(() => lockstepMake(engine, vm, { program }))).toMatchObject({
      code: 'TABLES_FULL',
      details: { table: 'players', capacity: 2 },
    });
    vm.replicas[2]!.dispose();
    const { lockstep } = lockstepMake(engine, vm, { program });
    expect(await lockstep.run()).toMatchObject({ end: 'finished' });
    await lockstep.dispose();
    lockstepMake(engine, vm, { program }); // its players are free again
  });

  test('an address space that the trace does not fit into', async () => {
    const program: TraceProgramMaker = await traceProgram(traceOf(LONG));
    expect(program.footprintBytes).toBe(20 * 4096);
    const { engine, vm } = await vmMake({ footprintBytes: 19 * 4096 }, 1);
    expect(thrownBy(() => lockstepMake(engine, vm, { program }))).toEqual(refused('addressSpace'));
  });

  test.each([['x'], [null], [undefined], [{ totals: 1, blocks: 2 }]])('what is no trace: %s', async (value) => {
    await expect(traceProgram(value as never)).rejects.toThrow(refused('trace'));
  });

  test('options of other kinds', async () => {
    await expect(traceProgram(traceOf(LONG), { every: 1 } as never)).rejects.toThrow(refused('options.every'));
    await expect(traceProgram(traceOf(LONG), { loadsStore: 1 } as never)).rejects.toThrow(refused('loadsStore'));
  });

  test('a trace that ends before its header says so', async () => {
    const whole = traceOf(LONG);
    const program = await traceProgram({ ...whole, totals: async () => ({ ...(await whole.totals()), records: 150_001 }) });
    const { engine, vm } = await vmMake(program, 2);
    await expect(lockstepMake(engine, vm, { program }).lockstep.run()).rejects.toThrow('ended after');
  });
});
