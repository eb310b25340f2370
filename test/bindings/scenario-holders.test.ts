import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../bindings/node.ts';
import { UsufructError } from '../../bindings/errors.ts';
import { Holders } from '../../bindings/scenario/holders.ts';
import { buildOf } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

const PAGE = 4096;
const NAMES = ['a', 'b', 'c'];

interface Step {
  readonly vm: number;
  readonly other: number;
  readonly regions: number;
  readonly kind: 'move' | 'touch' | 'write' | 'advance';
}

const step: fc.Arbitrary<Step> = fc.record({
  vm: fc.nat(2),
  other: fc.nat(2),
  regions: fc.integer({ min: 1, max: 5 }),
  kind: fc.constantFrom('move', 'touch', 'write', 'advance'),
});

/** What may be refused is refused, and changes nothing. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof UsufructError)) throw error;
  }
}

function carryOut(engine: Engine, { vm, other, regions, kind }: Step): void {
  const [one, two] = [engine.vms[vm]!, engine.vms[other]!];
  const bytes = regions * PAGE;
  if (kind === 'move')
    attempt(() =>
      engine.reconfigure(
        one === two
          ? [{ vm: one, change: -bytes }]
          : [
              { vm: one, change: -bytes },
              { vm: two, change: bytes },
            ],
      ),
    );
  if (kind === 'touch') attempt(() => one.touch(regions * PAGE));
  if (kind === 'write') attempt(() => one.replica.memory.write(other * 8 * PAGE, new Uint8Array(bytes).fill(1)));
  if (kind === 'advance') attempt(() => engine.advance(engine.virtualNs + regions * 100_000));
}

/** As the rights table has it: regions by user, and by manager where nobody uses them. */
function plain(engine: Engine): { readonly used: number[]; readonly untouched: number[] } {
  const { regions } = engine.inspect();
  const count = (isCounted: (region: (typeof regions)[number], name: string) => boolean): number[] =>
    NAMES.map((name) => regions.filter((region) => isCounted(region, name)).length);
  return {
    used: count(({ user }, name) => user === name),
    untouched: count(({ user, manager }, name) => user === null && manager === name),
  };
}

describe.each<[string, Partial<EngineOptions>]>([
  ['rights', {}],
  ['managerPreferred', { useRight: 'managerPreferred' }],
  ['evacuate', { declaration: { access: 'evacuate' } }],
  ['eager', { handover: 'eager' }],
  ['reserve', { handover: 'reserve', reserve: { memory: 4 * PAGE, shortfall: 'wait' } }],
])('who holds the memory, followed by events, under %s', (_, options) => {
  it('is what the rights table says, after every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { create } = engineOn(buildOf('release'));
        const engine = await create({
          memory: 32 * PAGE,
          region: PAGE,
          swap: { size: 256 * PAGE, readLatency: '90us', writeLatency: '25us' },
          eventCapacity: 4096,
          ...options,
        });
        const holders = new Holders(engine, NAMES, null);
        for (const name of NAMES) engine.createVm({ name, memory: 8 * PAGE, addressSpace: 64 * PAGE, release: 'moveFirst' });
        for (const one of steps) {
          carryOut(engine, one);
          const { used, untouched } = holders.now;
          expect({ used, untouched }).toEqual(plain(engine));
        }
        const { useful } = holders.finish(engine.virtualNs + 1);
        expect(useful.least).toBeLessThanOrEqual(useful.mean);
        expect(useful.mean).toBeLessThanOrEqual(32 * PAGE);
        engine.dispose();
      }),
      { numRuns: 25 },
    );
  });
});
