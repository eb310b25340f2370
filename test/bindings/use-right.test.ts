// Who keeps the use right of what is given up (S104): Figs. 7 and 12, and the worked examples of Figs. 13 and 14 row by row.
import { describe, expect, test } from 'vitest';
import type { Engine, EngineOptions, UseRight, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { contentWrong, eventsOf, REGION_PAGES, rightsOf, stateOf, timedEngine, useAll, WRITE_NS } from '../support/rights.ts';

/** Fig. 13 (f) = Fig. 14 (f): OS1 used 0-7 and gave 4-7 to OS2, which touched 4 and 7. */
async function figureF(options: Partial<EngineOptions> = {}, build = shipped[0]!): Promise<{ engine: Engine; os1: Vm; os2: Vm }> {
  const engine = await timedEngine({ regions: 8, ...options }, build);
  const os1 = engine.createVm({ name: 'OS1', memory: 8 * REGION_BYTES });
  useAll(os1);
  os1.reduce(4 * REGION_BYTES);
  const os2 = engine.createVm({ name: 'OS2', memory: 4 * REGION_BYTES });
  os2.touch(0);
  os2.touch(3 * REGION_BYTES);
  return { engine, os1, os2 };
}

const high = { from: 2 * REGION_BYTES, bytes: 2 * REGION_BYTES }; // regions 6 and 7 in OS2

/** The rows of the figures: manager/user of regions 0-3, which are alike, 4, 5, 6 and 7. */
function rowsOf(engine: Engine): readonly string[] {
  const rows = engine.inspect().regions.map(({ manager, user }) => `${manager ?? '-'}/${user ?? '-'}`);
  expect(new Set(rows.slice(0, 4)).size).toBe(1);
  return [rows[0]!, ...rows.slice(4)];
}

interface Row {
  readonly useRight: UseRight;
  readonly figure: string;
  readonly user6: string;
  readonly pageOuts: number;
}
const rows: readonly Row[] = [
  { useRight: 'presentUser', figure: 'Fig. 13', user6: 'OS1', pageOuts: 0 },
  { useRight: 'managerPreferred', figure: 'Fig. 14', user6: 'OS2', pageOuts: REGION_PAGES },
];

describe.each(rows)('$figure, $useRight', ({ useRight, user6, pageOuts }) => {
  describe.each(shipped)('$name', (build) => {
    const check = async (engineOptions: Partial<EngineOptions>, request?: { useRight: UseRight }): Promise<void> => {
      const { engine, os1, os2 } = await figureF(engineOptions, build);
      expect(rowsOf(engine), '(f)').toEqual(['OS1/OS1', 'OS2/OS2', 'OS2/OS1', 'OS2/OS1', 'OS2/OS2']);
      const before = os1.counters.pageOuts;
      const change = os2.reduce(high, request);
      expect(rowsOf(engine), '(g)').toEqual(['OS1/OS1', 'OS2/OS2', 'OS2/OS1', `-/${user6}`, '-/OS2']);
      expect(os1.counters.pageOuts - before).toBe(pageOuts);
      expect(change).toMatchObject({ grantNs: pageOuts * WRITE_NS, pageOutsBeforeGrant: pageOuts, pending: user6 === 'OS2' ? 2 : 1 });
      engine.createVm({ name: 'OS3', memory: 2 * REGION_BYTES });
      expect(rowsOf(engine), '(h)').toEqual(['OS1/OS1', 'OS2/OS2', 'OS2/OS1', `OS3/${user6}`, 'OS3/OS2']);
      expect(contentWrong(os1, 6 * REGION_PAGES)).toEqual([]);
      engine.validate();
    };

    test('as the engine was told', () => check({ useRight }));
    test('as the request says, over the engine', () =>
      check({ useRight: useRight === 'presentUser' ? 'managerPreferred' : 'presentUser' }, { useRight }));
    if (useRight === 'presentUser') test('is the default', () => check({}));
  });
});

describe('Fig. 12', () => {
  const preferred = { useRight: 'managerPreferred' } as const;

  test('S501-S502: region by region, in the order of the selection', async () => {
    const { engine, os2 } = await figureF();
    const events = eventsOf(engine, 'takeOver', 'use', 'declare');
    os2.reduce({ from: REGION_BYTES, bytes: 2 * REGION_BYTES }, preferred); // regions 5 and 6
    expect(events.map((event) => [event.type, event.region])).toEqual([
      ['takeOver', 6],
      ['takeOver', 5],
      ['declare', 5],
    ]);
  });

  test('S503: what the giver uses itself costs nothing', async () => {
    const { engine, os1, os2 } = await figureF();
    const before = os1.counters.pageOuts;
    const change = os2.reduce({ from: 3 * REGION_BYTES, bytes: REGION_BYTES }, preferred);
    expect(change).toMatchObject({ grantNs: 0, pageOutsBeforeGrant: 0 });
    expect(os1.counters.pageOuts).toBe(before);
    expect(rowsOf(engine).slice(3)).toEqual(['OS2/OS1', '-/OS2']);
  });

  test('S504: the user releases it with page-outs for which the reduction waits, and no clock does', async () => {
    const { engine, os1, os2 } = await figureF();
    const clocks = [os1.timeNs, os2.timeNs];
    const change = os2.reduce(high, preferred);
    expect(change.grantNs).toBe(REGION_PAGES * WRITE_NS);
    expect([os1.timeNs, os2.timeNs]).toEqual(clocks);
    expect(os2.counters.takeOvers).toBe(3); // 4 and 7 before, 6 now
    expect(rowsOf(engine).slice(3)).toEqual(['-/OS2', '-/OS2']);
  });

  test('S504: a part without a user goes to the giver without page-out', async () => {
    const engine = await timedEngine({ regions: 4 });
    const vm = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES });
    const change = vm.reduce(REGION_BYTES, preferred);
    expect(rightsOf(engine)).toEqual(['region   0-2  3', 'manager  a    -', 'user     -    a']);
    expect(change).toMatchObject({ grantNs: 0, pending: 1, state: 'granted' });
    expect(vm.counters.takeOvers).toBe(0);
    engine.validate();
  });

  test('[0337] the giver goes on using it until the next manager touches it', async () => {
    const { engine, os2 } = await figureF();
    const change = os2.reduce(high, preferred);
    const os3 = engine.createVm({ name: 'OS3', memory: 2 * REGION_BYTES });
    expect(change.pending).toBe(2);
    os3.touch(0);
    os3.touch(REGION_BYTES);
    expect(change.state).toBe('settled');
    expect(rowsOf(engine).slice(3)).toEqual(['OS3/OS3', 'OS3/OS3']);
  });

  test('a release that fails changes no management right, and no change is kept', async () => {
    const { engine, os2 } = await figureF({ swap: { size: (2 * REGION_PAGES + 2) * PAGE_BYTES } }); // room for half of region 6
    const { regions, changes } = engine.inspect();
    expect(thrownBy(() => os2.reduce(high, preferred))).toMatchObject({ code: 'SWAP_FULL' });
    expect(engine.inspect().regions).toEqual(regions);
    expect(engine.inspect().changes).toEqual(changes);
    engine.validate();
  });

  test('the checks of a reduction come first', async () => {
    const { engine, os2 } = await figureF();
    const state = stateOf(engine);
    expect(thrownBy(() => os2.reduce(5 * REGION_BYTES, preferred))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
    expect(thrownBy(() => os2.reduce(4 * REGION_BYTES, preferred))).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
    expect(stateOf(engine)).toBe(state);
  });

  test('a reconfiguration hands on what the manager took first', async () => {
    const { engine, os1, os2 } = await figureF();
    const reconfiguration = engine.reconfigure(
      [
        { vm: os2, change: -2 * REGION_BYTES },
        { vm: os1, change: 2 * REGION_BYTES },
      ],
      preferred,
    );
    expect(rowsOf(engine).slice(3)).toEqual(['OS1/OS2', 'OS1/OS2']);
    expect(reconfiguration.pageOutsBeforeGrant).toBe(REGION_PAGES);
  });
});

describe('refused', () => {
  test.each([['presentuser'], [''], [null], [1], ['toString']])('useRight %j', async (useRight) => {
    await expect(engineMake(shipped[0]!, { useRight: useRight as never })).rejects.toMatchObject({ details: { field: 'useRight' } });
    const { engine, os2 } = await figureF();
    const state = stateOf(engine);
    expect(thrownBy(() => os2.reduce(REGION_BYTES, { useRight: useRight as never }))).toMatchObject({
      code: 'INVALID_OPTION',
      details: { field: 'options.useRight' },
    });
    expect(thrownBy(() => engine.reconfigure([{ vm: os2, change: -REGION_BYTES }], { useRight: useRight as never }))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(stateOf(engine)).toBe(state);
  });

  test('with the handover eager there is nothing left to prefer', async () => {
    await expect(engineMake(shipped[0]!, { handover: 'eager', useRight: 'managerPreferred' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { field: 'useRight' },
    });
    const engine = await engineMake(shipped[0]!, { handover: 'eager', useRight: 'presentUser' });
    const vm = engine.createVm({ memory: 2 * REGION_BYTES });
    expect(thrownBy(() => vm.reduce(REGION_BYTES, { useRight: 'managerPreferred' }))).toMatchObject({
      details: { field: 'options.useRight' },
    });
    expect(vm.reduce(REGION_BYTES, { useRight: 'presentUser' }).state).toBe('settled');
  });

  test('nor with the handover reserve', async () => {
    const reserve = { memory: 2 * REGION_BYTES };
    await expect(engineMake(shipped[0]!, { handover: 'reserve', reserve, useRight: 'managerPreferred' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      details: { field: 'useRight' },
    });
    const engine = await engineMake(shipped[0]!, { handover: 'reserve', reserve });
    const vm = engine.createVm({ memory: 4 * REGION_BYTES });
    const state = stateOf(engine);
    expect(thrownBy(() => vm.reduce(REGION_BYTES, { useRight: 'managerPreferred' }))).toMatchObject({
      details: { field: 'options.useRight' },
    });
    expect(thrownBy(() => vm.reduce(REGION_BYTES, { declaration: { access: 'readOnly' } }))).toMatchObject({
      details: { field: 'options.declaration.access' },
    });
    expect(stateOf(engine)).toBe(state);
  });

  test('an expansion has no such option', async () => {
    const { os1 } = await figureF();
    expect(thrownBy(() => os1.expand(REGION_BYTES, { useRight: 'presentUser' } as never))).toMatchObject({
      details: { field: 'options.useRight' },
    });
  });
});
