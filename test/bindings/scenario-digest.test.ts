import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Build, buildOf } from '../support/builds.ts';
import { type LackeyRecord, lackeyText, runOn } from './scenario-support.ts';

const UNIT_BYTES = 4096n;
const ADDRESS_MAX = 2n ** 64n - 1n;

/** Contents by the definition, on a map of bytes. */
function digestOf(records: readonly LackeyRecord[]): string {
  const units = new Map<bigint, Uint8Array>();
  let dataRecords = 0n;
  for (const { kind, address, size } of records) {
    for (let offset = 0n; offset < size; offset += 1n) {
      const at = address + offset;
      const unit = units.get(at / UNIT_BYTES) ?? new Uint8Array(Number(UNIT_BYTES));
      units.set(at / UNIT_BYTES, unit);
      if (kind !== 'I') unit[Number(at % UNIT_BYTES)] = Number((dataRecords + at) & 0xffn);
    }
    if (kind !== 'I') dataRecords += 1n;
  }
  const hash = createHash('sha256');
  for (const [, content] of [...units].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(content);
  return hash.digest('hex');
}

/** Addresses in a few far places, the highest of all included; sizes that cross units now and then. */
const record: fc.Arbitrary<LackeyRecord> = fc
  .record({
    kind: fc.constantFrom('I', 'L', 'S', 'M'),
    base: fc.constantFrom(0n, 0x4000_0000n, 0x1ffe_fff0_0000n, ADDRESS_MAX - 0xffffn),
    offset: fc.bigInt({ min: 0n, max: 0xffffn }),
    size: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 16 }), weight: 9 }, fc.integer({ min: 1, max: 4096 })),
  })
  .map(({ kind, base, offset, size }) => {
    const address = base + offset;
    const room = ADDRESS_MAX - address + 1n;
    return { kind, address, size: room < BigInt(size) ? Number(room) : size };
  });

const trace = fc.array(record, { minLength: 1, maxLength: 120 });

interface Shape {
  readonly build: Build;
  readonly regionPages: number;
  readonly regions: number;
  readonly eviction: string;
  readonly evictBatch: number;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  build: fc.constantFrom(buildOf('release', 1), buildOf('release', 4), buildOf('release', 16), buildOf('release-shared', 4)),
  regionPages: fc.constantFrom(1, 2, 4),
  regions: fc.integer({ min: 4, max: 12 }),
  eviction: fc.constantFrom('lru', 'fifo', 'clock', 'farthest'),
  evictBatch: fc.integer({ min: 1, max: 3 }),
});

async function digestsUnder(texts: readonly string[], form: Shape, progress: number): Promise<readonly (readonly string[])[]> {
  const { build, regionPages, regions, eviction, evictBatch } = form;
  const region = regionPages * build.pageBytes;
  const scenario = {
    memory: 2 * regions * region,
    region,
    swap: { size: '4MiB', readLatency: '90us', writeLatency: '25us' },
    eviction,
    evictBatch,
    vms: texts.map((_, index) => ({ name: `vm${index}`, memory: regions * region, trace: `${index}.lackey` })),
    changes: [{ when: { vm: 'vm0', progress }, reconfigure: { vm0: -2 * region, vm1: 2 * region } }],
  };
  const { result } = await runOn(build, scenario, Object.fromEntries(texts.map((text, index) => [`${index}.lackey`, text])));
  expect(result.contentsEqual).toBe(true);
  return result.runs.map((run) => run.vms.map((vm) => vm.digest));
}

describe("a VM's digest", () => {
  it('is that of the definition, under every strategy, eviction policy, region size, memory size and page size', async () => {
    await fc.assert(
      fc.asyncProperty(trace, trace, shape, fc.double({ min: 0, max: 1, noNaN: true }), async (first, second, form, progress) => {
        const expected = [first, second].map(digestOf);
        for (const digests of await digestsUnder([first, second].map(lackeyText), form, progress)) expect(digests).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
