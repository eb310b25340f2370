// Figs. 19 to 21, where the monitor runs [0436]-[0447]: beside the guests, on a processor of its own, and in the memory controller. Fig. 19's table is in
// figures.test.ts.
import { describe, expect, test } from 'vitest';
import type { SwapStore, VmmOptions } from '../../bindings/node.ts';
import { formatRights, memorySwapStore } from '../../bindings/node.ts';
import { drawing, drawn, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { PLACES, vmmMake } from '../support/vmm.ts';

describe.each(shipped)('$name', (build) => {
  const stored = {
    memory: 12 * REGION_BYTES,
    region: REGION_BYTES,
    swap: { size: 64 * PAGE_BYTES },
    vms: [
      { name: 'OS1', memory: 8 * REGION_BYTES },
      { name: 'OS2', memory: 4 * REGION_BYTES },
    ],
  };

  test.each(PLACES)('[0439]-[0441] the monitor comes first, then the OS that manages, then guests that come and go: %s', async (where) => {
    const vmm = await vmmMake(where, build, { regions: 6 });
    const table = async (): Promise<string> => formatRights(await vmm.inspect());
    expect(await table()).toBe(drawing('region 0-5', 'manager -', 'user -'));

    const os1 = await vmm.createVm({ name: 'OS1', memory: 3 * REGION_BYTES });
    expect(await table(), '[0439] it manages its memory').toBe(drawing('region 0-2 3-5', 'manager OS1 -', 'user - -'));
    await os1.memory.fill(0, 2 * REGION_BYTES, 1);
    expect(await table(), '[0440] its accesses make it the user').toBe(drawing('region 0-1 2 3-5', 'manager OS1 OS1 -', 'user OS1 - -'));

    const os2 = await vmm.createVm({ name: 'OS2', memory: 2 * REGION_BYTES });
    await os2.memory.fill(0, REGION_BYTES, 2);
    expect(await table()).toBe(drawing('region 0-1 2 3 4 5', 'manager OS1 OS1 OS2 OS2 -', 'user OS1 - OS2 - -'));
    await os2.dispose();
    expect(await table(), '[0441] it stops: both its rights are free').toBe(
      drawing('region 0-1 2 3-5', 'manager OS1 OS1 -', 'user OS1 - -'),
    );
    await vmm.dispose();
  });

  test('Fig. 19, Fig. 20: in the thread of the caller or in one of its own, the same example gives the same table and the same numbers', async () => {
    const results: unknown[] = [];
    for (const where of PLACES) {
      const vmm = await vmmMake(where, build, { swap: { size: 64 * PAGE_BYTES, device: 'nvme' } });
      const os1 = await vmm.createVm({ name: 'OS1', memory: 8 * REGION_BYTES });
      const os2 = await vmm.createVm({ name: 'OS2', memory: 4 * REGION_BYTES });
      await os1.memory.fill(0, 8 * REGION_BYTES, 1);
      await os2.memory.fill(0, 4 * REGION_BYTES, 1);
      await vmm.reconfigure([
        { vm: os1, change: -4 * REGION_BYTES },
        { vm: os2, change: 4 * REGION_BYTES },
      ]);
      await os2.touch(6 * REGION_BYTES);
      const { regions, vms } = await vmm.inspect();
      results.push({ regions, vms });
      expect(formatRights({ regions }), 'Fig. 11 (c)').toBe(
        drawing('region 0-3 4-5 6 7 8-11', 'manager OS1 OS2 OS2 OS2 OS2', 'user OS1 OS1 OS2 OS1 OS2'),
      );
      await vmm.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  test.each(PLACES)('Fig. 20 [0445]: partitions from a stored configuration, more by commands: %s', async (where) => {
    const configuration = JSON.parse(JSON.stringify(stored)) as VmmOptions;
    const vmm = await vmmMake(where, build, configuration);
    expect((await vmm.vms()).map(({ name }) => name)).toEqual(['OS1', 'OS2']);
    const [os1] = await vmm.vms();
    await os1!.reduce(2 * REGION_BYTES);
    await vmm.createVm({ name: 'OS3', memory: 2 * REGION_BYTES });
    expect(formatRights(await vmm.inspect())).toBe(drawing('region 0-5 6-7 8-11', 'manager OS1 OS3 OS2', 'user - - -'));
    await vmm.dispose();
  });

  test('Fig. 21 [0447]: rights and translation are in compiled code; the host is asked for swap and for policies of its own alone', async () => {
    const asked: string[] = [];
    const store = memorySwapStore();
    const noted: SwapStore = {
      attach: store.attach,
      close: store.close,
      read: (slot, into) => {
        asked.push('read');
        store.read(slot, into);
      },
      write: (slot, from) => {
        asked.push('write');
        store.write(slot, from);
      },
    };
    const engine = await engineMake(build, { regions: 6, statistics: true, swap: { size: 64 * PAGE_BYTES, store: noted } });
    const when = (): boolean => {
      asked.push('judge');
      return false;
    };
    const os1 = engine.createVm({ name: 'OS1', memory: 4 * REGION_BYTES, earlyRelease: { when } });
    useAll(os1); // first touches, S403-S408
    os1.replica.memory.read(0, 4 * REGION_BYTES); // translation
    os1.reduce(REGION_BYTES);
    const os2 = engine.createVm({ name: 'OS2', memory: 3 * REGION_BYTES });
    expect(drawn(engine)).toBe(drawing('region 0-2 3 4-5', 'manager OS1 OS2 OS2', 'user OS1 OS1 -'));
    expect(asked).toEqual([]);

    os1.replica.memory.load8(12 * PAGE_BYTES); // a policy of the host's
    os2.touch(0); // pages that go out
    expect(asked).toEqual(['judge', 'write', 'write', 'write', 'write']);
  });
});
