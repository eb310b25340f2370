// Fig. 1, memory divided among VMs, and Fig. 2, the older way of the same (JP H6-110715): the baseline 'eager'. The other one, Figs. 3 and 4, is in reserve.test.ts.
import { describe, expect, test } from 'vitest';
import { drawing, drawn, REGION_PAGES, useAll } from '../support/figures.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

const WRITE_NS = 1_000;

describe.each(shipped)('Fig. 1, $name', (build) => {
  test('real memory is divided; machine addresses of each VM begin at 0, and each sees its own part', async () => {
    const engine = await engineMake(build, { regions: 6 });
    const vms = ['VM1', 'VM2'].map((name, index) => engine.createVm({ name, memory: (2 + index) * REGION_BYTES }));
    vms.forEach((vm, index) => {
      useAll(vm);
      vm.replica.memory.store8(0, 100 + index);
    });
    expect(drawn(engine)).toBe(drawing('region 0-1 2-4 5', 'manager VM1 VM2 -', 'user VM1 VM2 -'));
    expect(
      engine.inspect().regions.map(({ realAddress, managerAddress, userAddress }) => [realAddress, managerAddress, userAddress]),
    ).toEqual(
      [
        [0, 0],
        [1, 1],
        [2, 0],
        [3, 1],
        [4, 2],
        [5, null],
      ].map(([real, machine]) => {
        const address = machine === null ? null : machine! * REGION_BYTES;
        return [real! * REGION_BYTES, address, address];
      }),
    );
    expect(vms.map((vm) => vm.replica.memory.load8(0))).toEqual([100, 101]);
    const frames = vms.flatMap((vm) =>
      [...engine.pages(vm.replica, { from: 0, to: vm.managedBytes / PAGE_BYTES })].map(({ frame }) => frame),
    );
    expect(new Set(frames).size, 'no frame has two pages').toBe(5 * REGION_PAGES);
  });
});

describe.each(shipped)('Fig. 2, $name', (build) => {
  test('(a) to (c): everything goes out before anything is handed over, and the receiver waits for it [0040-0048]', async () => {
    const swap = { size: 64 * PAGE_BYTES, readLatency: 0, writeLatency: WRITE_NS };
    const engine = await engineMake(build, { regions: 12, handover: 'eager', swap });
    const vm1 = engine.createVm({ name: 'VM1', memory: 8 * REGION_BYTES });
    const vm2 = engine.createVm({ name: 'VM2', memory: 4 * REGION_BYTES });
    useAll(vm1);
    useAll(vm2);
    expect(drawn(engine), '(a)').toBe(drawing('region 0-7 8-11', 'manager VM1 VM2', 'user VM1 VM2'));

    const reduction = vm1.reduce(4 * REGION_BYTES);
    expect(drawn(engine), '(b)').toBe(drawing('region 0-3 4-7 8-11', 'manager VM1 - VM2', 'user VM1 - VM2'));
    const pages = 4 * REGION_PAGES;
    expect(reduction).toMatchObject({ state: 'settled', grantNs: pages * WRITE_NS, pageOutsBeforeGrant: pages, pageOutsAfterGrant: 0 });

    vm2.expand(4 * REGION_BYTES);
    expect(drawn(engine), '(c)').toBe(drawing('region 0-3 4-7 8-11', 'manager VM1 VM2 VM2', 'user VM1 - VM2'));
    for (let address = 0; address < 8 * REGION_BYTES; address += PAGE_BYTES) expect(vm1.replica.memory.load32(address)).toBe(address + 1);
    engine.validate();
  });

  test('no memory is moved to make addresses continuous: holes are used again, and regions stay where they are [0034], [0044]', async () => {
    const engine = await engineMake(build, { regions: 6, handover: 'eager' });
    const vm1 = engine.createVm({ name: 'VM1', memory: 4 * REGION_BYTES });
    const vm2 = engine.createVm({ name: 'VM2', memory: 2 * REGION_BYTES });
    vm1.reduce({ from: REGION_BYTES, bytes: REGION_BYTES });
    vm2.expand(REGION_BYTES);
    vm2.reduce({ from: 0, bytes: REGION_BYTES });
    vm1.expand(REGION_BYTES);
    expect(engine.inspect().regions.map(({ manager, managerAddress }) => `${manager} ${managerAddress! / REGION_BYTES}`)).toEqual([
      ...['VM1 0', 'VM2 2', 'VM1 2', 'VM1 3'],
      ...['VM1 1', 'VM2 1'],
    ]);
  });
});
