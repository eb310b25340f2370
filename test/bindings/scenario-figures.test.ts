import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesShown, countShown, timeShown } from '../../bindings/scenario/shown.ts';
import { Stalls } from '../../bindings/scenario/stalls.ts';
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

const waitsNs = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 3000 });

function stallsOf(waits: readonly number[]): Stalls {
  const stalls = new Stalls();
  for (const waitNs of waits) stalls.add(waitNs);
  return stalls;
}

describe('how long accesses waited', () => {
  /** By sorting all of them: the wait that so large a share did not exceed. */
  function plain(waits: readonly number[], share: number): number {
    const ascending = [...waits].sort((a, b) => a - b);
    return ascending.find((_, index) => (index + 1) / ascending.length >= share - 1e-12) ?? 0;
  }

  it('median, 99 % and worst are those of the sorted waits, over those that waited and over all', () => {
    fc.assert(
      fc.property(waitsNs, fc.nat(5000), (waits, others) => {
        const all = [...waits, ...Array.from({ length: others }, () => 0)];
        const figures = (of: readonly number[]) => ({ medianNs: plain(of, 0.5), p99Ns: plain(of, 0.99), worstNs: plain(of, 1) });
        expect(stallsOf(waits).figures(all.length)).toEqual({ count: waits.length, ...figures(waits), ofAll: figures(all) });
      }),
      { numRuns: 40 },
    );
  });

  it.each([1, 99, 100, 101, 5000])('the slowest hundredth of %d: as if all were sorted', (accesses) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: accesses }),
        fc.integer({ min: 0, max: 9 }),
        (waits, accessNs) => {
          const all = Array.from({ length: accesses }, (_, index) => accessNs + (waits[index] ?? 0));
          const slowest = all.sort((a, b) => b - a).slice(0, Math.ceil(accesses / 100));
          const found = stallsOf(waits).slowest(accesses, accessNs);
          expect(found.meanNs).toBeCloseTo(slowest.reduce((sum, ns) => sum + ns, 0) / slowest.length, 6);
          expect(found.worstNs).toBe(slowest[0]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of none', () => {
    expect(new Stalls().slowest(0, 1)).toEqual({ meanNs: 0, worstNs: 0 });
    expect(new Stalls().touchFigures()).toEqual({ count: 0, waited: 0, medianNs: 0, p99Ns: 0, worstNs: 0 });
    expect(new Stalls().distribution()).toEqual([]);
  });

  it('a first touch that did not wait counts as one of 0 ns', () => {
    expect(stallsOf([0, 0, 0, 7]).touchFigures()).toEqual({ count: 4, waited: 1, medianNs: 0, p99Ns: 7, worstNs: 7 });
  });

  it('the distribution falls from all that waited to the slowest', () => {
    fc.assert(
      fc.property(waitsNs, (waits) => {
        const points = stallsOf(waits).distribution();
        for (const { ns, count } of points) expect(count).toBe(waits.filter((wait) => wait >= ns).length);
        if (waits.length > 0) expect([points[0]!.count, points.at(-1)!.ns]).toEqual([waits.length, Math.max(...waits)]);
      }),
      { numRuns: 30 },
    );
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

  it('keeps what the rights table was after each change', () => {
    const recorder = new RightsRecorder();
    recorder.note(0, 1, 0, NOBODY);
    recorder.note(7, 1, 0, 0);
    expect(recorder.changes).toEqual({ timesNs: [0, 7], regions: [1, 1], managers: [0, 0], users: [NOBODY, 0] });
    expect(recorder.lost).toBe(0);
  });
});
