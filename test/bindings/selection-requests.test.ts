// Selection through requests: of the engine, of one request, for a VM's first memory, with both answers to a shortfall.
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, ExpandSelection, ReleaseSelection, Vm } from '../../bindings/node.ts';
import { drawingOf, engineDrawn, regionsOf } from '../support/drawn-engine.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

/** Regions that a change brought or took: what differs in the table. */
function moved(engine: Engine, request: () => unknown): number[] {
  const managers = (): (string | null)[] => engine.inspect().regions.map(({ manager }) => manager);
  const before = managers();
  request();
  engine.validate();
  return managers().flatMap((manager, region) => (manager === before[region] ? [] : [region]));
}

describe.each(shipped)('expansions ($name)', (build) => {
  const memory = 'AA.. BBB. ..bB .a..';

  test.each<[string, ExpandSelection, number, number[]]>([
    ['[0122]', 'largestRun', 4, [7, 8, 9, 10]],
    ['[0123]', 'bestFit', 2, [2, 3]],
    ['[0124]', 'smallestRun', 3, [2, 3, 7]],
    ['[0125]', 'adjacent', 3, [2, 3, 7]],
    ['[0127]-[0128]', 'spreadModules', 3, [7, 8, 12]],
    ['[0129]', 'packModule', 4, [2, 3, 8, 9]],
    ['claim 10', 'userlessOnly', 9, [2, 3, 7, 8, 9, 12, 14, 15]],
    ['claim 11', 'userlessFirst', 9, [2, 3, 7, 8, 9, 10, 12, 14, 15]],
    ['ours', 'ownFirst', 2, [2, 13]],
    ['ours', 'lowest', 2, [2, 3]],
    ['[0132]', ['userlessFirst', 'smallestRun'], 2, [2, 12]],
    ['[0132]', ['ownFirst', 'userlessOnly', 'largestRun'], 4, [2, 7, 8, 9]],
  ])('%s %o, of one request and of the engine', async (_, selection, regions, expected) => {
    const requests: readonly [Partial<EngineOptions>, { selection?: ExpandSelection }][] = [
      [{}, { selection }],
      [{ selection: { expand: selection } }, {}],
    ];
    for (const [options, request] of requests) {
      const { engine, vms } = await engineDrawn(build, memory, { modules: 4 * REGION_BYTES, ...options });
      const chosen = moved(engine, () => vms['A']!.expand(regions * REGION_BYTES, { ...request, shortfall: 'bestEffort' }));
      expect(chosen).toEqual(expected);
    }
  });

  test('the order of the selection is the order of the machine addresses', async () => {
    const { engine, vms } = await engineDrawn(build, 'AB..B....');
    vms['A']!.expand(6 * REGION_BYTES, { selection: ['largestRun', (candidates) => candidates.map(({ region }) => -region)] });
    expect(regionsOf(engine, vms['A']!)).toEqual([0, 8, 7, 6, 5, 3, 2]);
  });

  test('the compiled ones give what the criteria of the same name give', async () => {
    for (const name of ['lowest', 'ownFirst'] as const) {
      const [compiled, listed] = await Promise.all([engineDrawn(build, memory), engineDrawn(build, memory)]);
      compiled.vms['A']!.expand(4 * REGION_BYTES, { selection: name });
      listed.vms['A']!.expand(4 * REGION_BYTES, { selection: [name, (candidates) => candidates.map(() => 0)] });
      expect(drawingOf(compiled.engine)).toBe(drawingOf(listed.engine));
      expect(regionsOf(compiled.engine, compiled.vms['A']!)).toEqual(regionsOf(listed.engine, listed.vms['A']!));
    }
  });

  test("a request's selection holds for it alone", async () => {
    const { engine, vms } = await engineDrawn(build, 'A.a..B...', { selection: { expand: 'largestRun' } });
    const { A } = vms as { A: Vm };
    expect(moved(engine, () => A.expand(REGION_BYTES, { selection: 'ownFirst' }))).toEqual([2]);
    expect(moved(engine, () => A.expand(REGION_BYTES))).toEqual([6]);
    expect(moved(engine, () => A.expand(REGION_BYTES, { selection: 'lowest' }))).toEqual([1]);
  });

  test('first memory: by the selection of the engine, or its own', async () => {
    const engine = await engineMake(build, { regions: 12, modules: 4 * REGION_BYTES, selection: { expand: 'spreadModules' } });
    expect(regionsOf(engine, engine.createVm({ memory: 4 * REGION_BYTES }))).toEqual([0, 4, 8, 1]);
    expect(regionsOf(engine, engine.createVm({ memory: 4 * REGION_BYTES, selection: 'bestFit' }))).toEqual([5, 6, 7, 2]);
    expect(regionsOf(engine, engine.createVm({ memory: 2 * REGION_BYTES, selection: 'lowest' }))).toEqual([3, 9]);
    engine.validate();
  });
});

describe.each(shipped)('reductions ($name)', (build) => {
  /** Six regions at machine addresses 0 to 5, full of pages but for regions 2 (none), 0 (three) and 5 (one); touched last: 1, 4, 0, before that in order. */
  async function prepared(options: Partial<EngineOptions>): Promise<{ engine: Engine; vm: Vm }> {
    const engine = await engineMake(build, { regions: 8, ...options });
    const vm = engine.createVm({ memory: 6 * REGION_BYTES });
    vm.replica.memory.fill(0, 6 * REGION_BYTES, 7); // page p lies in frame p
    vm.replica.advise(2 * REGION_BYTES, REGION_BYTES, 'unused');
    vm.replica.advise(3 * PAGE_BYTES, PAGE_BYTES, 'unused');
    vm.replica.advise(5 * REGION_BYTES + PAGE_BYTES, 3 * PAGE_BYTES, 'unused');
    vm.replica.advise(3 * REGION_BYTES, 2 * PAGE_BYTES, 'discardable');
    vm.replica.advise(REGION_BYTES, 4 * PAGE_BYTES, 'discardable');
    for (const region of [1, 4, 0]) vm.replica.memory.load8(region * REGION_BYTES);
    return { engine, vm };
  }

  test.each<[string, ReleaseSelection, number, number[]]>([
    ['[0164]', 'highest', 2, [4, 5]],
    ['[0165]', 'unusedFirst', 3, [0, 2, 5]],
    ['[0165]', 'cacheFirst', 3, [1, 3, 5]],
    ['[0166]', 'leastRecentlyUsed', 3, [2, 3, 5]],
    ['[0166], the future not being known,', 'farthestNextUse', 2, [2, 5]],
    ['by a function', (candidates) => candidates.map(({ machineAddress }) => machineAddress!), 2, [0, 1]],
    ['combined', ['cacheFirst', 'unusedFirst'], 3, [1, 2, 3]],
    ['combined', [(candidates) => candidates.map(({ freeFrames }) => (freeFrames > 0 ? 0 : 1)), 'leastRecentlyUsed'], 4, [0, 2, 3, 5]],
  ])('%s %o, of one request and of the engine', async (_, selection, regions, expected) => {
    const requests: readonly [Partial<EngineOptions>, { selection?: ReleaseSelection }][] = [
      [{ selection: { summaries: 'all' } }, { selection }],
      [{ selection: { release: selection } }, {}],
    ];
    for (const [options, request] of requests) {
      const { engine, vm } = await prepared(options);
      expect(moved(engine, () => vm.reduce(regions * REGION_BYTES, request))).toEqual(expected);
    }
  });

  test('[0165] cacheFirst: a page that came back from swap and was not written is cache', async () => {
    const engine = await engineMake(build, { regions: 2, selection: { release: 'cacheFirst' } });
    const vm = engine.createVm({ memory: 2 * REGION_BYTES });
    vm.replica.memory.fill(0, 2 * REGION_BYTES + PAGE_BYTES, 7); // page 0 goes out
    vm.replica.memory.load8(0); // and comes to where page 1 was
    expect(moved(engine, () => vm.reduce(REGION_BYTES))).toEqual([0]);
  });

  test('a region that it manages and another VM uses has no page of its own', async () => {
    const { engine, vms } = await engineDrawn(build, 'AAaaB', { selection: { summaries: 'all' } });
    const { A, B } = vms as { A: Vm; B: Vm };
    A.replica.memory.fill(0, 4 * REGION_BYTES, 7);
    B.expand(2 * REGION_BYTES);
    expect(drawingOf(engine)).toBe('AA??B');
    B.replica.memory.store8(0, 1);
    expect(moved(engine, () => B.reduce(2 * REGION_BYTES, { selection: 'unusedFirst' }))).toEqual([2, 3]);
  });

  test('[0164] a range of machine addresses is followed by address only', async () => {
    const { engine, vm } = await prepared({ selection: { release: 'unusedFirst' } });
    expect(moved(engine, () => vm.reduce({ from: 3 * REGION_BYTES, bytes: 2 * REGION_BYTES }))).toEqual([3, 4]);
    for (const request of [
      () => vm.reduce({ from: 0, bytes: REGION_BYTES }, { selection: 'highest' }),
      () => vm.expand({ from: 3 * REGION_BYTES, bytes: REGION_BYTES }, { selection: 'lowest' }),
    ])
      expect(thrownBy(request)).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'options.selection' } });
  });

  test('the handover eager goes by them too', async () => {
    const { engine, vm } = await prepared({ handover: 'eager', selection: { release: 'leastRecentlyUsed' } });
    expect(moved(engine, () => vm.reduce(3 * REGION_BYTES))).toEqual([2, 3, 5]);
    expect(vm.counters.pageOuts).toBe(2 + 1); // two pages of region 3 could be dropped
  });
});

describe.each(shipped)('less than was asked for ($name)', (build) => {
  test('[0134] reject: the numbers are those that the filters leave, and nothing has changed', async () => {
    const { engine, vms } = await engineDrawn(build, 'A.b.bB..');
    const before = drawingOf(engine);
    const thrown = thrownBy(() => vms['A']!.expand(5 * REGION_BYTES, { selection: ['largestRun', 'userlessOnly'] }));
    const numbers = { requested: 5, available: 4, requestedBytes: 5 * REGION_BYTES, availableBytes: 4 * REGION_BYTES };
    expect(thrown).toMatchObject({ name: 'NotEnoughMemoryError', code: 'NOT_ENOUGH_MEMORY', details: numbers });
    expect(thrownBy(() => engine.createVm({ memory: 5 * REGION_BYTES, selection: 'userlessOnly' }))).toMatchObject({ details: numbers });
    expect(thrownBy(() => vms['A']!.expand(7 * REGION_BYTES, { selection: 'bestFit' }))).toMatchObject({ details: { available: 6 } });
    expect(drawingOf(engine)).toBe(before);
    expect(engine.vms).toHaveLength(2);
    engine.validate();
  });

  test('[0135] best effort: what the filters leave, which may be nothing', async () => {
    const { engine, vms } = await engineDrawn(build, 'A.b.bB..');
    const { A } = vms as { A: Vm };
    const options = { selection: 'userlessOnly', shortfall: 'bestEffort' } as const;
    expect(A.expand(9 * REGION_BYTES, options)).toMatchObject({ regions: 4, state: 'granted' });
    expect(A.expand(REGION_BYTES, options)).toMatchObject({ regions: 0, state: 'settled' });
    expect(drawingOf(engine)).toBe('AAbAbBAA');
    engine.validate();
  });

  test('a reduction: best effort leaves the VM what it needs, reject says what is missing', async () => {
    const { engine, vms } = await engineDrawn(build, 'AAAAAB');
    const { A } = vms as { A: Vm };
    const evenAddress = (candidates: readonly { machineAddress: number | null }[]): number[] =>
      candidates.map(({ machineAddress }) => (machineAddress! % (2 * REGION_BYTES) === 0 ? 0 : Infinity));
    expect(thrownBy(() => A.reduce(4 * REGION_BYTES, { selection: evenAddress }))).toMatchObject({
      code: 'NOT_ENOUGH_MEMORY',
      details: { requested: 4, available: 3 },
    });
    expect(thrownBy(() => A.reduce(6 * REGION_BYTES, { selection: 'unusedFirst' }))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
    expect(thrownBy(() => A.reduce(5 * REGION_BYTES, { selection: 'unusedFirst' }))).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
    expect(drawingOf(engine)).toBe('AAAAAB');
    expect(A.reduce(4 * REGION_BYTES, { selection: evenAddress, shortfall: 'bestEffort' }).regions).toBe(3);
    expect(A.reduce(4 * REGION_BYTES, { selection: 'unusedFirst', shortfall: 'bestEffort' }).regions).toBe(1);
    expect(A.reduce(4 * REGION_BYTES, { selection: 'unusedFirst', shortfall: 'bestEffort' }).regions).toBe(0);
    engine.validate();
  });
});
