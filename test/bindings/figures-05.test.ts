// Figs. 5 and 17, the parts of the monitor and of a VM, each at its work through the public API. How they work together: figures-06-10.test.ts and on.
import { describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import type { Build } from '../support/builds.ts';
import { drawing, drawn, eventsNote, REGION_PAGES, useAll } from '../support/figures.ts';
import { engineMake, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

interface Machine {
  readonly engine: Engine;
  readonly os1: Vm;
  readonly os2: Vm;
}

/** OS1 manages and uses regions 0-3, OS2 4 and 5; nobody has 6 and 7. */
async function machineMake(build: Build): Promise<Machine> {
  const engine = await engineMake(build, { regions: 8, selection: { summaries: 'all' } });
  const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES });
  const os2 = engine.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
  useAll(os1);
  useAll(os2);
  return { engine, os1, os2 };
}

/** OS1 gave region 3 up and OS2 got it: region 3 is between them. */
async function movedMake(build: Build): Promise<Machine> {
  const machine = await machineMake(build);
  machine.os1.reduce(REGION_BYTES);
  machine.os2.expand(REGION_BYTES);
  return machine;
}

const OS2_NEW = 2 * REGION_BYTES; // the machine address of region 3 in OS2

/** What each part does, as [0099]-[0175] say it. */
const PARTS: readonly (readonly [part: string, work: (build: Build) => Promise<void>])[] = [
  [
    '1110, the real-memory manager: one region, a machine address in its manager and another one in its user [0098], [0102]',
    async (build) => {
      const { engine } = await movedMake(build);
      expect(engine.inspect().regions[3]).toMatchObject({
        realAddress: 3 * REGION_BYTES,
        managerAddress: OS2_NEW,
        userAddress: 3 * REGION_BYTES,
      });
    },
  ],
  [
    '1111, the manager of each region, or none [0099]-[0100], [0108]',
    async (build) => {
      const { engine, os1 } = await machineMake(build);
      os1.reduce(REGION_BYTES);
      expect(engine.inspect().regions.map(({ manager }) => manager)).toEqual(['OS1', 'OS1', 'OS1', null, 'OS2', 'OS2', null, null]);
    },
  ],
  [
    '1112, the user of each region, or none [0101], [0108]',
    async (build) => {
      const { engine, os1 } = await machineMake(build);
      os1.reduce(REGION_BYTES);
      expect(engine.inspect().regions.map(({ user }) => user)).toEqual(['OS1', 'OS1', 'OS1', 'OS1', 'OS2', 'OS2', null, null]);
    },
  ],
  [
    '1121, release declaration: the management right is given up, the use right is not [0112]-[0113]',
    async (build) => {
      const { engine, os1 } = await machineMake(build);
      const events = eventsNote(engine, ['declare', 'release', 'pageOut']);
      os1.reduce(REGION_BYTES);
      expect(events).toEqual(['declare OS1 3 reduce']);
      expect(engine.inspect().regions[3]).toMatchObject({ manager: null, user: 'OS1' });
    },
  ],
  [
    '1122, release control: the use right is given up when the monitor asks for it [0116]-[0118]',
    async (build) => {
      const { engine, os1, os2 } = await movedMake(build);
      const events = eventsNote(engine, ['release', 'takeOver']);
      const { usedBytes } = os1;
      os2.touch(OS2_NEW);
      expect(events).toEqual([`release OS1 3 reduce ${REGION_PAGES}`, `takeOver OS2 3 ${REGION_PAGES}`]);
      expect(os1.usedBytes).toBe(usedBytes - REGION_BYTES);
    },
  ],
  [
    '1123, expansion control: looks for regions without manager and gives them, or says that there are too few [0119]-[0120], [0133]-[0135]',
    async (build) => {
      const { engine, os2 } = await machineMake(build);
      expect(thrownBy(() => os2.expand(3 * REGION_BYTES))).toMatchObject({ code: 'NOT_ENOUGH_MEMORY', details: { available: 2 } });
      os2.expand(2 * REGION_BYTES);
      expect(drawn(engine)).toBe(drawing('region 0-3 4-5 6-7', 'manager OS1 OS2 OS2', 'user OS1 OS2 -'));
    },
  ],
  [
    '1124, access monitor: the user may, the manager makes the user leave, anyone else may not [0136]-[0141]',
    async (build) => {
      const { engine, os1, os2 } = await movedMake(build);
      os1.touch(3 * REGION_BYTES);
      expect(engine.inspect().regions[3]).toMatchObject({ user: 'OS1' });
      os2.touch(OS2_NEW);
      expect(engine.inspect().regions[3]).toMatchObject({ user: 'OS2' });
      expect(thrownBy(() => os1.touch(3 * REGION_BYTES))).toMatchObject({ code: 'ACCESS_REFUSED' });
    },
  ],
  [
    "1130, reconfiguration analyser (Fig. 17): a request for the whole becomes the VMs' own",
    async (build) => {
      const { engine, os1, os2 } = await machineMake(build);
      const { changes } = engine.reconfigure([{ vm: os2, real: { from: 3 * REGION_BYTES, bytes: 2 * REGION_BYTES } }]);
      expect(changes.map(({ vm, kind, regions }) => [vm, kind, regions])).toEqual([
        [os1, 'reduce', 1],
        [os2, 'expand', 1],
      ]);
    },
  ],
  [
    "1210, a VM's memory manager: figures of its memory and states of its pages [0143]-[0149]",
    async (build) => {
      const { engine, os1 } = await movedMake(build);
      expect(os1.information()).toMatchObject({
        totalBytes: 4 * REGION_BYTES,
        residentBytes: 4 * REGION_BYTES,
        borrowedBytes: REGION_BYTES,
      });
      const zones = [...engine.pages(os1.replica, { from: 0, to: 4 * REGION_PAGES })].map(({ zone }) => zone);
      expect(zones.filter((zone) => zone === 'borrowed')).toHaveLength(REGION_PAGES);
      expect(zones.filter((zone) => zone === 'managed')).toHaveLength(3 * REGION_PAGES);
    },
  ],
  [
    "1220, a VM's access control: notices the accesses that need real memory, and only those [0150]-[0153]",
    async (build) => {
      const { os2 } = await movedMake(build);
      const { faults } = os2.counters;
      os2.replica.memory.load32(0);
      expect(os2.counters).toMatchObject({ faults, takeOvers: 0 });
      os2.replica.memory.store32(2 * REGION_BYTES, 1);
      expect(os2.counters).toMatchObject({ faults: faults + 1, takeOvers: 1 });
    },
  ],
  [
    "1230, a VM's change control: reductions and expansions, by amount or by range [0154]-[0161]",
    async (build) => {
      const { engine, os1, os2 } = await machineMake(build);
      const range = (region: number) => ({ from: region * REGION_BYTES, bytes: REGION_BYTES });
      const changes = [os1.reduce(REGION_BYTES), os1.reduce(range(0)), os2.expand(REGION_BYTES), os2.expand(range(7))];
      expect(changes.map(({ kind, regions }) => `${kind} ${regions}`)).toEqual(['reduce 1', 'reduce 1', 'expand 1', 'expand 1']);
      expect(engine.inspect().regions.filter(({ managerAddress }) => managerAddress === 7 * REGION_BYTES)).toMatchObject([
        { manager: 'OS2' },
      ]);
    },
  ],
  [
    '1241, release search: by address, or by what the pages say [0162]-[0166]',
    async (build) => {
      const { engine, os1 } = await machineMake(build);
      os1.replica.advise(REGION_BYTES, REGION_BYTES, 'unused');
      os1.reduce(REGION_BYTES, { selection: 'unusedFirst' });
      os1.reduce(REGION_BYTES, { selection: 'highest' });
      expect(engine.inspect().regions.map(({ manager }) => manager)).toEqual(['OS1', null, 'OS1', null, 'OS2', 'OS2', null, null]);
    },
  ],
  [
    "1242, release: the region leaves the VM's memory information, not before [0168]-[0172]",
    async (build) => {
      const { os1, os2 } = await movedMake(build);
      expect(os1.information()).toMatchObject({ totalBytes: 4 * REGION_BYTES, outBytes: 0 });
      os2.touch(OS2_NEW);
      expect(os1.information()).toMatchObject({ totalBytes: 3 * REGION_BYTES, outBytes: REGION_BYTES });
    },
  ],
  [
    "1243, expansion: the region joins the VM's memory information [0173]-[0175]",
    async (build) => {
      const { os2 } = await machineMake(build);
      os2.expand(REGION_BYTES);
      expect(os2.information()).toMatchObject({ totalBytes: 3 * REGION_BYTES, freeBytes: REGION_BYTES });
    },
  ],
];

describe.each(shipped)('Figs. 5 and 17, the parts, $name', (build) => {
  test.each(PARTS)('part %s', async (_, work) => {
    await work(build);
  });
});
