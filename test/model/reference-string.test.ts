import { describe, expect, it } from 'vitest';
import { load } from './access.ts';
import { vmCreate } from './reconfigure.ts';
import { SEEK_ORDER_DEFAULT, worldCreate, type EvictionPolicy } from './world.ts';

const REFERENCE_STRING = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
const FRAMES = 3;

function faults(eviction: EvictionPolicy): number {
  const page = { pageBytes: 16, regionPages: 1, regions: FRAMES, slots: 8 };
  const world = worldCreate({ ...page, accessNs: 1, readNs: 100, writeNs: 100, queue: 1, expand: 'lowest' });
  const vm = vmCreate(world, { regions: FRAMES, bestEffort: false }, { spacePages: 8, eviction, seek: SEEK_ORDER_DEFAULT, evictBatch: 1 });
  REFERENCE_STRING.forEach((number, index) => {
    const next = REFERENCE_STRING.indexOf(number, index + 1);
    const [replica] = vm.replicas;
    if (replica) load(world, replica, number * page.pageBytes, 1, () => (next < 0 ? Infinity : next));
  });
  return vm.faults;
}

describe('the textbook reference string on three frames', () => {
  it('costs FIFO 15 faults', () => expect(faults('fifo')).toBe(15));
  it('costs LRU 12 faults', () => expect(faults('lru')).toBe(12));
  it('costs the farthest next use 9 faults', () => expect(faults('farthest')).toBe(9));
});
