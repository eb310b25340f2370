// Selections that are none, and functions that fail: typed errors, and nothing half done.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Candidate, Criterion, Engine, SelectionRequest, Vm } from '../../bindings/node.ts';
import { drawingOf, engineDrawn } from '../support/drawn-engine.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

const [build] = shipped;

describe('options', () => {
  test.each([
    [{ selection: { expand: 'highest' } }, 'selection.expand'],
    [{ selection: { expand: [] } }, 'selection.expand'],
    [{ selection: { expand: ['lowest', 'nearest'] } }, 'selection.expand[1]'],
    [{ selection: { expand: ['bestFit', 'largestRun', 'bestFit'] } }, 'selection.expand[2]'],
    [{ selection: { expand: [['lowest']] } }, 'selection.expand[0]'],
    [{ selection: { expand: 'constructor' } }, 'selection.expand'],
    [{ selection: { expand: 'packModule' } }, 'selection.expand'],
    [{ selection: { expand: ['lowest', 'spreadModules'] } }, 'selection.expand[1]'],
    [{ selection: { release: 'lowest' } }, 'selection.release'],
    [{ selection: { release: ['unusedFirst', 7] } }, 'selection.release[1]'],
    [{ selection: { summaries: 'none' } }, 'selection.summaries'],
    [{ selection: { reduce: 'highest' } }, 'selection.reduce'],
    [{ selection: 'lowest' }, 'selection'],
    [{ modules: 3 * PAGE_BYTES }, 'modules'],
    [{ modules: 0 }, 'modules'],
    [{ modules: 'large' }, 'modules'],
  ])('of an engine: %o', async (wrong, field) => {
    await expect(engineMake(build!, wrong as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field } });
  });

  test('of one request', async () => {
    const { engine, vms } = await engineDrawn(build!, 'AA..');
    const { A } = vms as { A: Vm };
    const before = drawingOf(engine);
    const requests: readonly [() => unknown, string][] = [
      [() => A.expand(REGION_BYTES, { selection: 'highest' as never }), 'options.selection'],
      [() => A.expand(REGION_BYTES, { selection: [] }), 'options.selection'],
      [() => A.expand(REGION_BYTES, { selection: ['ownFirst', 'packModule'] }), 'options.selection[1]'], // no `modules`
      [() => A.reduce(REGION_BYTES, { selection: 'lowest' as never }), 'options.selection'],
      [() => A.reduce(REGION_BYTES, { selection: ['highest', 'cacheFirst'] }), 'options.selection[1]'], // no summaries
      [() => A.reduce(REGION_BYTES, { selection: 'leastRecentlyUsed' }), 'options.selection'],
      [() => A.reduce(REGION_BYTES, { selection: 'farthestNextUse' }), 'options.selection'],
      [() => engine.createVm({ memory: REGION_BYTES, selection: 'unusedFirst' as never }), 'selection'],
    ];
    for (const [request, field] of requests) expect(thrownBy(request)).toMatchObject({ code: 'INVALID_OPTION', details: { field } });
    expect(drawingOf(engine)).toBe(before);
    expect(engine.vms).toHaveLength(1);
  });
});

describe.each(shipped)('functions ($name)', (build) => {
  let engine: Engine;
  let A: Vm;

  beforeEach(async () => {
    const drawn = await engineDrawn(build, 'AAAA.b.B');
    engine = drawn.engine;
    A = drawn.vms['A']!;
  });

  const answers: readonly [string, unknown][] = [
    ['a NaN', [0, NaN, 0]],
    ['a text', [0, '1', 0]],
    ['a bigint', [0n, 0n, 0n]],
    ['a hole', [0, , 0]], // eslint-disable-line no-sparse-arrays
    ['too few keys', [0, 0]],
    ['too many keys', [0, 0, 0, 0, 0]],
    ['nothing', undefined],
    ['one number', 0],
    ['a promise', Promise.resolve([0, 0, 0])],
    ['an object', { length: 3, 0: 0, 1: 0, 2: 0 }],
    ['bytes without elements', new DataView(new ArrayBuffer(24))],
  ];

  test.each(answers)('an answer that is none: %s', (_, answer) => {
    const before = drawingOf(engine);
    const wrong: Criterion = () => answer as number[];
    for (const request of [
      () => A.expand(REGION_BYTES, { selection: [wrong, 'bestFit'] }),
      () => engine.createVm({ memory: REGION_BYTES, selection: wrong }),
    ]) {
      const thrown = thrownBy(request);
      expect(thrown).toMatchObject({ name: 'PolicyFailedError', code: 'POLICY_FAILED', details: { candidates: 3 } });
      expect((thrown as Error).cause).toMatchObject({ code: 'INVALID_OPTION' });
      expect((thrown as Error).message).toMatch(/^The selection policy (options\.)?selection.* failed: .* Nothing was changed; .*\.$/);
    }
    expect(drawingOf(engine)).toBe(before);
    expect(engine.vms).toHaveLength(2);
    engine.validate();
  });

  test('a function that throws: the cause is what it threw, and the engine works on', () => {
    const cause = new RangeError('no idea.');
    const before = drawingOf(engine);
    const fails = (): never => {
      throw cause;
    };
    const thrown = thrownBy(() => A.reduce(2 * REGION_BYTES, { selection: ['unusedFirst', fails] }));
    expect(thrown).toMatchObject({ code: 'POLICY_FAILED', details: { policy: 'options.selection[1]', candidates: 4 }, cause });
    expect((thrown as Error).message).toContain('(function fails)');
    expect((thrown as Error).message).toContain('no idea.');
    expect(drawingOf(engine)).toBe(before);
    A.reduce(2 * REGION_BYTES);
    expect(drawingOf(engine)).toBe('AAaa.b.B');
    engine.validate();
  });

  test('what it writes to what it is given changes nothing', () => {
    const before = drawingOf(engine);
    const rewrites: Criterion = (candidates) => {
      (candidates[0] as { region: number }).region = 99;
      return candidates.map(() => 0);
    };
    const marks: Criterion = (candidates, request) => {
      (request.own as Uint8Array).fill(0);
      return candidates.map(({ region }) => -region);
    };
    expect(thrownBy(() => A.expand(REGION_BYTES, { selection: rewrites }))).toMatchObject({ code: 'POLICY_FAILED' });
    expect(thrownBy(() => engine.reconfigure([{ vm: A, change: REGION_BYTES }], { selection: { expand: rewrites } }))).toMatchObject({
      code: 'POLICY_FAILED',
    });
    expect(drawingOf(engine)).toBe(before);
    A.expand(REGION_BYTES, { selection: [marks, 'adjacent'] });
    expect(drawingOf(engine)).toBe('AAAA.bAB');
    engine.validate();
  });

  test('in the middle of a choice: nothing of it stands', () => {
    let calls = 0;
    const second: Criterion = (candidates) => candidates.map(() => (++calls > 2 ? NaN : 0));
    const before = drawingOf(engine);
    expect(thrownBy(() => A.expand(3 * REGION_BYTES, { selection: ['userlessFirst', second] }))).toMatchObject({ code: 'POLICY_FAILED' });
    expect(calls).toBe(3);
    expect(drawingOf(engine)).toBe(before);
    engine.validate();
  });

  test('it may look at the engine, and not change it', () => {
    const seen: unknown[] = [];
    const looks: Criterion = (candidates) => {
      seen.push(engine.inspect().regions.length, A.managedBytes, engine.regionsFree, [...engine.pages(A.replica)].length);
      return candidates.map(({ region }) => -region);
    };
    A.expand(REGION_BYTES, { selection: looks });
    expect(seen).toEqual([8, 4 * REGION_BYTES, 3, 0]);
    expect(drawingOf(engine)).toBe('AAAA.bAB');

    const changes: readonly (() => unknown)[] = [
      () => A.reduce(REGION_BYTES),
      () => A.expand(REGION_BYTES),
      () => A.touch(0),
      () => A.dispose(),
      () => A.replica.memory.store8(0, 1),
      () => A.replica.fork(),
      () => engine.createVm({ memory: REGION_BYTES }),
      () => engine.reconfigure([{ vm: A, change: -REGION_BYTES }]),
      () => engine.dispose(),
    ];
    const before = drawingOf(engine);
    for (const change of changes) {
      const meddles: Criterion = (candidates) => {
        change();
        return candidates.map(() => 0);
      };
      expect(thrownBy(() => A.expand(REGION_BYTES, { selection: meddles }))).toMatchObject({
        code: 'POLICY_FAILED',
        cause: { code: 'REENTRANT' },
      });
      const shrugs: Criterion = (candidates) => {
        seen.push(thrownBy(change));
        return candidates.map(() => Infinity);
      };
      expect(A.expand(REGION_BYTES, { selection: shrugs, shortfall: 'bestEffort' }).regions).toBe(0);
      expect(seen.at(-1)).toMatchObject({ code: 'REENTRANT' });
    }
    expect(drawingOf(engine)).toBe(before);
    A.replica.memory.store8(0, 1);
    engine.validate();
  });

  test('what it is given', () => {
    const given: [readonly Candidate[], SelectionRequest][] = [];
    const notes: Criterion = (candidates, request) => {
      given.push([candidates, { ...request, own: request.own.slice() }]);
      return candidates.map(() => 0);
    };
    A.expand(2 * REGION_BYTES, { selection: ['userlessFirst', notes] });
    const [[candidates, request]] = given as [(typeof given)[number]];
    expect(candidates).toMatchObject([
      { region: 4, realAddress: 4 * REGION_BYTES, module: 0, machineAddress: null, user: null, isUsedByAsker: false, freeFrames: 4 },
      { region: 6, user: null },
    ]);
    expect(candidates[0]).toMatchObject({ cachePages: null, lastUse: null, nextUse: null }); // the engine keeps no summaries
    expect(request).toEqual({
      kind: 'expand',
      vm: 'A',
      regions: 2,
      framesPerRegion: 4,
      poolRegions: 8,
      regionsPerModule: 8,
      own: Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0),
    });
    expect(() => (candidates as Candidate[]).reverse()).toThrow(TypeError); // the keys belong to this order
    expect(given).toHaveLength(1);

    engine.createVm({ memory: REGION_BYTES, selection: notes });
    expect(given[1]).toMatchObject([[{ region: 5, user: 'B', isUsedByAsker: false }], { vm: null, regions: 1 }]);
  });

  test('the functions of an engine know all summaries', async () => {
    const seen: Candidate[] = [];
    const notes: Criterion = (candidates) => {
      seen.push(...candidates);
      return candidates.map(() => 0);
    };
    const other = await engineMake(build, { regions: 4, selection: { expand: notes } });
    const vm = other.createVm({ memory: 2 * REGION_BYTES });
    vm.replica.memory.fill(0, 3 * PAGE_BYTES, 1);
    vm.replica.advise(PAGE_BYTES, PAGE_BYTES, 'discardable');
    vm.reduce({ from: 0, bytes: REGION_BYTES });
    seen.length = 0;
    vm.expand(REGION_BYTES);
    expect(seen).toMatchObject([
      { region: 0, user: 'vm1', isUsedByAsker: true, freeFrames: 1, cachePages: 1, nextUse: null },
      { region: 2, user: null, isUsedByAsker: false, freeFrames: 4, cachePages: 0, lastUse: 0, nextUse: Infinity },
      { region: 3 },
    ]);
    expect(seen[0]!.lastUse).toBeGreaterThan(0);
  });
});
