// Processors, the progress table and the assignment table (US 9,063,868, 2nd embodiment, Fig. 8), and who is to run on what: without any time.
import { describe, expect, test } from 'vitest';
import { AssignmentTable } from '../../bindings/lockstep/assignment-table.ts';
import { shareFastestToSlowest, shareFixed, turnFactor } from '../../bindings/lockstep/assignment.ts';
import { Lanes } from '../../bindings/lockstep/lanes.ts';
import { checkProcessors, fastestFirst, PROCESSORS_MOST } from '../../bindings/lockstep/processors.ts';
import { ProgressTable } from '../../bindings/lockstep/progress-table.ts';
import type { AssignmentPolicy, ProcessorForm } from '../../bindings/lockstep/types.ts';

const refused = (field: string): unknown =>
  expect.objectContaining({ code: 'INVALID_OPTION', details: expect.objectContaining({ field }) as unknown });

describe('processors', () => {
  const one = (form: ProcessorForm) => checkProcessors('processors', [form], 1)[0]!;

  test('performance is frequency x rate', () => {
    expect(one({ frequency: '1GHz', rate: 0.7 })).toMatchObject({ frequency: 1e9, rate: 0.7, performance: 0.7, speed: 0.7 });
    expect(one({ frequency: '2GHz', rate: '100 %' })).toMatchObject({ performance: 2, speed: 2 });
    expect(one({ frequency: 5e8 })).toMatchObject({ rate: null, performance: 0.5 });
    expect(one({ rate: 0.25 })).toMatchObject({ frequency: null, performance: 0.25 });
    expect(one({})).toMatchObject({ number: 1, name: 'processor 1', frequency: null, rate: null, performance: 1, speed: 1 });
  });

  test('or a level fixed in advance, or what an index function says; the speed stays that of frequency and rate, where they are given', () => {
    expect(one({ level: 3 })).toMatchObject({ performance: 3, speed: 3 });
    expect(one({ level: 3, frequency: '2GHz' })).toMatchObject({ performance: 3, speed: 2 });
    expect(one({ name: 'big', rate: 0.5, index: ({ name, rate }) => name.length + rate! })).toMatchObject({ performance: 3.5, speed: 0.5 });
  });

  test('a count makes equal ones; by default there is one for each replica', () => {
    expect(checkProcessors('processors', 2, 3).map(({ number, performance }) => [number, performance])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(checkProcessors('processors', undefined, 3)).toHaveLength(3);
    expect(checkProcessors('processors', PROCESSORS_MOST, 1)).toHaveLength(PROCESSORS_MOST);
  });

  test('the fastest first; equal ones in the order given', () => {
    const processors = checkProcessors('processors', [{ level: 1 }, { level: 2 }, { level: 2 }, { level: 5 }], 1);
    expect(fastestFirst(processors)).toEqual([3, 1, 2, 0]);
  });

  test.each([
    [0, 'processors'],
    [-1, 'processors'],
    [1.5, 'processors'],
    [Number.NaN, 'processors'],
    [PROCESSORS_MOST + 1, 'processors'],
    ['2', 'processors'],
    [[], 'processors'],
    [new Array(PROCESSORS_MOST + 1).fill({}), 'processors'],
    [[{ frequency: 0 }], 'processors[0].frequency'],
    [[{}, { frequency: '1 GB' }], 'processors[1].frequency'],
    [[{ rate: 0 }], 'processors[0].rate'],
    [[{ rate: 1.1 }], 'processors[0].rate'],
    [[{ level: 0 }], 'processors[0].level'],
    [[{ level: Infinity }], 'processors[0].level'],
    [[{ level: 1, index: () => 1 }], 'processors[0].level'],
    [[{ index: 1 }], 'processors[0].index'],
    [[{ name: 'a', index: () => Number.NaN }], 'processors[0].index(a)'],
    [[{ name: '' }], 'processors[0].name'],
    [[{ name: 'a' }, { name: 'a' }], 'processors[1].name'],
    [[{ speed: 1 }], 'processors[0].speed'],
    [[null], 'processors[0]'],
  ])('%j is refused, and the field told', (processors, field) => {
    expect(() => checkProcessors('processors', processors, 1)).toThrow(refused(field));
  });

  test('an index function that fails: the error says which, and why', () => {
    const cause = new Error('no idea');
    const index = (): number => {
      throw cause;
    };
    expect(() => checkProcessors('processors', [{}, { name: 'b', index }], 1)).toThrow(
      expect.objectContaining({
        code: 'POLICY_FAILED',
        message: 'processors[1].index failed for b: no idea. It has to answer with a number above 0.',
        details: { policy: 'processors[1].index', processor: 2 },
        cause,
      }),
    );
  });
});

describe('the progress table', () => {
  test('says who is the slowest; of equal ones the first', () => {
    const table = new ProgressTable();
    table.set(2, 0.1);
    table.set(1, 0.2);
    table.set(3, 0.1);
    expect(table.slowestFirst([1, 2, 3])).toEqual([2, 3, 1]);
    expect(table.slowestFirst([1, 3])).toEqual([3, 1]);
    expect(table.rows()).toEqual([
      { vmId: 1, progress: 0.2 },
      { vmId: 2, progress: 0.1 },
      { vmId: 3, progress: 0.1 },
    ]);
    table.remove(2);
    expect(table.rows().map(({ vmId }) => vmId)).toEqual([1, 3]);
  });
});

/** Lanes for so many replicas, all of which run. */
function lanesOf(
  forms: number | readonly ProcessorForm[],
  progress: readonly number[],
  options: { assignment?: AssignmentPolicy; turnNs?: number; clocks?: readonly number[] } = {},
) {
  const processors = checkProcessors('processors', forms, 1);
  const table = new AssignmentTable(processors);
  const progressTable = new ProgressTable();
  const all = progress.map((_, index) => index + 1);
  for (const vmId of all) progressTable.set(vmId, progress[vmId - 1]!);
  const { assignment = 'fastestToSlowest', turnNs = 100, clocks = [] } = options;
  const lanes = new Lanes({ processors, assignment, turnNs, progress: progressTable, table, clockOf: (vmId) => clocks[vmId - 1] ?? 0 });
  const update = (running: readonly number[] = all, nowNs = 0): boolean => lanes.update(all, running, nowNs);
  return { lanes, table, progressTable, all, update, assigned: () => table.rows().map(({ vmId }) => vmId) };
}

describe('Fig. 8, row by row', () => {
  const processors: readonly ProcessorForm[] = [
    { frequency: '1GHz', rate: '70 %' },
    { frequency: '2GHz', rate: '100 %' },
  ];

  test('progress 20 % and 10 %: the second processor to replica 2', () => {
    const { progressTable, table, update } = lanesOf(processors, [0.2, 0.1]);
    update();
    expect(progressTable.rows()).toEqual([
      { vmId: 1, progress: 0.2 },
      { vmId: 2, progress: 0.1 },
    ]);
    expect(table.rows()).toEqual([
      { processor: 1, name: 'processor 1', frequency: 1e9, rate: 0.7, performance: 0.7, vmId: 1, turns: [] },
      { processor: 2, name: 'processor 2', frequency: 2e9, rate: 1, performance: 2, vmId: 2, turns: [] },
    ]);
  });

  test('each time the slowest replica changes the fastest processor goes to it, and only then', () => {
    const { progressTable, update, assigned } = lanesOf(processors, [0.2, 0.1]);
    expect(update()).toBe(true);
    progressTable.set(2, 0.15);
    expect(update()).toBe(false);
    progressTable.set(2, 0.2); // equal: the first
    expect(update()).toBe(true);
    expect(assigned()).toEqual([2, 1]);
    progressTable.set(1, 0.3);
    expect(update()).toBe(true);
    expect(assigned()).toEqual([1, 2]);
  });

  test('a replica that waits at a check point holds no processor', () => {
    const { update, assigned } = lanesOf(processors, [0.1, 0.2]);
    update();
    expect(assigned()).toEqual([2, 1]);
    update([2]);
    expect(assigned()).toEqual([null, 2]);
    update([]);
    expect(assigned()).toEqual([null, null]);
  });
});

describe('who shares what', () => {
  test('as many processors as replicas, or more: the slower the replica, the faster its processor', () => {
    expect(shareFastestToSlowest([2, 0, 1], [5, 4])).toEqual([
      { places: [2], vmIds: [5] },
      { places: [0], vmIds: [4] },
    ]);
  });

  test('claim 10: of more replicas than processors, the slowest has the fastest for itself, the others share the rest', () => {
    expect(shareFastestToSlowest([1, 0], [3, 1, 2])).toEqual([
      { places: [1], vmIds: [3] },
      { places: [0], vmIds: [1, 2] },
    ]);
  });

  test('one processor is shared by all', () => {
    expect(shareFastestToSlowest([0], [3, 1])).toEqual([{ places: [0], vmIds: [3, 1] }]);
  });

  test('fixed: each has its place, whoever runs', () => {
    expect(shareFixed(2, [1, 2, 3], new Set([1, 2, 3]))).toEqual([
      { places: [0], vmIds: [1, 3] },
      { places: [1], vmIds: [2] },
    ]);
    expect(shareFixed(2, [1, 2, 3], new Set([3]))).toEqual([{ places: [0], vmIds: [3] }]);
    expect(shareFixed(4, [1, 2], new Set([1, 2]))).toHaveLength(2);
  });

  test('turns are the longer the more sharers are further on', () => {
    expect([0.1, 0.1, 0.3, 0.5].map((progress, _, all) => turnFactor(progress, all))).toEqual([3, 3, 2, 1]);
  });
});

describe('turns', () => {
  /** Who has the processor at `place`, and until when, turn after turn. */
  function turnsOf(made: ReturnType<typeof lanesOf>, place: number, count: number): readonly (readonly [number, number])[] {
    const lane = made.lanes.all[place]!;
    return Array.from({ length: count }, () => {
      made.update();
      const turn = [lane.vmId!, lane.turnEndNs - lane.timeNs] as const;
      lane.timeNs = lane.turnEndNs;
      return turn;
    });
  }

  test('one processor: the slower come first in each round, with longer turns', () => {
    expect(turnsOf(lanesOf(1, [0.3, 0.1, 0.2]), 0, 6)).toEqual([
      [2, 300],
      [3, 200],
      [1, 100],
      [2, 300],
      [3, 200],
      [1, 100],
    ]);
  });

  test('three replicas on two processors: exclusive for the slowest, turns for the others', () => {
    const made = lanesOf([{ level: 1 }, { level: 2 }], [0.1, 0.3, 0.2]);
    expect(turnsOf(made, 0, 3)).toEqual([
      [3, 200],
      [2, 100],
      [3, 200],
    ]);
    expect(made.table.rows()[1]).toMatchObject({ vmId: 1, turns: [] });
    expect(made.table.rows()[0]).toMatchObject({ turns: [3, 2] });
    expect(made.lanes.all[1]!.turnEndNs).toBe(Infinity);
  });

  test('four replicas on three processors: the two shared ones never have the same', () => {
    const made = lanesOf([{ level: 3 }, { level: 2 }, { level: 2 }], [0, 0.1, 0.1, 0.1]);
    for (let turn = 0; turn < 12; turn += 1) {
      made.update();
      const [first, second, third] = made.assigned();
      expect(first).toBe(1);
      expect(new Set([second, third]).size).toBe(2);
      const ends = made.lanes.all[1 + (turn % 2)]!;
      ends.timeNs = ends.turnEndNs;
    }
  });

  test('fixed: equal turns in the order of numbers', () => {
    expect(turnsOf(lanesOf(1, [0.3, 0.1, 0.2], { assignment: 'fixed' }), 0, 4)).toEqual([
      [1, 100],
      [2, 100],
      [3, 100],
      [1, 100],
    ]);
  });

  test('who becomes the slowest leaves the round, who was it takes turns', () => {
    const made = lanesOf([{ level: 1 }, { level: 2 }], [0.1, 0.2, 0.2]);
    made.update();
    expect(made.assigned()).toEqual([2, 1]);
    made.progressTable.set(1, 0.5);
    made.update(made.all, 40);
    expect(made.assigned()).toEqual([3, 2]);
    expect(made.lanes.all[0]!.timeNs).toBe(40);
  });

  test('no processor runs a replica before its own time', () => {
    const made = lanesOf(2, [0, 0], { clocks: [70, 0] });
    made.update(made.all, 20);
    expect(made.lanes.all.map(({ timeNs }) => timeNs)).toEqual([70, 20]);
  });
});
