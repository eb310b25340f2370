import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesShown, countShown, timeShown } from '../../bindings/scenario/shown.ts';
import { SlowestAccesses } from '../../bindings/scenario/slowest.ts';
import { NOBODY, RightsRecorder, Sampler } from '../../bindings/scenario/timeline.ts';

describe('numbers as people read them', () => {
  it.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [4096, '4KiB'],
    [2 ** 20 - 1, '1MiB'],
    [2 ** 20, '1MiB'],
    [49_500, '48.3KiB'],
    [16 * 2 ** 20, '16MiB'],
    [2 ** 32, '4GiB'],
    [2 ** 50, '1024TiB'],
    [-4096, '-4KiB'],
  ])('%d bytes', (bytes, text) => expect(bytesShown(bytes)).toBe(text));

  it.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [1000, '1 us'],
    [90_000, '90 us'],
    [999_999, '1 ms'],
    [61_234_567, '61.2 ms'],
    [1e9, '1 s'],
    [5e12, '5000 s'],
  ])('%d ns', (ns, text) => expect(timeShown(ns)).toBe(text));

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1\u202f000'],
    [1234567, '1\u202f234\u202f567'],
  ])('%d', (count, text) => expect(countShown(count)).toBe(text));
});

describe('the slowest accesses', () => {
  /** By sorting all of them. */
  function plain(latenciesNs: readonly number[]): { readonly meanNs: number; readonly worstNs: number } {
    const slowest = [...latenciesNs].sort((a, b) => b - a).slice(0, Math.ceil(latenciesNs.length / 100));
    return { meanNs: slowest.reduce((sum, ns) => sum + ns, 0) / slowest.length, worstNs: slowest[0]! };
  }

  it.each([1, 99, 100, 101, 5000])('of %d: as if all were sorted', (accesses) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: accesses }),
        fc.integer({ min: 0, max: 9 }),
        (waitsNs, accessNs) => {
          const slowest = new SlowestAccesses();
          for (const waitNs of waitsNs) slowest.add(waitNs);
          const all = Array.from({ length: accesses }, (_, index) => accessNs + (waitsNs[index] ?? 0));
          const found = slowest.summary(accesses, accessNs);
          expect(found.meanNs).toBeCloseTo(plain(all).meanNs, 6);
          expect(found.worstNs).toBe(plain(all).worstNs);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of none', () => expect(new SlowestAccesses().summary(0, 1)).toEqual({ meanNs: 0, worstNs: 0 }));

  it('keeps more than its first room', () => {
    const slowest = new SlowestAccesses();
    for (let waitNs = 1; waitNs <= 5000; waitNs += 1) slowest.add(waitNs);
    expect(slowest.summary(5000, 1)).toEqual({ meanNs: 4976.5, worstNs: 5001 });
  });
});

describe('the timeline', () => {
  it('keeps a bounded number of samples, ever further apart, the first one included', () => {
    const sampler = new Sampler(1);
    let taken = 0;
    for (let timeNs = 0; timeNs < 100_000; timeNs += 1) {
      if (!sampler.isDue(timeNs)) continue;
      sampler.add(timeNs, timeNs * 2, 1, 2, 3);
      taken += 1;
    }
    const { timesNs, positions } = sampler.samples;
    expect(taken).toBeGreaterThan(2000);
    expect(timesNs.length).toBeGreaterThan(900);
    expect(timesNs.length).toBeLessThanOrEqual(2000);
    expect(timesNs[0]).toBe(0);
    expect(timesNs).toEqual([...timesNs].sort((a, b) => a - b));
    expect(positions).toEqual(timesNs.map((timeNs) => timeNs * 2));
  });

  it('notes a right only when it changes', () => {
    const recorder = new RightsRecorder(2);
    recorder.managerSet(0, 1, 0);
    recorder.managerSet(5, 1, 0);
    recorder.userSet(7, 1, 0);
    recorder.managerSet(9, 1, NOBODY);
    recorder.userSet(9, 0, NOBODY);
    expect(recorder.changes).toEqual({ timesNs: [0, 7, 9], regions: [1, 1, 1], managers: [0, 0, NOBODY], users: [NOBODY, 0, 0] });
    expect(recorder.lost).toBe(0);
  });
});
