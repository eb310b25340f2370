// Programs that a fault has spoilt so far that they cannot tell their state, or go on from one: a failure of that replica, as one on the way is.
import { describe, expect, test } from 'vitest';
import type { LockstepOptions, ProgramMaker, ReplicaProgram } from '../../bindings/lockstep/types.ts';
import { SwapReadError } from '../../bindings/node.ts';
import type { Engine, Vm } from '../../bindings/node.ts';
import { watched } from '../support/check-points.ts';
import type { Watched } from '../support/check-points.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;
const STEPS = 40;

interface Made extends Watched {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly failures: readonly (readonly [number, unknown])[];
}

/** What is wrong with a replica's program. */
type Spoil = (program: ListProgram, vmId: number) => Partial<ReplicaProgram>;

/** Each step stores its number. */
const spoilt =
  (spoil: Spoil): ProgramMaker =>
  (guest) => {
    const steps = Array.from(
      { length: STEPS },
      (_, index): Step =>
        ({ replica: { memory } }) =>
          memory.store32(0, index + 1),
    );
    const program = new ListProgram(guest, steps, [10, 20, 30]);
    return Object.assign(program, spoil(program, guest.number));
  };

async function made(replicas: number, spoil: Spoil, options: Partial<LockstepOptions> = {}): Promise<Made> {
  const engine = await engineMake(build!, { regions: 16, slots: 64, maxReplicas: 16 });
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  const all = watched(vm, { program: spoilt(spoil), ...options });
  const failures: (readonly [number, unknown])[] = [];
  all.lockstep.on('failure', ({ vmId, error }) => failures.push([vmId, error]));
  return { engine, vm, failures, ...all };
}

const stateOf = (program: ListProgram): Uint8Array => ListProgram.prototype.state.call(program);

/** Of replica 2: what it does in place of telling its state, the first `times` times at or behind check point 20. */
const stateWrong =
  (answer: () => unknown, times = Infinity): Spoil =>
  (program, vmId) => {
    let left = vmId === 2 ? times : 0;
    return { state: () => (program.position >= 20 && left-- > 0 ? (answer() as Uint8Array) : stateOf(program)) };
  };

const wrong = new Error('a register that is none');
const throwIt = (): never => {
  throw wrong;
};

/** Of a replica: it cannot go on from a state. */
const restoreWrong =
  (who: readonly number[], spoil: Spoil): Spoil =>
  (program, vmId) => ({ ...spoil(program, vmId), ...(who.includes(vmId) ? { restore: throwIt } : {}) });

const results = ({ lockstep }: Made): unknown => lockstep.result.replicas.map(({ vmId, state }) => [vmId, state]);
const words = ({ vm }: Made): number[] => vm.replicas.map((replica) => replica.memory.load32(0));

describe('a state that cannot be told', () => {
  test("'vote': the majority says what it is", async () => {
    const all = await made(3, stateWrong(throwIt, 1), { onDifference: 'vote' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.failures).toEqual([[2, wrong]]);
    expect(all.reports[2]).toMatchObject({ outcome: 'repaired', repaired: [2], checkPoint: { id: 20 } });
    expect(all.reports[2]!.differences).toMatchObject([
      { kind: 'checkPoint', minority: [2], places: [{}, { checkPoint: null, error: wrong }, {}] },
    ]);
    expect(all.reports.slice(3).map(({ outcome }) => outcome)).toEqual(['equal', 'equal']);
    expect(words(all)).toEqual([STEPS, STEPS, STEPS]);
    all.engine.validate();
  });

  test("'rollBack': all run again", async () => {
    const all = await made(2, stateWrong(throwIt, 1), { onDifference: 'rollBack' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports[2]).toMatchObject({ outcome: 'rolledBack', rolledBackTo: { id: 10 } });
    expect(words(all)).toEqual([STEPS, STEPS]);
  });

  test("'report': it is out, and the others go on", async () => {
    const all = await made(3, stateWrong(throwIt));
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(results(all)).toEqual([
      [1, 'finished'],
      [3, 'finished'],
    ]);
  });

  test("'halt' ends the run, and a later one goes on", async () => {
    const all = await made(2, stateWrong(throwIt), { onDifference: 'halt' });
    expect(await all.lockstep.run()).toMatchObject({ end: 'halted', replicas: [{ state: 'waiting' }, { state: 'failed' }] });
  });

  test.each([['abc'], [null], [[1, 2]], [Promise.resolve(new Uint8Array(2))]])('no bytes (%j): the same', async (answer) => {
    const all = await made(
      3,
      stateWrong(() => answer, 1),
      { onDifference: 'vote' },
    );
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports[2]).toMatchObject({ outcome: 'repaired', repaired: [2] });
    expect(all.failures).toMatchObject([[2, { code: 'INVALID_OPTION', details: { field: 'program.state()' } }]]);
  });

  test('by nobody: the run is halted, with what the first one threw', async () => {
    const all = await made(2, (program) => ({ state: () => (program.position < 20 ? stateOf(program) : throwIt()) }));
    await expect(all.lockstep.run()).rejects.toMatchObject({ code: 'LOCKSTEP_HALTED', cause: wrong });
  });

  test('before the first slice', async () => {
    const all = await made(3, (program, vmId) => ({ state: () => (vmId === 2 ? throwIt() : stateOf(program)) }));
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(results(all)).toEqual([
      [1, 'finished'],
      [3, 'finished'],
    ]);
  });

  test('failures of the engine end the run, and it meets again', async () => {
    const failure = new SwapReadError('not now', { frame: 0, slot: 0 });
    const thrown = (): never => {
      throw failure;
    };
    const all = await made(2, stateWrong(thrown, 1));
    await expect(all.lockstep.run()).rejects.toBe(failure);
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.failures).toEqual([]);
    expect(words(all)).toEqual([STEPS, STEPS]);
  });

  test('is its own copy, whatever the program does with the bytes', async () => {
    const shared = new Uint8Array(2);
    const all = await made(
      3,
      (program, vmId) => ({
        state: () => {
          shared.set(stateOf(program));
          if (vmId === 2 && program.position === 20) shared[1] = 7;
          return shared;
        },
      }),
      { onDifference: 'vote' },
    );
    await all.lockstep.run();
    expect(all.reports[2]).toMatchObject({ outcome: 'repaired', repaired: [2], differences: [{ kind: 'state', groups: [[1, 3], [2]] }] });
  });
});

describe('a state that cannot be brought back', () => {
  test("'vote': who cannot be repaired is out", async () => {
    const all = await made(4, restoreWrong([2], stateWrong(throwIt)), { onDifference: 'vote' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.failures).toEqual([
      [2, wrong],
      [2, wrong],
    ]);
    expect(all.reports[2]).toMatchObject({ outcome: 'repaired', minority: [2], repaired: [] });
    expect(all.names.filter((name) => name !== 'checkPoint')).toEqual(['difference', 'fail']);
    expect(results(all)).toEqual([
      [1, 'finished'],
      [3, 'finished'],
      [4, 'finished'],
    ]);
    expect(all.vm.replicas.map(({ isInStep }) => isInStep)).toEqual([true, false, true, true]);
  });

  test("'rollBack': the others run again without it", async () => {
    const all = await made(2, restoreWrong([1], stateWrong(throwIt, 1)), { onDifference: 'rollBack' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports[2]).toMatchObject({ outcome: 'rolledBack', rolledBackTo: { id: 10 } });
    expect(results(all)).toEqual([[2, 'finished']]);
    expect(all.vm.replicas[1]!.memory.load32(0)).toBe(STEPS);
    all.engine.validate();
  });

  test("'rollBack' by nobody: the next policy, and no run goes round in circles", async () => {
    const all = await made(2, restoreWrong([1, 2], stateWrong(throwIt)), { onDifference: 'rollBack', retries: 2 });
    for (let run = 0; run < 3; run += 1)
      await expect(all.lockstep.run()).rejects.toMatchObject({
        code: 'LOCKSTEP_HALTED',
        cause: wrong,
        details: { rollBacks: Math.min(run + 1, 2) },
      });
    expect(all.lockstep.counts.rollBacks).toBe(0);
  });

  test('of one that joins: it fails, and the others go on', async () => {
    const all = await made(2, (_, vmId) => (vmId === 3 ? { restore: throwIt } : {}));
    all.lockstep.join();
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.failures).toEqual([[3, wrong]]);
    expect(results(all)).toEqual([
      [1, 'finished'],
      [2, 'finished'],
    ]);
  });

  test('of the standby: nobody is left', async () => {
    const all = await made(
      1,
      restoreWrong([2], () => ({})),
      { standby: 1 },
    );
    await all.lockstep.run({ until: { progress: 0.5 } });
    all.lockstep.fail(all.vm.replicas[0]!);
    await expect(all.lockstep.run()).rejects.toMatchObject({ code: 'LOCKSTEP_HALTED', cause: wrong });
  });
});
