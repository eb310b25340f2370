// [0166] farthest next use: the only criterion that needs a program whose future is known.
import { expect, test } from 'vitest';
import { KIND_STORE } from '../../assembly/shared/trace-format.ts';
import { Player } from '../../bindings/engine/player.ts';
import { TraceProcessor } from '../../bindings/scheduler/trace-processor.ts';
import { LackeyWriter } from '../../bindings/trace/lackey-text.ts';
import { nextUseOf } from '../../bindings/trace/next-use.ts';
import { batchOf } from '../../bindings/trace/record.ts';
import { traceFrom } from '../../bindings/trace/source.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { streamOf } from '../support/trace-records.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;

/** Stores to all pages of regions, one after the other. */
const touchesOf = (regions: readonly number[]): number[] =>
  regions.flatMap((region) => Array.from({ length: REGION_PAGES }, (_, page) => region * REGION_PAGES + page));

test.each(shipped)('the region whose pages are needed last is given up first ($name)', async (build) => {
  const first = touchesOf([0, 1, 2]);
  const pages = [...first, ...touchesOf([0, 2, 1])];
  const records = pages.map((unit) => ({ kind: KIND_STORE, unit, offset: 0, size: 8 }));
  const trace = await traceFrom('a', () => streamOf(new LackeyWriter().write(batchOf(records)).slice()));
  const nextUse = await nextUseOf(trace, Math.log2(PAGE_BYTES));

  const chosen = async (release: 'farthestNextUse' | 'leastRecentlyUsed' | 'highest'): Promise<number[]> => {
    const engine = await engineMake(build, { regions: 3, maxPlayers: 1, selection: { release } });
    const vm = engine.createVm({ memory: 3 * REGION_BYTES, eviction: 'farthest' });
    const player = new Player(engine.core, vm.handle, vm.replica.handle, { loadsStore: true, knowsNextUse: true });
    const processor = new TraceProcessor({ player, trace, length: records.length, nextUse, accessNs: 1 });
    await processor.refill();
    processor.run(Infinity, first.length);
    expect(processor.position).toBe(first.length);
    vm.reduce(REGION_BYTES);
    engine.validate();
    await processor.dispose();
    return engine.inspect().regions.flatMap(({ manager, region }) => (manager === null ? [region] : []));
  };

  expect(await chosen('farthestNextUse')).toEqual([1]);
  expect(await chosen('leastRecentlyUsed')).toEqual([0]);
  expect(await chosen('highest')).toEqual([2]);
});
