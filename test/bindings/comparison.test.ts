// Replicas in step and their comparison (US 9,063,868): equal contents become one page again, different ones are told.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, Replica, Vm } from '../../bindings/node.ts';
import { engineMake as engineOf, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const [build] = shipped;

async function engineMake(options: Partial<EngineOptions> = {}): Promise<Engine> {
  return engineOf(build!, { regions: 16, slots: 256, maxReplicas: 64, ...options });
}

interface InStep {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly all: readonly Replica[];
}

async function vmInStep(replicas: number): Promise<InStep> {
  const engine = await engineMake();
  const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas });
  return { engine, vm, all: vm.replicas };
}

describe('createVm({ replicas })', () => {
  test('makes so many, all in step; a fork is not', async () => {
    const { vm, all } = await vmInStep(3);
    expect(all).toHaveLength(3);
    expect(all.map((replica) => replica.isInStep)).toEqual([true, true, true]);
    expect(vm.replica.fork().isInStep).toBe(false);
  });

  test.each([0, -1, 1.5, 65536, Number.NaN, '2'])('%s is refused', async (replicas) => {
    const engine = await engineMake();
    expect(() => engine.createVm({ memory: REGION, replicas: replicas as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(engine.vms).toEqual([]);
  });

  test('more than there are records for: nothing is left of it', async () => {
    const engine = await engineMake({ maxVms: 2, maxReplicas: 4 });
    expect(() => engine.createVm({ memory: REGION, replicas: 5 })).toThrow(expect.objectContaining({ code: 'TABLES_FULL' }));
    expect(engine.vms).toEqual([]);
    expect(engine.regionsFree).toBe(16);
    engine.validate();
  });
});

describe('vm.compare', () => {
  test('Figs. 4 to 6: one writes and is alone, the other writes the same, and both share again', async () => {
    const { engine, vm, all } = await vmInStep(2);
    const [first, second] = all as [Replica, Replica];
    first.memory.store32(0x12 * PAGE, 1);
    second.memory.store32(0x12 * PAGE, 1);
    vm.compare(); // Fig. 4: one frame for both
    expect(vm.residentPages).toBe(1);

    second.memory.store32(0x12 * PAGE + 8, 7); // Fig. 5
    expect(vm.residentPages).toBe(2);
    expect(vm.compare()).toEqual({ pagesCompared: 1, areasMerged: 0, pagesDifferent: 1 });
    expect(vm.residentPages).toBe(2);

    const merges: unknown[] = [];
    engine.on('merge', ({ page, areasMerged, areasLeft }) => merges.push({ page, areasMerged, areasLeft }));
    first.memory.store32(0x12 * PAGE + 8, 7); // Fig. 6
    expect(vm.compare()).toEqual({ pagesCompared: 1, areasMerged: 1, pagesDifferent: 0 });
    expect(merges).toEqual([{ page: 0x12, areasMerged: 1, areasLeft: 1 }]);
    expect(vm.residentPages).toBe(1);
    expect(all.map((replica) => replica.memory.load32(0x12 * PAGE + 8))).toEqual([7, 7]);
    engine.validate();
  });

  test('after it, a write of one is not seen by the others', async () => {
    const { vm, all } = await vmInStep(3);
    for (const replica of all) replica.memory.store32(PAGE, 5);
    expect(vm.compare().areasMerged).toBe(2);
    all[1]!.memory.store32(PAGE, 6);
    expect(all.map((replica) => replica.memory.load32(PAGE))).toEqual([5, 6, 5]);
  });

  test('a second comparison finds nothing to do, whatever is mapped', async () => {
    const { engine, vm, all } = await vmInStep(3);
    for (const replica of all) for (let page = 0; page < 12; page += 1) replica.memory.store32(page * PAGE, page + 1);
    expect(vm.compare().pagesCompared).toBe(12);
    const { nodes, copies } = engine.inspect().operations;
    expect(vm.compare()).toEqual({ pagesCompared: 0, areasMerged: 0, pagesDifferent: 0 });
    expect(engine.inspect().operations).toMatchObject({ nodes, copies });
  });

  test('a page of zeros is worth nothing beside an untouched one', async () => {
    const { engine, vm, all } = await vmInStep(2);
    all[0]!.memory.load32(3 * PAGE);
    expect(vm.residentPages).toBe(1);
    expect(vm.compare()).toEqual({ pagesCompared: 1, areasMerged: 1, pagesDifferent: 0 });
    expect(vm.residentPages).toBe(0);
    engine.validate();
  });

  test('what is locked stays locked and in memory', async () => {
    const { engine, vm, all } = await vmInStep(2);
    all[1]!.memory.store32(0, 9);
    all[1]!.advise(0, PAGE, 'locked');
    all[0]!.memory.store32(0, 9);
    expect(vm.compare().areasMerged).toBe(1);
    expect(vm.information().lockedBytes).toBe(PAGE);
    engine.validate();
  });

  test('pages that are out merge too, and only equal ones are read', async () => {
    const { engine, vm, all } = await vmInStep(2);
    const other = engine.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE });
    const [first, second] = all as [Replica, Replica];
    for (const replica of all) for (let page = 0; page < 6; page += 1) replica.memory.store32(page * PAGE, page + 1);
    second.memory.store32(0, 77); // different from now on
    vm.reduce(11 * REGION);
    other.expand(11 * REGION);
    for (let slot = 4; slot < 15; slot += 1) other.touch(slot * REGION);
    const { outPages, counters } = vm;
    expect(outPages).toBe(8);
    expect(vm.compare()).toMatchObject({ areasMerged: 5, pagesDifferent: 1 });
    expect(vm.counters.pageIns - counters.pageIns).toBe(7); // 1, 2, 3: one of two is out; 4, 5: both; 0: its hash says enough
    for (let page = 1; page < 6; page += 1) expect(first.memory.load32(page * PAGE)).toBe(page + 1);
    expect([first.memory.load32(0), second.memory.load32(0)]).toEqual([1, 77]);
    engine.validate();
  });
});

describe('vm.differences', () => {
  test('pages, byte ranges, and who is in the minority', async () => {
    const { vm, all } = await vmInStep(3);
    const [first, second, third] = all as [Replica, Replica, Replica];
    for (const replica of all) replica.memory.store32(5 * PAGE, 1);
    second.memory.store8(5 * PAGE + 100, 3);
    second.memory.store8(5 * PAGE + 102, 3);
    third.memory.store16(40 * PAGE + 4094, 0xffff);
    vm.compare();
    expect([...vm.differences()]).toEqual([
      {
        page: 5,
        address: 5 * PAGE,
        groups: [[first, third], [second]],
        ranges: [
          { from: 100, bytes: 1 },
          { from: 102, bytes: 1 },
        ],
      },
      { page: 40, address: 40 * PAGE, groups: [[first, second], [third]], ranges: [{ from: 4094, bytes: 2 }] },
    ]);
  });

  test('none: the iterator ends', async () => {
    const { vm } = await vmInStep(2);
    expect([...vm.differences()]).toEqual([]);
  });
});

const PAGES = [0, 1, 2, 5, 33, 62];
const operation = fc.record({
  kind: fc.constantFrom('store', 'store', 'store', 'load', 'fork', 'restore', 'compare', 'unused', 'drop'),
  replica: fc.nat(7),
  page: fc.constantFrom(...PAGES),
  value: fc.nat(3),
});

test('random operations: contents are what each replica wrote, and after a comparison equal pages of replicas in step are one frame or none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 120 }), async (operations) => {
      const { engine, vm } = await vmInStep(3);
      const written = new Map(vm.replicas.map((replica) => [replica, new Map<number, number>()]));
      for (const { kind, replica: index, page, value } of operations) {
        const replica = vm.replicas[index % vm.replicas.length]!;
        const words = written.get(replica)!;
        if (kind === 'store') {
          replica.memory.store32(page * PAGE, value);
          words.set(page, value);
        } else if (kind === 'load') expect(replica.memory.load32(page * PAGE)).toBe(words.get(page) ?? 0);
        else if (kind === 'unused') {
          replica.advise(page * PAGE, PAGE, 'unused');
          words.delete(page);
        } else if (kind === 'fork' && vm.replicas.length < 6) {
          const fork = replica.fork();
          fork.isInStep = value !== 0;
          written.set(fork, new Map(words));
        } else if (kind === 'restore') {
          const from = vm.replicas[value % vm.replicas.length]!;
          replica.restore(from);
          written.set(replica, new Map(written.get(from)));
        } else if (kind === 'drop' && vm.replicas.length > 3) replica.dispose();
        else if (kind === 'compare') {
          vm.compare();
          expectMerged(vm, written);
        }
        engine.validate();
        for (const other of vm.replicas) {
          const into = new Uint8Array(4);
          for (const at of PAGES) expect(other.peek(at * PAGE, into)[0]).toBe(written.get(other)!.get(at) ?? 0);
        }
      }
      engine.dispose();
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** As many frames as different contents, at most, where all hold in step. */
function expectMerged(vm: Vm, written: ReadonlyMap<Replica, ReadonlyMap<number, number>>): void {
  const inStep = vm.replicas.filter((replica) => replica.isInStep);
  const expected = PAGES.filter((page) => new Set(inStep.map((replica) => written.get(replica)!.get(page) ?? 0)).size > 1);
  expect([...vm.differences()].map(({ page }) => page)).toEqual(expected);
  if (inStep.length < vm.replicas.length) return;
  const contents = PAGES.map((page) => new Set(inStep.map((replica) => written.get(replica)!.get(page) ?? 0)).size);
  expect(vm.residentPages + vm.outPages).toBeLessThanOrEqual(contents.reduce((sum, count) => sum + count, 0));
}
