// Random requests for the whole system against a computation that knows nothing of analysis, splitting or orders: Fig. 18, JP 2009-26117A [0405-0420].
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, Move, ReconfigurationOrder, ReconfigureOptions, RegionRow, Vm } from '../../bindings/node.ts';
import { RECONFIGURATION_ORDERS } from '../../bindings/node.ts';
import { UsufructError } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

const R = REGION_BYTES;
const REGIONS = 16;
const NAMES = ['a', 'b', 'c'] as const;
const ORDERS = Object.keys(RECONFIGURATION_ORDERS) as ReconfigurationOrder[];

/** A move by names, so that it can be shown and made again. `null` of real ranges: nobody. */
type Plan =
  | { readonly vm: number; readonly change: number }
  | { readonly vm: number; readonly give: readonly [number, number] }
  | { readonly vm: number; readonly take: readonly [number, number] }
  | { readonly vm: number | null; readonly real: readonly [number, number] };

const vmNumber = fc.integer({ min: 0, max: NAMES.length - 1 });
const range = (most: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.integer({ min: 0, max: most - 1 }), fc.integer({ min: 1, max: 4 }));
const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({ vm: vmNumber, change: fc.integer({ min: -4, max: 4 }) }),
  fc.record({ vm: vmNumber, give: range(6) }),
  fc.record({ vm: vmNumber, take: range(10) }),
  fc.record({ vm: fc.option(vmNumber), real: range(REGIONS) }),
);
const plans = fc.array(plan, { minLength: 1, maxLength: 4 });
const options = fc.record({
  order: fc.constantFrom(...ORDERS),
  chunk: fc.constantFrom(undefined, R, 2 * R),
  sameVmOnceAtATime: fc.boolean(),
});

/** Who manages what, at which of its machine slots; who uses what. All by name. */
type Row = { manager: string | null; slot: number; user: string | null; userSlot: number };

/** The rights table, and the two things that are done to it. */
class Plain {
  readonly rows: Row[];

  constructor(regions: readonly RegionRow[]) {
    this.rows = regions.map(({ manager, managerAddress, user, userAddress }) => ({
      manager,
      slot: (managerAddress ?? 0) / R,
      user,
      userSlot: (userAddress ?? 0) / R,
    }));
  }

  free(): number {
    return this.rows.filter(({ manager }) => manager === null).length;
  }
  managed(vm: string): Row[] {
    return this.rows.filter(({ manager }) => manager === vm);
  }
  take(row: Row): void {
    row.manager = null;
  }
  give(row: Row, vm: string, place?: number): void {
    const held = new Set(
      this.rows.flatMap((other) => [...(other.manager === vm ? [other.slot] : []), ...(other.user === vm ? [other.userSlot] : [])]),
    );
    let slot = 0;
    while (held.has(slot)) slot += 1;
    row.slot = row.user === vm ? row.userSlot : (place ?? slot);
    row.manager = vm;
  }
}

const isIn = (place: number, [first, count]: readonly [number, number]): boolean => place >= first && place < first + count;

/** All reductions, then all expansions; what is named first, and no amount takes what is to stay. Only for requests that the engine accepted. */
function plainly(regions: readonly RegionRow[], moves: readonly Plan[]): readonly string[] {
  const plain = new Plain(regions);
  const { rows } = plain;
  const wanted: [Row, string][] = [];
  for (const move of moves) {
    if ('give' in move) {
      for (const row of plain.managed(NAMES[move.vm]!)) if (isIn(row.slot, move.give)) plain.take(row);
    }
    if (!('real' in move)) continue;
    const [first, count] = move.real;
    const name = move.vm === null ? null : NAMES[move.vm]!;
    for (const row of rows.slice(first, first + count)) {
      if (row.manager === name) continue;
      plain.take(row);
      if (name !== null) wanted.push([row, name]);
    }
  }
  for (const move of moves) {
    if (!('change' in move) || move.change > 0) continue;
    const kept = rows.filter((_, region) => moves.some((other) => 'real' in other && other.vm === move.vm && isIn(region, other.real)));
    const mine = plain
      .managed(NAMES[move.vm]!)
      .filter((row) => !kept.includes(row))
      .sort((x, y) => y.slot - x.slot);
    for (const row of mine.slice(0, -move.change)) plain.take(row);
  }
  for (const [row, name] of wanted) plain.give(row, name);
  for (const move of moves) {
    if (!('take' in move)) continue;
    const name = NAMES[move.vm]!;
    const [first, count] = move.take;
    for (let slot = first; slot < first + count; slot += 1) {
      const back = rows.find((row) => row.manager === null && row.user === name && row.userSlot === slot);
      plain.give(back ?? rows.find((row) => row.manager === null && row.user !== name)!, name, slot);
    }
  }
  for (const move of moves) {
    if (!('change' in move)) continue;
    for (let left = move.change; left > 0; left -= 1)
      plain.give(
        rows.find(({ manager }) => manager === null)!,
        NAMES[move.vm]!,
      );
  }
  return rows.map(({ manager, slot, user }) => (manager === null ? `- ${user ?? '-'}` : `${manager}@${slot} ${user ?? '-'}`));
}

const shown = (regions: readonly RegionRow[]): readonly string[] =>
  regions.map(({ manager, managerAddress, user }) =>
    manager === null ? `- ${user ?? '-'}` : `${manager}@${managerAddress! / R} ${user ?? '-'}`,
  );

describe.each(shipped)('$name', (build) => {
  /** Three VMs that have already moved memory about: some regions are used by one and managed by another, or by nobody. */
  const setup = async (history: readonly (readonly [number, number])[]): Promise<{ engine: Engine; vms: readonly Vm[] }> => {
    const engine = await engineMake(build, { regions: REGIONS, slots: 256, accessNs: 0 });
    const vms = NAMES.map((name, index) => engine.createVm({ name, memory: [5, 4, 4][index]! * R }));
    for (const vm of vms) for (let at = 0; at < vm.managedBytes; at += 2 * PAGE_BYTES) vm.replica.memory.store32(at, at + 1);
    for (const [from, to] of history) {
      if (from === to || vms[from]!.managedBytes <= R) continue;
      engine.reconfigure([
        { vm: vms[from]!, change: -R },
        { vm: vms[to]!, change: R },
      ]);
    }
    return { engine, vms };
  };
  const movesOf = (vms: readonly Vm[], moves: readonly Plan[]): readonly Move[] =>
    moves.map((move) => {
      const bytes = ([first, count]: readonly [number, number]) => ({ from: first * R, bytes: count * R });
      if ('change' in move) return { vm: vms[move.vm]!, change: move.change * R };
      if ('give' in move) return { vm: vms[move.vm]!, give: bytes(move.give) };
      if ('take' in move) return { vm: vms[move.vm]!, take: bytes(move.take) };
      return { vm: move.vm === null ? null : vms[move.vm]!, real: bytes(move.real) };
    });
  const optionsOf = ({
    chunk,
    ...rest
  }: {
    order: ReconfigurationOrder;
    chunk: number | undefined;
    sameVmOnceAtATime: boolean;
  }): ReconfigureOptions => (chunk === undefined ? rest : { ...rest, chunk });
  const history = fc.array(fc.tuple(vmNumber, vmNumber), { maxLength: 4 });

  test('either refused with nothing changed, or done as a plain computation has it', async () => {
    let done = 0;
    await fc.assert(
      fc.asyncProperty(history, plans, fc.constantFrom(undefined, R, 2 * R), async (past, moves, chunk) => {
        const { engine, vms } = await setup(past);
        const before = engine.inspect();
        let request;
        try {
          request = engine.reconfigure(movesOf(vms, moves), chunk === undefined ? {} : { chunk });
        } catch (error) {
          expect(error).toBeInstanceOf(UsufructError);
          expect((error as UsufructError).details).not.toHaveProperty('answered');
          expect(engine.inspect()).toEqual(before);
          return;
        }
        done += 1;
        const kinds = request.changes.map(({ kind }) => kind);
        const isExchange = kinds.lastIndexOf('reduce') > kinds.indexOf('expand') && kinds.includes('expand');
        const expected = plainly(before.regions, moves);
        if (!isExchange) expect(shown(engine.inspect().regions)).toEqual(expected);
        // in more than one round, amounts and places find other regions free; how many each has is the same
        const holders = (table: readonly string[]): readonly string[] => table.map((row) => row.slice(0, 1)).sort();
        expect(holders(shown(engine.inspect().regions))).toEqual(holders(expected));
        engine.validate();
      }),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(50);
  });

  test('in every order: what is named is as it was asked for, amounts are right, nobody is paged out, and nothing is half done', async () => {
    let done = 0;
    await fc.assert(
      fc.asyncProperty(history, plans, options, async (past, moves, how) => {
        const { engine, vms } = await setup(past);
        const before = engine.inspect();
        try {
          engine.reconfigure(movesOf(vms, moves), optionsOf(how));
        } catch (error) {
          expect(error).toBeInstanceOf(UsufructError);
          expect((error as UsufructError).details).not.toHaveProperty('answered');
          expect(engine.inspect()).toEqual(before);
          return;
        }
        done += 1;
        const after = engine.inspect().regions;
        const count = (rows: readonly { manager: string | null }[], name: string | null): number =>
          rows.filter(({ manager }) => manager === name).length;
        const plain = plainly(before.regions, moves).map((text) => ({ manager: text.startsWith('-') ? null : text.slice(0, 1) }));
        for (const name of [...NAMES, null]) expect([name, count(after, name)]).toEqual([name, count(plain, name)]);
        for (const move of moves) {
          if (!('real' in move) || move.vm === null) continue;
          const [first, regions] = move.real;
          expect(after.slice(first, first + regions).map(({ manager }) => manager)).toEqual(Array(regions).fill(NAMES[move.vm]));
        }
        expect(after.map(({ user }) => user)).toEqual(before.regions.map(({ user }) => user));
        expect(vms.map(({ counters }) => counters.pageOuts)).toEqual(before.vms.map(({ counters }) => counters.pageOuts));
        engine.validate();
      }),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(50);
  });
});
