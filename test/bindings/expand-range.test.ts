import { expect, test } from 'vitest';
import { formatRights } from '../../bindings/node.ts';
import { engineMake, shipped } from '../support/engines.ts';

const REGION_BYTES = 2 ** 16;

test.each(shipped)('memory comes to the machine addresses named, and back to where it was ($name)', async (build) => {
  const engine = await engineMake(build, { memory: 12 * REGION_BYTES, region: REGION_BYTES });
  const a = engine.createVm({ name: 'a', memory: 6 * REGION_BYTES });
  const b = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
  a.replica.memory.fill(0, 6 * REGION_BYTES, 1);
  const far = b.expand({ from: 10 * REGION_BYTES, bytes: 2 * REGION_BYTES });
  expect(far.pending).toBe(2);
  expect(
    engine
      .inspect()
      .regions.filter((row) => row.manager === 'b')
      .map((row) => row.managerAddress),
  ).toEqual([0, 1, 10, 11].map((slot) => slot * REGION_BYTES));
  b.touch(11 * REGION_BYTES);
  expect(far.pending).toBe(1);

  const before = formatRights(engine.inspect());
  const range = { from: 2 * REGION_BYTES, bytes: 2 * REGION_BYTES };
  const given = a.reduce(range);
  const back = a.expand(range);
  expect(formatRights(engine.inspect())).toBe(before);
  expect([given.superseded, back.state, back.settledNs]).toEqual([2, 'settled', 0]);
  engine.validate();
});

test('a range that cannot be had changes nothing', async () => {
  const engine = await engineMake(shipped[0]!, { memory: 8 * REGION_BYTES, region: REGION_BYTES });
  const vm = engine.createVm({ memory: 4 * REGION_BYTES });
  const before = formatRights(engine.inspect());
  const taken = { from: 3 * REGION_BYTES, bytes: 2 * REGION_BYTES };
  expect(() => vm.expand(taken)).toThrow(
    expect.objectContaining({ code: 'SLOT_TAKEN', details: { machineAddress: taken.from, taken: 1 } }) as Error,
  );
  expect(() => vm.expand({ from: 4 * REGION_BYTES, bytes: 5 * REGION_BYTES })).toThrow(
    expect.objectContaining({ code: 'NOT_ENOUGH_MEMORY' }) as Error,
  );
  for (const from of [1, -REGION_BYTES, 2 ** 32]) {
    expect(() => vm.expand({ from, bytes: REGION_BYTES })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }) as Error);
  }
  expect(formatRights(engine.inspect())).toBe(before);
  expect(vm.expand(taken, { shortfall: 'bestEffort' }).regions).toBe(1);
  engine.validate();
});
