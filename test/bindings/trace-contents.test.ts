import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from '../../assembly/shared/trace-format.ts';
import { contentsDigest, contentsOf } from '../../bindings/trace/contents.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { anyRecords } from '../support/trace-records.ts';

/** The definition once more, in whole 64-bit addresses. */
function plainDigest(records: readonly TraceRecord[]): string {
  const bytes = new Map<bigint, number>();
  const units = new Set<bigint>();
  let n = 0n;
  for (const { kind, unit, offset, size } of records) {
    for (let i = 0n; i < BigInt(size); i++) {
      const address = BigInt(unit) * 4096n + BigInt(offset) + i;
      units.add(address / 4096n);
      if (kind !== KIND_FETCH) bytes.set(address, Number((n + address) & 0xffn));
    }
    if (kind !== KIND_FETCH) n++;
  }
  const hash = createHash('sha256');
  for (const unit of [...units].sort((a, b) => (a < b ? -1 : 1))) {
    hash.update(Uint8Array.from({ length: 4096 }, (_, i) => bytes.get(unit * 4096n + BigInt(i)) ?? 0));
  }
  return hash.digest('hex');
}

describe('the contents of a trace', () => {
  it('count loads, stores and modifies, and store at each of them', () => {
    const units = contentsOf([
      { kind: KIND_STORE, unit: 2, offset: 0x10, size: 2 },
      { kind: KIND_FETCH, unit: 7, offset: 0, size: 4 },
      { kind: KIND_LOAD, unit: 2, offset: 0x20, size: 1 },
      { kind: KIND_MODIFY, unit: 2, offset: 0xfff, size: 2 },
    ]);
    expect([...units.keys()]).toEqual([2, 7, 3]);
    expect([...units.get(2)!.subarray(0x10, 0x12)]).toEqual([0x10, 0x11]);
    expect(units.get(2)![0x20]).toBe(0x21);
    expect(units.get(2)![0xfff]).toBe(0x01);
    expect(units.get(3)![0]).toBe(0x02);
    expect(units.get(7)!.every((byte) => byte === 0)).toBe(true);
  });

  it('can be told to count loads and not to store at them', () => {
    const records = [
      { kind: KIND_LOAD, unit: 2, offset: 0, size: 1 },
      { kind: KIND_STORE, unit: 2, offset: 1, size: 1 },
    ];
    expect([...contentsOf(records).get(2)!.subarray(0, 2)]).toEqual([0, 2]);
    expect([
      ...contentsOf([...records, { kind: KIND_LOAD, unit: 2, offset: 1, size: 1 }], false)
        .get(2)!
        .subarray(0, 2),
    ]).toEqual([0, 2]);
    expect([
      ...contentsOf([...records, { kind: KIND_LOAD, unit: 2, offset: 1, size: 1 }])
        .get(2)!
        .subarray(0, 2),
    ]).toEqual([0, 3]);
  });

  it('have the digest of the touched units in ascending order', async () => {
    const none = createHash('sha256').update(new Uint8Array(4096)).digest('hex');
    expect(await contentsDigest([{ kind: KIND_FETCH, unit: 2 ** 52 - 1, offset: 0, size: 1 }])).toBe(none);
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const some = records.slice(0, 60);
        expect(await contentsDigest(some)).toBe(plainDigest(some));
      }),
      { numRuns: 12 },
    );
  });
});
