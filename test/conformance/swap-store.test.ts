import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fileSwapStore, memorySwapStore, swapStoreConformance } from '../../bindings/node.ts';
import type { ConformanceTools, SwapStore } from '../../bindings/node.ts';
import { PAGE_BYTES } from '../support/engines.ts';
import { faultySwapStore } from '../support/faulty-swap-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'usufruct-swap-'));
let files = 0;
const fileMake = (): SwapStore => fileSwapStore(join(folder, `swap-${(files += 1)}`));
afterAll(() => rmSync(folder, { recursive: true }));

const tools: ConformanceTools = { test, assert: (condition, message) => expect(condition, message).toBe(true) };

swapStoreConformance('memorySwapStore', memorySwapStore, tools);
swapStoreConformance('fileSwapStore', fileMake, tools);
swapStoreConformance(
  'fileSwapStore, preallocated',
  () => fileSwapStore(join(folder, `swap-${(files += 1)}`), { preallocate: true }),
  tools,
);
swapStoreConformance('a faulty store that has no faults', () => faultySwapStore(memorySwapStore())[0], tools);

describe('the suite finds stores that are wrong', () => {
  /** Runs the suite on a store without a runner; the names of the tests that failed. */
  function failures(makeStore: () => SwapStore): string[] {
    const failed: string[] = [];
    swapStoreConformance('s', makeStore, {
      test: (name, run) => {
        try {
          void run();
        } catch {
          failed.push(name.replace(/^s, \d+ slots of \d+ bytes: /, ''));
        }
      },
      assert: (condition, message) => {
        if (!condition) throw new Error(message);
      },
    });
    return [...new Set(failed)];
  }

  const broken = (change: (inner: SwapStore) => Partial<SwapStore>) => () => {
    const inner = memorySwapStore();
    return { ...inner, ...change(inner) };
  };

  test.each([
    [
      'a slot off by one',
      broken((inner) => ({ read: (slot, into) => inner.read(slot === 0 ? 0 : slot - 1, into) })),
      'each slot keeps its own page',
    ],
    [
      'half a page',
      broken((inner) => ({ write: (slot, from) => inner.write(slot, from.slice(0, from.length / 2)) })),
      'each slot keeps its own page',
    ],
    [
      'the first write for ever',
      broken((inner) => {
        const written = new Set<number>();
        return {
          write: (slot, from) => {
            if (!written.has(slot)) inner.write(slot, from);
            written.add(slot);
          },
        };
      }),
      'the last write counts, and reading changes nothing',
    ],
    [
      'the source kept',
      broken(() => {
        const kept = new Map<number, Uint8Array>();
        return { write: (slot, from) => void kept.set(slot, from), read: (slot, into) => into.set(kept.get(slot)!) };
      }),
      'the source is copied, not kept',
    ],
    [
      'asynchronous writes',
      broken((inner) => ({
        write: (slot, from) => {
          inner.write(slot, from);
          return Promise.resolve() as unknown as undefined;
        },
      })),
      'methods answer when the work is done',
    ],
    [
      'runs that take every piece for a page',
      broken((inner) => ({
        writeRun: (first, pieces) => {
          pieces.forEach((piece, index) => inner.write(first + index, piece.subarray(0, PAGE_BYTES)));
          return pieces.length;
        },
      })),
      'runs of slots, where it takes them',
    ],
  ])('%s', (_what, makeStore, expected) => {
    expect(failures(makeStore)).toContain(expected);
  });

  test('and none in a right one', () => {
    expect(failures(memorySwapStore)).toEqual([]);
  });
});
