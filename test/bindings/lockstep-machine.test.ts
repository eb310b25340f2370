// An interpreter of the user's own in lockstep: its code and data are in the replicas' memory, its registers are its processor state.
import { describe, expect, test } from 'vitest';
import type { Engine, LockstepOptions, ProgramMaker, Vm } from '../../bindings/node.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { load, Machine, PROGRAMS, RESULT } from '../support/machine.ts';
import type { MachineProgram } from '../support/machine.ts';

const [build] = shipped;

/** A fault here stays. */
const WRITTEN_BY_NONE = RESULT + 0x100;

interface Made {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly machines: readonly Machine[];
  readonly lockstep: ReturnType<Vm['lockstep']>;
}

async function made(program: MachineProgram, replicas: number, options: Partial<LockstepOptions> = {}): Promise<Made> {
  const engine = await engineOf(build!, { regions: 16, slots: 0, maxVms: 1, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 16 * REGION, addressSpace: 16 * PAGE, replicas });
  for (const { memory } of vm.replicas) load(program, (address, bytes) => memory.write(address, bytes));
  vm.compare();
  const machines: Machine[] = [];
  const make: ProgramMaker = (guest) => (machines[guest.number - 1] = new Machine(guest));
  return { engine, vm, machines, lockstep: vm.lockstep({ program: make, ...options }) };
}

const results = ({ vm }: Made): readonly number[] => vm.replicas.map((replica) => replica.memory.load32(RESULT));

describe.each(PROGRAMS)('$name', (program) => {
  test('alone', async () => {
    const run = await made(program, 1);
    expect(await run.lockstep.run()).toMatchObject({ end: 'finished' });
    expect(results(run)).toEqual([program.result]);
  });

  test('three replicas on two processors: equal at every check point, and one page for all in the end', async () => {
    const run = await made(program, 3, { onDifference: 'halt', processors: [{ rate: 0.7 }, { frequency: '2GHz' }] });
    const result = await run.lockstep.run();
    expect(result).toMatchObject({ end: 'finished', checkPoint: { id: 'end' } });
    expect(result.checkPoints).toBeGreaterThan(4);
    expect(results(run)).toEqual([program.result, program.result, program.result]);
    expect(run.vm.compare()).toMatchObject({ areasMerged: 0, pagesDifferent: 0 });
    run.engine.validate();
  });

  // the registers with the limit and the count of check points, the program counter, the count of instructions
  test.each([1, 12, 16, 17])('a bit of word %i of the state flips in one of three: out-voted, and the result is right', async (word) => {
    const run = await made(program, 3, { onDifference: 'vote', checkPointLimit: '1ms' });
    const minorities: (readonly number[])[] = [];
    run.lockstep.on('difference', ({ minority }) => minorities.push(minority));
    await run.lockstep.run({ until: { progress: 0.25 } });
    const machine = run.machines[1]!;
    const state = machine.state();
    state[word * 4]! ^= 0x04;
    machine.restore(state, machine.checkPoint);
    expect(await run.lockstep.run()).toMatchObject({ end: 'finished' });
    expect(minorities).toEqual([[2]]);
    expect(results(run)).toEqual([program.result, program.result, program.result]);
    run.engine.validate();
  });

  test('with two replicas it is run again from the last check point', async () => {
    const run = await made(program, 2, { onDifference: 'rollBack', checkPointLimit: '1ms' });
    await run.lockstep.run({ until: { progress: 0.25 } });
    run.vm.replicas[0]!.memory.store8(WRITTEN_BY_NONE, 0x20);
    expect(await run.lockstep.run()).toMatchObject({ end: 'finished' });
    expect(run.lockstep.counts.rollBacks).toBe(1);
    expect(results(run)).toEqual([program.result, program.result]);
  });
});

test('a machine that comes to an instruction that is none stands apart', async () => {
  const run = await made(PROGRAMS[0]!, 3, { onDifference: 'vote' });
  await run.lockstep.run({ until: { progress: 0.1 } });
  const failures: unknown[] = [];
  run.lockstep.on('failure', ({ vmId, error }) => failures.push(vmId, String(error)));
  const machine = run.machines[2]!;
  const state = machine.state();
  state[16 * 4 + 1]! ^= 0x30; // the program counter
  machine.restore(state, machine.checkPoint);
  expect(await run.lockstep.run()).toMatchObject({ end: 'finished' });
  expect(failures).toEqual([3, expect.stringContaining('no operation')]);
  expect(results(run)).toEqual([2262, 2262, 2262]);
});
