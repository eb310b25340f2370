// Programs that come to no check point, or whose answers let no virtual time pass: they stop nobody else, and the run ends where it should.
import { describe, expect, test } from 'vitest';
import type { LockstepOptions, ProgramMaker, ProgramStop } from '../../bindings/lockstep/types.ts';
import type { Vm } from '../../bindings/node.ts';
import { watched } from '../support/check-points.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { lockstepMake, ListProgram, steps } from '../support/lockstep.ts';
import type { Stepped } from '../support/lockstep.ts';

const [build] = shipped;
/** A step without an access. */
const STEP_NS = 10;

async function vmMake(replicas: number, accessNs = STEP_NS): Promise<{ vm: Vm; made: (options: LockstepOptions) => Stepped }> {
  const engine = await engineOf(build!, { regions: 16, slots: 0, maxReplicas: 16, accessNs });
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { vm, made: (options) => lockstepMake(engine, vm, options) };
}

const list =
  (count: (replica: number) => number, checkPoints: readonly number[] = []): ProgramMaker =>
  (guest) =>
    new ListProgram(guest, steps(count(guest.number)), checkPoints);

/** A list program whose `run` may be answered for. */
function answering(answer: (replica: number) => ProgramStop | null, refill?: () => Promise<void>): ProgramMaker {
  return (guest) => {
    const program = new ListProgram(guest, steps(40), [20]);
    const run = (untilNs: number, untilPosition: number): ProgramStop =>
      answer(guest.number) ?? ListProgram.prototype.run.call(program, untilNs, untilPosition);
    return Object.assign(program, { run }, refill === undefined ? {} : { refill });
  };
}

/** What would go on for ever fails. */
const signal = (): AbortSignal => AbortSignal.timeout(3000);

const late = ({ judge }: Stepped): unknown => judge.meetings.map(({ kind, timeNs, missing }) => [kind, timeNs, missing.length]);

describe('check points reached by none', () => {
  test('within the limit that was given: a difference like any other, and the end when no policy can deal with it', async () => {
    const { vm } = await vmMake(2);
    const { lockstep, reports } = watched(vm, { program: answering(() => 'time'), checkPointLimit: '50us', retries: 2 });
    await expect(lockstep.run({ signal: signal() })).rejects.toMatchObject({ code: 'LOCKSTEP_HALTED', details: { checkPoint: 'none' } });
    expect(reports.map(({ outcome, timeNs, checkPoint }) => [outcome, timeNs, checkPoint?.id])).toEqual([
      ['equal', 0, 'start'],
      ['waits', 50_000, undefined],
      ['waits', 100_000, undefined],
      ['halted', 150_000, undefined],
    ]);
    expect(lockstep.differences).toMatchObject([{ kind: 'checkPoint', groups: [], minority: [] }]);
  });

  test('they are run again from the last check point', async () => {
    const { vm } = await vmMake(2);
    let rollBacks = 0;
    const program: ProgramMaker = (guest) => {
      const list = new ListProgram(guest, steps(40), [20]);
      const run = (untilNs: number): ProgramStop =>
        list.position >= 30 && rollBacks === 0 ? 'time' : ListProgram.prototype.run.call(list, untilNs, 30 + rollBacks * 100);
      return Object.assign(list, {
        run: (untilNs: number) => {
          const stop = run(untilNs);
          return stop === 'position' ? 'time' : stop;
        },
      });
    };
    const { lockstep, reports } = watched(vm, { program, checkPointLimit: '50us', onDifference: 'rollBack' });
    lockstep.on('rollBack', () => (rollBacks += 1));
    expect(await lockstep.run({ signal: signal() })).toMatchObject({ end: 'finished' });
    expect(reports.map(({ outcome }) => outcome)).toEqual(['equal', 'equal', 'rolledBack', 'equal']);
    expect(lockstep.result.replicas.map(({ position }) => position)).toEqual([40, 40]);
  });

  test('counted from when they went on, and anew when they are waited for', async () => {
    const slow = (await vmMake(2)).made({ program: list(() => 5000), checkPointLimit: '20us' });
    await slow.lockstep.run();
    expect(late(slow)).toEqual([
      ['late', 20_000, 2],
      ['late', 40_000, 2],
      ['met', 50_000, 0],
    ]);
    const often = (await vmMake(2)).made({ program: list(() => 5000, [1500, 3000, 4500]), checkPointLimit: '20us' });
    await often.lockstep.run();
    expect(late(often)).toEqual([15_000, 30_000, 45_000, 50_000].map((timeNs) => ['met', timeNs, 0]));
  });

  test('when one has come after all, the others have all of the limit from there', async () => {
    const stepped = (await vmMake(2)).made({ program: list((replica) => (replica === 1 ? 5000 : 9500)), checkPointLimit: '30us' });
    await stepped.lockstep.run();
    expect(late(stepped)).toEqual([
      ['late', 30_000, 2],
      ['late', 80_000, 1],
      ['met', 95_000, 0],
    ]);
  });

  test('without a limit they run on', async () => {
    const stepped = (await vmMake(2)).made({ program: answering(() => 'time') });
    expect(await stepped.lockstep.run({ until: { time: '50ms' } })).toMatchObject({ end: 'until', checkPoints: 0 });
    expect(stepped.judge.meetings).toEqual([]);
  });
});

describe('answers that let no time pass', () => {
  test.each(['position', 'input'] as const)("'%s' that nobody asked for, or can bring, is a fault of that replica", async (answer) => {
    const { vm } = await vmMake(3);
    const failures: unknown[] = [];
    const { lockstep, reports } = watched(vm, { program: answering((replica) => (replica === 2 ? answer : null)), onDifference: 'vote' });
    lockstep.on('failure', ({ vmId, error }) => failures.push(vmId, error));
    expect(await lockstep.run({ signal: signal() })).toMatchObject({ end: 'finished' });
    const refused = expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`'${answer}'`) as unknown,
    }) as unknown;
    expect(failures).toEqual([2, refused, 2, refused]); // at each of the two check points it is made equal to the others
    expect(reports.slice(1).map(({ outcome, repaired }) => [outcome, repaired])).toEqual([
      ['repaired', [2]],
      ['repaired', [2]],
    ]);
  });

  test('a position far away is none', async () => {
    const program: ProgramMaker = () => ({ progress: 0, position: Infinity, checkPoint: { id: 1, progress: 0 }, run: () => 'position' });
    const { lockstep } = (await vmMake(1)).made({ program });
    await expect(lockstep.run({ signal: signal() })).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'program.run()' } });
  });

  test('input that never comes: that replica waits, the others run', async () => {
    let refills = 0;
    const program = answering(
      (replica) => (replica === 1 ? 'input' : null),
      async () => {
        await Promise.resolve();
        refills += 1;
      },
    );
    const { lockstep } = (await vmMake(2)).made({ program });
    const result = await lockstep.run({ until: { time: '1ms' }, signal: signal() });
    expect(result).toMatchObject({ end: 'until', virtualNs: 1_000_000 });
    expect(result.replicas.map(({ state }) => state)).toEqual(['running', 'waiting']);
    expect(refills).toBe(100); // one for each slice of 10 us
  });

  test('input that comes costs no time; where bringing it failed, it is asked for again', async () => {
    let refills = 0;
    const program = answering(
      (replica) => (replica === 1 && refills < 2 ? 'input' : null),
      async () => {
        await Promise.resolve();
        refills += 1;
        if (refills === 1) throw new Error('not yet');
      },
    );
    const { lockstep } = (await vmMake(2)).made({ program });
    await expect(lockstep.run()).rejects.toThrow('not yet');
    expect(await lockstep.run({ signal: signal() })).toMatchObject({ end: 'finished', virtualNs: 40 * STEP_NS });
  });

  test.each([
    [true, STEP_NS, STEP_NS],
    [true, 0, 1],
    [false, STEP_NS, STEP_NS],
  ])(
    'check points without an access between them (waits: %s, accesses of %i ns) take time: %i ns each',
    async (atCheckPoints, accessNs, eachNs) => {
      let answers = 0;
      const program = answering((replica) => {
        if (replica === 2 && !atCheckPoints) return null;
        answers += 1;
        return 'checkPoint';
      });
      const { made } = await vmMake(2, accessNs);
      const { lockstep } = made({ program, compare: { atCheckPoints } });
      const result = await lockstep.run({ until: { time: 1000 }, signal: signal() });
      expect(result).toMatchObject({ end: 'until', virtualNs: 1000, checkPoints: atCheckPoints ? 1000 / eachNs : 0 });
      expect(answers).toBe(((atCheckPoints ? 2 : 1) * 1000) / eachNs);
      expect(result.replicas[1]!.position).toBe(atCheckPoints ? 0 : 40);
    },
  );
});
