// Orders of issue and splitting: Fig. 18 S801-S803, JP 2009-26117A [0412-0420].
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Vm } from '../../bindings/node.ts';
import { RECONFIGURATION_ORDERS } from '../../bindings/node.ts';
import type { ReconfigurationOrder } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { rightsRow, roundsOf, slotsOf } from '../support/requests.ts';

const R = REGION_BYTES;
const REGION_PAGES = R / PAGE_BYTES;
const WRITE_NS = 1000;
const RELEASE_NS = REGION_PAGES * WRITE_NS;
const swap = { size: 128 * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: 3000 };
const ORDERS = Object.keys(RECONFIGURATION_ORDERS) as ReconfigurationOrder[];

describe.each(shipped)('$name', (build) => {
  /** a 6, b 2, c 6, d 2 regions; a and c use all of theirs. */
  const setup = async (
    options: Partial<EngineOptions> & { regions?: number } = {},
  ): Promise<{ engine: Engine; a: Vm; b: Vm; c: Vm; d: Vm }> => {
    const engine = await engineMake(build, { regions: 16, swap, accessNs: 0, ...options });
    const make = (name: string, regions: number): Vm => engine.createVm({ name, memory: regions * R });
    const [a, b, c, d] = [make('a', 6), make('b', 2), make('c', 6), make('d', 2)];
    for (const vm of [a, c]) for (let at = 0; at < vm.managedBytes; at += PAGE_BYTES) vm.replica.memory.store32(at, at + 1);
    return { engine, a, b, c, d };
  };
  const moves = ({ a, b, c, d }: { a: Vm; b: Vm; c: Vm; d: Vm }) => [
    { vm: a, change: -2 * R },
    { vm: b, change: 2 * R },
    { vm: c, change: -2 * R },
    { vm: d, change: 2 * R },
  ];

  describe('S802, S803: what is issued together', () => {
    test.each<[ReconfigurationOrder, number, readonly string[]]>([
      ['reductionsFirst', 2, ['a-2 c-2', 'b+2 d+2']],
      ['allAtOnce', 2, ['a-2 b+2 c-2 d+2']],
      ['oneByOne', 2, ['a-2', 'b+2', 'c-2', 'd+2']],
      ['cycles', 2, ['a-2', 'b+2', 'c-2', 'd+2']],
      ['overlappedCycles', 2, ['a-2', 'b+2 c-2', 'd+2']],
      ['reductionsFirst', 1, ['a-1 a-1 c-1 c-1', 'b+1 b+1 d+1 d+1']],
      ['allAtOnce', 1, ['a-1 a-1 b+1 b+1 c-1 c-1 d+1 d+1']],
      ['oneByOne', 1, ['a-1', 'a-1', 'b+1', 'b+1', 'c-1', 'c-1', 'd+1', 'd+1']],
      ['cycles', 1, ['a-1', 'b+1', 'a-1', 'b+1', 'c-1', 'd+1', 'c-1', 'd+1']],
      ['overlappedCycles', 1, ['a-1', 'b+1 a-1', 'b+1 c-1', 'd+1 c-1', 'd+1']],
    ])('%s, chunks of %i regions', async (order, chunk, rounds) => {
      const { engine, ...vms } = await setup();
      const request = engine.reconfigure(moves(vms), { order, chunk: chunk * R });
      expect(await roundsOf(request)).toEqual(rounds);
      expect(request).toMatchObject({ state: 'granted', grantNs: 0, regions: 4, pageOutsBeforeGrant: 0 });
      expect(['a', 'b', 'c', 'd'].map((name) => slotsOf(engine, name).length)).toEqual([4, 4, 4, 4]);
      engine.validate();
    });

    test.each<[ReconfigurationOrder, readonly string[]]>([
      ['reductionsFirst', ['a-1 c-1', 'a-1 c-1', 'b+1 d+1', 'b+1 d+1']],
      ['allAtOnce', ['a-1 b+1 c-1 d+1', 'a-1 b+1 c-1 d+1']],
      ['oneByOne', ['a-1', 'a-1', 'b+1', 'b+1', 'c-1', 'c-1', 'd+1', 'd+1']],
      ['cycles', ['a-1', 'b+1', 'a-1', 'b+1', 'c-1', 'd+1', 'c-1', 'd+1']],
      ['overlappedCycles', ['a-1', 'b+1 a-1', 'b+1 c-1', 'd+1 c-1', 'd+1']],
    ])('%s, never two at once to the same VM ([0419-0420])', async (order, rounds) => {
      const { engine, ...vms } = await setup();
      const request = engine.reconfigure(moves(vms), { order, chunk: R, sameVmOnceAtATime: true });
      expect(await roundsOf(request)).toEqual(rounds);
      engine.validate();
    });

    test('all at once: an expansion that comes before its memory waits for it, and those behind it too', async () => {
      const { engine, a, b, c, d } = await setup();
      const request = engine.reconfigure(
        [
          { vm: b, change: 2 * R },
          { vm: a, change: -2 * R },
          { vm: d, change: R },
          { vm: c, change: -R },
        ],
        { order: 'allAtOnce' },
      );
      expect(await roundsOf(request)).toEqual(['a-2 c-1', 'b+2 d+1']);
      engine.validate();
    });

    test('cycles: free memory pays for the first expansions; reductions that nobody waits for come last', async () => {
      const { engine, a, b, c, d } = await setup({ regions: 18 });
      const request = engine.reconfigure(
        [
          { vm: a, change: -R },
          { vm: b, change: 2 * R },
          { vm: d, change: R },
          { vm: c, change: -3 * R },
        ],
        { order: 'cycles', chunk: R },
      );
      expect(await roundsOf(request)).toEqual(['b+1 b+1', 'a-1', 'd+1', 'c-1 c-1 c-1']);
      engine.validate();
    });

    test('cycles of absolute requests: an expansion waits for its own regions', async () => {
      const { engine, a, b } = await setup();
      const request = engine.reconfigure([{ vm: b, real: { from: 3 * R, bytes: 3 * R } }], { order: 'cycles', chunk: R });
      expect(await roundsOf(request)).toEqual(['a-1', 'b+1', 'a-1', 'b+1', 'a-1', 'b+1']);
      expect(rightsRow(engine, 'manager')).toBe('aaabbbbbccccccdd');
      expect(a.managedBytes).toBe(3 * R);
      engine.validate();
    });
  });

  describe('splitting ([0412-0413])', () => {
    test("'OS1 by 1 GB' as four requests of 256 MB", async () => {
      const { engine, a } = await setup();
      const request = engine.reconfigure([{ vm: a, change: -4 * R }], { chunk: R });
      expect(request.changes.map(({ vm, kind, regions }) => [vm.name, kind, regions])).toEqual(Array(4).fill(['a', 'reduce', 1]));
      expect(slotsOf(engine, 'a')).toEqual([0, 1]);
    });

    test('the last piece is what is left', async () => {
      const { engine, a, b } = await setup();
      const request = engine.reconfigure(
        [
          { vm: a, give: { from: R, bytes: 5 * R } },
          { vm: b, take: { from: 8 * R, bytes: 5 * R } },
        ],
        { chunk: 2 * R },
      );
      expect(request.changes.map(({ kind, regions }) => `${kind} ${regions}`)).toEqual([
        'reduce 2',
        'reduce 2',
        'reduce 1',
        'expand 2',
        'expand 2',
        'expand 1',
      ]);
      expect(slotsOf(engine, 'a')).toEqual([0]);
      // high addresses were given up first, and the lowest regions came to the lowest places
      expect(slotsOf(engine, 'b')).toEqual([0, 1, 8, 9, 10, 11, 12]);
      expect(
        engine
          .inspect()
          .regions.filter(({ manager, managerAddress }) => manager === 'b' && managerAddress! >= 8 * R)
          .map(({ region }) => region),
      ).toEqual([1, 2, 3, 4, 5]);
      engine.validate();
    });

    test.each(ORDERS)('%s: pieces leave the same table as one request', async (order) => {
      const whole = await setup();
      whole.engine.reconfigure(moves(whole));
      const split = await setup();
      split.engine.reconfigure(moves(split), { order, chunk: R });
      const managed = (engine: Engine): readonly number[] => engine.vms.map((vm) => vm.managedBytes);
      expect(managed(split.engine)).toEqual(managed(whole.engine));
      expect(rightsRow(split.engine, 'user')).toBe(rightsRow(whole.engine, 'user'));
      split.engine.validate();
    });

    test('chunks and orders of the wrong kind', async () => {
      const { engine, a } = await setup();
      for (const [options, field] of [
        [{ chunk: 0 }, 'options.chunk'],
        [{ chunk: R / 2 }, 'options.chunk'],
        [{ chunk: '1 page' }, 'options.chunk'],
        [{ order: 'first' }, 'options.order'],
        [{ sameVmOnceAtATime: 1 }, 'options.sameVmOnceAtATime'],
        [{ selection: { reduce: 'highest' } }, 'options.selection.reduce'],
        [{ selection: { release: 'lowest' } }, 'options.selection.release'],
        [{ signal: 5 }, 'signal'],
        [{ orders: 'cycles' }, 'options.orders'],
      ] as const)
        expect(thrownBy(() => engine.reconfigure([{ vm: a, change: -R }], options as never))).toMatchObject({
          code: 'INVALID_OPTION',
          details: { field },
        });
    });
  });

  describe('what an order cannot do is refused before any right moves', () => {
    test('one by one: an expansion before its memory', async () => {
      const { engine, a, b } = await setup();
      const before = engine.inspect();
      const request = [
        { vm: b, change: R },
        { vm: a, change: -R },
      ];
      expect(thrownBy(() => engine.reconfigure(request, { order: 'oneByOne' }))).toMatchObject({
        code: 'NOT_ENOUGH_MEMORY',
        details: { requested: 1, available: 0 },
      });
      expect(engine.inspect()).toEqual(before);
      for (const order of ORDERS) if (order !== 'oneByOne') engine.reconfigure(request, { order });
      engine.validate();
    });

    test('more requests than there are change records', async () => {
      const { engine, a } = await setup({ maxChanges: 3 });
      const before = engine.inspect();
      expect(thrownBy(() => engine.reconfigure([{ vm: a, change: -4 * R }], { chunk: R }))).toMatchObject({
        code: 'TABLES_FULL',
        details: { requested: 4, available: 3, capacity: 3 },
      });
      expect(engine.inspect()).toEqual(before);
      expect(engine.reconfigure([{ vm: a, change: -3 * R }], { chunk: R }).changes).toHaveLength(3);
      expect(thrownBy(() => engine.reconfigure([{ vm: a, change: -R }]))).toMatchObject({ code: 'TABLES_FULL', details: { available: 0 } });
      engine.validate();
    });
  });

  describe('times, where an answer takes time (eager)', () => {
    // one device, one page after the other: a region takes RELEASE_NS
    test.each<[ReconfigurationOrder, readonly (readonly [string, number, number])[]]>([
      [
        'reductionsFirst',
        [
          ['a-1', 0, 1],
          ['a-1', 0, 2],
          ['c-1', 0, 3],
          ['c-1', 0, 4],
          ['b+1', 4, 4],
          ['b+1', 4, 4],
          ['d+1', 4, 4],
          ['d+1', 4, 4],
        ],
      ],
      [
        'allAtOnce',
        [
          ['a-1', 0, 1],
          ['b+1', 1, 1],
          ['a-1', 0, 2],
          ['b+1', 2, 2],
          ['c-1', 0, 3],
          ['d+1', 3, 3],
          ['c-1', 0, 4],
          ['d+1', 4, 4],
        ],
      ],
      [
        'oneByOne',
        [
          ['a-1', 0, 1],
          ['a-1', 1, 2],
          ['b+1', 2, 2],
          ['b+1', 2, 2],
          ['c-1', 2, 3],
          ['c-1', 3, 4],
          ['d+1', 4, 4],
          ['d+1', 4, 4],
        ],
      ],
      [
        'cycles',
        [
          ['a-1', 0, 1],
          ['b+1', 1, 1],
          ['a-1', 1, 2],
          ['b+1', 2, 2],
          ['c-1', 2, 3],
          ['d+1', 3, 3],
          ['c-1', 3, 4],
          ['d+1', 4, 4],
        ],
      ],
      [
        'overlappedCycles',
        [
          ['a-1', 0, 1],
          ['b+1', 1, 1],
          ['a-1', 1, 2],
          ['b+1', 2, 2],
          ['c-1', 2, 3],
          ['d+1', 3, 3],
          ['c-1', 3, 4],
          ['d+1', 4, 4],
        ],
      ],
    ])('%s: issued and answered', async (order, expected) => {
      const { engine, ...vms } = await setup({ handover: 'eager' });
      const request = engine.reconfigure(moves(vms), { order, chunk: R });
      const answered: (readonly [string, number, number])[] = [];
      for await (const report of request.reports()) {
        if (report.kind === 'granted') break;
        if (report.kind !== 'answered') continue;
        const { change, issueNs, answerNs } = report;
        answered.push([
          `${change.vm.name}${change.kind === 'reduce' ? '-' : '+'}${change.regions}`,
          issueNs / RELEASE_NS,
          answerNs / RELEASE_NS,
        ]);
      }
      expect(answered).toEqual(expected);
      // whatever the order, the times of all changes count from the request
      expect(request.grantNs).toBe(4 * RELEASE_NS);
      for (const change of request.changes)
        expect(change.grantNs).toBe(answered.find(([, , at]) => at * RELEASE_NS === change.grantNs)![2] * RELEASE_NS);
      expect(request.pageOutsBeforeGrant).toBe(4 * REGION_PAGES);
      engine.validate();
    });

    test('never two at once to the same VM: the next one when the one before is answered', async () => {
      const { engine, a, c } = await setup({ handover: 'eager', swap: { ...swap, queue: 2 } });
      const request = engine.reconfigure(
        [
          { vm: a, change: -2 * R },
          { vm: c, change: -R },
        ],
        { chunk: R, sameVmOnceAtATime: true },
      );
      // two servers: a's first region and c's take one release of half the time each, one after the other
      expect(await roundsOf(request)).toEqual(['a-1 c-1', 'a-1']);
      expect(request.changes.map(({ grantNs }) => grantNs / RELEASE_NS)).toEqual([0.5, 1, 1.5]);
      engine.validate();
    });
  });
});
