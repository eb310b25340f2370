// One story told three times: to an engine, to a VMM here, and to a VMM in a worker. Results, errors, events and tables are the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { moduleExport } from '../../bindings/node.ts';
import type { EngineOptions } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { answersIn, answersOfVmm, plain, storyOfEngine, storyOfVmm } from '../support/stories.ts';
import type { Step } from '../support/stories.ts';
import { PLACES, vmmMake } from '../support/vmm.ts';

const RUNS = 6;
const swap = { size: 40 * PAGE_BYTES, readLatency: 3000, writeLatency: 1000 };

const create = (name: string, regions: number): Step => ({
  on: '@engine',
  method: 'createVm',
  args: [{ name, memory: regions * REGION_BYTES, addressSpace: '1MiB' }],
  as: `@${name}`,
});
const fill = (name: string, regions: number, byte: number): Step => ({
  on: `@${name}.memory`,
  method: 'fill',
  args: [0, regions * REGION_BYTES, byte],
});

/** Everything that a VMM can be asked, good and bad. */
const STORY: readonly Step[] = [
  create('a', 6),
  create('b', 4),
  { on: '@engine', method: 'createVm', args: [{ name: 'a', memory: REGION_BYTES }] },
  { on: '@engine', method: 'createVm', args: [{ memory: REGION_BYTES + 1 }] },
  { on: '@engine', method: 'createVm', args: [{ memory: 20 * REGION_BYTES }] },
  fill('a', 6, 0xaa),
  fill('b', 4, 0xbb),
  { on: '@a.memory', method: 'store64', args: [12, -1n] },
  { on: '@a.memory', method: 'storeF64', args: [PAGE_BYTES - 4, Math.PI] },
  { on: '@a.memory', method: 'loadF64', args: [PAGE_BYTES - 4] },
  { on: '@a.memory', method: 'load64', args: [12] },
  { on: '@a.memory', method: 'load32', args: [-1] },
  { on: '@a.memory', method: 'load32', args: [2 ** 20] },
  { on: '@a.memory', method: 'store8', args: [0, 2 ** 33] },
  { on: '@a.memory', method: 'write', args: [PAGE_BYTES - 2, Uint8Array.of(1, 2, 3, 4)] },
  { on: '@a.memory', method: 'read', args: [PAGE_BYTES - 4, 8] },
  { on: '@a.memory', method: 'read', args: [0, -1] },
  { on: '@a', method: 'reduce', args: [2 * REGION_BYTES], as: '@given' },
  { on: '@b', method: 'expand', args: [2 * REGION_BYTES], as: '@taken' },
  { on: '@b', method: 'expand', args: ['1GiB'] },
  { on: '@b', method: 'expand', args: [REGION_BYTES, { shortfall: 'maybe' }] },
  { on: '@b', method: 'expand', args: ['32KiB', { shortfall: 'bestEffort' }] },
  { on: '@b', method: 'touch', args: [5 * REGION_BYTES] },
  { on: '@b', method: 'touch', args: [2 ** 31] },
  { on: '@given', method: 'report' },
  fill('b', 6, 0xcc),
  { on: '@taken', method: 'report' },
  { on: '@taken', method: 'cancel' },
  { on: '@a', method: 'information' },
  { on: '@b', method: 'releaseBy', args: ['moveFirst'] },
  { on: '@b', method: 'releaseBy', args: ['never'] },
  { on: '@engine', method: 'reconfigure', args: [[{ vm: '@b', change: -REGION_BYTES }, { vm: '@a', change: REGION_BYTES }]] }, // prettier-ignore
  { on: '@engine', method: 'reconfigure', args: [[{ vm: '@b', change: 1 }]] },
  { on: '@engine', method: 'reconfigure', args: [[{ vm: 'b', change: REGION_BYTES }]] },
  { on: '@engine', method: 'reconfigure', args: [[]] },
  { on: '@a.replica', method: 'fork', as: '@fork' },
  { on: '@fork.memory', method: 'store8', args: [0, 9] },
  { on: '@fork', method: 'digest' },
  { on: '@a.replica', method: 'digest' },
  { on: '@a.replica', method: 'restore', args: ['@fork'] },
  { on: '@a.replica', method: 'restore', args: ['@b.replica'] },
  { on: '@a.replica', method: 'digest' },
  { on: '@a.replica', method: 'peek', args: [0, 16] },
  { on: '@a.replica', method: 'peek', args: [2 ** 20, 1] },
  { on: '@a.replica', method: 'protect', args: [0, PAGE_BYTES, 'read'] },
  { on: '@a.memory', method: 'store8', args: [0, 1] },
  { on: '@a.replica', method: 'advise', args: [PAGE_BYTES, PAGE_BYTES, 'locked'] },
  { on: '@a.replica', method: 'advise', args: [1, PAGE_BYTES, 'locked'] },
  { on: '@engine', method: 'pages', args: ['@a.replica', { from: 0, to: 8 }] },
  { on: '@engine', method: 'pages', args: ['@a'] },
  { on: '@engine', method: 'inspect' },
  { on: '@engine', method: 'validate' },
  { on: '@engine', method: 'advance', args: ['1ms'] },
  { on: '@fork', method: 'dispose' },
  { on: '@fork.memory', method: 'load8', args: [0] },
  { on: '@a', method: 'dispose' },
  { on: '@a', method: 'reduce', args: [REGION_BYTES] },
  { on: '@a.memory', method: 'fill', args: [0, 1, 0] },
  { on: '@engine', method: 'inspect' },
];

const variants: readonly (readonly [name: string, options: Partial<EngineOptions>])[] = [
  ['1st embodiment', {}],
  ['2nd embodiment', { useRight: 'managerPreferred' }],
  ['eager', { handover: 'eager' }],
  ['only the operator changes memory', { operatorOnly: true }],
];

describe.each(PLACES)('a VMM, %s,', (where) => {
  describe.each(shipped)('$name', (build) => {
    test.each(variants)('does what an engine does: %s', async (_, options) => {
      const expected = storyOfEngine(await engineMake(build, { swap, ...options }), STORY);
      const vmm = await vmmMake(where, build, { swap, ...options });
      expect(await storyOfVmm(vmm, STORY)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(STORY.length * 2);
      await vmm.dispose();
    });
  });

  const [build] = shipped;
  const regions = fc.integer({ min: 1, max: 4 }).map((count) => count * REGION_BYTES);
  const vm = fc.constantFrom('@a', '@b');
  const address = fc.integer({ min: 0, max: 10 * REGION_BYTES });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ on: vm, method: fc.constant('reduce'), args: fc.tuple(regions, fc.constant({ shortfall: 'bestEffort' })) }),
    fc.record({ on: vm, method: fc.constant('expand'), args: fc.tuple(regions) }),
    fc.record({ on: vm, method: fc.constant('touch'), args: fc.tuple(address) }),
    fc.record({ on: vm.map((name) => `${name}.memory`), method: fc.constant('load32'), args: fc.tuple(address) }),
    fc.record({ on: vm.map((name) => `${name}.memory`), method: fc.constant('fill'), args: fc.tuple(address, regions, fc.nat(255)) }),
    fc.record({
      on: fc.constant('@engine'),
      method: fc.constant('reconfigure'),
      args: regions.map((bytes) => [[{ vm: '@a', change: -bytes }, { vm: '@b', change: bytes }]]), // prettier-ignore
    }),
  );

  test('random stories, and the same without waiting for answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const told = [create('a', 6), create('b', 4), ...steps];
        const engine = await engineMake(build!, { swap });
        const expected = storyOfEngine(engine, told);
        const [waiting, hasty] = await Promise.all([vmmMake(where, build!, { swap }), vmmMake(where, build!, { swap })]);
        expect(await storyOfVmm(waiting, told)).toEqual(expected);

        const tables = new Map<string, unknown>();
        for (const { args, as } of told.slice(0, 2)) tables.set(as!, await hasty.createVm(args![0] as never));
        tables.set('@engine', hasty);
        const answers = await answersOfVmm(hasty, tables, steps);
        expect(answers).toEqual(answersIn(expected).slice(2));
        expect(await hasty.inspect()).toEqual(engine.inspect());
        expect(await waiting.inspect()).toEqual(engine.inspect());
        await Promise.all([waiting.dispose(), hasty.dispose()]);
      }),
      { numRuns: RUNS },
    );
  });

  test('a policy and a store of a user’s own', async () => {
    const modules = {
      store: `export const slots = []; export const make = () => ({ attach() {}, read(slot, into) { into.set(slots[slot]); }, write(slot, from) { slots[slot] = from.slice(); }, close() {} });`,
      policy: `export const highest = (candidates) => Array.from(candidates, ({ region }) => -region);`,
    };
    const url = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
    const story: readonly Step[] = [
      create('a', 4),
      { on: '@a.memory', method: 'fill', args: [0, 8 * REGION_BYTES, 7] },
      { on: '@a.replica', method: 'digest' },
      { on: '@engine', method: 'inspect' },
    ];
    const [store, policy] = (await Promise.all([import(url(modules.store)), import(url(modules.policy))])) as [
      { make: () => never },
      { highest: never },
    ];
    const engine = await engineMake(build!, { swap: { ...swap, store: store.make() }, selection: { expand: policy.highest } });
    const vmm = await vmmMake(where, build!, {
      swap: { ...swap, store: moduleExport(url(modules.store), 'make', 'called') },
      selection: { expand: moduleExport(url(modules.policy), 'highest') },
    });
    const log = await storyOfVmm(vmm, story);
    expect(log).toEqual(storyOfEngine(engine, story));
    const { regions: rows } = await vmm.inspect();
    expect(rows.findLast(({ manager }) => manager === 'a')!.region).toBe(11);
    expect(plain(rows)).toEqual(plain(engine.inspect().regions));
    await vmm.dispose();
  });
});
