// Selection in requests for the whole system: chosen before the first right moves, so that what fails changes nothing.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Criterion, Engine, Vm } from '../../bindings/node.ts';
import { drawingOf, engineDrawn } from '../support/drawn-engine.ts';
import { REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

describe.each(shipped)('$name', (build) => {
  let engine: Engine;
  let A: Vm;
  let B: Vm;
  const moves = (regions: number): { vm: Vm; change: number }[] => [
    { vm: A, change: -regions * REGION_BYTES },
    { vm: B, change: regions * REGION_BYTES },
  ];

  beforeEach(async () => {
    const drawn = await engineDrawn(build, 'AAAAB..BB');
    engine = drawn.engine;
    A = drawn.vms['A']!;
    B = drawn.vms['B']!;
  });

  test('each VM gives up and gets by the criteria of the request', () => {
    const lowestAddress: Criterion = (candidates) => candidates.map(({ machineAddress }) => machineAddress!);
    engine.reconfigure(moves(2), { selection: { release: lowestAddress, expand: 'adjacent' } });
    expect(drawingOf(engine)).toBe('aaAABBBBB');
    engine.reconfigure(moves(1), { selection: { expand: ['userlessFirst', 'lowest'] } });
    expect(drawingOf(engine)).toBe('?aAaBBBBB');
    engine.validate();
  });

  test('what the reductions bring counts as memory that is used', () => {
    engine.reconfigure(moves(2), { selection: { expand: 'userlessOnly' } });
    expect(drawingOf(engine)).toBe('AAaaBBBBB');
    const thrown = thrownBy(() => engine.reconfigure(moves(1), { selection: { expand: 'userlessOnly' } }));
    expect(thrown).toMatchObject({ code: 'NOT_ENOUGH_MEMORY', details: { requested: 1, available: 0 } });
    expect(drawingOf(engine)).toBe('AAaaBBBBB');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no.');
      },
    ],
    ['answers NaN', () => [NaN, NaN, NaN, NaN]],
    ['changes the engine', () => [A.reduce(REGION_BYTES).regions]],
  ])('a criterion for the expansion that %s: the reductions before it have not happened either', (_, fails) => {
    expect(thrownBy(() => engine.reconfigure(moves(2), { selection: { expand: fails } }))).toMatchObject({ code: 'POLICY_FAILED' });
    expect(thrownBy(() => engine.reconfigure(moves(2), { selection: { release: fails } }))).toMatchObject({ code: 'POLICY_FAILED' });
    expect(drawingOf(engine)).toBe('AAAAB..BB');
    expect(engine.inspect().changes).toEqual([]);
    engine.reconfigure(moves(2));
    expect(drawingOf(engine)).toBe('AA??B..BB');
    engine.validate();
  });

  test.each([
    [{ expand: 'highest' }, 'options.selection.expand'],
    [{ release: ['highest', 'cacheFirst'] }, 'options.selection.release[1]'],
    [{ expand: 'packModule' }, 'options.selection.expand'],
    [{ reduce: 'highest' }, 'options.selection.reduce'],
    ['lowest', 'options.selection'],
  ])('%o', (selection, field) => {
    expect(thrownBy(() => engine.reconfigure(moves(1), { selection: selection as never }))).toMatchObject({
      code: 'INVALID_OPTION',
      details: { field },
    });
  });
});
