// Comparing, scanning and scrubbing through a VMM, the same here and in a worker: replicas in the answers are the VMM's own.
import { afterEach, describe, expect, test } from 'vitest';
import type { AsyncReplica, AsyncVm, Vmm } from '../../bindings/node.ts';
import { PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { PLACES, vmmMake } from '../support/vmm.ts';

describe.each(PLACES)('a VMM, %s', (where) => {
  let vmm: Vmm;
  afterEach(() => vmm.dispose());

  const vmMake = async (): Promise<readonly [AsyncVm, AsyncReplica, AsyncReplica]> => {
    vmm = await vmmMake(where, shipped[0]!, { scan: true, commonMemory: 2 * REGION, compareOnWrite: true });
    const vm = await vmm.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE, replicas: 2, salt: 3 });
    const [first, second] = await vm.replicas();
    return [vm, first!, second!];
  };

  test('comparisons, differences and the page table', async () => {
    const [vm, first, second] = await vmMake();
    for (const replica of [first, second]) await replica.memory.store32(PAGE, 7);
    expect(await vm.compare()).toMatchObject({ areasMerged: 1 });
    await vm.compareBy({ onWrite: 'any' });
    await second.memory.store32(PAGE, 8);
    expect((await vm.pageTable({ replicas: [second] })).map(({ vmId, area, writeInhibit }) => [vmId, area, writeInhibit])).toEqual([
      [2, 'copy', 1],
    ]);
    const [difference] = await vm.differences();
    expect(difference!.groups.map((group) => group.map((replica) => replica === first))).toEqual([[true], [false]]);
  });

  test('sharing, scans and scrubs', async () => {
    const [vm, first] = await vmMake();
    for (const page of [1, 9]) await first.memory.store32(page * PAGE, 5);
    expect(await vm.scan()).toMatchObject({ pagesVolatile: 2 });
    expect(await vm.scan()).toMatchObject({ pagesMerged: 1 });
    expect(await vm.sharing()).toMatchObject({ pagesShared: 1, pagesSharing: 1, fullScans: 2 });
    await vm.scrub();
    expect(await vm.scrub()).toMatchObject({ pagesChecked: 1, flips: [] });
    expect(await vmm.scan()).toMatchObject({ pagesCommon: 0 });
    await vmm.validate();
  });
});
