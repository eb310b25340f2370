import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Build, builds } from '../support/builds.ts';
import type { Condition, Watch } from '../model/judgement.ts';
import { type Scenario as ModelScenario, scenarioRun, STRATEGIES, type StrategyName } from '../model/scenario.ts';
import { type LackeyRecord, lackeyText, runOn } from './scenario-support.ts';

const RUNS = 15;
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
  readonly regions: number;
  /** From one VM to another; given up, and nobody gets it; taken out of what is spare. */
  readonly kind: 'move' | 'give' | 'take';
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
  readonly watch: Watch;
}

const condition: fc.Arbitrary<Condition> = fc.record({
  statistic: fc.constantFrom('accessesSince', 'accessesPerPeriod', 'bytesEach', 'bytesSinceAverage', 'timeSinceNs'),
  comparison: fc.constantFrom('>=', '>=', '>', '<=', '<', '!=', '=='),
  constant: fc.constantFrom(0, 1, 2, 8, 30, 100_000),
  perBorrowedRegion: fc.constantFrom(0, 0, 1, -1),
});

const watch: fc.Arbitrary<Watch> = fc.record({
  mode: fc.constantFrom('exact', 'sampled'),
  periodNs: fc.constantFrom(3, 20, 100_000),
  conditions: fc.oneof(fc.tuple(condition), fc.tuple(condition), fc.tuple(condition, condition)),
  judge: fc.constant(null),
});

/** Every VM starts with so much that all changes together leave it two frames, in whatever order they come. */
const plain: fc.Arbitrary<Plain> = fc
  .record({
    regionPages: fc.constantFrom(1, 2),
    vms: fc.array(
      fc.record({
        regions: fc.integer({ min: 2, max: 3 }),
        trace: fc.array(record, { minLength: 1, maxLength: 100, size: 'max' }),
        eviction: fc.constantFrom('lru', 'fifo', 'clock', 'farthest'),
      }),
      { minLength: 2, maxLength: 3 },
    ),
    spareRegions: fc.nat(2),
    changes: fc.array(
      fc.record({
        vm: fc.nat(2),
        progress: fc.integer({ min: 0, max: 20 }).map((twentieth) => twentieth / 20),
        from: fc.nat(2),
        step: fc.integer({ min: 1, max: 2 }),
        regions: fc.integer({ min: 1, max: 2 }),
        kind: fc.constantFrom('move', 'give', 'take'),
      }),
      {
        maxLength: 5,
        size: 'max',
      },
    ),
    readNs: fc.constantFrom(0, 7, 90_000),
    writeNs: fc.constantFrom(0, 5, 25_000),
    accessNs: fc.constantFrom(1, 3),
    queue: fc.integer({ min: 1, max: 3 }),
    expand: fc.constantFrom('lowest', 'ownFirst'),
    loadsStore: fc.boolean(),
    watch,
  })
  .map(({ changes, vms, spareRegions, ...rest }) => {
    const among = vms.length;
    const moves = changes
      .map(({ vm, progress, from, step, ...rest }) => ({
        vm: vm % among,
        progress,
        from: from % among,
        to: (from + step) % among,
        ...rest,
      }))
      .filter(({ from, to }) => from !== to);
    const sum = (counted: readonly PlainChange[]): number => counted.reduce((regions, move) => regions + move.regions, 0);
    const given = (index: number): number => sum(moves.filter(({ kind, from }) => kind !== 'take' && from === index));
    const taken = sum(moves.filter(({ kind }) => kind === 'take'));
    return {
      ...rest,
      spareRegions: spareRegions + taken,
      changes: moves,
      vms: vms.map((vm, index) => ({ ...vm, regions: vm.regions + given(index) })),
    };
  });

function forModel(form: Plain, pageBytes: number): ModelScenario {
  const { regionPages, vms, spareRegions, changes, readNs, writeNs, accessNs, queue, expand, loadsStore, watch } = form;
  return {
    loadsStore,
    watch,
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
    changes: changes.map(({ vm, progress, from, to, regions, kind }) => ({
      vm,
      record: Math.floor(progress * vms[vm]!.trace.length),
      reconfigure: [...(kind === 'take' ? [] : [{ vm: from, regions: -regions }]), ...(kind === 'give' ? [] : [{ vm: to, regions }])],
    })),
  };
}

/** Built-in strategies, and one whose condition is ours. */
function strategyForm(name: StrategyName, { mode, periodNs, conditions }: Watch): string | object {
  if (name !== 'earlyRelease') return name;
  return { name, handover: 'rights', earlyRelease: { counting: mode, period: periodNs, when: conditions } };
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
    strategies: (Object.keys(STRATEGIES) as StrategyName[]).map((name) => strategyForm(name, form.watch)),
    vms: vms.map(({ regions, eviction }, index) => ({ name: `vm${index}`, memory: regions * region, trace: `${index}.lackey`, eviction })),
    changes: changes.map(({ vm, progress, from, to, regions, kind }) => ({
      when: { vm: `vm${vm}`, progress },
      reconfigure: {
        ...(kind === 'take' ? {} : { [`vm${from}`]: -regions * region }),
        ...(kind === 'give' ? {} : { [`vm${to}`]: regions * region }),
      },
    })),
  };
}

/** Of all scenarios. */
let earlyReleases = 0;

async function compare(build: Build, form: Plain): Promise<void> {
  const traces = Object.fromEntries(form.vms.map((vm, index) => [`${index}.lackey`, lackeyText(vm.trace)]));
  const { result } = await runOn(build, forEngine(form, build.pageBytes), traces);
  for (const run of result.runs) {
    const expected = scenarioRun(forModel(form, build.pageBytes), run.strategy as StrategyName);
    const found = {
      virtualNs: run.virtualNs,
      vms: run.vms.map(({ accesses, faults, pageIns, pageOuts, earlyReleases, earlyReleasesFailed, pagesMoved, virtualNs, digest }) => ({
        accesses,
        faults,
        pageIns,
        pageOuts,
        earlyReleases,
        earlyReleasesFailed,
        pagesMoved,
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
    for (const vm of expected.vms) earlyReleases += vm.earlyReleases;
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

it('met early releases', () => {
  expect(earlyReleases).toBeGreaterThan(0);
});
