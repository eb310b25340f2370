// Requests that name their regions one by one: what selection policies and absolute requests end in.
import { beforeEach, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import { NotSelectableError } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES, thrownBy } from '../support/engines.ts';
import { borrowing, eventsOf, stateOf } from '../support/rights.ts';

let engine: Engine;
let a: Vm;
let b: Vm;
beforeEach(async () => {
  ({ engine, a, b } = await borrowing(0)); // a: regions 0-3, b: region 4, free: 5-11
});

const reduce = (regions: readonly number[]) => a.requests.reduceAt(regions, -1, 0, a.timeNs);
const expand = (regions: readonly number[]) => b.requests.expandAt(regions, 0, b.timeNs, b.timeNs);

test('a reduction deals with them in the order named', () => {
  const events = eventsOf(engine, 'declare');
  expect(reduce([1, 3, 0]).regions).toBe(3);
  expect(events.map(({ region }) => region)).toEqual([1, 3, 0]);
  expect(a.managedBytes).toBe(REGION_BYTES);
  engine.validate();
});

test('an expansion gives them machine addresses in the order named', () => {
  reduce([2]);
  expect(expand([9, 2, 5]).regions).toBe(3);
  const at = (region: number): unknown => engine.inspect().regions[region]!.managerAddress;
  expect([9, 2, 5].map(at)).toEqual([REGION_BYTES, 2 * REGION_BYTES, 3 * REGION_BYTES]);
  engine.validate();
});

test('no regions: a change of nothing, settled at once', () => {
  expect(reduce([])).toMatchObject({ regions: 0, state: 'settled' });
  expect(expand([])).toMatchObject({ regions: 0, state: 'settled' });
});

test.each<readonly [string, readonly number[], number, number]>([
  ['none of that number', [1, 12], 12, 1],
  ['a negative number', [-1], -1, 0],
  ['no whole number', [1.5], 1.5, 0],
  ['NaN', [0, 1, Number.NaN], Number.NaN, 2],
  ['not managed by the VM', [2, 4], 4, 1],
  ['without manager', [5], 5, 0],
  ['named twice', [1, 2, 1], 1, 2],
  ['more than there are', Array.from({ length: 13 }, (_, index) => index % 12), 0, 12],
])('a reduction: %s', (_, regions, region, place) => {
  const state = stateOf(engine);
  const error = thrownBy(() => reduce(regions));
  expect(error).toBeInstanceOf(NotSelectableError);
  expect(error).toMatchObject({ code: 'NOT_SELECTABLE', details: { region, place } });
  expect(stateOf(engine)).toBe(state);
  engine.validate();
});

test.each<readonly [string, readonly number[], number, number]>([
  ['none of that number', [12], 12, 0],
  ['managed by another VM', [5, 0], 0, 1],
  ['managed by itself', [4], 4, 0],
  ['named twice', [7, 6, 7], 7, 2],
])('an expansion: %s', (_, regions, region, place) => {
  const state = stateOf(engine);
  expect(thrownBy(() => expand(regions))).toMatchObject({ code: 'NOT_SELECTABLE', details: { region, place } });
  expect(stateOf(engine)).toBe(state);
  expect(expand([5, 6, 7]).regions, 'the next one is not spoilt').toBe(3);
  engine.validate();
});

test('a reduction by list leaves a VM what it needs', () => {
  const state = stateOf(engine);
  expect(thrownBy(() => reduce([0, 1, 2, 3]))).toMatchObject({ code: 'TOO_LITTLE_LEFT' });
  expect(stateOf(engine)).toBe(state);
  expect(engine.inspect().pageBytes).toBe(PAGE_BYTES);
});
