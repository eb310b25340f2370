// Snapshots of a VMM, in this thread and in a worker: the same as those of class Snapshot.
import { afterEach, describe, expect, test } from 'vitest';
import type { Vmm } from '../../bindings/node.ts';
import { PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { PLACES, rejectionOf, vmmMake } from '../support/vmm.ts';

const SPACE_PAGES = 40;

describe.each(PLACES)('a VMM, %s', (where) => {
  let vmm: Vmm;
  afterEach(() => vmm.dispose());

  test('taken, looked at, restored, saved, loaded, forked, ended', async () => {
    vmm = await vmmMake(where, shipped[0]!, { regions: 20, maxVms: 4 });
    const vm = await vmm.createVm({ name: 'a', memory: 8 * REGION, addressSpace: SPACE_PAGES * PAGE });
    const { replica } = vm;
    await vm.memory.store32(0, 7);
    const snapshot = await replica.snapshot({ state: new Uint8Array([3]) });
    expect(await snapshot.figures()).toEqual({ addressSpaceBytes: SPACE_PAGES * PAGE, state: new Uint8Array([3]) });
    await vm.memory.store32(0, 8);
    await vm.memory.store32(5 * PAGE, 9);
    expect(await replica.dirtyPages(snapshot)).toEqual([0, 5].map((page) => ({ page, address: page * PAGE })));
    expect(await snapshot.diff(replica)).toHaveLength(2);
    const later = await replica.snapshot();
    const bytes = await later.save({ base: snapshot });
    await replica.restore(snapshot);
    expect(await vm.memory.load32(0)).toBe(7);
    const loaded = await vm.loadSnapshot(bytes, { base: snapshot });
    expect(await loaded.digest()).toBe(await later.digest());
    expect(await vm.snapshots()).toEqual([snapshot, later, loaded]);
    const fork = await loaded.fork({ quota: PAGE });
    expect(await fork.figures()).toEqual({ addressSpaceBytes: SPACE_PAGES * PAGE, quotaBytes: PAGE });
    await fork.memory.store32(0, 1);
    expect(await rejectionOf(fork.memory.store32(PAGE, 1))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await fork.limit(null);
    await fork.memory.store32(PAGE, 1);
    await fork.reset();
    expect(await fork.digest()).toBe(await later.digest());
    const copy = await later.forkVm({ name: 'b', memory: 4 * REGION });
    expect([copy.name, await copy.replica.digest()]).toEqual(['b', await later.digest()]);
    expect([...(await later.peek(5 * PAGE, 2))]).toEqual([9, 0]);
    await later.dispose();
    expect(await rejectionOf(replica.restore(later))).toMatchObject({ code: 'DISPOSED' });
    bytes[bytes.length - 1]! ^= 1;
    expect(await rejectionOf(vm.loadSnapshot(bytes, { base: snapshot }))).toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await vmm.validate();
  });
});
