// Bad release conditions are refused at the door, and leave the one before in force.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Vm } from '../../bindings/node.ts';
import { engineMake, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { borrowing } from '../support/rights.ts';

const good = { statistic: 'accesses', comparison: '>=', constant: 1 } as const;
const five = [good, good, good, good, good];

let engine: Engine;
let a: Vm;
beforeEach(async () => {
  ({ engine, a } = await borrowing(1));
});

describe('refused', () => {
  test.each<readonly [string, unknown, string]>([
    ['no object', 5, 'earlyRelease'],
    ['a condition alone', good, 'earlyRelease.statistic'],
    ['an unknown field', { when: good, grace: 5 }, 'earlyRelease.grace'],
    ['a way of counting that is null', { when: good, counting: null }, 'earlyRelease.counting'],
    ['an unknown way of counting', { when: good, counting: 'roughly' }, 'earlyRelease.counting'],
    ['a period of 0', { when: good, period: 0 }, 'earlyRelease.period'],
    ['a negative period', { when: good, period: -1 }, 'earlyRelease.period'],
    ['a period of no time', { when: good, period: '5 turns' }, 'earlyRelease.period'],
    ['a fraction of a nanosecond', { when: good, period: 0.5 }, 'earlyRelease.period'],
    ['a period of more than a day', { when: good, period: '100001s' }, 'earlyRelease.period'],
    ['a sweep of 0', { when: good, sweep: 0 }, 'earlyRelease.sweep'],
    ['sweeps that leave no time for anything else', { when: good, sweep: 999 }, 'earlyRelease.sweep'],
    ['a sweep that is no time', { when: good, sweep: true }, 'earlyRelease.sweep'],
    ['no condition', {}, 'earlyRelease.when'],
    ['a condition that is null', { when: null }, 'earlyRelease.when'],
    ['text', { when: 'often' }, 'earlyRelease.when'],
    ['an empty list', { when: [] }, 'earlyRelease.when'],
    ['five conditions', { when: five }, 'earlyRelease.when'],
    ['a list with something else in it', { when: [good, 5] }, 'earlyRelease.when[1]'],
    ['a function in a list', { when: [good, () => true] }, 'earlyRelease.when[1]'],
    ['an unknown field of a condition', { when: { ...good, weight: 2 } }, 'earlyRelease.when.weight'],
    ['an unknown statistic', { when: [good, { ...good, statistic: 'luck' }] }, 'earlyRelease.when[1].statistic'],
    ['a name that every object has', { when: { ...good, statistic: 'constructor' } }, 'earlyRelease.when.statistic'],
    ['neither statistic nor evaluation', { when: { comparison: '>', constant: 1 } }, 'earlyRelease.when'],
    ['both', { when: { ...good, evaluate: () => 1 } }, 'earlyRelease.when'],
    ['an evaluation that is no function', { when: { evaluate: 5, comparison: '>', constant: 1 } }, 'earlyRelease.when.evaluate'],
    ['an unknown comparison', { when: { ...good, comparison: '=>' } }, 'earlyRelease.when.comparison'],
    ['no comparison', { when: { statistic: 'accesses', constant: 1 } }, 'earlyRelease.when.comparison'],
    ['neither constant nor threshold', { when: { statistic: 'accesses', comparison: '>' } }, 'earlyRelease.when'],
    ['both of them', { when: { ...good, threshold: () => 1 } }, 'earlyRelease.when'],
    ['a threshold that is no function', { when: { statistic: 'accesses', comparison: '>', threshold: 5 } }, 'earlyRelease.when.threshold'],
    [
      'a threshold that varies twice',
      { when: { statistic: 'accesses', comparison: '>', threshold: () => 1, perBorrowedRegion: 1 } },
      'earlyRelease.when.perBorrowedRegion',
    ],
    ['a constant that is no number', { when: { ...good, constant: Number.NaN } }, 'earlyRelease.when.constant'],
    ['a constant without end', { when: { ...good, constant: Infinity } }, 'earlyRelease.when.constant'],
    ['a count with a unit', { when: { ...good, constant: '5ms' } }, 'earlyRelease.when.constant'],
    ['a time in bytes', { when: { ...good, statistic: 'timeSinceNs', constant: '5KiB' } }, 'earlyRelease.when.constant'],
    ['bytes as time', { when: { ...good, statistic: 'bytes', constant: '5ms' } }, 'earlyRelease.when.constant'],
    ['what a region adds that is null', { when: { ...good, perBorrowedRegion: null } }, 'earlyRelease.when.perBorrowedRegion'],
    ['what a region adds that is no number', { when: { ...good, perBorrowedRegion: '1' } }, 'earlyRelease.when.perBorrowedRegion'],
    ['what a region adds without end', { when: { ...good, perBorrowedRegion: -Infinity } }, 'earlyRelease.when.perBorrowedRegion'],
    ['a statistic per period without period', { when: { ...good, statistic: 'bytesPerPeriod' } }, 'earlyRelease.when.statistic'],
  ])('%s', (_, value, field) => {
    a.releaseEarly({ when: good, sweep: 1000 });
    const { dueNs, vms } = engine;
    expect(thrownBy(() => a.releaseEarly(value as never))).toMatchObject({ code: 'INVALID_OPTION', details: { field } });
    expect(thrownBy(() => engine.createVm({ memory: REGION_BYTES, earlyRelease: value as never }))).toMatchObject({
      code: 'INVALID_OPTION',
      details: { field },
    });
    expect(engine.vms).toEqual(vms);
    expect(engine.dueNs).toBe(dueNs);
    expect(a.earlyRelease).toEqual({ when: good, sweep: 1000 });
    a.replica.memory.load8(3 * REGION_BYTES);
    expect(a.counters.earlyReleases, 'the one before is in force').toBe(1);
  });

  test('a condition at creation that is null', () => {
    expect(thrownBy(() => engine.createVm({ memory: REGION_BYTES, earlyRelease: null as never }))).toMatchObject({
      details: { field: 'earlyRelease' },
    });
    a.releaseEarly(null);
    expect(thrownBy(() => a.releaseEarly(undefined as never))).toMatchObject({ details: { field: 'earlyRelease' } });
  });

  test('an engine that keeps no statistics', async () => {
    const small = await engineMake(shipped[0]!, { statistics: false });
    const vm = small.createVm({ memory: REGION_BYTES });
    expect(thrownBy(() => vm.releaseEarly({ when: good }))).toMatchObject({ details: { field: 'earlyRelease' } });
    expect(thrownBy(() => small.createVm({ memory: REGION_BYTES, earlyRelease: { when: good } }))).toMatchObject({
      details: { field: 'earlyRelease' },
    });
    vm.releaseEarly(null);
    expect(small.vms).toHaveLength(1);
    await expect(engineMake(shipped[0]!, { statistics: 1 as never })).rejects.toMatchObject({ details: { field: 'statistics' } });
  });

  test('a VM that ended', () => {
    a.dispose();
    for (const use of [() => a.releaseEarly({ when: good }), () => a.earlyRelease, () => a.accessFigures()])
      expect(thrownBy(use)).toMatchObject({ code: 'DISPOSED' });
  });
});

test('the edges that are allowed', () => {
  const when = [good, good, good, { ...good, constant: -0.5, perBorrowedRegion: -1 }];
  for (const options of [
    { when, period: 1, sweep: '1us' },
    { when, period: '100000s' },
    { when: { ...good, statistic: 'bytesEach', constant: '4KiB' } },
    { when: () => false, counting: 'sampled' },
  ] as const) {
    a.releaseEarly(options);
    expect(a.earlyRelease).toBe(options);
  }
  expect(engine.createVm({ memory: REGION_BYTES, earlyRelease: { when } }).earlyRelease).toEqual({ when });
});
