import { describe, expect, it } from 'vitest';
import { builds } from '../support/builds.ts';
import { lackeyText, runOn } from './scenario-support.ts';

const REFERENCES = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
const FRAMES = 3;
const FAULTS = { fifo: 15, lru: 12, farthest: 9 } as const;

describe.each(builds.filter((build) => build.pageKib === 4))('the textbook reference string on three frames, on $name', (build) => {
  it.each(Object.entries(FAULTS))('%s', async (eviction, faults) => {
    const trace = lackeyText(REFERENCES.map((page) => ({ kind: 'L', address: BigInt(page) * 4096n, size: 4 })));
    const scenario = {
      memory: FRAMES * build.pageBytes,
      region: build.pageBytes,
      swap: { size: '64KiB' },
      vms: [{ name: 'a', memory: FRAMES * build.pageBytes, trace: 'a.lackey', eviction }],
      strategies: ['rights'],
    };
    const { result } = await runOn(build, scenario, { 'a.lackey': trace });
    expect(result.runs[0]!.vms[0]).toMatchObject({ accesses: REFERENCES.length, faults, evictions: faults - FRAMES });
    expect(result.contentsEqual).toBeNull();
  });
});
