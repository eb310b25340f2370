// Comparison on write at random, against plain copies of each replica's memory: contents are always the replica's own, and the whole state holds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Advice, ComparePolicy, Replica, Snapshot, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES, shipped } from '../support/engines.ts';

const PAGES = 3;
const REPLICAS = 11;

const policies: fc.Arbitrary<ComparePolicy> = fc.record({
  onWrite: fc.constantFrom('any', 'any', 'copy', 'basic'),
  afterCopy: fc.boolean(),
  keep: fc.constantFrom('target', 'corresponding', 'basic', 'copy'),
  merge: fc.constantFrom('equal', 'equal', 'equal', 'allEqual'),
  exception: fc.constantFrom('writes', 'writes', 'retries'),
});

interface World {
  readonly vm: Vm;
  readonly copies: Map<Replica, Uint8Array>;
  readonly held: { snapshot: Snapshot; copy: Uint8Array }[];
}

type Step = (world: World) => void;

const who = fc.nat(REPLICAS - 1);
// few values at few places, so that contents meet again
const place = fc.record({ page: fc.nat(PAGES - 1), offset: fc.constantFrom(0, 4, 5, PAGE / 2, PAGE / 2 + 4, PAGE - 8, PAGE - 2) });
const value = fc.constantFrom(0, 1, 2, 0xff, 0xc7c6c5c4);

function stored({ vm, copies }: World, index: number, at: number, bytes: Uint8Array, store: (replica: Replica) => void): void {
  const replica = vm.replicas[index % vm.replicas.length]!;
  if (at + bytes.length > PAGES * PAGE) return;
  store(replica);
  copies.get(replica)!.set(bytes, at);
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(who, place, value, fc.constantFrom(1, 2, 4)).map(([index, { page, offset }, number, width]): Step => {
      return (world) => {
        const at = page * PAGE + offset;
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setUint32(0, number, true);
        stored(world, index, at, bytes.slice(0, width), ({ memory }) => {
          if (width === 1) memory.store8(at, number & 0xff);
          else if (width === 2) memory.store16(at, number & 0xffff);
          else memory.store32(at, number);
        });
      };
    }),
  },
  // all of them the same, as a program in step would
  {
    weight: 4,
    arbitrary: fc.tuple(place, value).map(([{ page, offset }, number]): Step => {
      return (world) => {
        const at = page * PAGE + (offset & ~3);
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setUint32(0, number, true);
        world.vm.replicas.forEach((_, index) => stored(world, index, at, bytes, ({ memory }) => memory.store32(at, number)));
      };
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(who, place, fc.integer({ min: 0, max: PAGE + 9 }), value).map(([index, { page, offset }, length, number]): Step => {
      return (world) => {
        const bytes = new Uint8Array(length).fill(number & 0xff);
        stored(world, index, page * PAGE + offset, bytes, ({ memory }) => memory.write(page * PAGE + offset, bytes));
      };
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(who, fc.nat(PAGES - 1), fc.constantFrom<Advice>('unused', 'locked', 'normal', 'willNeed'))
      .map(([index, page, advice]): Step => ({ vm, copies }) => {
        const replica = vm.replicas[index % vm.replicas.length]!;
        replica.advise(page * PAGE, PAGE, advice);
        if (advice === 'unused') copies.get(replica)!.fill(0, page * PAGE, (page + 1) * PAGE);
      }),
  },
  { weight: 1, arbitrary: fc.constant<Step>(({ vm }) => void vm.compare()) },
  {
    weight: 1,
    arbitrary: policies.map(
      (policy): Step =>
        ({ vm }) =>
          vm.compareBy(policy),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(who, fc.boolean()).map(([index, isInStep]): Step => ({ vm }) => {
      vm.replicas[index % vm.replicas.length]!.isInStep = isInStep;
    }),
  },
  {
    weight: 1,
    arbitrary: who.map((index): Step => ({ vm, copies, held }) => {
      const replica = vm.replicas[index % vm.replicas.length]!;
      held.push({ snapshot: replica.snapshot(), copy: copies.get(replica)!.slice() });
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(who, fc.nat()).map(([index, which]): Step => ({ vm, copies, held }) => {
      const [from] = held.length === 0 ? [] : held.splice(which % held.length, 1);
      if (from === undefined) return;
      const replica = vm.replicas[index % vm.replicas.length]!;
      replica.restore(from.snapshot);
      copies.set(replica, from.copy);
      from.snapshot.dispose();
    }),
  },
);

test.each(shipped)('$name: what each replica reads is what it wrote', async (build) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: REPLICAS }),
      policies,
      fc.integer({ min: 4, max: 12 }),
      fc.array(steps, { minLength: 1, maxLength: 60 }),
      async (replicas, compare, regions, list) => {
        // from plenty of memory down to a third of what the replicas would need apart: pages are out when they are compared
        const engine = await engineMake(build, { regions, slots: 128, maxReplicas: 128, compareOnWrite: true });
        try {
          const vm = engine.createVm({ memory: regions * REGION_BYTES, addressSpace: 16 * PAGE, replicas, compare });
          const world: World = { vm, copies: new Map(vm.replicas.map((replica) => [replica, new Uint8Array(PAGES * PAGE)])), held: [] };
          for (const step of list) {
            try {
              step(world);
            } catch (error) {
              expect((error as { code?: string }).code).toBe('OUT_OF_FRAMES'); // too much is locked: nothing was stored
              return;
            }
            engine.validate();
          }
          for (const [replica, copy] of world.copies) expect(replica.peek(0, new Uint8Array(PAGES * PAGE))).toEqual(copy);
          for (const { snapshot, copy } of world.held) expect(snapshot.peek(0, new Uint8Array(PAGES * PAGE))).toEqual(copy);
        } finally {
          engine.dispose();
        }
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 40) },
  );
});
