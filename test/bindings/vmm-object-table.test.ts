// Objects that are known outside by number: counted, so that neither side forgets what the other still speaks of.
import { expect, test } from 'vitest';
import { ObjectTable } from '../../bindings/vmm/object-table.ts';
import type { Reference } from '../../bindings/vmm/protocol.ts';
import { engineMake, REGION_BYTES, shipped } from '../support/engines.ts';

const setup = async () => {
  const engine = await engineMake(shipped[0]!);
  const vm = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES });
  return { engine, vm, table: new ObjectTable() };
};

test('each object has one number, and what is no object of the engine has none', async () => {
  const { vm, table } = await setup();
  const first = table.referenceOf(vm);
  expect(first).toEqual({ $: 'vm', id: 1, facts: 'a' });
  expect(table.referenceOf(vm)).toEqual(first);
  expect(table.referenceOf(vm.replica)).toEqual({ $: 'replica', id: 2, facts: undefined });
  expect(table.object(first!, 'x')).toBe(vm);
  expect(table.object({ $: 'firstReplica', vm: 1 }, 'x')).toBe(vm.replica);
  for (const other of [{}, [], new Uint8Array(1), new Error('x')]) expect(table.referenceOf(other)).toBeUndefined();
});

test('a change brings its VM and its report, and is forgotten when both sides count the same', async () => {
  const { vm, table } = await setup();
  const change = vm.reduce(REGION_BYTES);
  const told: Reference[] = [table.reference(change), table.reference(change)];
  const [{ id, facts }] = told as [Reference];
  expect(facts).toMatchObject({ vm: { $: 'vm', facts: 'a' }, report: { state: 'settled', regions: 1 } });
  table.release([[id, 1]]); // one message was still on its way
  expect(table.object(told[1]!, 'x')).toBe(change);
  table.release([[id, 1], [99, 1]]); // prettier-ignore
  expect(() => table.object(told[1]!, 'moves[0]')).toThrow(/^moves\[0\] is "an object that the VMM does not know"/);
  expect(table.reference(change).id).not.toBe(id);
});

test('a change that the engine has forgotten comes without a report', async () => {
  const engine = await engineMake(shipped[0]!, { maxChanges: 1 });
  const vm = engine.createVm({ memory: 4 * REGION_BYTES });
  const old = vm.reduce(REGION_BYTES);
  vm.expand(REGION_BYTES).cancel();
  expect(new ObjectTable().reference(old).facts).toMatchObject({ report: undefined });
});
