// Figs. 17 and 18, requests to the whole system (5th embodiment), step by step through the public API. A region stands for 256 MB.
import { describe, expect, test } from 'vitest';
import type { Engine, Move, ReconfigurationOrder, ReconfigurationReport, Vm } from '../../bindings/node.ts';
import { drawing, drawn, REGION_PAGES, touchRegions, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import type { Build } from '../support/builds.ts';

const GB = 4 * REGION_BYTES;
const WRITE_NS = 1_000;

interface Machine {
  readonly engine: Engine;
  readonly os1: Vm;
  readonly os2: Vm;
}

/** As Fig. 11 (a): OS1 manages and uses 2 GB, OS2 1 GB. A page that goes out takes WRITE_NS. */
async function machineMake(build: Build, options: Parameters<typeof engineMake>[1] = {}): Promise<Machine> {
  const swap = { size: 64 * PAGE_BYTES, readLatency: 0, writeLatency: WRITE_NS };
  const engine = await engineMake(build, { regions: 12, swap, ...options });
  const os1 = engine.createVm({ name: 'OS1', memory: 2 * GB });
  const os2 = engine.createVm({ name: 'OS2', memory: GB });
  useAll(os1);
  useAll(os2);
  return { engine, os1, os2 };
}

/** The requests to single VMs that a request becomes, in the order in which they are issued. */
function requestsOf(engine: Engine, moves: readonly Move[], options?: Parameters<Engine['reconfigure']>[1]): readonly string[] {
  return engine.reconfigure(moves, options).changes.map(({ vm, kind, regions }) => `${vm.name} ${kind} ${regions}`);
}

/** One line for each round of requests that were issued together: when, and to whom, in the order of their answers. */
async function roundsOf(reports: AsyncIterable<ReconfigurationReport>): Promise<readonly string[]> {
  const rounds: string[] = [];
  for await (const report of reports) {
    if (report.kind === 'granted' || report.kind === 'final') break;
    if (report.kind !== 'answered') continue;
    const { round, issueNs, change } = report;
    rounds[round] = `${rounds[round] ?? `at ${issueNs / WRITE_NS}:`} ${change.vm.name}${change.kind === 'reduce' ? '-' : '+'}`;
  }
  return rounds;
}

describe.each(shipped)('Fig. 17, the analyser 1130, $name', (build) => {
  test('[0406-0408] absolute, the whole of it: compared with the present table', async () => {
    const { engine, os1, os2 } = await machineMake(build);
    const moves = [
      { vm: os1, real: { from: 0, bytes: GB } },
      { vm: os2, real: { from: GB, bytes: GB } },
    ];
    expect(requestsOf(engine, moves)).toEqual(['OS1 reduce 4', 'OS2 expand 4']);
    expect(drawn(engine)).toBe(drawing('region 0-3 4-7 8-11', 'manager OS1 OS2 OS2', 'user OS1 OS1 OS2'));
  });

  test('[0407] absolute, a part of it', async () => {
    const { engine, os2 } = await machineMake(build);
    expect(requestsOf(engine, [{ vm: os2, real: { from: GB / 2, bytes: GB } }])).toEqual(['OS1 reduce 4', 'OS2 expand 4']);
    expect(drawn(engine)).toBe(drawing('region 0-1 2-5 6-7 8-11', 'manager OS1 OS2 OS1 OS2', 'user OS1 OS1 OS1 OS2'));
  });

  test.each([
    ['OS1 gives up 1 GB', { change: -GB }],
    ['OS1 gives up its high 1 GB', { give: { from: GB, bytes: GB } }],
    ['OS1 gives up its 0.5 to 1.5 GB', { give: { from: GB / 2, bytes: GB } }],
  ])('[0409-0411] relative: %s, OS2 gets 1 GB', async (_, part) => {
    const { engine, os1, os2 } = await machineMake(build);
    expect(
      requestsOf(engine, [
        { vm: os1, ...part },
        { vm: os2, change: GB },
      ]),
    ).toEqual(['OS1 reduce 4', 'OS2 expand 4']);
    const first = 'give' in part ? part.give.from / REGION_BYTES : 4;
    expect(engine.inspect().regions.map(({ manager }) => manager)).toEqual(
      Array.from({ length: 12 }, (__, region) => (region >= 8 || (region >= first && region < first + 4) ? 'OS2' : 'OS1')),
    );
  });

  test('mixed: the named region goes where it was named, the amount takes from the rest', async () => {
    const { engine, os1, os2 } = await machineMake(build);
    const moves = [
      { vm: os2, change: REGION_BYTES },
      { vm: os1, change: -REGION_BYTES },
      { vm: os2, real: { from: 0, bytes: REGION_BYTES } },
    ];
    expect(requestsOf(engine, moves)).toEqual(['OS1 reduce 1', 'OS1 reduce 1', 'OS2 expand 1', 'OS2 expand 1']);
    expect(drawn(engine)).toBe(drawing('region 0 1-6 7 8-11', 'manager OS2 OS1 OS2 OS2', 'user OS1 OS1 OS1 OS2'));
  });

  test('[0434-0435] only the operator of the whole changes memory', async () => {
    const { engine, os1, os2 } = await machineMake(build, { operatorOnly: true });
    for (const request of [() => os1.reduce(GB), () => os2.expand(GB)]) expect(thrownBy(request)).toMatchObject({ code: 'OPERATOR_ONLY' });
    engine.reconfigure([
      { vm: os1, change: -GB },
      { vm: os2, change: GB },
    ]);
    expect(os2.managedBytes).toBe(2 * GB);
  });
});

describe.each(shipped)('Fig. 18, $name', (build) => {
  /** OS1 gives 1 GB up and OS2 half of one, to OS3 and OS4, which have next to nothing. */
  async function fourMake(options: Parameters<typeof engineMake>[1] = {}): Promise<Machine & { readonly moves: readonly Move[] }> {
    const machine = await machineMake(build, { regions: 14, ...options });
    const [os3, os4] = ['OS3', 'OS4'].map((name) => machine.engine.createVm({ name, memory: REGION_BYTES }));
    const { os1, os2 } = machine;
    const moves = [
      { vm: os1, change: -4 * REGION_BYTES },
      { vm: os2, change: -2 * REGION_BYTES },
      { vm: os3!, change: 4 * REGION_BYTES },
      { vm: os4!, change: 2 * REGION_BYTES },
    ];
    return { ...machine, moves };
  }

  test('S801 [0412-0413]: a large request becomes several small ones', async () => {
    const { engine, moves } = await fourMake();
    expect(requestsOf(engine, moves, { chunk: 2 * REGION_BYTES })).toEqual([
      ...['OS1 reduce 2', 'OS1 reduce 2', 'OS2 reduce 2'],
      ...['OS3 expand 2', 'OS3 expand 2', 'OS4 expand 2'],
    ]);
  });

  test('S802, S803 [0430]: issued until none is left, each with a report', async () => {
    const { engine, moves } = await fourMake();
    const left: number[] = [];
    for await (const report of engine.reconfigure(moves, { chunk: 2 * REGION_BYTES, order: 'oneByOne' }).reports()) {
      if (report.kind !== 'answered') break;
      left.push(report.unissued);
    }
    expect(left).toEqual([5, 4, 3, 2, 1, 0]);
  });

  const PAGES_OF = { OS1: 4 * REGION_PAGES, OS2: 2 * REGION_PAGES };
  const ALL = PAGES_OF.OS1 + PAGES_OF.OS2;
  const ORDERS: readonly (readonly [ReconfigurationOrder, string, readonly string[]])[] = [
    ['reductionsFirst', '[0418] all reductions, then all expansions', ['at 0: OS1- OS2-', `at ${ALL}: OS3+ OS4+`]],
    ['allAtOnce', '[0416] together', ['at 0: OS1- OS2-', `at ${PAGES_OF.OS1}: OS3+`, `at ${ALL}: OS4+`]],
    ['oneByOne', '[0416] one after the other', ['at 0: OS1-', `at ${PAGES_OF.OS1}: OS2-`, `at ${ALL}: OS3+`, `at ${ALL}: OS4+`]],
    [
      'cycles',
      '[0418] a reduction, the expansion that it pays for, and again',
      ['at 0: OS1-', `at ${PAGES_OF.OS1}: OS3+`, `at ${PAGES_OF.OS1}: OS2-`, `at ${ALL}: OS4+`],
    ],
    [
      'overlappedCycles',
      "[0418] the next cycle's reduction with this one's expansion",
      ['at 0: OS1-', `at ${PAGES_OF.OS1}: OS3+ OS2-`, `at ${ALL}: OS4+`],
    ],
  ];

  test.each(ORDERS)('S803, order %s: %s', async (order, _, rounds) => {
    const { engine, moves } = await fourMake({ handover: 'eager' }); // so that a reduction is answered after its page-outs
    expect(await roundsOf(engine.reconfigure(moves, { order }).reports())).toEqual(rounds);
    expect(engine.vms.map(({ managedBytes }) => managedBytes / REGION_BYTES)).toEqual([4, 2, 5, 3]);
    engine.validate();
  });

  test('S803 [0419-0420]: never two at once to the same VM', async () => {
    const { engine, moves } = await fourMake({ handover: 'eager' });
    const options = { order: 'allAtOnce', chunk: 2 * REGION_BYTES } as const;
    const half = PAGES_OF.OS1 / 2;
    expect(await roundsOf(engine.reconfigure(moves, { ...options, sameVmOnceAtATime: true }).reports())).toEqual([
      'at 0: OS1- OS2-',
      `at ${half}: OS3+ OS1-`,
      `at ${2 * half}: OS3+`,
      `at ${3 * half}: OS4+`,
    ]);
  });

  test('under rights no order waits: answered is not settled (ours)', async () => {
    for (const [order] of ORDERS) {
      const { engine, moves } = await fourMake();
      expect(engine.reconfigure(moves, { order })).toMatchObject({ state: 'granted', grantNs: 0, settledNs: null, pageOutsBeforeGrant: 0 });
    }
  });

  test('[0421-0422], [0431]: partial reports on the way, then one for the whole', async () => {
    const { engine, os1, os2 } = await machineMake(build);
    const request = engine.reconfigure([
      { vm: os1, change: -2 * REGION_BYTES },
      { vm: os2, change: 2 * REGION_BYTES },
    ]);
    const reports = request.reports();
    const events: string[] = [];
    engine.on('report', ({ report }) => events.push(report.kind));
    const first = [await reports.next(), await reports.next(), await reports.next()];
    expect(first.map(({ value }) => (value as ReconfigurationReport).kind)).toEqual(['answered', 'answered', 'granted']);

    touchRegions(engine, os2, [6, 7]);
    const rest: string[] = [];
    for await (const report of reports) rest.push('change' in report ? `${report.kind} ${report.change.vm.name}` : report.kind);
    expect(rest).toEqual(['followed OS1', 'followed OS2', 'followed OS1', 'followed OS2', 'final']);
    expect(events).toEqual(['followed', 'followed', 'followed', 'followed', 'final']);
    expect(request).toMatchObject({ state: 'settled', pageOutsAfterGrant: 2 * REGION_PAGES });
  });
});
