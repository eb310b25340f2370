// Fig. 12, the manager preferred (2nd embodiment), step by step; Figs. 13 and 14, what that makes of one example, row by row.
import { describe, expect, test } from 'vitest';
import type { Engine, UseRight, Vm } from '../../bindings/node.ts';
import { addressOf, drawing, drawn, eventsNote, REGION_PAGES, touchRegions, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import type { Build } from '../support/builds.ts';

const WRITE_NS = 10_000;

/** An engine whose swap device takes WRITE_NS for a page that is written. */
function timedEngine(build: Build, useRight: UseRight): Promise<Engine> {
  return engineMake(build, { regions: 8, useRight, swap: { size: 64 * PAGE_BYTES, readLatency: 0, writeLatency: WRITE_NS } });
}

/** What every row has done so far. */
class Example {
  readonly engine: Engine;
  readonly vms: Vm[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  get os2(): Vm {
    return this.vms[1]!;
  }

  start(name: string, regions: number): void {
    this.vms.push(this.engine.createVm({ name, memory: regions * REGION_BYTES }));
  }

  /** The upper `regions` of a VM. */
  giveUp(vm: Vm, regions: number): void {
    vm.reduce({ from: vm.managedBytes - regions * REGION_BYTES, bytes: regions * REGION_BYTES });
  }

  get pagesWritten(): readonly number[] {
    return this.vms.map((vm) => vm.counters.pageOuts);
  }
}

interface Row {
  readonly row: string;
  readonly step: (example: Example) => void;
  readonly table: string;
  /** Regions whose pages have been written so far, by their VM. */
  readonly regionsWritten: readonly number[];
}

/** [0309]-[0318]: the same in both figures. */
const FIRST_ROWS: readonly Row[] = [
  { row: '(a) nobody has anything', step: () => undefined, table: drawing('region 0-7', 'manager -', 'user -'), regionsWritten: [] },
  {
    row: '(b) OS1 is given 2 GB',
    step: (example) => example.start('OS1', 8),
    table: drawing('region 0-7', 'manager OS1', 'user -'),
    regionsWritten: [0],
  },
  {
    row: '(c) OS1 has accessed all of it',
    step: ({ vms }) => useAll(vms[0]!),
    table: drawing('region 0-7', 'manager OS1', 'user OS1'),
    regionsWritten: [0],
  },
  {
    row: '(d) OS1 gives the high 1 GB up',
    step: (example) => example.giveUp(example.vms[0]!, 4),
    table: drawing('region 0-3 4-7', 'manager OS1 -', 'user OS1 OS1'),
    regionsWritten: [0],
  },
  {
    row: '(e) OS2 is given it',
    step: (example) => example.start('OS2', 4),
    table: drawing('region 0-3 4-7', 'manager OS1 OS2', 'user OS1 OS1'),
    regionsWritten: [0, 0],
  },
  {
    row: '(f) OS2 has accessed the low and the high 256 MB',
    step: ({ engine, os2 }) => touchRegions(engine, os2, [4, 7]),
    table: drawing('region 0-3 4 5-6 7', 'manager OS1 OS2 OS2 OS2', 'user OS1 OS2 OS1 OS2'),
    regionsWritten: [2, 0],
  },
];

const GIVE: Pick<Row, 'row' | 'step'> = { row: '(g) OS2 gives the high 512 MB up', step: (example) => example.giveUp(example.os2, 2) };
const START: Pick<Row, 'row' | 'step'> = { row: '(h) OS3 is given them', step: (example) => example.start('OS3', 2) };

const FIGURES: readonly { readonly figure: number; readonly useRight: UseRight; readonly rows: readonly Row[] }[] = [
  {
    figure: 13,
    useRight: 'presentUser',
    rows: [
      ...FIRST_ROWS,
      { ...GIVE, table: drawing('region 0-3 4 5 6 7', 'manager OS1 OS2 OS2 - -', 'user OS1 OS2 OS1 OS1 OS2'), regionsWritten: [2, 0] },
      {
        ...START,
        table: drawing('region 0-3 4 5 6 7', 'manager OS1 OS2 OS2 OS3 OS3', 'user OS1 OS2 OS1 OS1 OS2'),
        regionsWritten: [2, 0, 0],
      },
    ],
  },
  {
    figure: 14,
    useRight: 'managerPreferred',
    rows: [
      ...FIRST_ROWS,
      { ...GIVE, table: drawing('region 0-3 4 5 6-7', 'manager OS1 OS2 OS2 -', 'user OS1 OS2 OS1 OS2'), regionsWritten: [3, 0] },
      { ...START, table: drawing('region 0-3 4 5 6-7', 'manager OS1 OS2 OS2 OS3', 'user OS1 OS2 OS1 OS2'), regionsWritten: [3, 0, 0] },
    ],
  },
];

const CASES = FIGURES.flatMap(({ figure, useRight, rows }) =>
  rows.map(({ row }, index) => [`Fig. ${figure} ${row}`, { useRight, rows: rows.slice(0, index + 1) }] as const),
);

describe.each(shipped)('$name', (build) => {
  test.each(CASES)('%s', async (_, { useRight, rows }) => {
    const example = new Example(await timedEngine(build, useRight));
    for (const { step } of rows) step(example);
    const { table, regionsWritten } = rows.at(-1);
    expect(drawn(example.engine)).toBe(table);
    expect(example.pagesWritten).toEqual(regionsWritten.map((regions) => regions * REGION_PAGES));
    example.engine.validate();
  });

  test('Figs. 13 and 14 (h): whose reductions still wait, and for how many regions', async () => {
    const waiting: Record<number, readonly string[]> = {};
    for (const { figure, useRight, rows } of FIGURES) {
      const example = new Example(await timedEngine(build, useRight));
      for (const { step } of rows) step(example);
      waiting[figure] = example.engine
        .inspect()
        .changes.flatMap(({ vm, kind, pending }) => (kind === 'reduce' ? [`${vm} ${pending}`] : []));
    }
    expect(waiting).toEqual({ 13: ['OS1 2', 'OS2 1'], 14: ['OS1 1', 'OS2 2'] });
  });

  test('Figs. 13 and 14: whoever keeps the use right, no content is lost', async () => {
    for (const { useRight, rows } of FIGURES) {
      const example = new Example(await timedEngine(build, useRight));
      for (const { step } of rows) step(example);
      const { memory } = example.vms[0]!.replica;
      for (let address = 0; address < 8 * REGION_BYTES; address += PAGE_BYTES) expect(memory.load32(address)).toBe(address + 1);
    }
  });
});

describe.each(shipped)('Fig. 12, the manager preferred, $name', (build) => {
  /** OS2 manages 4-7: it uses 4, OS1 uses 5 and 6, nobody uses 7. */
  async function mixedMake(useRight: UseRight) {
    const engine = await timedEngine(build, useRight);
    const os1 = engine.createVm({ name: 'OS1', memory: 7 * REGION_BYTES });
    useAll(os1);
    os1.reduce(3 * REGION_BYTES);
    const os2 = engine.createVm({ name: 'OS2', memory: 4 * REGION_BYTES });
    touchRegions(engine, os2, [4]);
    expect(drawn(engine)).toBe(drawing('region 0-3 4 5-6 7', 'manager OS1 OS2 OS2 OS2', 'user OS1 OS2 OS1 -'));
    const give = (region: number, regions = 1) => os2.reduce({ from: addressOf(engine, region), bytes: regions * REGION_BYTES });
    return { engine, os1, os2, give };
  }

  test('S501, S502: part by part, where the user changes; all are of the giver in the end', async () => {
    const { engine, give } = await mixedMake('managerPreferred');
    const events = eventsNote(engine, ['use', 'release', 'takeOver', 'declare']);
    const change = give(5, 3);
    expect(drawn(engine)).toBe(drawing('region 0-3 4 5-7', 'manager OS1 OS2 -', 'user OS1 OS2 OS2'));
    expect(change).toMatchObject({ regions: 3, pending: 3 });
    // high machine addresses first
    expect(events).toEqual([
      'use OS2 7',
      'release OS1 6 reduce 4',
      'takeOver OS2 6 4',
      'release OS1 5 reduce 4',
      'takeOver OS2 5 4',
      'declare OS2 5 reduce',
    ]);
  });

  test('S503 Yes: the giver uses it and goes on; nothing is written, nothing is waited for', async () => {
    const { engine, give } = await mixedMake('managerPreferred');
    const events = eventsNote(engine, ['use', 'release', 'takeOver']);
    expect(give(4)).toMatchObject({ grantNs: 0, pageOutsBeforeGrant: 0, pending: 1 });
    expect(events).toEqual([]);
  });

  test('S503 No, S504: the user releases it, with a page-out that the reduction waits for; the use right is of the giver', async () => {
    const { engine, os1, os2, give } = await mixedMake('managerPreferred');
    const { timeNs } = os2;
    const { pageOuts } = os1.counters;
    const change = give(6);
    expect(change).toMatchObject({ state: 'granted', grantNs: REGION_PAGES * WRITE_NS, pageOutsBeforeGrant: REGION_PAGES });
    expect(os1.counters.pageOuts).toBe(pageOuts + REGION_PAGES);
    expect(os2.timeNs, 'the clock of no VM waits').toBe(timeNs);
    expect(engine.inspect().regions[6]).toMatchObject({ manager: null, user: 'OS2' });
    os2.replica.memory.store32(0, 5); // the chance to use it is real, until the next manager touches it
    expect(os2.information().totalBytes).toBe(4 * REGION_BYTES);
  });

  test('S504 of a part without user: no page-out', async () => {
    const { engine, give } = await mixedMake('managerPreferred');
    expect(give(7)).toMatchObject({ grantNs: 0, pageOutsBeforeGrant: 0, pending: 1 });
    expect(engine.inspect().regions[7]).toMatchObject({ manager: null, user: 'OS2' });
  });

  test('[0337] each request may choose for itself', async () => {
    const { engine, os2 } = await mixedMake('presentUser');
    const give = (region: number, useRight: UseRight) => os2.reduce({ from: addressOf(engine, region), bytes: REGION_BYTES }, { useRight });
    give(6, 'managerPreferred');
    give(5, 'presentUser');
    expect(drawn(engine)).toBe(drawing('region 0-3 4 5 6 7', 'manager OS1 OS2 - - OS2', 'user OS1 OS2 OS1 OS2 -'));
  });
});
