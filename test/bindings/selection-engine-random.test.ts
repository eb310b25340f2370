// On random engines: a request gets what the criteria choose on a drawing of the same memory, and candidates say what is.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate, Criterion, Engine, ExpandCriterionName, Vm } from '../../bindings/node.ts';
import { EXPAND_CRITERIA } from '../../bindings/node.ts';
import { drawingOf, engineDrawn, regionsOf } from '../support/drawn-engine.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { expandIn } from '../support/selection.ts';

const [build] = shipped;
const REGION_PAGES = REGION_BYTES / PAGE_BYTES;
const MODULE_REGIONS = 3;

test('expansions', async () => {
  const rows = fc.array(fc.constantFrom('A', 'B', '.', '.', 'a', 'b'), { maxLength: 14 }).map((extra) => `A${extra.join('')}B`);
  const names = fc.shuffledSubarray(Object.keys(EXPAND_CRITERIA) as ExpandCriterionName[], { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(rows, names, fc.integer({ min: 1, max: 8 }), async (memory, selection, regions) => {
      const { engine, vms } = await engineDrawn(build!, memory, { modules: MODULE_REGIONS * REGION_BYTES });
      const A = vms['A']!;
      expect(drawingOf(engine)).toBe(memory);
      const before = regionsOf(engine, A);
      A.expand(regions * REGION_BYTES, { selection, shortfall: 'bestEffort' });
      const expected = expandIn({ memory, regionsPerModule: MODULE_REGIONS }, regions, selection);
      const after = regionsOf(engine, A);
      expect(new Set(after)).toEqual(new Set([...before, ...expected]));
      // regions that come back keep their machine addresses, the others get theirs in the order of the choice
      const isNew = (region: number): boolean => memory[region] !== 'a' && !before.includes(region);
      expect(after.filter(isNew)).toEqual(expected.filter(isNew));
      engine.validate();
      engine.dispose();
    }),
    { numRuns: 60 },
  );
});

/** What the VM's pages in a region come to, page by page. */
function tallied(engine: Engine, vm: Vm, region: number): { freeFrames: number; cachePages: number } {
  const pages = [...engine.pages(vm.replica)].filter(({ frame }) => frame !== null && Math.floor(frame / REGION_PAGES) === region);
  return {
    freeFrames: REGION_PAGES - pages.length,
    cachePages: pages.filter(({ swapCached, discardable }) => swapCached || discardable).length,
  };
}

test('the summaries that candidates of a reduction carry', async () => {
  const page = fc.integer({ min: 0, max: 29 });
  const step = fc.record({ kind: fc.constantFrom('store', 'load', 'discardable', 'unused', 'willNeed'), page });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      const seen: Candidate[] = [];
      const notes: Criterion = (candidates) => {
        seen.push(...candidates);
        return candidates.map(() => 0);
      };
      const engine = await engineMake(build!, { regions: 4, slots: 40, selection: { release: notes } });
      const vm = engine.createVm({ memory: 4 * REGION_BYTES, addressSpace: 32 * PAGE_BYTES });
      for (const { kind, page } of steps) {
        if (kind === 'store') vm.replica.memory.store32(page * PAGE_BYTES, page + 1);
        else if (kind === 'load') vm.replica.memory.load32(page * PAGE_BYTES);
        else vm.replica.advise(page * PAGE_BYTES, PAGE_BYTES, kind);
      }
      const used = engine.inspect().regions.map(({ user }) => user === vm.name);
      const expected = used.map((isUsed, region) => (isUsed ? tallied(engine, vm, region) : { freeFrames: REGION_PAGES, cachePages: 0 }));
      vm.reduce(REGION_BYTES);
      expect(seen.map(({ region }) => region)).toEqual([3, 2, 1, 0]);
      for (const { region, freeFrames, cachePages, lastUse } of seen) {
        expect({ region, freeFrames, cachePages }).toEqual({ region, ...expected[region] });
        if (!used[region]) expect(lastUse).toBe(0);
      }
      engine.dispose();
    }),
    { numRuns: 60 },
  );
});
