// Figs. 6 to 10, the 1st embodiment, step by step through the public API. Fig. 11 is in figures.test.ts.
import { describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import { addressOf, drawing, drawn, eventsNote, REGION_PAGES, touchRegions, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import type { Build } from '../support/builds.ts';

interface Machine {
  readonly engine: Engine;
  readonly os1: Vm;
  readonly os2: Vm;
}

/** OS1 manages and uses 0-3, OS2 manages 4 and 5 and has not used them, 6 and 7 are free. */
async function machineMake(build: Build): Promise<Machine> {
  const engine = await engineMake(build, { regions: 8, statistics: true });
  const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
  const os2 = engine.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
  useAll(os1);
  return { engine, os1, os2 };
}

describe.each(shipped)('Fig. 6, a change request, $name', (build) => {
  test('S101: reduce or expand', async () => {
    const { engine, os1, os2 } = await machineMake(build);
    expect(os1.reduce(REGION_BYTES).kind).toBe('reduce');
    expect(os2.expand(REGION_BYTES).kind).toBe('expand');
    const kinds = engine.reconfigure([
      { vm: os2, change: REGION_BYTES },
      { vm: os1, change: -REGION_BYTES },
    ]);
    expect(kinds.changes.map(({ vm, kind }) => `${vm.name} ${kind}`)).toEqual(['OS1 reduce', 'OS2 expand']);
  });

  test('S102: picks of what the VM manages, high machine addresses first', async () => {
    const { engine, os1 } = await machineMake(build);
    os1.reduce(REGION_BYTES);
    expect(engine.inspect().regions[3]).toMatchObject({ manager: null, user: 'OS1', userAddress: 3 * REGION_BYTES });
    os1.reduce(REGION_BYTES); // it still uses region 3, which is not its own any more
    expect(drawn(engine)).toBe(drawing('region 0-1 2-3 4-5 6-7', 'manager OS1 - OS2 -', 'user OS1 OS1 - -'));
  });

  test('S103, S105: the declaration takes the management right and looks at no page', async () => {
    const { engine, os1 } = await machineMake(build);
    const events = eventsNote(engine, ['declare', 'release', 'pageOut']);
    os1.reduce({ from: 2 * REGION_BYTES, bytes: 2 * REGION_BYTES });
    expect(events).toEqual(['declare OS1 2 reduce']);
    expect(engine.inspect().regions[2]).toMatchObject({ manager: null, managerAddress: null, user: 'OS1' });
    expect(os1.residentPages).toBe(4 * REGION_PAGES);
  });

  test('S104: the use right stays with its user, here the giver (Fig. 7)', async () => {
    const { engine, os1 } = await machineMake(build);
    os1.reduce(REGION_BYTES);
    expect(os1.replica.memory.load32(12 * PAGE_BYTES)).toBe(12 * PAGE_BYTES + 1);
    expect(engine.inspect().regions[3]).toMatchObject({ manager: null, user: 'OS1' });
    expect(os1.usedBytes).toBe(4 * REGION_BYTES);
  });

  test('S106: the answer comes at once, the VM has not waited', async () => {
    const { os1 } = await machineMake(build);
    const { timeNs } = os1;
    const change = os1.reduce(2 * REGION_BYTES);
    expect(change.report()).toMatchObject({ state: 'granted', regions: 2, pending: 2, grantNs: 0, pageOutsBeforeGrant: 0 });
    expect(os1.timeNs).toBe(timeNs);
  });

  test('S107: asks for what there is, or is refused and nothing changes', async () => {
    const { engine, os2 } = await machineMake(build);
    const before = drawn(engine);
    expect(thrownBy(() => os2.expand(3 * REGION_BYTES))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY' });
    expect(drawn(engine)).toBe(before);
    expect(os2.expand(3 * REGION_BYTES, { shortfall: 'bestEffort' }).regions, '[0135]').toBe(2);
  });

  test('S108: picks regions without manager, whoever uses them', async () => {
    const { engine, os1, os2 } = await machineMake(build);
    os1.reduce(REGION_BYTES);
    os2.expand(2 * REGION_BYTES);
    expect(drawn(engine)).toBe(drawing('region 0-2 3 4-6 7', 'manager OS1 OS2 OS2 -', 'user OS1 OS1 - -'));
  });

  test('S109: registers the manager, and where the region is in its machine addresses', async () => {
    const { engine, os2 } = await machineMake(build);
    const events = eventsNote(engine, ['grant']);
    os2.expand(REGION_BYTES);
    expect(engine.inspect().regions[6]).toMatchObject({ manager: 'OS2', managerAddress: 2 * REGION_BYTES, user: null, userAddress: null });
    expect(events).toEqual(['grant OS2 6 expand']);
  });

  test("S110: the region joins the VM's memory information", async () => {
    const { os2 } = await machineMake(build);
    const { totalBytes, freeBytes } = os2.information();
    os2.expand(2 * REGION_BYTES);
    expect(os2.information()).toMatchObject({ totalBytes: totalBytes + 2 * REGION_BYTES, freeBytes: freeBytes + 2 * REGION_BYTES });
  });

  test('S111: the answer comes at once, with all of it', async () => {
    const { os2 } = await machineMake(build);
    expect(os2.expand(2 * REGION_BYTES).report()).toMatchObject({ state: 'granted', regions: 2, pending: 2, grantNs: 0 });
    expect(os2.managedBytes).toBe(4 * REGION_BYTES);
  });
});

describe.each(shipped)('Fig. 7, who keeps the use right, $name', (build) => {
  /** OS2 manages 2-5: it uses 2 and 5, OS1 uses 3, nobody uses 4. */
  async function mixedMake(): Promise<Machine> {
    const engine = await engineMake(build, { regions: 8, slots: 64 });
    const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
    useAll(os1);
    os1.reduce(2 * REGION_BYTES);
    const os2 = engine.createVm({ name: 'OS2', memory: 4 * REGION_BYTES });
    touchRegions(engine, os2, [2, 5]);
    engine.createVm({ name: 'OS3', memory: REGION_BYTES }); // so that S102 leaves OS2 enough: it gets 6
    os2.expand(REGION_BYTES); // 7
    expect(drawn(engine)).toBe(drawing('region 0-1 2 3 4 5 6 7', 'manager OS1 OS2 OS2 OS2 OS2 OS3 OS2', 'user OS1 OS2 OS1 - OS2 - -'));
    return { engine, os1, os2 };
  }

  test('S201, S202: what is given up is dealt with part by part, where its user changes', async () => {
    const { engine, os2 } = await mixedMake();
    const change = os2.reduce({ from: 0, bytes: 4 * REGION_BYTES });
    expect(drawn(engine)).toBe(drawing('region 0-1 2 3 4 5 6 7', 'manager OS1 - - - - OS3 OS2', 'user OS1 OS2 OS1 - OS2 - -'));
    expect(change).toMatchObject({ regions: 4, pending: 2 });
  });

  test('S203 Yes: the giver uses it and goes on', async () => {
    const { engine, os2 } = await mixedMake();
    os2.reduce({ from: 0, bytes: REGION_BYTES });
    os2.touch(0); // still its region
    expect(engine.inspect().regions[2]).toMatchObject({ manager: null, user: 'OS2', userAddress: 0 });
  });

  test('S203 No, S204: the giver drops it without a page-out, its user stays', async () => {
    const { engine, os1, os2 } = await mixedMake();
    const { pageOuts } = os1.counters;
    const address = addressOf(engine, 3);
    const change = os2.reduce({ from: address, bytes: REGION_BYTES });
    expect(change.report()).toMatchObject({ state: 'settled', settledNs: 0, pageOutsBeforeGrant: 0 });
    expect(engine.inspect().regions[3]).toMatchObject({ manager: null, user: 'OS1' });
    expect(os1.counters.pageOuts).toBe(pageOuts);
    expect(
      thrownBy(() => os2.touch(address)),
      'OS2 cannot come back to it',
    ).toMatchObject({ code: 'ACCESS_REFUSED' });
  });
});

describe.each(shipped)('Fig. 8, release, $name', (build) => {
  /** Region 3 holds a dirty page, a clean one, one that is discardable, and a free frame; OS2 manages it. */
  async function stateMake(): Promise<Machine & { readonly take: () => void }> {
    const engine = await engineMake(build, { regions: 6, statistics: true });
    const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
    const { memory } = os1.replica;
    for (let page = 0; page < 16; page += 1) memory.store32(page * PAGE_BYTES, page + 1);
    memory.store32(16 * PAGE_BYTES, 17); // page 0 goes out
    os1.replica.advise(14 * PAGE_BYTES, PAGE_BYTES, 'discardable');
    os1.replica.advise(15 * PAGE_BYTES, PAGE_BYTES, 'unused');
    memory.load32(0); // page 0 comes in, clean, where page 15 was
    os1.replica.advise(13 * PAGE_BYTES, PAGE_BYTES, 'unused');
    const os2 = engine.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
    os1.reduce(REGION_BYTES);
    os2.expand(REGION_BYTES);
    return { engine, os1, os2, take: () => touchRegions(engine, os2, [3]) };
  }

  test('S301: the release is asked of the user when the manager touches the region', async () => {
    const { engine, take } = await stateMake();
    const events = eventsNote(engine, ['release', 'takeOver']);
    take();
    expect(events).toEqual(['release OS1 3 reduce 1', 'takeOver OS2 3 1']);
  });

  test('S302, S303: the states of the pages say what is in use', async () => {
    const { engine, os1 } = await stateMake();
    const states = [...engine.pages(os1.replica)].filter(({ region }) => region === 3);
    expect(states.map(({ page, zone, dirty, swapCached, discardable }) => ({ page, zone, dirty, swapCached, discardable }))).toEqual([
      { page: 0, zone: 'borrowed', dirty: false, swapCached: true, discardable: false },
      { page: 12, zone: 'borrowed', dirty: true, swapCached: false, discardable: false },
      { page: 14, zone: 'borrowed', dirty: true, swapCached: false, discardable: true },
    ]);
  });

  test('S304: pages in use go out; unused, clean and discardable ones are not written', async () => {
    const { engine, os1, take } = await stateMake();
    const events = eventsNote(engine, ['pageOut']);
    take();
    expect(events).toEqual(['pageOut OS1 12']);
    const { memory } = os1.replica;
    expect(
      [0, 12, 14].map((page) => memory.load32(page * PAGE_BYTES)),
      'a discarded page reads zero',
    ).toEqual([1, 13, 0]);
  });

  test("S305: the region leaves the user's memory information", async () => {
    const { os1, take } = await stateMake();
    const before = os1.information();
    expect(before).toMatchObject({ totalBytes: 4 * REGION_BYTES, borrowedBytes: 3 * PAGE_BYTES });
    take();
    const after = os1.information();
    expect(after).toMatchObject({ totalBytes: 3 * REGION_BYTES, borrowedBytes: 0, outBytes: before.outBytes + 2 * PAGE_BYTES });
    expect(after.residentBytes).toBe(before.residentBytes - 3 * PAGE_BYTES);
  });

  test('S306: the user has lost the use right, and its reduction knows', async () => {
    const { engine, os1, take } = await stateMake();
    const [change] = engine.inspect().changes;
    expect(change).toMatchObject({ vm: 'OS1', pending: 1 });
    take();
    expect(engine.inspect().regions[3]!.user).toBe('OS2');
    expect(thrownBy(() => os1.touch(3 * REGION_BYTES))).toMatchObject({ code: 'ACCESS_REFUSED' });
    engine.validate();
  });
});

describe.each(shipped)('Fig. 9, an access that needs real memory, $name', (build) => {
  /** OS1 uses 0-3 and has given 3 up to OS2, which manages 4 and 5 too. */
  async function handedOverMake(): Promise<Machine> {
    const machine = await machineMake(build);
    machine.os1.reduce(REGION_BYTES);
    machine.os2.expand(REGION_BYTES);
    return machine;
  }

  test('S401, S402 Yes, S408: the user may', async () => {
    const { engine, os1 } = await handedOverMake();
    const events = eventsNote(engine, ['use', 'release', 'takeOver']);
    os1.touch(0);
    os1.touch(3 * REGION_BYTES); // it is not the manager there, but still the user
    expect(os1.replica.memory.load32(15 * PAGE_BYTES)).toBe(15 * PAGE_BYTES + 1);
    expect(events).toEqual([]);
  });

  test("S403 Yes, S407, S408: a region without user becomes its manager's", async () => {
    const { engine, os2 } = await handedOverMake();
    const events = eventsNote(engine, ['use', 'release', 'takeOver']);
    os2.replica.memory.store8(0, 1);
    expect(events).toEqual(['use OS2 4']);
    expect(engine.inspect().regions[4]).toMatchObject({ user: 'OS2', userAddress: 0 });
  });

  test('S404 No, S409: neither user nor manager', async () => {
    const { engine, os1, os2 } = await handedOverMake();
    touchRegions(engine, os2, [3]);
    const refused = thrownBy(() => os1.touch(3 * REGION_BYTES));
    expect(refused).toMatchObject({ code: 'ACCESS_REFUSED', details: { machineAddress: 3 * REGION_BYTES } });
  });

  test('S404 Yes, S405, S406, S407: the user releases it, then the manager uses it', async () => {
    const { engine, os2 } = await handedOverMake();
    const events = eventsNote(engine, ['pageOut', 'release', 'takeOver']);
    touchRegions(engine, os2, [3]);
    expect(events).toEqual([...[12, 13, 14, 15].map((page) => `pageOut OS1 ${page}`), 'release OS1 3 reduce 4', 'takeOver OS2 3 4']);
    expect(engine.inspect().regions[3]).toMatchObject({
      manager: 'OS2',
      user: 'OS2',
      managerAddress: 2 * REGION_BYTES,
      userAddress: 2 * REGION_BYTES,
    });
  });

  test('S410: the access goes on and cannot tell that anything happened [0274]', async () => {
    const { engine, os1, os2 } = await handedOverMake();
    const { memory } = os2.replica;
    memory.fill(0, 2 * REGION_BYTES, 7); // all that nobody uses
    memory.store32(2 * REGION_BYTES, 99); // needs a frame of region 3
    expect(os2.counters.takeOvers).toBe(1);
    expect([memory.load8(0), memory.load32(2 * REGION_BYTES), memory.load32(2 * REGION_BYTES + 4)]).toEqual([7, 99, 0]);
    for (let address = 0; address < 4 * REGION_BYTES; address += PAGE_BYTES) expect(os1.replica.memory.load32(address)).toBe(address + 1);
    engine.validate();
  });
});

describe.each(shipped)('Fig. 10, the whole sequence, $name', (build) => {
  /** Two regions of OS1 go to OS2. */
  async function sequenceMake() {
    const engine = await engineMake(build, { regions: 6 });
    const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
    const os2 = engine.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
    useAll(os1);
    useAll(os2);
    const events = eventsNote(engine, ['declare', 'grant', 'pageOut', 'release', 'follow', 'takeOver', 'settled']);
    return { engine, os1, os2, events, written: (first: number) => [0, 1, 2, 3].map((page) => `pageOut OS1 ${first + page}`) };
  }

  test('2001-2005: the reduction is asked for, declared, and answered', async () => {
    const { os1, events } = await sequenceMake();
    const reduction = os1.reduce(2 * REGION_BYTES);
    expect(events).toEqual(['declare OS1 2 reduce']);
    expect(reduction.state).toBe('granted');
  });

  test('2006-2010: the expansion is asked for, granted, and answered', async () => {
    const { os1, os2, events } = await sequenceMake();
    os1.reduce(2 * REGION_BYTES);
    events.length = 0;
    const expansion = os2.expand(2 * REGION_BYTES);
    expect(events).toEqual(['grant OS2 2 expand']);
    expect(expansion.state).toBe('granted');
  });

  test('2011-2019: an access makes one region follow; each side reports its part', async () => {
    const { engine, os1, os2, events, written } = await sequenceMake();
    const reduction = os1.reduce(2 * REGION_BYTES);
    const expansion = os2.expand(2 * REGION_BYTES);
    events.length = 0;
    touchRegions(engine, os2, [3]); // 2011
    expect(events).toEqual([
      ...written(12), // 2013
      'follow OS1 3 reduce 4', // 2017: a part of the reduction is done
      'release OS1 3 reduce 4', // 2014-2016
      'follow OS2 3 expand 0', // 2019: a part of the expansion is done
      'takeOver OS2 3 4', // 2018
    ]);
    expect([reduction.pending, expansion.pending]).toEqual([1, 1]);
  });

  test('2100-2103: with the last region both are done, each for itself [0281]', async () => {
    const { engine, os1, os2, events } = await sequenceMake();
    const reduction = os1.reduce(2 * REGION_BYTES);
    const expansion = os2.expand(2 * REGION_BYTES);
    touchRegions(engine, os2, [3, 2]);
    expect(events.filter((line) => line.startsWith('settled'))).toEqual(['settled OS1 reduce', 'settled OS2 expand']);
    expect([reduction.state, expansion.state]).toEqual(['settled', 'settled']);
    expect(await Promise.all([reduction.settled, expansion.settled])).toEqual(['settled', 'settled']);
  });

  test('[0281] a reduction is done when its regions are released, the expansion when they are used', async () => {
    const { engine, os1, os2 } = await sequenceMake();
    const reduction = os1.reduce(2 * REGION_BYTES);
    const expansion = os2.expand(2 * REGION_BYTES);
    os1.dispose(); // nobody uses them now
    expect([reduction.state, expansion.state]).toEqual(['abandoned', 'granted']);
    touchRegions(engine, os2, [2, 3]);
    expect(expansion.report()).toMatchObject({ state: 'settled', pageOutsAfterGrant: 0 });
  });
});
