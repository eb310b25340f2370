// [0435]: in operator mode only the engine's owner changes memory; the handle of a VM does not.
import { beforeEach, describe, expect, test } from 'vitest';
import { OperatorOnlyError } from '../../bindings/node.ts';
import type { Change, Engine, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { stateOf, timedEngine, useAll } from '../support/rights.ts';

let engine: Engine;
let a: Vm;
let b: Vm;
beforeEach(async () => {
  engine = await timedEngine({ operatorOnly: true });
  a = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES });
  b = engine.createVm({ name: 'b', memory: 2 * REGION_BYTES });
  useAll(a);
});

const move = () =>
  engine.reconfigure([
    { vm: a, change: -REGION_BYTES },
    { vm: b, change: REGION_BYTES },
  ]);

describe('[0435] refused, and nothing changes', () => {
  test.each<readonly [string, (vm: Vm) => unknown]>([
    ['vm.reduce', (vm) => vm.reduce(REGION_BYTES)],
    ['vm.reduce', (vm) => vm.reduce({ from: 0, bytes: REGION_BYTES }, { shortfall: 'bestEffort' })],
    ['vm.expand', (vm) => vm.expand(REGION_BYTES)],
    ['vm.expand', (vm) => vm.expand({ from: 5 * REGION_BYTES, bytes: REGION_BYTES })],
  ])('%s', (operation, call) => {
    const state = stateOf(engine);
    const error = thrownBy(() => call(a));
    expect(error).toBeInstanceOf(OperatorOnlyError);
    expect(error).toMatchObject({ code: 'OPERATOR_ONLY', details: { operation } });
    expect((error as Error).message).toMatch(/engine\.reconfigure/);
    expect(stateOf(engine)).toBe(state);
  });

  test('cancelling a change', () => {
    const [change] = move().changes;
    const state = stateOf(engine);
    expect(thrownBy(() => change!.cancel())).toMatchObject({ code: 'OPERATOR_ONLY', details: { operation: 'change.cancel' } });
    expect(stateOf(engine)).toBe(state);
  });

  test('also when it comes by way of an event', () => {
    const seen: unknown[] = [];
    engine.on('declare', ({ change, vm }) =>
      seen.push(
        thrownBy(() => change.cancel()),
        thrownBy(() => vm.expand(REGION_BYTES)),
      ),
    );
    move();
    expect(seen).toMatchObject([{ code: 'OPERATOR_ONLY' }, { code: 'OPERATOR_ONLY' }]);
  });
});

describe('[0435] allowed', () => {
  test('the owner reconfigures, and cancels a reconfiguration', () => {
    const reconfiguration = move();
    expect(reconfiguration.state).toBe('granted');
    expect(b.managedBytes).toBe(3 * REGION_BYTES);
    reconfiguration.cancel();
    expect(reconfiguration.changes.map(({ state }: Change) => state)).toEqual(['cancelled', 'cancelled']);
    expect(a.managedBytes).toBe(4 * REGION_BYTES);
    engine.validate();
  });

  test('VMs go on using, touching, leaving early and forking: who manages what stays as it is', () => {
    move();
    const managers = (): readonly (string | null)[] => engine.inspect().regions.map(({ manager }) => manager);
    const before = managers();
    b.touch(2 * REGION_BYTES);
    expect(b.usedBytes).toBe(REGION_BYTES);
    a.releaseBy('moveFirst');
    a.releaseEarly({ when: { statistic: 'accesses', comparison: '>=', constant: 1 } });
    a.replica.memory.load8(0);
    a.replica.advise(0, PAGE_BYTES, 'unused');
    a.replica.fork().dispose();
    expect(managers()).toEqual(before);
    expect(engine.isOperatorOnly).toBe(true);
    engine.validate();
  });

  test('a VM may always end: its regions are without manager, and nobody gets them', () => {
    const bytes = b.managedBytes;
    const free = engine.regionsFree;
    a.dispose();
    expect(b.managedBytes).toBe(bytes);
    expect(engine.regionsFree).toBe(free + 4);
    expect(thrownBy(() => b.expand(REGION_BYTES))).toMatchObject({ code: 'OPERATOR_ONLY' });
    engine.reconfigure([{ vm: b, change: 4 * REGION_BYTES }]);
    expect(b.managedBytes).toBe(bytes + 4 * REGION_BYTES);
    engine.validate();
  });
});

test('off by default', async () => {
  const free = await engineMake(shipped[0]!);
  expect(free.isOperatorOnly).toBe(false);
  expect(free.createVm({ memory: 2 * REGION_BYTES }).reduce(REGION_BYTES).regions).toBe(1);
});

test.each([['yes'], [1], [null]])('operatorOnly %j is refused', async (operatorOnly) => {
  await expect(engineMake(shipped[0]!, { operatorOnly: operatorOnly as never })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    details: { field: 'operatorOnly' },
  });
});
