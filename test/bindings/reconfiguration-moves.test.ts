// The analysis of requests for the whole system: Fig. 17 part 1130, Fig. 18 S801, JP 2009-26117A [0405-0411].
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Move, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { rightsRow, rightsRows, roundsOf, slotsOf } from '../support/requests.ts';

const R = REGION_BYTES;
const range = (from: number, regions: number) => ({ from: from * R, bytes: regions * R });

describe.each(shipped)('$name', (build) => {
  const setup = async (options: Partial<EngineOptions> & { regions?: number } = {}): Promise<{ engine: Engine; a: Vm; b: Vm; c: Vm }> => {
    const engine = await engineMake(build, { regions: 12, ...options });
    const a = engine.createVm({ name: 'a', memory: 4 * R });
    const b = engine.createVm({ name: 'b', memory: 4 * R });
    const c = engine.createVm({ name: 'c', memory: 2 * R });
    for (const vm of [a, b, c]) for (let at = 0; at < vm.managedBytes; at += PAGE_BYTES) vm.replica.memory.store32(at, at + 1);
    return { engine, a, b, c };
  };
  const letters = (engine: Engine): string => rightsRow(engine, 'manager');

  test("absolute: 'this range to OS1, that one to OS2' is compared with the present table ([0406-0408])", async () => {
    const { engine, a, b } = await setup();
    expect(letters(engine)).toBe('aaaabbbbcc--');
    const request = engine.reconfigure([
      { vm: a, real: range(0, 6) },
      { vm: b, real: range(6, 3) },
    ]);
    expect(rightsRows(engine)).toEqual(['aaaaaabbbc--', 'aaaabbbbcc--']);
    // the difference only: two regions leave b, one leaves c, and as many come
    expect(request.changes.map(({ vm, kind, regions }) => `${vm.name} ${kind} ${regions}`)).toEqual([
      'b reduce 2',
      'c reduce 1',
      'a expand 2',
      'b expand 1',
    ]);
    engine.validate();
  });

  test('absolute: VMs that exchange all their memory do it in rounds, and keep the least that they need ([0407])', async () => {
    const { engine, a, b } = await setup({ regions: 10 });
    const request = engine.reconfigure([
      { vm: a, real: range(4, 4) },
      { vm: b, real: range(0, 4) },
    ]);
    expect(rightsRows(engine)).toEqual(['bbbbaaaacc', 'aaaabbbbcc']);
    expect(await roundsOf(request)).toEqual(['b-3 a-3', 'a+3 b+3', 'b-1 a-1', 'a+1 b+1']);
    const { settled } = request;
    for (const vm of [a, b])
      for (const { manager, managerAddress } of engine.inspect().regions) if (manager === vm.name) vm.touch(managerAddress!);
    expect(await settled).toBe('settled');
    expect(rightsRows(engine)).toEqual(['bbbbaaaacc', 'bbbbaaaacc']);
    for (const vm of [a, b]) for (let at = 0; at < 4 * R; at += PAGE_BYTES) expect(vm.replica.memory.load32(at)).toBe(at + 1);
    engine.validate();
  });

  test.each(['allAtOnce', 'oneByOne', 'cycles', 'overlappedCycles'] as const)(
    'order %s refuses to exchange all the memory of two VMs, and names the one that can',
    async (order) => {
      const { engine, a, b } = await setup({ regions: 10 });
      const before = engine.inspect();
      const moves = [
        { vm: a, real: range(4, 4) },
        { vm: b, real: range(0, 4) },
      ];
      const error = thrownBy(() => engine.reconfigure(moves, { order }));
      expect(error).toMatchObject({ code: 'TOO_LITTLE_LEFT', message: expect.stringContaining("the order 'reductionsFirst'") as string });
      expect(engine.inspect()).toEqual(before);
    },
  );

  test('absolute: a part of real memory, exactly those regions, over any selection policy', async () => {
    const { engine, c } = await setup({ selection: { expand: 'ownFirst' } });
    engine.reconfigure([{ vm: c, real: range(1, 2) }]);
    expect(rightsRows(engine)).toEqual(['accabbbbcc--', 'aaaabbbbcc--']);
    engine.reconfigure([{ vm: c, real: range(10, 2) }], { selection: { expand: () => [] } });
    expect(letters(engine)).toBe('accabbbbcccc');
    engine.validate();
  });

  test("absolute: nobody's", async () => {
    const { engine, a } = await setup();
    const request = engine.reconfigure([{ vm: null, real: range(2, 4) }]);
    expect(rightsRows(engine)).toEqual(['aa----bbcc--', 'aaaabbbbcc--']);
    expect(request.changes).toHaveLength(2);
    expect(a.managedBytes).toBe(2 * R);
    engine.validate();
  });

  test('absolute: what is so already takes no request, and is settled at once', async () => {
    const { engine, a } = await setup();
    const request = engine.reconfigure([
      { vm: a, real: range(0, 4) },
      { vm: null, real: range(10, 2) },
    ]);
    expect(request).toMatchObject({ state: 'settled', changes: [], regions: 0, grantNs: 0, settledNs: 0 });
    expect(await request.settled).toBe('settled');
  });

  test("relative: 'OS1 gives 1, OS2 gets 1'; 'OS1 its high 1'; 'OS1 addresses so and so' ([0409-0411])", async () => {
    const { engine, a, b } = await setup();
    engine.reconfigure([
      { vm: a, change: -R },
      { vm: b, change: `+${R}` },
    ]);
    expect(letters(engine)).toBe('aaabbbbbcc--');
    engine.reconfigure([
      { vm: b, give: range(0, 1) },
      { vm: a, change: R },
    ]);
    expect(letters(engine)).toBe('aaababbbcc--');
    expect(slotsOf(engine, 'b')).toEqual([1, 2, 3, 4]);
    engine.validate();
  });

  test('a range of machine addresses to give, one to take, and the places are those', async () => {
    const { engine, a, b } = await setup();
    engine.reconfigure([
      { vm: a, give: range(1, 2) },
      { vm: b, take: range(8, 3) },
    ]);
    expect(slotsOf(engine, 'a')).toEqual([0, 3]);
    expect(slotsOf(engine, 'b')).toEqual([0, 1, 2, 3, 8, 9, 10]);
    expect(letters(engine)).toBe('abbabbbbccb-');
    // what a gave and still uses comes back to its place
    engine.reconfigure([{ vm: b, give: range(8, 2) }]);
    engine.reconfigure([{ vm: a, take: range(1, 2) }]);
    expect(slotsOf(engine, 'a')).toEqual([0, 1, 2, 3]);
    expect(letters(engine)).toBe('aaaabbbbccb-');
    engine.validate();
  });

  test('a mixture: named memory first, so that no amount takes it away', async () => {
    const { engine, a, b, c } = await setup();
    engine.reconfigure([
      { vm: c, change: 2 * R }, // free memory, but not regions 10 and 11, which are named
      { vm: b, change: -2 * R },
      { vm: a, real: range(10, 2) },
      { vm: b, give: range(3, 1) },
    ]);
    // b gave its address 3 (region 7), then its high two (6, 5); c has the lowest that is left
    expect(letters(engine)).toBe('aaaabcc-ccaa');
    engine.validate();
  });

  test.each(['allAtOnce', 'oneByOne', 'cycles'] as const)(
    'who gets named memory does not give it up again in the same request: %s',
    async (order) => {
      const { engine, b } = await setup();
      engine.reconfigure(
        [
          { vm: b, real: range(10, 1) },
          { vm: b, change: -R },
        ],
        { order },
      );
      expect(letters(engine)).toBe('aaaabbb-ccb-');
      engine.validate();
    },
  );

  describe('refused before any right moves', () => {
    const refused = async (movesOf: (vms: { a: Vm; b: Vm; c: Vm }) => readonly Move[], expected: object): Promise<void> => {
      const { engine, ...vms } = await setup();
      const before = engine.inspect();
      expect(thrownBy(() => engine.reconfigure(movesOf(vms)))).toMatchObject(expected);
      expect(engine.inspect()).toEqual(before);
      engine.validate();
    };
    const overlap = (first: string, second: string, more: object) => ({
      name: 'OverlapError',
      code: 'OVERLAPPING_REQUEST',
      details: { first, second, ...more },
    });

    test.each<[string, (vms: { a: Vm; b: Vm; c: Vm }) => readonly Move[], object]>([
      [
        'absolute ranges that overlap by one region',
        ({ a, b }) => [
          { vm: a, real: range(0, 5) },
          { vm: b, real: range(4, 2) },
        ],
        overlap('moves[0].real', 'moves[1].real', { region: 4, realAddress: 4 * R }),
      ],
      [
        'the same range twice, even to the same VM',
        ({ a }) => [
          { vm: a, real: range(10, 1) },
          { vm: a, real: range(10, 1) },
        ],
        overlap('moves[0].real', 'moves[1].real', { region: 10 }),
      ],
      [
        'ranges of machine addresses of one VM that overlap',
        ({ a }) => [
          { vm: a, give: range(0, 2) },
          { vm: a, give: range(1, 1) },
        ],
        overlap('moves[0].give', 'moves[1].give', { vm: 'a', machineAddress: R }),
      ],
      [
        'given and taken',
        ({ a }) => [
          { vm: a, give: range(2, 1) },
          { vm: a, take: range(2, 1) },
        ],
        overlap('moves[0].give', 'moves[1].take', { vm: 'a', machineAddress: 2 * R }),
      ],
      [
        'taken twice',
        ({ a }) => [
          { vm: a, take: range(8, 2) },
          { vm: a, take: range(9, 2) },
        ],
        overlap('moves[0].take', 'moves[1].take', { vm: 'a', machineAddress: 9 * R }),
      ],
      [
        'memory named by its real and by its machine address',
        ({ a, b }) => [
          { vm: b, give: range(1, 1) },
          { vm: a, real: range(5, 1) },
        ],
        overlap('moves[0].give', 'moves[1].real', { region: 5 }),
      ],
    ])('%s', async (_, moves, expected) => refused(moves, expected));

    test('a region that would come back to its place, named for somebody else', async () => {
      const { engine, a, b } = await setup();
      a.reduce(R);
      const before = engine.inspect();
      const moves = [
        { vm: a, take: range(3, 1) },
        { vm: b, real: range(3, 1) },
      ];
      expect(thrownBy(() => engine.reconfigure(moves))).toMatchObject(overlap('moves[0].take', 'moves[1].real', { region: 3 }));
      expect(engine.inspect()).toEqual(before);
    });

    test.each<[string, (vms: { a: Vm; b: Vm; c: Vm }) => readonly Move[], object]>([
      [
        'a VM without its least memory, by ranges',
        ({ a }) => [{ vm: a, give: range(0, 4) }],
        { code: 'TOO_LITTLE_LEFT', details: { vm: 'a', framesLeft: 0 } },
      ],
      [
        'a VM without its least memory, by what others get',
        ({ a }) => [{ vm: a, real: range(4, 6) }],
        { code: 'TOO_LITTLE_LEFT', details: { vm: 'b' } },
      ],
      [
        'a VM without its least memory, by two moves together',
        ({ a }) => [
          { vm: a, give: range(0, 2) },
          { vm: a, change: -2 * R },
        ],
        { code: 'TOO_LITTLE_LEFT', details: { vm: 'a', framesLeft: 0 } },
      ],
      ['more than exists', ({ a }) => [{ vm: a, change: 3 * R }], { code: 'NOT_ENOUGH_MEMORY', details: { requested: 3, available: 2 } }],
      [
        'more places than there is memory',
        ({ a }) => [{ vm: a, take: range(8, 3) }],
        { code: 'NOT_ENOUGH_MEMORY', details: { requested: 3, available: 2 } },
      ],
      [
        'more than the VM has',
        ({ a }) => [{ vm: a, change: -5 * R }],
        { code: 'NOT_ENOUGH_MEMORY', details: { requested: 5, available: 4 } },
      ],
      [
        'addresses that the VM does not manage',
        ({ a }) => [{ vm: a, give: range(3, 2) }],
        { code: 'NOT_MANAGED', details: { field: 'moves[0].give', regions: 2, managed: 1 } },
      ],
      [
        'addresses that are taken',
        ({ a }) => [{ vm: a, take: range(3, 2) }],
        { code: 'SLOT_TAKEN', details: { field: 'moves[0].take', machineAddress: 3 * R, taken: 1 } },
      ],
      [
        'places of choice and places of the engine for one VM',
        ({ a }) => [
          { vm: a, take: range(8, 1) },
          { vm: a, real: range(11, 1) },
        ],
        {
          code: 'INVALID_OPTION',
          details: { field: 'moves[1].real' },
          message: expect.stringMatching(/real memory for VM 'a', which moves\[0\]\.take gives .* ask for one after the other/) as string,
        },
      ],
    ])('%s', async (_, moves, expected) => refused(moves, expected));

    test.each<[string, (vms: { a: Vm }) => unknown, string]>([
      ['a range that begins inside a region', ({ a }) => ({ vm: a, give: { from: 100, bytes: R } }), 'moves[0].give.from'],
      ['a range that ends inside a region', ({ a }) => ({ vm: a, real: { from: 0, bytes: R + 1 } }), 'moves[0].real.bytes'],
      ['an empty range', ({ a }) => ({ vm: a, take: { from: 0, bytes: 0 } }), 'moves[0].take.bytes'],
      ['a range that is no multiple, in words', ({ a }) => ({ vm: a, real: { from: 0, bytes: '1KiB' } }), 'moves[0].real.bytes'],
      ['real memory that does not exist', ({ a }) => ({ vm: a, real: range(11, 2) }), 'moves[0].real.bytes'],
      ['real memory beyond all', ({ a }) => ({ vm: a, real: range(13, 1) }), 'moves[0].real.from'],
      ['machine addresses above 4 GiB', ({ a }) => ({ vm: a, take: range(2 ** 32 / R - 1, 2) }), 'moves[0].take.bytes'],
      ['a negative address', ({ a }) => ({ vm: a, give: { from: -R, bytes: R } }), 'moves[0].give.from'],
      ['no range', ({ a }) => ({ vm: a, give: 3 }), 'moves[0].give'],
      ['two kinds in one move', ({ a }) => ({ vm: a, change: R, take: range(8, 1) }), 'moves[0].take'],
      ['nobody gives by address', () => ({ vm: null, give: range(0, 1) }), 'moves[0].vm'],
      ['nobody without saying so', () => ({ real: range(0, 1) }), 'moves[0].vm'],
      ['a field of no kind', ({ a }) => ({ vm: a, real: { ...range(0, 1), to: 1 } }), 'moves[0].real.to'],
    ])('%s', async (_, move, field) => {
      await refused((vms) => [move(vms) as Move], { code: 'INVALID_OPTION', details: { field } });
    });

    test('VMs of another engine, and those that are gone', async () => {
      const { engine, a } = await setup();
      const { a: foreign } = await setup();
      for (const move of [
        { vm: foreign, real: range(0, 1) },
        { vm: foreign, give: range(0, 1) },
        { vm: foreign, change: R },
      ])
        expect(thrownBy(() => engine.reconfigure([move]))).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'moves[0].vm' } });
      a.dispose();
      expect(thrownBy(() => engine.reconfigure([{ vm: a, real: range(0, 1) }]))).toMatchObject({ code: 'DISPOSED' });
    });
  });

  describe('best effort', () => {
    const options = { shortfall: 'bestEffort' } as const;

    test('what is managed of a range, and no more than leaves enough', async () => {
      const { engine, a } = await setup();
      engine.reconfigure([{ vm: a, give: range(1, 1) }]);
      const request = engine.reconfigure([{ vm: a, give: range(0, 6) }], options);
      expect(request.regions).toBe(2); // 3 and 2, high ones first: 0 has to stay
      expect(slotsOf(engine, 'a')).toEqual([0]);
      engine.validate();
    });

    test('an absolute range: what its holders can spare', async () => {
      const { engine, a } = await setup();
      const request = engine.reconfigure([{ vm: a, real: range(4, 6) }], options);
      expect(letters(engine)).toBe('aaaaaaabac--');
      expect(request.regions).toBe(4);
      engine.validate();
    });

    test('places that are free', async () => {
      const { engine, a } = await setup();
      engine.reconfigure([{ vm: a, take: range(2, 6) }], options);
      expect(slotsOf(engine, 'a')).toEqual([0, 1, 2, 3, 4, 5]);
      engine.validate();
    });
  });
});
