// Fig. 11 row by row through the public API, drawn by inspect(), and the table of Fig. 19. The other figures: figures-….test.ts.
import { describe, expect, test } from 'vitest';
import { formatRights, formatRightsTable } from '../../bindings/node.ts';
import type { Engine, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

/** Makes a VM the user of all that it manages. */
function useAll(vm: Vm): void {
  for (let address = 0; address < vm.managedBytes; address += PAGE_BYTES) vm.replica.memory.store32(address, address + 1);
}

/** The machine address of a region in its manager. */
function addressOf(engine: Engine, region: number): number {
  return engine.inspect().regions[region]!.managerAddress!;
}

describe.each(shipped)('$name', (build) => {
  test('Fig. 11: memory moves at once, its contents follow region by region', async () => {
    const engine = await engineMake(build, { regions: 12 });
    const os1 = engine.createVm({ name: 'OS1', memory: 8 * REGION_BYTES });
    const os2 = engine.createVm({ name: 'OS2', memory: 4 * REGION_BYTES });
    useAll(os1);
    useAll(os2);
    expect(formatRights(engine.inspect())).toBe(['region   0-7  8-11', 'manager  OS1  OS2', 'user     OS1  OS2'].join('\n'));

    const change = engine.reconfigure([
      { vm: os1, change: -4 * REGION_BYTES },
      { vm: os2, change: 4 * REGION_BYTES },
    ]);
    expect(change.state).toBe('granted');
    expect(os1.counters.pageOuts).toBe(0);
    expect(formatRights(engine.inspect()), '(b)').toBe(
      ['region   0-3  4-7  8-11', 'manager  OS1  OS2  OS2', 'user     OS1  OS1  OS2'].join('\n'),
    );

    os2.touch(addressOf(engine, 6));
    expect(os1.counters.pageOuts).toBe(REGION_BYTES / PAGE_BYTES);
    expect(formatRights(engine.inspect()), '(c)').toBe(
      ['region   0-3  4-5  6    7    8-11', 'manager  OS1  OS2  OS2  OS2  OS2', 'user     OS1  OS1  OS2  OS1  OS2'].join('\n'),
    );

    for (const region of [4, 5, 7]) os2.touch(addressOf(engine, region));
    expect(formatRights(engine.inspect()), '(d)').toBe(['region   0-3  4-11', 'manager  OS1  OS2', 'user     OS1  OS2'].join('\n'));
    expect(change.state).toBe('settled');
    expect(change.pageOutsAfterGrant).toBe(16);
    for (let address = 0; address < 8 * REGION_BYTES; address += PAGE_BYTES) expect(os1.replica.memory.load32(address)).toBe(address + 1);
    engine.validate();
  });

  test('Fig. 19: the whole table with its addresses, null where there is no right', async () => {
    const engine = await engineMake(build, { regions: 3 });
    const a = engine.createVm({ name: 'a', memory: 2 * REGION_BYTES });
    const b = engine.createVm({ name: 'b', memory: REGION_BYTES });
    useAll(a);
    engine.reconfigure([
      { vm: a, change: -REGION_BYTES },
      { vm: b, change: REGION_BYTES },
    ]);
    expect(formatRightsTable(engine.inspect())).toBe(
      [
        'region  real    manager  at      user  at',
        '0       0x0     a        0x0     a     0x0',
        '1       0x4000  b        0x4000  a     0x4000',
        '2       0x8000  b        0x0     -     -',
      ].join('\n'),
    );
  });
});
