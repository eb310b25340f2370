// Each criterion against a plain statement of what it means, on random memory.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Criterion } from '../../bindings/node.ts';
import { expandIn, FRAMES_PER_REGION, releaseFrom } from '../support/selection.ts';

const memories = fc.array(fc.constantFrom('A', 'B', '.', '.', 'a', 'b'), { minLength: 1, maxLength: 24 }).map((rows) => rows.join(''));
const moduleSizes = fc.integer({ min: 1, max: 7 });
const counts = fc.integer({ min: 0, max: 26 });

const isFree = (memory: string, region: number): boolean => /[.a-z]/.test(memory[region] ?? 'B');
const freeOf = (memory: string): number[] => Array.from(memory).flatMap((_, region) => (isFree(memory, region) ? [region] : []));
const isOwn = (memory: string, region: number): boolean => memory[region] === 'A';
/** The memory after the asker got a region. */
const given = (memory: string, region: number): string => `${memory.slice(0, region)}A${memory.slice(region + 1)}`;

/** Regions one after the other, each the best of those that are left, by `score` (lowest), then by number. */
function oneByOne(memory: string, regions: number, score: (memory: string, region: number) => number): number[] {
  const chosen: number[] = [];
  let now = memory;
  while (chosen.length < regions && freeOf(now).length > 0) {
    const best = freeOf(now).reduce((least, region) => (score(now, region) < score(now, least) ? region : least));
    chosen.push(best);
    now = given(now, best);
  }
  return chosen;
}

/** Length of the run of free regions that a region lies in. */
function runLength(memory: string, region: number): number {
  let first = region;
  let end = region;
  while (isFree(memory, first - 1)) first -= 1;
  while (isFree(memory, end)) end += 1;
  return end - first;
}

const sortedBy = (memory: string, regions: number, key: (region: number) => number): number[] =>
  freeOf(memory)
    .sort((a, b) => key(a) - key(b) || a - b)
    .slice(0, regions);

function bestFit(memory: string, regions: number): number[] {
  const chosen: number[] = [];
  let now = memory;
  while (chosen.length < regions && freeOf(now).length > 0) {
    const wanted = regions - chosen.length;
    const lengths = freeOf(now).map((region) => runLength(now, region));
    const fitting = lengths.filter((length) => length >= wanted);
    const length = fitting.length > 0 ? Math.min(...fitting) : Math.max(...lengths);
    const first = freeOf(now).find((region) => runLength(now, region) === length)!;
    for (let region = first; region < first + Math.min(length, wanted); region += 1) {
      chosen.push(region);
      now = given(now, region);
    }
  }
  return chosen;
}

function distanceAboveOwn(memory: string, region: number): number {
  for (let below = region - 1; below >= 0; below -= 1) if (isOwn(memory, below)) return region - below;
  return memory.length;
}

const ownInModule = (memory: string, region: number, size: number): number => {
  const first = Math.floor(region / size) * size;
  return Array.from(memory.slice(first, first + size)).filter((row) => row === 'A').length;
};

/** Least number of the groups that together have at least `wanted`, by trying all. */
function fewest(sizes: readonly number[], wanted: number): number {
  let best = sizes.length;
  for (let set = 0; set < 2 ** sizes.length; set += 1) {
    const taken = sizes.filter((_, index) => (set >> index) % 2 === 1);
    if (taken.reduce((sum, size) => sum + size, 0) >= wanted) best = Math.min(best, taken.length);
  }
  return best;
}

const check = (property: (memory: string, regions: number, modules: number) => void): void =>
  fc.assert(fc.property(memories, counts, moduleSizes, property));

describe('expansion', () => {
  test('largestRun and smallestRun: by the length of the run', () =>
    check((memory, regions) => {
      expect(expandIn({ memory }, regions, 'largestRun')).toEqual(sortedBy(memory, regions, (region) => -runLength(memory, region)));
      expect(expandIn({ memory }, regions, 'smallestRun')).toEqual(sortedBy(memory, regions, (region) => runLength(memory, region)));
    }));

  test('bestFit: run by run, each the tightest', () =>
    check((memory, regions) => {
      expect(expandIn({ memory }, regions, 'bestFit')).toEqual(bestFit(memory, regions));
    }));

  test('adjacent: one by one, each the nearest above what the asker has then', () =>
    check((memory, regions) => {
      expect(expandIn({ memory }, regions, 'adjacent')).toEqual(oneByOne(memory, regions, distanceAboveOwn));
    }));

  test('spreadModules: one by one, each from the module of which the asker has least then', () =>
    check((memory, regions, size) => {
      const chosen = expandIn({ memory, regionsPerModule: size }, regions, 'spreadModules');
      expect(chosen).toEqual(oneByOne(memory, regions, (now, region) => ownInModule(now, region, size)));
    }));

  test('packModule: all of the own modules first, and no set of other modules that is smaller would do', () =>
    check((memory, regions, size) => {
      const chosen = expandIn({ memory, regionsPerModule: size }, regions, 'packModule');
      const free = freeOf(memory);
      expect(new Set(chosen).size).toBe(Math.min(regions, free.length));
      const isHeld = (region: number): boolean => ownInModule(memory, region, size) > 0;
      const entered = chosen.filter((region) => !isHeld(region));
      const held = free.filter(isHeld);
      expect(chosen.length - entered.length).toBe(Math.min(regions, held.length));

      const modules = new Map<number, number>();
      for (const region of free)
        if (!isHeld(region)) modules.set(Math.floor(region / size), (modules.get(Math.floor(region / size)) ?? 0) + 1);
      fc.pre(modules.size <= 10);
      const used = new Set(entered.map((region) => Math.floor(region / size)));
      expect(used.size).toBe(fewest([...modules.values()], entered.length));
    }));

  test('userlessOnly, userlessFirst, ownFirst, lowest', () =>
    check((memory, regions) => {
      const isUserless = (region: number): boolean => memory[region] === '.';
      expect(expandIn({ memory }, regions, 'userlessOnly')).toEqual(freeOf(memory).filter(isUserless).slice(0, regions));
      expect(expandIn({ memory }, regions, 'userlessFirst')).toEqual(sortedBy(memory, regions, (region) => (isUserless(region) ? 0 : 1)));
      expect(expandIn({ memory }, regions, 'ownFirst')).toEqual(sortedBy(memory, regions, (region) => (memory[region] === 'a' ? 0 : 1)));
      expect(expandIn({ memory }, regions, 'lowest')).toEqual(freeOf(memory).slice(0, regions));
    }));

  test.each(['largestRun', 'bestFit', 'smallestRun', 'adjacent', 'spreadModules', 'packModule'])(
    'userlessFirst, %s: first that alone among the regions that nobody uses, then among the others with what was chosen',
    (name) =>
      check((memory, regions, size) => {
        const without = (rows: string, hidden: RegExp): string => rows.replaceAll(hidden, 'B');
        const first = expandIn({ memory: without(memory, /[a-z]/g), regionsPerModule: size }, regions, name);
        const after = first.reduce(given, memory);
        const second = expandIn({ memory: without(after, /\./g), regionsPerModule: size }, regions - first.length, name);
        expect(expandIn({ memory, regionsPerModule: size }, regions, ['userlessFirst', name])).toEqual([...first, ...second]);
      }),
  );

  test('functions of which each looks at one candidate alone: compared one after the other', () => {
    const key = fc.constantFrom(-Infinity, -1, -0, 0, 0.5, 1, Infinity);
    const tables = fc.array(fc.array(key, { minLength: 24, maxLength: 24 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(memories, counts, tables, (memory, regions, keys) => {
        const criteria = keys.map(
          (column): Criterion =>
            (candidates) =>
              Float64Array.from(candidates, ({ region }) => column[region]!),
        );
        const compare = (a: number, b: number): number => {
          for (const column of keys) if (column[a] !== column[b]) return column[a]! < column[b]! ? -1 : 1;
          return a - b;
        };
        const allowed = freeOf(memory).filter((region) => keys.every((column) => column[region]! < Infinity));
        expect(expandIn({ memory }, regions, criteria)).toEqual(allowed.sort(compare).slice(0, regions));
      }),
    );
  });
});

describe('release', () => {
  const held = fc.record({
    isUsedByAsker: fc.boolean(),
    freeFrames: fc.integer({ min: 0, max: FRAMES_PER_REGION }),
    cachePages: fc.integer({ min: 0, max: 3 }),
    lastUse: fc.integer({ min: 0, max: 9 }),
    nextUse: fc.constantFrom(0, 1, 2.5, 7, Infinity, null),
  });
  type Held = typeof held extends fc.Arbitrary<infer Row> ? Row : never;

  const names = ['highest', 'unusedFirst', 'cacheFirst', 'leastRecentlyUsed', 'farthestNextUse'] as const;
  const keys: Readonly<Record<(typeof names)[number], (row: Held) => number>> = {
    highest: () => 0,
    unusedFirst: ({ isUsedByAsker, freeFrames }) => (isUsedByAsker ? FRAMES_PER_REGION - freeFrames : 0),
    cacheFirst: ({ isUsedByAsker, cachePages }) => (isUsedByAsker ? 3 - cachePages : 3),
    leastRecentlyUsed: ({ isUsedByAsker, lastUse }) => (isUsedByAsker ? lastUse : 0),
    farthestNextUse: ({ isUsedByAsker, nextUse }) => (isUsedByAsker ? 1 / (1 + (nextUse ?? 0)) : 0),
  };

  test('by one criterion after the other, then from high machine addresses down', () => {
    fc.assert(
      fc.property(
        fc.array(held, { maxLength: 16 }),
        counts,
        fc.shuffledSubarray([...names], { minLength: 1 }),
        (rows, regions, selection) => {
          const order = rows.map((_, region) => region).reverse();
          const isTotal = selection.indexOf('highest');
          const deciding = isTotal < 0 ? selection : selection.slice(0, isTotal);
          order.sort(
            (a, b) => deciding.map((name) => keys[name](rows[a]!) - keys[name](rows[b]!)).find((difference) => difference !== 0) ?? 0,
          );
          expect(releaseFrom(rows, regions, selection)).toEqual(order.slice(0, regions));
        },
      ),
    );
  });
});
