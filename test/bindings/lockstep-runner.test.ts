// Replicas on processors in virtual time (US 9,063,868, 2nd and 4th embodiment): clocks, slices, check points, limits, failures.
import { describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import type { LockstepOptions, ProgramMaker } from '../../bindings/lockstep/types.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';
import { lockstepMake, ListProgram, steps } from '../support/lockstep.ts';
import type { Step, Stepped } from '../support/lockstep.ts';

const [build] = shipped;
const refused = (field: string): unknown =>
  expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ field }) as unknown });

async function vmMake(replicas: number): Promise<{ engine: Engine; vm: Vm }> {
  const engine = await engineOf(build!, { regions: 16, slots: 256, maxReplicas: 64, accessNs: 10 });
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { engine, vm };
}

/** Each replica does as many steps of 10 ns, with check points before those named. */
const list =
  (count: number, checkPoints: readonly number[] = [], step?: Step): ProgramMaker =>
  (guest) =>
    new ListProgram(guest, steps(count, step), checkPoints);

async function made(replicas: number, options: LockstepOptions): Promise<Stepped & { engine: Engine }> {
  const { engine, vm } = await vmMake(replicas);
  return { engine, ...lockstepMake(engine, vm, options) };
}

/** Slices as 'processor:replica from-to'. */
function sliced({ lockstep }: Stepped): string[] {
  const log: string[] = [];
  lockstep.on('slice', ({ processor, vmId, fromNs, timeNs }) => log.push(`${processor}:${vmId} ${fromNs}-${timeNs}`));
  return log;
}

describe('virtual time', () => {
  test('each processor has a clock of its own, and the lowest runs, at most 10 us at a time', async () => {
    const stepped = await made(2, { program: list(2500), processors: [{ level: 1 }, { level: 2 }] });
    const log = sliced(stepped);
    const { virtualNs, end } = await stepped.lockstep.run();
    expect(log).toEqual([
      '1:2 0-10000', // equal progress: the faster processor to replica 1
      '2:1 0-10000',
      '1:2 10000-20000',
      '2:1 10000-12500',
      '2:2 20000-22500', // replica 1 waits at the end and holds no processor
    ]);
    expect([virtualNs, end, stepped.vm.timeNs]).toEqual([22_500, 'finished', 22_500]);
  });

  test('an access to memory takes as long as on the processor; other VMs are not touched by it', async () => {
    const { engine, vm } = await vmMake(1);
    const other = engine.createVm({ memory: REGION });
    const store: Step = ({ replica }) => replica.memory.store32(0, 1);
    const { lockstep } = lockstepMake(engine, vm, { program: list(100, [], store), processors: [{ frequency: '500MHz' }] });
    expect((await lockstep.run()).virtualNs).toBe(100 * 20);
    other.replica.memory.load8(0);
    expect(other.timeNs).toBe(10);
  });

  test('a program that gives back early has nothing to do until then', async () => {
    const seen: number[] = [];
    const program: ProgramMaker = (guest) => ({
      progress: 0,
      position: 0,
      checkPoint: { id: 'start', progress: 0 },
      run: () => {
        seen.push(guest.timeNs);
        return seen.length < 4 ? 'time' : 'finished';
      },
    });
    const { lockstep } = await made(1, { program });
    expect((await lockstep.run()).virtualNs).toBe(30_000);
    expect(seen).toEqual([0, 10_000, 20_000, 30_000]);
  });

  test('turns end at their time', async () => {
    const stepped = await made(2, { program: list(1000), processors: 1, turn: '4us' });
    const log = sliced(stepped);
    await stepped.lockstep.run();
    expect(log).toEqual(['1:1 0-4000', '1:2 4000-8000', '1:1 8000-12000', '1:2 12000-16000', '1:1 16000-18000', '1:2 18000-20000']);
  });

  test('the same again is the same run', async () => {
    const runs = await Promise.all(
      [0, 1].map(async () => {
        const stepped = await made(5, {
          program: list(3000, [500, 1000, 2500], ({ replica, timeNs }) => replica.memory.store8(timeNs & 0xfff, 1)),
          processors: [{ rate: 0.3 }, { frequency: '3GHz' }, {}],
          progress: 'program',
        });
        const log = sliced(stepped);
        return { ...(await stepped.lockstep.run()), log };
      }),
    );
    expect(runs[0]!.log.length).toBeGreaterThan(20);
    expect(runs[1]).toEqual(runs[0]);
  });

  test('frames in use are summed over time', async () => {
    const { lockstep } = await made(1, { program: list(1000, [], ({ replica }) => replica.memory.store8(0, 1)) });
    expect(await lockstep.run()).toMatchObject({ frameNs: 0, framesMost: 1, virtualNs: 10_000 });
    const { lockstep: longer } = await made(1, { program: list(2000, [], ({ replica }) => replica.memory.store8(0, 1)) });
    expect(await longer.run()).toMatchObject({ frameNs: 10_000, framesMost: 1 });
  });
});

describe('check points', () => {
  test('early replicas wait, all are compared, and go on together', async () => {
    const stepped = await made(3, {
      program: list(300, [100, 200]),
      processors: [{ level: 1 }, { level: 2 }, { level: 4 }],
      assignment: 'fixed',
    });
    const arrivals: string[] = [];
    stepped.lockstep.on('arrive', ({ vmId, checkPoint, timeNs }) => arrivals.push(`${vmId} at ${checkPoint.id}: ${timeNs}`));
    const result = await stepped.lockstep.run();
    expect(arrivals.slice(0, 6)).toEqual([
      '1 at 100: 1000',
      '2 at 100: 500',
      '3 at 100: 250',
      '1 at 200: 2000',
      '2 at 200: 1500',
      '3 at 200: 1250',
    ]);
    expect(stepped.judge.meetings.map(({ kind, checkPoint, timeNs }) => [kind, checkPoint!.id, timeNs])).toEqual([
      ['met', 100, 1000],
      ['met', 200, 2000],
      ['met', 'end', 3000],
    ]);
    expect(stepped.judge.meetings[0]!.arrivals.map(({ member }) => member.number)).toEqual([3, 2, 1]);
    expect(stepped.judge.left.map(({ id }) => id)).toEqual([100, 200, 'end']);
    expect(result).toMatchObject({ end: 'finished', checkPoint: { id: 'end' }, checkPoints: 3, virtualNs: 3000 });
    expect(result.replicas.map(({ vmId, waitedNs, state }) => [vmId, waitedNs, state])).toEqual([
      [1, 0, 'finished'],
      [2, 1000, 'finished'],
      [3, 1500, 'finished'],
    ]);
  });

  test('the progress table is brought up to date there, or by the program', async () => {
    const { lockstep } = await made(2, {
      program: list(3000, [1500]),
      processors: [{ level: 1 }, { level: 2 }],
      compare: { atCheckPoints: false },
    });
    await lockstep.run({ until: { time: '12us' } });
    expect(lockstep.progressTable()).toEqual([
      { vmId: 1, progress: 0.5 },
      { vmId: 2, progress: 0 },
    ]);
    const { lockstep: finer } = await made(2, {
      program: list(3000, [1500]),
      processors: [{ level: 1 }, { level: 1 }],
      progress: 'program',
    });
    await finer.run({ until: { time: '10us' } });
    expect(finer.progressTable().map(({ progress }) => progress)).toEqual([1 / 3, 1 / 3]);
  });

  test('that only tell progress: nobody waits before the end', async () => {
    const stepped = await made(2, { program: list(300, [100, 200]), compare: { atCheckPoints: false }, assignment: 'fixed' });
    await stepped.lockstep.run();
    expect(stepped.judge.meetings.map(({ checkPoint }) => checkPoint!.id)).toEqual(['end']);
  });

  test('reached by none: replicas meet at the end', async () => {
    const { lockstep, judge } = await made(2, { program: list(10) });
    expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 1 });
    expect(judge.meetings[0]).toMatchObject({ kind: 'met', checkPoint: { id: 'end', progress: 1 }, missing: [] });
  });

  test('reached in another order: they are apart, and go on from where they are', async () => {
    const program: ProgramMaker = (guest) => new ListProgram(guest, steps(400), guest.number === 1 ? [100, 300] : [200, 300]);
    const { lockstep, judge } = await made(2, { program });
    await lockstep.run();
    expect(judge.meetings.map(({ kind, arrivals }) => [kind, ...arrivals.map(({ checkPoint }) => checkPoint!.id)])).toEqual([
      ['apart', 100, 200],
      ['met', 300, 300],
      ['met', 'end', 'end'],
    ]);
    expect(judge.left.map(({ id }) => id)).toEqual([300, 'end']);
  });

  test('reached by some: the others are late when the limit is over, counted anew until they come', async () => {
    const program: ProgramMaker = (guest) => new ListProgram(guest, steps(guest.number === 3 ? 5000 : 100), []);
    const { lockstep, judge } = await made(3, { program, checkPointLimit: '20us' });
    expect(await lockstep.run()).toMatchObject({ end: 'finished' });
    expect(judge.meetings.map(({ kind, missing, timeNs }) => [kind, missing.map(({ number }) => number), timeNs])).toEqual([
      ['late', [3], 21_000],
      ['late', [3], 41_000],
      ['met', [], 50_000],
    ]);
  });

  test('by default the limit goes by the way of the first one', async () => {
    const program: ProgramMaker = (guest) => new ListProgram(guest, steps(guest.number === 2 ? 2_000_000 : 100), []);
    const { lockstep, judge } = await made(2, { program });
    await lockstep.run();
    // 1000 ns, 10 times that and 10 ms
    expect(judge.meetings[0]).toMatchObject({ kind: 'late', timeNs: 1000 + 10_000 + 10_000_000 });
  });
});

describe('verdicts', () => {
  test('rollBack: all run again from where they were restored to', async () => {
    const { engine, vm } = await vmMake(2);
    const ran: string[] = [];
    const program: ProgramMaker = (guest) =>
      new ListProgram(
        guest,
        Array.from({ length: 4 }, (_, index) => () => {
          ran.push(`${guest.number}:${index}`);
          guest.work(1);
        }),
        [1, 3],
      );
    const kept = new Map<number, Uint8Array>();
    let rollBacks = 0;
    const { lockstep } = lockstepMake(engine, vm, { program }, (crew) => ({
      leave: () => crew.members.forEach(({ number, program: own }) => kept.set(number, own.state!())),
      settle: ({ checkPoint }) => {
        if (checkPoint!.id !== 3 || rollBacks > 0) return 'goOn';
        rollBacks += 1;
        for (const member of crew.members) {
          const back = { id: 1, progress: 0.25 };
          member.program.restore!(kept.get(member.number)!, back);
          crew.restored(member, back);
        }
        return 'rollBack';
      },
    }));
    const result = await lockstep.run();
    expect(ran.filter((step) => step.startsWith('1')).map((step) => step.slice(2))).toEqual(['0', '1', '2', '1', '2', '3']);
    expect(result).toMatchObject({ end: 'finished', checkPoints: 3, virtualNs: 60 });
  });

  test('halt: the run ends, and a later one goes on', async () => {
    const { lockstep, judge } = await made(2, { program: list(30, [10, 20]) });
    await lockstep.run({ until: { progress: 0.1 } });
    judge.verdicts = ['halt'];
    expect(await lockstep.run()).toMatchObject({ end: 'halted', checkPoint: { id: 20 } });
    expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 3 });
    expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 3, virtualNs: 300 });
  });

  test('what a judge fails with ends the run; the next one judges again', async () => {
    const { engine, vm } = await vmMake(2);
    let calls = 0;
    const { lockstep } = lockstepMake(engine, vm, { program: list(10) }, () => ({
      settle: async () => {
        await Promise.resolve();
        calls += 1;
        if (calls === 1) throw new Error('not now');
        return 'goOn' as const;
      },
    }));
    await expect(lockstep.run()).rejects.toThrow('not now');
    expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 1 });
  });

  test('members come and go: a new one stands where the others do', async () => {
    const { engine, vm } = await vmMake(2);
    const { lockstep } = lockstepMake(engine, vm, { program: list(30, [10, 20]) }, (crew) => ({
      settle: ({ checkPoint }) => {
        const [first] = crew.members;
        if (checkPoint!.id === 10) crew.remove(first!);
        if (checkPoint!.id === 20) {
          const fork = crew.members[0]!.replica.fork();
          expect(crew.add(fork, crew.members[0]!.program.state!(), checkPoint!).number).toBe(3);
        }
        return 'goOn';
      },
    }));
    const result = await lockstep.run();
    expect(result.replicas.map(({ vmId, position, state }) => [vmId, position, state])).toEqual([
      [2, 30, 'finished'],
      [3, 30, 'finished'],
    ]);
    expect(lockstep.progressTable().map(({ vmId }) => vmId)).toEqual([2, 3]);
  });
});

describe('intervals', () => {
  test('of virtual time: no slice runs past them', async () => {
    const { engine, vm } = await vmMake(2);
    const called: number[] = [];
    const { lockstep } = lockstepMake(engine, vm, { program: list(1000) }, () => {
      const judge = {
        dueNs: 2500,
        interval: (timeNs: number) => {
          called.push(timeNs);
          judge.dueNs += 2500;
        },
        settle: () => 'goOn' as const,
      };
      return judge;
    });
    await lockstep.run();
    expect(called).toEqual([2500, 5000, 7500]);
  });
});

describe('programs that fail', () => {
  const failing: ProgramMaker = (guest) =>
    new ListProgram(
      guest,
      steps(30, ({ replica, number }) => {
        if (number === 2) replica.memory.load8(2 ** 31);
        guest.work(1);
      }),
      [10],
    );

  test('one: it stands apart, the others go on to the end', async () => {
    const { lockstep, judge } = await made(3, { program: failing });
    const failures: unknown[] = [];
    lockstep.on('failure', ({ vmId, error }) => failures.push([vmId, (error as { code: string }).code]));
    const result = await lockstep.run();
    expect(failures).toEqual([[2, 'ADDRESS_OUT_OF_RANGE']]);
    expect(judge.meetings[0]).toMatchObject({ kind: 'apart', checkPoint: { id: 10 }, missing: [] });
    expect(judge.meetings[0]!.arrivals.map(({ checkPoint }) => checkPoint?.id ?? null)).toEqual([null, 10, 10]);
    expect(result.replicas.map(({ state }) => state)).toEqual(['finished', 'failed', 'finished']);
  });

  test('all: the run fails with it', async () => {
    const program: ProgramMaker = (guest) =>
      new ListProgram(
        guest,
        steps(3, () => void guest.replica.memory.load8(2 ** 31)),
      );
    const { lockstep } = await made(2, { program });
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE' });
  });

  test('for want of frames: the run fails, and can be tried again', async () => {
    const engine = await engineOf(build!, { regions: 4, slots: 0, maxVms: 2, maxReplicas: 8 });
    const vm = engine.createVm({ memory: REGION, addressSpace: 64 * PAGE, replicas: 2 });
    const store: Step = (guest) => guest.replica.memory.store8(0, 1);
    const pages = Array.from(
      { length: 8 },
      (_, page): Step =>
        ({ replica }) =>
          replica.memory.store8(page * PAGE, 1),
    );
    const { lockstep } = lockstepMake(engine, vm, { program: (guest) => new ListProgram(guest, [store, ...pages]) });
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'SWAP_FULL' });
    engine.validate();
    vm.expand(3 * REGION);
    expect(await lockstep.run()).toMatchObject({ end: 'finished' });
  });

  test.each([
    [{ progress: Number.NaN }, 'program.progress'],
    [{ progress: 2 }, 'program.progress'],
    [{ progress: '50 %' }, 'program.progress'],
    [{ checkPoint: undefined }, 'program.checkPoint.id'],
    [{ checkPoint: { id: Number.NaN, progress: 0 } }, 'program.checkPoint.id'],
    [{ checkPoint: { id: 1, progress: -1 } }, 'program.checkPoint.progress'],
    [{ checkPoint: { id: 1, progress: 1.5 } }, 'program.checkPoint.progress'],
  ])('that are somewhere where nothing is: %j', async (told, field) => {
    const sound = { progress: 0, position: 0, checkPoint: { id: 1, progress: 0 }, run: () => 'checkPoint' };
    const program = (() => ({ ...sound, ...told })) as unknown as ProgramMaker;
    const { lockstep } = await made(2, { program });
    await expect(lockstep.run()).rejects.toThrow(refused(field));
  });

  test('an answer that is none', async () => {
    const program = (() => ({ progress: 0, position: 0, run: () => 'done' })) as unknown as ProgramMaker;
    const { lockstep } = await made(1, { program });
    await expect(lockstep.run()).rejects.toThrow(refused('program.run()'));
  });
});

describe('bad input', () => {
  const program = list(10);
  test.each([
    [{}, 'program'],
    [{ program: 1 }, 'program'],
    [{ program, processors: 0 }, 'processors'],
    [{ program, processors: 1.5 }, 'processors'],
    [{ program, assignment: 'slowest' }, 'assignment'],
    [{ program, progress: 'position' }, 'progress'],
    [{ program, turn: '1ms' }, 'turn'],
    [{ program, processors: 1, turn: 0 }, 'turn'],
    [{ program, checkPointLimit: 0 }, 'checkPointLimit'],
    [{ program, checkPointLimit: '1m' }, 'checkPointLimit'],
    [{ program, checkPointLimit: '1ms', compare: { atCheckPoints: false } }, 'checkPointLimit'],
    [{ program, compare: true }, 'compare'],
    [{ program, compare: { atCheckPoints: 1 } }, 'compare.atCheckPoints'],
    [{ program, replicas: 3 }, 'options.replicas'],
    [{ program: () => ({}) }, 'program(guest)'],
    [{ program: () => ({ run: () => 'finished', state: () => new Uint8Array() }) }, 'program(guest)'],
  ])('%j is refused', async (options, field) => {
    const { engine, vm } = await vmMake(2);
    expect(thrownBy(() => lockstepMake(engine, vm, options as LockstepOptions))).toEqual(refused(field));
  });

  test('programs that were made before one that could not be are disposed of', async () => {
    const { engine, vm } = await vmMake(2);
    const before: ListProgram[] = [];
    const failing: ProgramMaker = (guest) => {
      if (guest.number === 2) throw new Error('no');
      return (before[before.length] = new ListProgram(guest, []));
    };
    expect(() => lockstepMake(engine, vm, { program: failing })).toThrow('no');
    expect(before.map(({ isDisposed }) => isDisposed)).toEqual([true]);
  });

  test('of run: an unknown field, an empty until; a second call; after dispose', async () => {
    const { lockstep, vm } = await made(2, { program: list(100_000) });
    await expect(lockstep.run({ for: 1 } as never)).rejects.toThrow(refused('options.for'));
    await expect(lockstep.run({ until: {} })).rejects.toThrow(refused('until'));
    const running = lockstep.run();
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'REENTRANT' });
    await expect(lockstep.dispose()).rejects.toMatchObject({ code: 'REENTRANT' });
    await running;
    await lockstep.dispose();
    await lockstep.dispose();
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(vm.isDisposed).toBe(false);
  });

  test('of a VM that has no replica in step', async () => {
    const { engine, vm } = await vmMake(2);
    for (const replica of vm.replicas) replica.isInStep = false;
    expect(thrownBy(() => lockstepMake(engine, vm, { program }))).toEqual(refused('vm.replicas'));
  });

  test('an abort ends the run between slices, and it can go on', async () => {
    const { lockstep } = await made(2, { program: list(30_000_000) });
    const signal = AbortSignal.timeout(60);
    await expect(lockstep.run({ signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(lockstep.result).toMatchObject({ end: null });
    await expect(lockstep.run({ signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
