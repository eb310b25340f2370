// [0359]: the statistics of a region that a VM uses and does not manage, one by one.
import { beforeEach, expect, test } from 'vitest';
import type { AccessFigures, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { borrowing, REGION_PAGES, stateOf } from '../support/rights.ts';

const PERIOD_NS = 100;
const AT = 3 * REGION_BYTES; // region 3, the one that was given up
const never = { statistic: 'accesses', comparison: '<', constant: 0 } as const;

let a: Vm;
let b: Vm;
beforeEach(async () => {
  ({ a, b } = await borrowing(1, { earlyRelease: { when: never, period: PERIOD_NS } }));
});

const figures = (): AccessFigures => a.accessFigures()[0]!;
/** Accesses to memory that it manages: they count nowhere and take 1 ns each. */
function pass(timeNs: number): void {
  for (let access = 0; access < timeNs; access += 1) a.replica.memory.load8(0);
}

test('before the first access only the time is known', () => {
  pass(5);
  expect(figures()).toEqual({
    vm: 'a',
    region: 3,
    machineAddress: AT,
    timeNs: a.timeNs,
    accesses: 0,
    accessesSince: 0,
    accessesPerPeriod: null,
    bytesEach: null,
    bytes: 0,
    bytesSince: 0,
    bytesSinceAverage: null,
    bytesPerPeriod: null,
    bytesPerPeriodAverage: null,
    timeSinceNs: 5,
    borrowedRegions: 1,
  });
});

test('accesses and bytes in all, of each, since the management right was given up, on average', () => {
  a.replica.memory.load8(AT);
  a.replica.memory.store64(AT + 8, 1n);
  a.replica.memory.load16(AT + PAGE_BYTES);
  expect(figures()).toMatchObject({
    accesses: 3,
    bytes: 11,
    bytesEach: 2,
    accessesSince: 3,
    bytesSince: 11,
    bytesSinceAverage: 11 / 3,
    timeSinceNs: 3,
  });
});

test('given up once more: what counts since then begins anew with the next access, the rest goes on', () => {
  a.replica.memory.load32(AT);
  a.expand({ from: AT, bytes: REGION_BYTES });
  a.reduce({ from: AT, bytes: REGION_BYTES });
  expect(figures()).toMatchObject({ accesses: 1, bytes: 4, accessesSince: 0, bytesSince: 0, timeSinceNs: 0 });
  a.replica.memory.load32(AT);
  expect(figures()).toMatchObject({ accesses: 2, bytes: 8, accessesSince: 1, bytesSince: 4, bytesSinceAverage: 4, timeSinceNs: 1 });
});

test('per period: the last complete one', () => {
  a.replica.memory.load32(AT);
  a.replica.memory.load64(AT);
  expect(figures()).toMatchObject({ accessesPerPeriod: null, bytesPerPeriod: null, bytesPerPeriodAverage: null });
  pass(PERIOD_NS - 3);
  expect(figures().accessesPerPeriod).toBe(null);
  pass(1);
  expect(figures()).toMatchObject({ accessesPerPeriod: 2, bytesPerPeriod: 12, bytesPerPeriodAverage: 6, timeSinceNs: PERIOD_NS });
  a.replica.memory.load8(AT);
  expect(figures()).toMatchObject({ accessesPerPeriod: 2, bytesPerPeriod: 12 });
  pass(PERIOD_NS);
  expect(figures()).toMatchObject({ accessesPerPeriod: 1, bytesPerPeriod: 1, bytesPerPeriodAverage: 1 });
  pass(PERIOD_NS);
  expect(figures()).toMatchObject({ accessesPerPeriod: 0, bytesPerPeriod: 0, bytesPerPeriodAverage: null, accesses: 3 });
});

test('what the engine itself finds at its next access is what was read before', () => {
  a.replica.memory.load32(AT);
  pass(PERIOD_NS);
  const { accessesPerPeriod, bytesPerPeriod } = figures();
  a.replica.memory.load32(AT);
  expect(figures()).toMatchObject({ accessesPerPeriod, bytesPerPeriod, accesses: 2 });
});

test('without a period nothing is known of periods', () => {
  a.releaseEarly({ when: never });
  a.replica.memory.load32(AT);
  pass(10 * PERIOD_NS);
  expect(figures()).toMatchObject({ accesses: 1, accessesPerPeriod: null, bytesPerPeriod: null });
});

test('a new user starts from nothing, and so does another condition', () => {
  a.replica.memory.load32(AT);
  a.releaseEarly({ when: never });
  expect(figures()).toMatchObject({ accesses: 0, bytes: 0 });
  a.replica.memory.load32(AT);
  expect(figures()).toMatchObject({ accesses: 1 });
  b.expand(REGION_BYTES);
  b.touch(REGION_BYTES); // b uses region 3 now
  expect(a.accessFigures()).toEqual([]);
  b.releaseEarly({ when: never });
  b.reduce(REGION_BYTES);
  expect(b.accessFigures()).toMatchObject([{ vm: 'b', region: 3, machineAddress: REGION_BYTES, accesses: 0 }]);
});

test('one row for each region it uses and does not manage, by machine address; looking changes nothing', async () => {
  const three = await borrowing(3, { earlyRelease: { when: never } });
  for (const region of [3, 2, 3, 1, 3]) three.a.replica.memory.load32(region * REGION_BYTES);
  const state = stateOf(three.engine);
  expect(
    three.a
      .accessFigures()
      .map(({ machineAddress, accesses, borrowedRegions }) => [machineAddress / REGION_BYTES, accesses, borrowedRegions]),
  ).toEqual([
    [1, 1, 3],
    [2, 1, 3],
    [3, 3, 3],
  ]);
  expect(three.engine.inspect().vms.map((row) => row.accessFigures?.length)).toEqual([3, 0]);
  expect(stateOf(three.engine)).toBe(state);
});

test('without a condition nothing is counted', () => {
  a.releaseEarly(null);
  a.replica.memory.load32(AT);
  expect(figures()).toMatchObject({ accesses: 0, bytes: 0 });
  expect(a.earlyRelease).toBe(null);
});

test('bulk operations count a piece a page', () => {
  a.replica.memory.fill(AT + PAGE_BYTES - 10, 20, 1);
  expect(figures()).toMatchObject({ accesses: 2, bytes: 20, bytesEach: 10 });
});

test('an engine that keeps no statistics says so', async () => {
  const small = await engineMake(shipped[0]!);
  const vm = small.createVm({ memory: REGION_PAGES * PAGE_BYTES });
  expect(thrownBy(() => vm.accessFigures())).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'statistics' } });
  expect(small.inspect().vms[0]!.accessFigures).toBe(null);
  const large = await engineMake(shipped[0]!, { memory: '1MiB', region: '256KiB' });
  expect(large.createVm({ memory: '256KiB' }).accessFigures(), 'regions of 64 pages: kept unless told otherwise').toEqual([]);
});
