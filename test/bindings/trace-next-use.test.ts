import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER, nextUseOf } from '../../bindings/trace/next-use.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { traceFrom } from '../../bindings/trace/source.ts';
import { LackeyWriter } from '../../bindings/trace/lackey-text.ts';
import { batchOf } from '../../bindings/trace/record.ts';
import type { Trace } from '../../bindings/trace/trace.ts';
import { anyRecords, streamOf } from '../support/trace-records.ts';

function traceOf(records: readonly TraceRecord[]): Promise<Trace> {
  const text = new LackeyWriter().write(batchOf(records)).slice();
  return traceFrom('a', () => streamOf(text));
}

/** From the definition: the linear pages of each record, byte by byte, then a search forward for each. */
function plainColumn(records: readonly TraceRecord[], pageShift: number): number[] {
  const numbers = new Map<number, number>();
  const pagesOf = ({ unit, offset, size }: TraceRecord): number[] => {
    const pages = new Set<number>();
    for (let i = 0; i < size; i++) {
      const traced = offset + i < 4096 ? unit : unit + 1;
      if (!numbers.has(traced)) numbers.set(traced, numbers.size);
      pages.add(Math.floor((numbers.get(traced)! * 4096 + ((offset + i) % 4096)) / 2 ** pageShift));
    }
    return [...pages];
  };
  const pages = records.map(pagesOf);
  return pages.flatMap((touched, i) =>
    touched.map((page) => {
      const next = pages.findIndex((later, j) => j > i && later.includes(page));
      return next < 0 ? NEVER : next;
    }),
  );
}

async function column(trace: Trace, pageShift: number): Promise<number[]> {
  const nextUse = await nextUseOf(trace, pageShift);
  const all: number[] = [];
  for await (const block of trace.blocks()) all.push(...nextUse.column(block));
  return all;
}

describe('the next use of each page', () => {
  it.each([10, 12, 14])('is what a search forward finds, with pages of 2^%i bytes', async (pageShift) => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const some = records.slice(0, 120);
        expect(await column(await traceOf(some), pageShift)).toEqual(plainColumn(some, pageShift));
      }),
      { numRuns: 25 },
    );
  });

  it('reaches over the ends of blocks', async () => {
    const count = 200_000;
    const records = Array.from({ length: count }, (_, i): TraceRecord => ({
      kind: 1,
      unit: i % 1000 === 0 ? 9 : i < 100 ? 8 : 7,
      offset: 0,
      size: 4,
    }));
    const trace = await traceOf(records);
    expect((await trace.totals()).blocks).toBeGreaterThan(2);
    const next = await column(trace, 12);
    for (let i = 0; i + 1000 < count; i += 1000) expect(next[i]).toBe(i + 1000);
    expect(next[99]).toBe(NEVER);
    expect(next[count - 1]).toBe(NEVER);
    expect(next[500]).toBe(501);
  });

  it('refuses pages that are none', async () => {
    const trace = await traceOf([{ kind: 1, unit: 1, offset: 0, size: 1 }]);
    for (const pageShift of [9, 32, 12.5]) await expect(nextUseOf(trace, pageShift)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
