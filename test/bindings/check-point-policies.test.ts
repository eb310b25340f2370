// What is done about differences at check points: told, ended, out-voted, run again, in the order asked for.
import { describe, expect, test } from 'vitest';
import type { LockstepOptions, ProgramMaker } from '../../bindings/lockstep/types.ts';
import { memorySwapStore } from '../../bindings/node.ts';
import type { Engine, Vm } from '../../bindings/node.ts';
import { watched } from '../support/check-points.ts';
import type { Watched } from '../support/check-points.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';
import { bitFlip } from '../support/flip.ts';
import { ListProgram, work } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;
const NOBODY = 0;

interface Made extends Watched {
  readonly engine: Engine;
  readonly vm: Vm;
}

async function vmMake(replicas: number): Promise<{ engine: Engine; vm: Vm }> {
  const engine = await engineMake(build!, { regions: 16, slots: 256, maxReplicas: 64 });
  return { engine, vm: engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas }) };
}

/** What one replica does wrong, in the step of that number, the first `times` times. */
interface Wrong {
  readonly replica: number;
  readonly step: number;
  readonly does: (program: ListProgram, step: Parameters<Step>[0]) => void;
  readonly times?: number;
}

const wrongByte =
  (page: number, value = 0xee): Wrong['does'] =>
  (_program, { replica }) =>
    replica.memory.store8(page * PAGE + 100, value);

const STEPS = 40;
const CHECK_POINTS = [10, 20, 30];

/** Every replica stores its step's number into a page of that step's; those that are to do something wrong also do. */
function program(wrongs: readonly Wrong[]): ProgramMaker {
  const left = new Map(wrongs.map((wrong) => [wrong, wrong.times ?? 1]));
  return (guest) => {
    const steps = Array.from({ length: STEPS }, (_, index): Step => {
      const mine = wrongs.filter(({ replica, step }) => replica === guest.number && step === index);
      return ({ replica }) => {
        replica.memory.store32((index % 8) * PAGE, index);
        for (const wrong of mine) {
          if (left.get(wrong)! <= 0) continue;
          left.set(wrong, left.get(wrong)! - 1);
          wrong.does(made, guest);
        }
      };
    });
    const made = new ListProgram(guest, steps, CHECK_POINTS);
    return made;
  };
}

async function made(replicas: number, wrongs: readonly Wrong[], options: Partial<LockstepOptions> = {}): Promise<Made> {
  const { engine, vm } = await vmMake(replicas);
  return { engine, vm, ...watched(vm, { program: program(wrongs), ...options }) };
}

/** Every replica has what a run without faults leaves. */
function expectSound({ engine, vm }: Made): void {
  for (const replica of vm.replicas) {
    for (let page = 0; page < 8; page += 1) {
      expect(replica.memory.load32(page * PAGE)).toBe(32 + page);
      expect(replica.memory.load8(page * PAGE + 100)).toBe(0);
    }
  }
  engine.validate();
}

const halted = (details: object): unknown =>
  expect.objectContaining({ code: 'LOCKSTEP_HALTED', details: expect.objectContaining(details) as unknown });

describe('nothing differs', () => {
  test('each check point compares, merges, and goes on', async () => {
    const { vm, lockstep, reports, names } = await made(3, []);
    expect(await lockstep.run()).toMatchObject({ end: 'finished', checkPoints: 4 });
    expect(reports.map(({ outcome, checkPoint }) => [outcome, checkPoint?.id])).toEqual([
      ['equal', 'start'],
      ['equal', 10],
      ['equal', 20],
      ['equal', 30],
      ['equal', 'end'],
    ]);
    expect(new Set(names)).toEqual(new Set(['checkPoint']));
    expect(lockstep.counts).toMatchObject({ checkPoints: 4, comparisons: 5, differences: 0, repairs: 0 });
    expect(vm.residentPages).toBe(8);
    expect(lockstep.differences).toEqual([]);
  });
});

describe('report', () => {
  test('pages, byte ranges, states and the minority are told; what is not resolved stays known', async () => {
    const wrongs: Wrong[] = [{ replica: 2, step: 13, does: wrongByte(9) }];
    const { vm, lockstep, reports, names } = await made(3, wrongs);
    const known: boolean[] = [];
    lockstep.on('difference', ({ isKnown }) => known.push(isKnown));
    expect((await lockstep.run()).end).toBe('finished');
    const difference = {
      kind: 'page',
      page: 9,
      address: 9 * PAGE,
      ranges: [{ from: 100, bytes: 1 }],
      groups: [[1, 3], [2]],
      minority: [2],
    };
    expect(reports[2]).toMatchObject({ number: 2, outcome: 'reported', minority: [2], differences: [difference], tried: [] });
    expect(reports.slice(3).map(({ outcome }) => outcome)).toEqual(['reported', 'reported']);
    expect(known).toEqual([false, true, true]);
    expect(lockstep.differences).toEqual([difference]);
    expect(names.filter((name) => name !== 'checkPoint')).toEqual(['difference', 'difference', 'difference']);
    expect(vm.replicas.map((replica) => replica.memory.load8(9 * PAGE + 100))).toEqual([0, 0xee, 0]);
  });

  test('a difference that goes away is not known any more', async () => {
    const wrongs: Wrong[] = [
      { replica: 1, step: 13, does: wrongByte(9) },
      { replica: 1, step: 23, does: wrongByte(9, 0) },
    ];
    const { lockstep, reports } = await made(2, wrongs);
    await lockstep.run();
    expect(reports.map(({ outcome }) => outcome)).toEqual(['equal', 'equal', 'reported', 'equal', 'equal']);
    expect(reports[2]!.minority).toEqual([]); // one against one: nobody knows
    expect(lockstep.differences).toEqual([]);
  });

  test('a replica whose program fails is out, and the others go on', async () => {
    const wrong = new Error('a wild address');
    const wrongs: Wrong[] = [{ replica: 2, step: 13, does: () => throwIt(wrong) }];
    const { vm, lockstep, reports, names } = await made(3, wrongs);
    const [, second] = vm.replicas;
    expect((await lockstep.run()).end).toBe('finished');
    expect(reports[2]).toMatchObject({ outcome: 'reported', differences: [{ kind: 'checkPoint', groups: [[1, 3]], minority: [2] }] });
    const [place] = reports[2]!.differences;
    expect(place?.kind === 'checkPoint' && place.places[1]).toEqual({ vmId: 2, checkPoint: null, error: wrong });
    expect(names).toContain('fail');
    expect([second!.isDisposed, second!.isInStep]).toEqual([false, false]);
    expect(reports.slice(3).map(({ outcome }) => outcome)).toEqual(['equal', 'equal']);
  });
});

function throwIt(error: Error): never {
  throw error;
}

describe('halt', () => {
  test('ends the run as a result; the next one goes on', async () => {
    const { lockstep, names, reports } = await made(2, [{ replica: 2, step: 13, does: wrongByte(9) }], { onDifference: 'halt' });
    expect(await lockstep.run()).toMatchObject({ end: 'halted', checkPoint: { id: 20 } });
    expect(names.slice(-3)).toEqual(['difference', 'halt', 'checkPoint']);
    expect(lockstep.report).toBe(reports.at(-1));
    expect(lockstep.differences).toHaveLength(1);
    expect(await lockstep.run()).toMatchObject({ end: 'halted', checkPoint: { id: 30 } });
  });

  test('replicas that differ before the first slice', async () => {
    const { vm, lockstep } = await made(2, [], { onDifference: 'halt' });
    vm.replicas[1]!.memory.store8(60 * PAGE, 1);
    expect(await lockstep.run()).toMatchObject({ end: 'halted', replicas: [{ position: 0 }, { position: 0 }] });
  });
});

describe('vote', () => {
  test('a wrong write and a wrong state are repaired from the majority', async () => {
    const wrongs: Wrong[] = [
      { replica: 1, step: 3, does: wrongByte(9) },
      { replica: 3, step: 13, does: (listed) => void (listed.position += 2) }, // two steps are left out
    ];
    const all = await made(3, wrongs, { onDifference: 'vote' });
    const { lockstep, names, reports } = all;
    expect((await lockstep.run()).end).toBe('finished');
    expect(reports.map(({ outcome, repaired }) => [outcome, ...repaired])).toEqual([
      ['equal'],
      ['repaired', 1],
      ['repaired', 3],
      ['equal'],
      ['equal'],
    ]);
    expect(names.filter((name) => name === 'repair')).toHaveLength(2);
    expectSound(all);
  });

  test('different ones are wrong in different things: page by page', async () => {
    const wrongs: Wrong[] = [
      { replica: 1, step: 3, does: wrongByte(9) },
      { replica: 2, step: 4, does: wrongByte(10) },
      { replica: 3, step: 5, does: wrongByte(11) },
    ];
    const all = await made(3, wrongs, { onDifference: 'vote' });
    await all.lockstep.run();
    expect(all.reports[1]).toMatchObject({ outcome: 'repaired', repaired: [1, 2, 3], minority: [1, 2, 3] });
    for (const replica of all.vm.replicas) for (const page of [9, 10, 11]) expect(replica.memory.load8(page * PAGE + 100)).toBe(0);
    expectSound(all);
  });

  test('five replicas, two of them wrong alike', async () => {
    const wrongs: Wrong[] = [2, 5].map((replica) => ({ replica, step: 3, does: wrongByte(9) }));
    const all = await made(5, wrongs, { onDifference: 'vote' });
    await all.lockstep.run();
    expect(all.reports[1]).toMatchObject({ outcome: 'repaired', repaired: [2, 5] });
    expect(all.reports[1]!.differences).toMatchObject([
      {
        groups: [
          [1, 3, 4],
          [2, 5],
        ],
      },
    ]);
    expectSound(all);
  });

  test('no strict majority: the next policy, or the end with an error', async () => {
    const wrongs: Wrong[] = [2, 4].map((replica) => ({ replica, step: 3, does: wrongByte(9), times: 99 }));
    const { lockstep, vm } = await made(4, wrongs, { onDifference: 'vote' });
    await expect(lockstep.run()).rejects.toEqual(halted({ vm: vm.name, checkPoint: 10, pages: 1, minority: '', rollBacks: 0 }));
    expect(lockstep.report).toMatchObject({ outcome: 'halted', tried: ['vote'] });
    await expect(lockstep.run()).rejects.toEqual(halted({ checkPoint: 10 }));
    lockstep.fail(vm.replicas[1]!); // now three are left, and one against two
    expect((await lockstep.run()).end).toBe('finished');
  });

  test('a replica that has failed is repaired too', async () => {
    const wrongs: Wrong[] = [{ replica: 2, step: 13, does: () => throwIt(new Error('no instruction')) }];
    const all = await made(3, wrongs, { onDifference: 'vote' });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports[2]).toMatchObject({ outcome: 'repaired', repaired: [2] });
    expectSound(all);
  });
});

describe('rollBack', () => {
  test('two replicas go back to the last verified check point, and do it again', async () => {
    const all = await made(2, [{ replica: 2, step: 13, does: wrongByte(9) }], { onDifference: 'rollBack' });
    const { lockstep, names, reports } = all;
    const events: unknown[] = [];
    lockstep.on('rollBack', ({ from, to, attempt }) => events.push([from?.id, to.id, attempt]));
    expect((await lockstep.run()).end).toBe('finished');
    expect(events).toEqual([[20, 10, 1]]);
    expect(reports.map(({ checkPoint, outcome }) => [checkPoint?.id, outcome])).toEqual([
      ['start', 'equal'],
      [10, 'equal'],
      [20, 'rolledBack'],
      [20, 'equal'],
      [30, 'equal'],
      ['end', 'equal'],
    ]);
    expect(names.filter((name) => name !== 'checkPoint')).toEqual(['difference', 'rollBack']);
    expect(all.vm.snapshots).toEqual([]); // nobody will come back any more
    expectSound(all);
  });

  test('before the first check point: to the start', async () => {
    const all = await made(2, [{ replica: 1, step: 0, does: wrongByte(9) }], { onDifference: 'rollBack' });
    await all.lockstep.run();
    expect(all.reports[1]).toMatchObject({ outcome: 'rolledBack', rolledBackTo: { id: 'start' } });
    expectSound(all);
  });

  test('a fault that stays: given up after so many times', async () => {
    const wrongs: Wrong[] = [{ replica: 2, step: 13, does: wrongByte(9), times: Infinity }];
    const { lockstep, vm, engine } = await made(2, wrongs, { onDifference: 'rollBack', retries: 2 });
    await expect(lockstep.run()).rejects.toEqual(halted({ vm: vm.name, checkPoint: 20, progress: 0.5, pages: 1, rollBacks: 2 }));
    expect(lockstep.counts).toMatchObject({ rollBacks: 2, differences: 3 });
    engine.validate();
  });

  test('the policies in their order: no majority, then so many roll-backs, then told', async () => {
    const wrongs: Wrong[] = [2, 3].map((replica) => ({ replica, step: 13, does: wrongByte(9, replica), times: Infinity }));
    const all = await made(3, wrongs, { onDifference: ['vote', 'rollBack', 'report'], retries: 1 });
    expect((await all.lockstep.run()).end).toBe('finished');
    expect(all.reports.slice(2, 4).map(({ outcome, tried }) => [outcome, ...tried])).toEqual([
      ['rolledBack', 'vote'],
      ['reported', 'vote', 'rollBack'],
    ]);
  });

  test('a program that fails in all replicas at the same place fails the run, with what it threw', async () => {
    const wrong = new Error('division by zero');
    const wrongs: Wrong[] = [1, 2].map((replica) => ({ replica, step: 13, does: () => throwIt(wrong), times: Infinity }));
    const { lockstep } = await made(2, wrongs, { onDifference: 'rollBack' });
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'LOCKSTEP_HALTED', cause: wrong });
  });
});

describe('check points reached by some, in another order, or not at all', () => {
  /** Replica `who` has other check points than the rest. */
  const differing =
    (who: number, checkPoints: readonly number[], steps = 20): ProgramMaker =>
    (guest) =>
      new ListProgram(guest, new Array<Step>(guest.number === who ? steps : 20).fill(work), guest.number === who ? checkPoints : [10]);

  test.each([
    ['another one', [5]],
    ['none', []],
  ])('%s: the majority says where it should be', async (_what, checkPoints) => {
    const { vm } = await vmMake(3);
    const { lockstep, reports } = watched(vm, { program: differing(2, checkPoints), onDifference: 'vote' });
    expect((await lockstep.run()).end).toBe('finished');
    expect(reports[1]).toMatchObject({ outcome: 'repaired', repaired: [2], checkPoint: { id: 10 } });
    expect(reports[1]!.differences[0]).toMatchObject({ kind: 'checkPoint', groups: [[1, 3], [2]], minority: [2] });
  });

  test('within the limit nobody else has come: one more time for each retry, then the end', async () => {
    const { vm } = await vmMake(2);
    const program = differing(2, [], 10_000_000);
    const { lockstep, reports } = watched(vm, { program, checkPointLimit: '50us', retries: 2 });
    await expect(lockstep.run()).rejects.toEqual(halted({ checkPoint: 10, pages: 0 }));
    expect(reports.map(({ outcome }) => outcome)).toEqual(['equal', 'waits', 'waits', 'halted']);
    expect(lockstep.differences).toMatchObject([{ kind: 'checkPoint', groups: [[1]] }]);
  });

  test('who is late is restored from the majority', async () => {
    const { vm } = await vmMake(3);
    const { lockstep, reports } = watched(vm, { program: differing(3, [], 10_000_000), checkPointLimit: '50us', onDifference: 'vote' });
    expect((await lockstep.run()).end).toBe('finished');
    expect(reports[1]).toMatchObject({ outcome: 'repaired', repaired: [3] });
  });
});

describe('scrub', () => {
  /** Somebody flips a bit that all share, when all stand at check point 20. */
  async function flipped(options: Partial<LockstepOptions>): Promise<Made & { flips: unknown[] }> {
    const all = await made(3, [], { scrub: true, ...options });
    const flips: unknown[] = [];
    all.lockstep.on('flip', (event) => flips.push(event.flips));
    all.vm.replicas.forEach((replica) => replica.memory.store8(40 * PAGE + 7, 1));
    all.lockstep.on('checkPoint', ({ checkPoint }) => {
      if (checkPoint?.id === 20) bitFlip(all.engine, all.vm.replica, 40 * PAGE + 7, 3);
    });
    return { ...all, flips };
  }

  test('a flip in a frame that all share shows no difference, and is found', async () => {
    const { lockstep, reports, flips } = await flipped({});
    expect((await lockstep.run()).end).toBe('finished');
    expect(flips).toEqual([[{ page: 40, address: 40 * PAGE, vmIds: [1, 2, 3] }]]);
    expect(reports[3]).toMatchObject({ outcome: 'equal', differences: [], flips: [{ page: 40 }] });
    expect(reports.filter((report) => report.flips.length > 0)).toHaveLength(1);
    expect(lockstep.counts.flips).toBe(1);
  });

  test("'halt' ends the run there", async () => {
    const { lockstep, names } = await flipped({ scrub: 'halt' });
    expect(await lockstep.run()).toMatchObject({ end: 'halted', checkPoint: { id: 30 } });
    expect(names.slice(-3)).toEqual(['flip', 'halt', 'checkPoint']);
  });

  test('flips in what all share, one after each check point: each is found at the next one, and nothing else', async () => {
    const { engine, vm } = await vmMake(3);
    const shared = Array.from({ length: 20 }, (_, index) => 20 + index);
    for (const replica of vm.replicas) for (const page of shared) replica.memory.store32(page * PAGE, page);
    const checkPoints = Array.from({ length: 60 }, (_, index) => index + 1);
    const steps = new Array<Step>(62).fill(({ replica: { memory } }) => memory.store32(0, memory.load32(0) + 1));
    const { lockstep, reports } = watched(vm, { program: (guest) => new ListProgram(guest, steps, checkPoints), scrub: true });
    const flipped: number[] = [];
    lockstep.on('checkPoint', ({ checkPoint }) => {
      const at = checkPoint!.id;
      if (typeof at !== 'number') return;
      const page = shared[(at * 7) % shared.length]!;
      bitFlip(engine, vm.replicas[at % 3]!, page * PAGE + ((at * 1237) % PAGE), at % 8);
      flipped.push(page);
    });
    await lockstep.run();
    const found = reports.flatMap((report) => report.flips.map(({ page, vmIds }) => ({ page, vmIds })));
    expect(found).toEqual(flipped.map((page) => ({ page, vmIds: [1, 2, 3] })));
    expect(reports.every(({ differences }) => differences.length === 0)).toBe(true);
    expect(lockstep.counts.flips).toBe(60);
  });

  test('a single replica has nothing else', async () => {
    const { engine, vm } = await vmMake(1);
    const { lockstep, reports } = watched(vm, { program: program([]), scrub: 'report' });
    vm.replica.memory.store8(40 * PAGE, 1);
    lockstep.on('checkPoint', ({ checkPoint }) => {
      if (checkPoint?.id === 10) bitFlip(engine, vm.replica, 40 * PAGE);
    });
    await lockstep.run();
    expect(reports.map((report) => report.flips.length)).toEqual([0, 0, 1, 0, 0]);
  });
});

describe('memory runs short', () => {
  test('no frame in the middle of the run: the run fails, and goes on when there is memory', async () => {
    const engine = await engineMake(build!, { regions: 16, slots: 0, maxReplicas: 64 });
    const small = engine.createVm({ memory: 2 * REGION, addressSpace: 64 * PAGE, replicas: 3 });
    const wrongs: Wrong[] = [{ replica: 3, step: 33, does: wrongByte(9) }];
    const { lockstep } = watched(small, { program: program(wrongs), onDifference: ['vote', 'rollBack'] });
    const end = await lockstep.run().catch((error: unknown) => error);
    expect((end as { code: string }).code).toMatch(/OUT_OF_FRAMES|SWAP_FULL/);
    engine.validate();
    small.expand(8 * REGION);
    expect((await lockstep.run()).end).toBe('finished');
    expectSound({ engine, vm: small } as Made);
  });

  test('pages that are out, and a swap that cannot be read for a while: the run fails at the meeting, and meets again', async () => {
    const [store, faults] = faultySwapStore(memorySwapStore());
    const engine = await engineMake(build!, { regions: 16, slots: 0, maxReplicas: 64, swap: { size: 256 * PAGE, store } });
    const vm = engine.createVm({ memory: 2 * REGION, addressSpace: 64 * PAGE, replicas: 3 });
    const wrongs: Wrong[] = [
      { replica: 1, step: 3, does: wrongByte(9) },
      { replica: 2, step: 26, does: wrongByte(10) },
      { replica: 3, step: 37, does: wrongByte(11) },
    ];
    const { lockstep, reports } = watched(vm, { program: program(wrongs), onDifference: ['vote', 'rollBack'] });
    let failures = 0;
    lockstep.on('arrive', ({ checkPoint }) => (faults.readsFail ||= failures === 0 && checkPoint.id === 20));
    for (let runs = 0; lockstep.result.end === null && runs < 10; runs += 1) {
      await lockstep.run().catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'SWAP_READ_FAILED' });
        engine.validate();
        failures += 1;
        faults.readsFail = false;
      });
    }
    expect(failures).toBe(1);
    expect(lockstep.result.end).toBe('finished');
    expect(reports.filter(({ outcome }) => outcome === 'repaired').map(({ repaired }) => repaired)).toEqual([[1], [2], [3]]);
    expect(vm.counters.pageOuts).toBeGreaterThan(0);
    expectSound({ engine, vm } as Made);
  });

  test('tables without a record for the snapshot: typed, nothing is lost', async () => {
    const engine = await engineMake(build!, { regions: 16, slots: 64, maxVms: 1, maxReplicas: 3 });
    const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas: 2 });
    const { lockstep } = watched(vm, { program: program([{ replica: 1, step: 13, does: wrongByte(9) }]), onDifference: 'rollBack' });
    await expect(lockstep.run()).rejects.toMatchObject({ code: 'TABLES_FULL', details: { table: 'replicas' } });
    engine.validate();
    expect(vm.snapshots).toHaveLength(1); // the one before is kept
  });
});

describe('options', () => {
  test.each<[string, Partial<LockstepOptions>, number]>([
    ['onDifference', { onDifference: 'pray' as 'vote' }, 3],
    ['onDifference', { onDifference: [] }, 3],
    ['onDifference', { onDifference: ['vote', 'vote'] }, 3],
    ['onDifference', { onDifference: ['report', 'vote'] }, 3],
    ['onDifference', { onDifference: ['halt', 'rollBack'] }, 3],
    ['onDifference', { onDifference: 'vote' }, 2],
    ['onDifference', { onDifference: ['rollBack', 'vote'] }, 2],
    ['retries', { retries: -1 }, 2],
    ['retries', { retries: 1.5 }, 2],
    ['retries', { retries: 2, onDifference: 'halt' }, 2],
    ['scrub', { scrub: 'mend' as 'halt' }, 2],
    ['standby', { standby: 2 as 1 }, 2],
    ['compare.every', { compare: { every: 0 } }, 2],
    ['compare.every.accesses', { compare: { every: { accesses: 0 } } }, 2],
    ['onDifference', { compare: { atCheckPoints: false }, onDifference: 'halt' }, 2],
    ['scrub', { compare: { atCheckPoints: false }, scrub: true }, 2],
    ['standby', { compare: { atCheckPoints: false }, standby: 1 }, 2],
    ['retries', { compare: { atCheckPoints: false }, retries: 2 }, 2],
  ])('%s: %j with %i replicas is refused', async (field, options, replicas) => {
    const { vm } = await vmMake(replicas);
    expect(() => vm.lockstep({ program: program([]), ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ field }) as unknown }),
    );
    expect(vm.lockstep({ program: program([]) }).isDisposed).toBe(false);
  });

  test.each<Partial<LockstepOptions>>([{ onDifference: 'vote' }, { onDifference: 'rollBack' }, { standby: 1 }])(
    'programs without state cannot be brought back: %j',
    async (options) => {
      const { vm } = await vmMake(3);
      const stateless: ProgramMaker = (guest) => {
        const listed = new ListProgram(guest, [work]);
        return {
          position: NOBODY,
          progress: NOBODY,
          checkPoint: listed.checkPoint,
          run: (untilNs) => listed.run(untilNs),
        };
      };
      const { lockstep } = watched(vm, { program: stateless, ...options });
      await expect(lockstep.run()).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'program' } });
    },
  );
});
