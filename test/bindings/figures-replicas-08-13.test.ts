// US 9,063,868 B2, 2nd and 4th embodiment, through the public API: the tables of Fig. 8 row by row, and Fig. 13, the process at a check point.
import { describe, expect, test } from 'vitest';
import type { Replica } from '../../bindings/node.ts';
import type { LockstepOptions, ProgramGuest } from '../../bindings/lockstep/types.ts';
import { ADDRESS, drawnMake } from '../support/figures-replicas.ts';
import { ListProgram } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';
import { shipped } from '../support/engines.ts';

/** Steps of the program, and where its check points are: at 10 %, 20 %, … of it. */
const STEPS = 1000;
const CHECK_POINTS = Array.from({ length: 9 }, (_, index) => ((index + 1) * STEPS) / 10);

/** Ten steps of every hundred store what follows from the step alone, the others only compute. */
const step =
  (number: number): Step =>
  (guest) => {
    if (number % 10 === 0) guest.replica.memory.store32(ADDRESS, number);
    else guest.work(1);
  };
const steps = Array.from({ length: STEPS }, (_, number) => step(number));
const program = (guest: ProgramGuest): ListProgram => new ListProgram(guest, steps, CHECK_POINTS);

/** The processors of Fig. 8B. */
const processors = [
  { name: '1', frequency: '1GHz', rate: '70 %' },
  { name: '2', frequency: '2GHz', rate: '100 %' },
];

const percent = (progress: number): string => `${Math.round(progress * 100)} %`;

describe.each(shipped)('Fig. 8, row by row, $name', (build) => {
  /** Runs the program and notes both tables whenever the assignment changes. */
  async function tablesOf(options: Partial<LockstepOptions>): Promise<readonly (readonly [string, string])[]> {
    const { vm } = await drawnMake(build);
    const lockstep = vm.lockstep({ program, processors, compare: { atCheckPoints: false }, ...options });
    const tables: (readonly [string, string])[] = [];
    lockstep.on('assign', ({ rows }) => {
      const progress = lockstep.progressTable().map((row) => `${row.vmId}: ${percent(row.progress)}`);
      tables.push([progress.join(', '), rows.map(({ name, vmId }) => `${name}: ${vmId}`).join(', ')]);
    });
    await lockstep.run();
    await lockstep.dispose();
    return tables;
  }

  test('Fig. 8A: a row for each virtual computer; Fig. 8B: a row for each processor', async () => {
    const { vm } = await drawnMake(build);
    const lockstep = vm.lockstep({ program, processors });
    expect(lockstep.progressTable()).toEqual([
      { vmId: 1, progress: 0 },
      { vmId: 2, progress: 0 },
    ]);
    await lockstep.run({ until: { time: '1ns' } });
    expect(lockstep.assignmentTable().map(({ processor, frequency, rate }) => [processor, frequency, rate])).toEqual([
      [1, 1e9, 0.7],
      [2, 2e9, 1],
    ]);
    await lockstep.dispose();
  });

  test('progress 20 % and 10 %: processor 1 has virtual computer 1, processor 2, the faster one, has virtual computer 2', async () => {
    const tables = await tablesOf({});
    expect(tables).toContainEqual(['1: 20 %, 2: 10 %', '1: 1, 2: 2']);
  });

  test('equal progress: the first one is taken for the slower', async () => {
    const tables = await tablesOf({});
    expect(tables.slice(0, 3)).toEqual([
      ['1: 0 %, 2: 0 %', '1: 2, 2: 1'],
      ['1: 10 %, 2: 0 %', '1: 1, 2: 2'],
      ['1: 10 %, 2: 10 %', '1: 2, 2: 1'],
    ]);
  });

  test('each time the slower one changes, the faster processor goes to it, and at no other time', async () => {
    const tables = await tablesOf({});
    for (const [progress, assignment] of tables.filter(([progress]) => !progress.includes('100'))) {
      const [first, second] = progress.split(', ').map((row) => Number(/: (\d+)/.exec(row)![1]));
      expect(assignment, progress).toBe(first! <= second! ? '1: 2, 2: 1' : '1: 1, 2: 2');
    }
    const assignments = tables.map(([, assignment]) => assignment);
    expect(assignments.every((assignment, index) => assignment !== assignments[index - 1])).toBe(true);
  });

  test('a fixed assignment lets the faster one run ahead', async () => {
    const tables = await tablesOf({ assignment: 'fixed' });
    expect(tables[0]).toEqual(['1: 0 %, 2: 0 %', '1: 1, 2: 2']);
  });
});

describe.each(shipped)('Fig. 13, $name', (build) => {
  test('S31 No: the one that arrives first is suspended there until the other one comes', async () => {
    const { vm } = await drawnMake(build);
    const lockstep = vm.lockstep({ program, processors, assignment: 'fixed' });
    const seen: string[] = [];
    lockstep.on('arrive', ({ vmId, checkPoint }) => {
      const states = lockstep.result.replicas.map(({ state, position }) => `${state} at ${position}`);
      seen.push(`${vmId} at ${percent(checkPoint.progress)}: ${states.join(', ')}`);
    });
    const { replicas } = await lockstep.run({ until: { progress: '20 %' } });
    expect(seen).toEqual([
      '1 at 10 %: waiting at 100, running at 0',
      '2 at 10 %: waiting at 100, waiting at 100',
      '1 at 20 %: waiting at 200, running at 100',
      '2 at 20 %: waiting at 200, waiting at 200',
    ]);
    expect(replicas[0]!.waitedNs).toBe(0); // in virtual time the faster one is there first
    expect(replicas[1]!.waitedNs).toBeGreaterThan(0);
    await lockstep.dispose();
  });

  test('S31 Yes, S21, S22, S11, S12 Yes, S13, S14, S23: when all are there the areas are compared and become one; then all go on', async () => {
    const { engine, vm, rows, frames } = await drawnMake(build);
    const lockstep = vm.lockstep({ program, processors });
    const met: string[] = [];
    lockstep.on('checkPoint', ({ checkPoint, comparison }) => {
      met.push(`${percent(checkPoint!.progress)}: ${comparison.areasMerged} of ${comparison.pagesCompared}`);
      expect(rows().map((row) => row.slice(-3))).toEqual(['1 1', '1 1', '1 1', '1 1']);
      expect(frames()).toBe(2);
    });
    const { end, checkPoints, framesMost } = await lockstep.run();
    expect(met.slice(0, 3)).toEqual(['0 %: 0 of 0', '10 %: 1 of 1', '20 %: 1 of 1']);
    expect([end, checkPoints, met.length, framesMost]).toEqual(['finished', 10, 11, 3]);
    await lockstep.dispose();
    engine.validate();
  });

  test('S12 No: what differs there is told, and stays two areas', async () => {
    const { vm, rows } = await drawnMake(build);
    const wrong =
      (replica: Replica): Step =>
      (guest) =>
        guest.replica.memory.store32(ADDRESS, guest.replica === replica ? 1 : 2);
    const faulty = (guest: ProgramGuest): ListProgram => new ListProgram(guest, [wrong(vm.replicas[1]!), ...steps.slice(1, 20)], [10]);
    const lockstep = vm.lockstep({ program: faulty, onDifference: 'report' });
    const minorities: (readonly number[])[] = [];
    lockstep.on('difference', ({ minority }) => minorities.push(minority));
    await lockstep.run({ until: { progress: '50 %' } });
    expect(minorities).toHaveLength(1);
    expect(
      rows()
        .slice(2)
        .map((row) => row.slice(-3)),
    ).toEqual(['0 0', '0 0']);
    await lockstep.dispose();
  });
});

test('a VM without a second replica has a lockstep too', async () => {
  const { vm } = await drawnMake(shipped[0]!, {}, 1);
  vm.replica.isInStep = true;
  const lockstep = vm.lockstep({ program });
  expect((await lockstep.run()).end).toBe('finished');
  expect(lockstep.vm).toBe(vm);
  await lockstep.dispose();
});
