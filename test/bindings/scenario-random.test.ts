import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Build, builds } from '../support/builds.ts';
import { type Scenario as ModelScenario, scenarioRun } from '../model/scenario.ts';
import { type LackeyRecord, lackeyText, runOn } from './scenario-support.ts';

const RUNS = 25;
const SWAP_BYTES = 2 ** 21;

/** A handful of pages in three places, so that they are used again and again; some records cross into the next page. */
const record: fc.Arbitrary<LackeyRecord> = fc.record({
  kind: fc.constantFrom('I', 'L', 'S', 'M'),
  address: fc
    .record({
      base: fc.constantFrom(0x1000n, 0x7000_0000n, 0x1ffe_fff0_0000n),
      page: fc.nat(4),
      offset: fc.constantFrom(0, 8, 100, 1020, 4092, 4095),
    })
    .map(({ base, page, offset }) => base + BigInt(page * 4096 + offset)),
  size: fc.constantFrom(1, 2, 4, 8),
});

interface PlainVm {
  readonly regions: number;
  readonly trace: readonly LackeyRecord[];
  readonly eviction: 'lru' | 'fifo' | 'clock' | 'farthest';
}

interface PlainChange {
  readonly vm: number;
  readonly progress: number;
  readonly from: number;
  readonly to: number;
}

interface Plain {
  readonly regionPages: number;
  readonly vms: readonly PlainVm[];
  readonly spareRegions: number;
  readonly changes: readonly PlainChange[];
  readonly readNs: number;
  readonly writeNs: number;
  readonly accessNs: number;
  readonly queue: number;
  readonly expand: 'lowest' | 'ownFirst';
  readonly loadsStore: boolean;
}

/** Every VM starts with so much that all changes together leave it two frames, in whatever order they come. */
const plain: fc.Arbitrary<Plain> = fc
  .record({
    regionPages: fc.constantFrom(1, 2),
    vms: fc.array(
      fc.record({
        regions: fc.integer({ min: 2, max: 5 }),
        trace: fc.array(record, { minLength: 1, maxLength: 80 }),
        eviction: fc.constantFrom('lru', 'fifo', 'clock', 'farthest'),
      }),
      { minLength: 2, maxLength: 3 },
    ),
    spareRegions: fc.nat(2),
    changes: fc.array(
      fc.record({
        vm: fc.nat(2),
        progress: fc.double({ min: 0, max: 1, noNaN: true }),
        from: fc.nat(2),
        step: fc.integer({ min: 1, max: 2 }),
      }),
      {
        maxLength: 3,
      },
    ),
    readNs: fc.constantFrom(0, 7, 90_000),
    writeNs: fc.constantFrom(0, 5, 25_000),
    accessNs: fc.constantFrom(1, 3),
    queue: fc.integer({ min: 1, max: 3 }),
    expand: fc.constantFrom('lowest', 'ownFirst'),
    loadsStore: fc.boolean(),
  })
  .map(({ changes, vms, ...rest }) => {
    const among = vms.length;
    const moves = changes
      .map(({ vm, progress, from, step }) => ({ vm: vm % among, progress, from: from % among, to: (from + step) % among }))
      .filter(({ from, to }) => from !== to);
    const given = (index: number): number => moves.filter((move) => move.from === index).length;
    return { ...rest, changes: moves, vms: vms.map((vm, index) => ({ ...vm, regions: vm.regions + given(index) })) };
  });

function forModel(form: Plain, pageBytes: number): ModelScenario {
  const { regionPages, vms, spareRegions, changes, readNs, writeNs, accessNs, queue, expand, loadsStore } = form;
  return {
    loadsStore,
    world: {
      pageBytes,
      regionPages,
      regions: vms.reduce((sum, vm) => sum + vm.regions, spareRegions),
      slots: SWAP_BYTES / pageBytes,
      accessNs,
      readNs,
      writeNs,
      queue,
      expand,
    },
    vms: vms.map(({ regions, trace, eviction }) => ({ regions, trace, eviction })),
    changes: changes.map(({ vm, progress, from, to }) => ({
      vm,
      record: Math.floor(progress * vms[vm]!.trace.length),
      reconfigure: [
        { vm: from, regions: -1 },
        { vm: to, regions: 1 },
      ],
    })),
  };
}

function forEngine(form: Plain, pageBytes: number): object {
  const { regionPages, vms, spareRegions, changes, readNs, writeNs, accessNs, queue, expand, loadsStore } = form;
  const region = regionPages * pageBytes;
  return {
    memory: vms.reduce((sum, vm) => sum + vm.regions, spareRegions) * region,
    region,
    swap: { size: SWAP_BYTES, readLatency: readNs, writeLatency: writeNs, queue },
    accessNs,
    loadsStore,
    expand,
    vms: vms.map(({ regions, eviction }, index) => ({ name: `vm${index}`, memory: regions * region, trace: `${index}.lackey`, eviction })),
    changes: changes.map(({ vm, progress, from, to }) => ({
      when: { vm: `vm${vm}`, progress },
      reconfigure: { [`vm${from}`]: -region, [`vm${to}`]: region },
    })),
  };
}

async function compare(build: Build, form: Plain): Promise<void> {
  const traces = Object.fromEntries(form.vms.map((vm, index) => [`${index}.lackey`, lackeyText(vm.trace)]));
  const { result } = await runOn(build, forEngine(form, build.pageBytes), traces);
  for (const run of result.runs) {
    const expected = scenarioRun(forModel(form, build.pageBytes), run.strategy as 'rights' | 'eager');
    const found = {
      virtualNs: run.virtualNs,
      vms: run.vms.map(({ accesses, faults, pageIns, pageOuts, virtualNs, digest }) => ({
        accesses,
        faults,
        pageIns,
        pageOuts,
        finishNs: virtualNs,
        digest,
      })),
      reconfigurations: run.reconfigurations.map(
        ({ regions, grantVirtualNs, settledVirtualNs, pageOutsBeforeGrant, pageOutsAfterGrant }) => ({
          regions,
          grantVirtualNs,
          settledVirtualNs,
          pageOutsBeforeGrant,
          pageOutsAfterGrant,
        }),
      ),
    };
    expect(found, run.strategy).toEqual(expected);
  }
  expect(result.contentsEqual).toBe(true);
}

describe.each(builds.filter((build) => build.target !== 'debug'))(
  'random scenarios give the numbers of the plain model, on $name',
  (build) => {
    it(`${RUNS} of them`, async () => {
      await fc.assert(
        fc.asyncProperty(plain, (form) => compare(build, form)),
        { numRuns: RUNS },
      );
    });
  },
);
