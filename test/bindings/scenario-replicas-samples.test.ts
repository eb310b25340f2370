// Memory over virtual time as it is sampled: peaks survive the thinning, the mean is over time.
import { describe, expect, it } from 'vitest';
import { MemoryWatch, ReplicaWatch } from '../../bindings/scenario/replica-samples.ts';

describe('memory over time', () => {
  it('has the peak and the mean over time; time never runs backwards', () => {
    const watch = new MemoryWatch();
    watch.note(0, 0);
    watch.note(10, 100); // in use for these 10 ns
    watch.note(30, 400);
    watch.note(20, 900); // by another clock
    expect(watch.finish(40, 200)).toEqual({ peakBytes: 900, meanBytes: (10 * 100 + 20 * 400 + 10 * 200) / 40 });
    expect(new MemoryWatch().finish(0, 7)).toEqual({ peakBytes: 7, meanBytes: 7 });
  });

  it('keeps at most 600 samples, evenly, and each peak in one of them', () => {
    const watch = new ReplicaWatch(2);
    for (let step = 0; step <= 20_000; step += 1) {
      const peak = step === 12_345 ? 5000 : 10;
      watch.note(step * 1000, peak, [step, step - (step === 7777 ? 60 : 2)], () => [2 * step, 3 * step]);
    }
    const { peakBytes } = watch.finish(20_000_000, 10, [20_000, 20_000], () => [40_000, 60_000]);
    const { virtualNs, bytes, apart, merges, copies, records } = watch.samples;
    expect(peakBytes).toBe(5000);
    expect(virtualNs.length).toBeGreaterThan(250);
    expect(virtualNs.length).toBeLessThanOrEqual(600);
    for (const column of [bytes, apart, merges, copies, ...records]) expect(column).toHaveLength(virtualNs.length);
    expect(Math.max(...bytes)).toBe(5000);
    expect(Math.max(...apart)).toBe(60);
    virtualNs.forEach((timeNs, index) => expect([merges[index], copies[index]]).toEqual([timeNs / 500, (3 * timeNs) / 1000]));
  });
});
