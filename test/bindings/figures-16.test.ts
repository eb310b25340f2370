// Fig. 16, what changes at the declaration already (4th embodiment), step by step through the public API.
import { describe, expect, test } from 'vitest';
import type { Declaration, Engine, PageZone, Vm } from '../../bindings/node.ts';
import { drawing, drawn, eventsNote, REGION_PAGES, touchRegions } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import type { Build } from '../support/builds.ts';

interface Machine {
  readonly engine: Engine;
  readonly os1: Vm;
  readonly os2: Vm;
  /** OS1 gives region 3 up. */
  give(): ReturnType<Vm['reduce']>;
}

/** OS1 manages and uses 0-3; in region 0 it has one page, in 1 and 2 none, 3 is full. OS2 manages 4; 5 is free. */
async function machineMake(build: Build, declaration: Declaration): Promise<Machine> {
  const engine = await engineMake(build, { regions: 6, declaration });
  const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
  for (let page = 0; page < 16; page += 1) os1.replica.memory.store32(page * PAGE_BYTES, page + 1);
  os1.replica.advise(PAGE_BYTES, 11 * PAGE_BYTES, 'unused');
  const os2 = engine.createVm({ name: 'OS2', memory: REGION_BYTES });
  return { engine, os1, os2, give: () => os1.reduce(REGION_BYTES) };
}

/** Where the pages of region 3 are: of the 16 pages of OS1 those from 12 up. */
function zonesOf({ engine, os1 }: Machine): readonly (PageZone | null)[] {
  return [...engine.pages(os1.replica, { from: 12, to: 16 })].map(({ zone }) => zone);
}

describe.each(shipped)('Fig. 16, $name', (build) => {
  test('S701: only a reduction has a declaration', async () => {
    const { os2 } = await machineMake(build, {});
    const options = { declaration: { capacity: 'atDeclaration' } };
    expect(thrownBy(() => os2.expand(REGION_BYTES, options as object))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('S702: picks as S102 does', async () => {
    const { engine, give } = await machineMake(build, { capacity: 'atDeclaration', access: 'evacuate' });
    give();
    expect(drawn(engine)).toBe(drawing('region 0-2 3 4 5', 'manager OS1 - OS2 -', 'user OS1 OS1 - -'));
  });

  test('S703 [0381], [0395]: total capacity shrinks at the declaration, and not again at the release', async () => {
    const { engine, os1, os2, give } = await machineMake(build, { capacity: 'atDeclaration' });
    give();
    expect(os1.information()).toMatchObject({ totalBytes: 3 * REGION_BYTES, borrowedBytes: REGION_BYTES });
    expect(os1.usableBytes, 'it still uses the region').toBe(4 * REGION_BYTES);
    os2.expand(REGION_BYTES);
    expect(engine.inspect().regions[3]!.manager).toBe('OS2');
    touchRegions(engine, os2, [3]);
    expect(os1.information()).toMatchObject({ totalBytes: 3 * REGION_BYTES, borrowedBytes: 0 });
  });

  test('without it, total capacity shrinks at the release (S305)', async () => {
    const { engine, os1, os2, give } = await machineMake(build, {});
    give();
    expect(os1.information().totalBytes).toBe(4 * REGION_BYTES);
    os2.expand(REGION_BYTES);
    touchRegions(engine, os2, [3]);
    expect(os1.information().totalBytes).toBe(3 * REGION_BYTES);
  });

  test.each([
    ['unchanged', 'borrowed'],
    ['evacuate', 'evacuation'],
    ['readOnly', 'readOnly'],
  ] as const)('S703 [0382]: control information, access %s: its pages are in %s memory', async (access, zone) => {
    const machine = await machineMake(build, { access });
    expect(zonesOf(machine)).toEqual(['managed', 'managed', 'managed', 'managed']);
    machine.give();
    expect(zonesOf(machine)).toEqual([zone, zone, zone, zone]);
  });

  test('S704, S705, S706, S707: declared, the user stays, answered at once', async () => {
    const { engine, give } = await machineMake(build, { capacity: 'atDeclaration', access: 'evacuate' });
    const events = eventsNote(engine, ['declare', 'release', 'pageOut', 'move']);
    expect(give().report()).toMatchObject({ state: 'granted', grantNs: 0, pending: 1, pageOutsBeforeGrant: 0 });
    expect(events).toEqual(['declare OS1 3 reduce']);
    expect(engine.inspect().regions[3]).toMatchObject({ manager: null, user: 'OS1' });
  });

  test('S708, S709, S710, S711, S712: an expansion is as in Fig. 6', async () => {
    const { engine, os2, give } = await machineMake(build, { capacity: 'atDeclaration', access: 'evacuate' });
    give();
    expect(os2.expand(2 * REGION_BYTES).report()).toMatchObject({ state: 'granted', regions: 2, grantNs: 0 });
    expect(drawn(engine)).toBe(drawing('region 0-2 3 4-5', 'manager OS1 OS2 OS2', 'user OS1 OS1 -'));
    expect(os2.information().totalBytes).toBe(3 * REGION_BYTES);
  });

  test('[0396] evacuation: an access moves the page into memory that the VM manages, and less is left to page out', async () => {
    const machine = await machineMake(build, { access: 'evacuate' });
    const { engine, os1, os2, give } = machine;
    const change = give();
    const events = eventsNote(engine, ['move', 'fault', 'pageOut', 'pageIn']);
    const { memory } = os1.replica;
    expect([memory.load32(12 * PAGE_BYTES), memory.load32(14 * PAGE_BYTES)]).toEqual([13, 15]);
    expect(events).toEqual(['move OS1 12', 'move OS1 14']); // neither fault nor I/O
    expect(zonesOf(machine)).toEqual(['managed', 'evacuation', 'managed', 'evacuation']);
    os2.expand(REGION_BYTES);
    touchRegions(engine, os2, [3]);
    expect(change).toMatchObject({ state: 'settled', pageOutsAfterGrant: REGION_PAGES - 2 });
  });

  test('[0396] when its last page has left, the region is free of its user (ours)', async () => {
    const { engine, os1, os2, give } = await machineMake(build, { access: 'evacuate' });
    const change = give();
    os1.replica.memory.read(12 * PAGE_BYTES, 4 * PAGE_BYTES);
    expect(change).toMatchObject({ state: 'settled', pageOutsAfterGrant: 0 });
    os2.expand(REGION_BYTES);
    const events = eventsNote(engine, ['use', 'takeOver']);
    touchRegions(engine, os2, [3]);
    expect(events).toEqual(['use OS2 3']);
    expect(os1.counters).toMatchObject({ pagesMoved: REGION_PAGES, pageOuts: 0 });
  });

  test('[0397] read-only: a load leaves the page, a store moves it first (ours)', async () => {
    const machine = await machineMake(build, { access: 'readOnly' });
    const { os1, give } = machine;
    give();
    const { memory } = os1.replica;
    expect(memory.load32(12 * PAGE_BYTES)).toBe(13);
    expect(zonesOf(machine)).toEqual(['readOnly', 'readOnly', 'readOnly', 'readOnly']);
    memory.store32(13 * PAGE_BYTES, 99);
    expect(zonesOf(machine)).toEqual(['readOnly', 'managed', 'readOnly', 'readOnly']);
    expect(memory.load32(13 * PAGE_BYTES)).toBe(99);
  });

  test('[0094], [0397] what is clean in a read-only region stays clean: nothing is left to write', async () => {
    const { engine, os1, os2, give } = await machineMake(build, { access: 'readOnly' });
    const { memory } = os1.replica;
    for (let page = 0; page < 32; page += 1) memory.store32(page * PAGE_BYTES, page + 1); // 0-15 go out
    for (let page = 0; page < 16; page += 1) memory.load32(page * PAGE_BYTES); // and come in again, clean
    const change = give();
    for (let page = 0; page < 16; page += 1) memory.load32(page * PAGE_BYTES);
    os2.expand(REGION_BYTES);
    touchRegions(engine, os2, [3]);
    expect(change).toMatchObject({ state: 'settled', pageOutsAfterGrant: 0 });
  });

  test('no page enters evacuation memory; where nothing is free, the pages in it stay and are used there', async () => {
    const machine = await machineMake(build, { access: 'evacuate' });
    const { engine, os1, give } = machine;
    give();
    os1.replica.memory.fill(0, 12 * PAGE_BYTES, 5); // all that it manages
    os1.replica.memory.load32(12 * PAGE_BYTES);
    expect(zonesOf(machine)).toEqual(['evacuation', 'evacuation', 'evacuation', 'evacuation']);
    expect(os1.counters).toMatchObject({ pagesMoved: 0, faults: 16 + 11, pageOuts: 0 });
    engine.validate();
  });
});
