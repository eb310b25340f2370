// [0359] recounted: whatever a VM does, its figures are what a plain log of its accesses gives, to a reader and to a policy.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessFigures, Vm } from '../../bindings/node.ts';
import { REGION_BYTES } from '../support/engines.ts';
import { borrowing } from '../support/rights.ts';

const PERIOD_NS = 20;
const REGIONS = [2, 3] as const;
type Region = (typeof REGIONS)[number];

/** What was done with a region since it was first given up, and when that was last. */
class Log {
  sinceNs: number;
  readonly accesses: { readonly timeNs: number; readonly bytes: number }[] = [];
  #begin = 0;

  constructor(sinceNs: number) {
    this.sinceNs = sinceNs;
  }
  again(sinceNs: number): void {
    this.sinceNs = sinceNs;
    this.#begin = this.accesses.length;
  }
  figures(timeNs: number): Partial<AccessFigures> {
    const sum = (list: readonly { readonly bytes: number }[]): number => list.reduce((total, { bytes }) => total + bytes, 0);
    const mean = (list: readonly { readonly bytes: number }[]): number | null => (list.length === 0 ? null : sum(list) / list.length);
    const since = this.accesses.slice(this.#begin);
    const period = (time: number): number => Math.floor((time - this.sinceNs) / PERIOD_NS);
    const last = period(timeNs) === 0 ? null : since.filter((access) => period(access.timeNs) === period(timeNs) - 1);
    return {
      timeNs,
      timeSinceNs: timeNs - this.sinceNs,
      accesses: this.accesses.length,
      bytes: sum(this.accesses),
      bytesEach: this.accesses.length === 0 ? null : this.accesses[this.accesses.length - 1]!.bytes,
      accessesSince: since.length,
      bytesSince: sum(since),
      bytesSinceAverage: mean(since),
      accessesPerPeriod: last === null ? null : last.length,
      bytesPerPeriod: last === null ? null : sum(last),
      bytesPerPeriodAverage: last === null ? null : mean(last),
    };
  }
}

const region = fc.constantFrom(...REGIONS);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('access' as const), region, bytes: fc.constantFrom(1, 2, 4, 8), offset: fc.nat(3) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), timeNs: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), region }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

function access(vm: Vm, address: number, bytes: number): void {
  const { memory } = vm.replica;
  if (bytes === 8) memory.store64(address, 1n);
  else if (bytes === 4) memory.store32(address, 1);
  else if (bytes === 2) memory.load16(address);
  else memory.load8(address);
}

test('figures against a log', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const judged: AccessFigures[] = [];
      const when = (figures: AccessFigures): boolean => {
        judged.push(figures);
        return false;
      };
      const { engine, a } = await borrowing(2, { earlyRelease: { when, period: PERIOD_NS, sweep: '1s' } });
      const logs = new Map<number, Log>(REGIONS.map((number) => [number, new Log(a.timeNs)]));
      const of = (number: Region): Log => logs.get(number)!;

      for (const taken of steps) {
        judged.length = 0;
        if (taken.do === 'pass') for (let ns = 0; ns < taken.timeNs; ns += 1) a.replica.memory.load8(0);
        if (taken.do === 'access') {
          access(a, taken.region * REGION_BYTES + taken.offset * 8, taken.bytes);
          of(taken.region).accesses.push({ timeNs: a.timeNs, bytes: taken.bytes });
          expect(judged).toMatchObject([{ region: taken.region, ...of(taken.region).figures(a.timeNs) }]);
        }
        if (taken.do === 'again') {
          const range = { from: taken.region * REGION_BYTES, bytes: REGION_BYTES };
          a.expand(range);
          a.reduce(range);
          of(taken.region).again(a.timeNs);
        }
        if (taken.do === 'sweep') {
          a.releaseEarly(a.earlyRelease); // figures begin anew, the sweep is due in a second
          for (const log of logs.values()) log.accesses.length = 0;
          for (const log of logs.values()) log.again(log.sinceNs);
          judged.length = 0;
          const dueNs = engine.dueNs!;
          engine.advance(dueNs);
          expect(judged).toMatchObject(REGIONS.map((number) => ({ region: number, ...of(number).figures(dueNs) })));
          a.releaseEarly(a.earlyRelease); // back to the VM's own clock
        }
        expect(a.accessFigures()).toMatchObject(
          REGIONS.map((number) => ({ region: number, borrowedRegions: 2, ...of(number).figures(a.timeNs) })),
        );
      }
      engine.validate();
    }),
    { numRuns: 60 },
  );
});
