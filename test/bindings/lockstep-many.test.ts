// Many replicas: what a slice costs does not grow with their number.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssignmentTable } from '../../bindings/lockstep/assignment-table.ts';
import { LaneQueue } from '../../bindings/lockstep/lane-queue.ts';
import { Lanes } from '../../bindings/lockstep/lanes.ts';
import { checkProcessors } from '../../bindings/lockstep/processors.ts';
import { ProgressTable } from '../../bindings/lockstep/progress-table.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';

const REPLICAS = 1000;

test.each([
  ['a processor for each', REPLICAS],
  ['fewer processors, and turns that are not over', 10],
])('nobody is looked at while nothing has changed: %s', (_, places) => {
  const processors = checkProcessors('processors', places, 1);
  const progress = new ProgressTable();
  const all = Array.from({ length: REPLICAS }, (_, index) => index + 1);
  for (const vmId of all) progress.set(vmId, vmId / REPLICAS);
  let looked = 0;
  const clockOf = (): number => {
    looked += 1;
    return 0;
  };
  const table = new AssignmentTable(processors);
  const lanes = new Lanes({ processors, assignment: 'fastestToSlowest', turnNs: 1000, progress, table, clockOf });
  expect(lanes.update(all, all, 0)).toBe(true);
  looked = 0;
  let asked = 0;
  for (let slice = 1; slice <= 100; slice += 1) {
    const lane = lanes.lowest(() => (asked += 1) > 0)!;
    expect(lane.processor.number).toBe(((slice - 1) % places) + 1); // the lowest clock, ties in the order given
    lane.timeNs += 1;
    progress.set(2 + slice, 0.999); // not the slowest
    expect(lanes.update(all, all, slice)).toBe(false);
  }
  expect([looked, asked]).toEqual([0, 100]);
});

test('the lowest clock comes first, of equal ones the first place, whatever changes', () => {
  const change = fc.record({ place: fc.nat(19), timeNs: fc.nat(8), what: fc.constantFrom('put', 'move', 'remove') });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const clocks = Array.from({ length: 20 }, () => ({ timeNs: 0 }));
      const queue = new LaneQueue(clocks);
      const queued = new Set<number>();
      for (const { place, timeNs, what } of changes) {
        if (what === 'remove') {
          queue.remove(place);
          queued.delete(place);
        } else {
          clocks[place]!.timeNs = timeNs;
          if (what === 'put') queued.add(place);
          if (what === 'put') queue.put(place);
          else queue.moved(place);
        }
        expect(queue.first).toBe([...queued].sort((a, b) => clocks[a]!.timeNs - clocks[b]!.timeNs || a - b)[0]);
      }
    }),
    { seed: 13 },
  );
});

test('1,000 replicas with a processor each', async () => {
  const engine = await engineMake(shipped[0]!, { regions: 256, slots: 0, maxVms: 1, maxReplicas: REPLICAS });
  const vm = engine.createVm({ memory: 256 * REGION, addressSpace: 4 * PAGE, replicas: REPLICAS });
  const store = ({ replica: { memory } }: { replica: typeof vm.replica }): void => memory.store32(0, memory.load32(0) + 1);
  const lockstep = vm.lockstep({ program: (guest) => new ListProgram(guest, steps(20, store), [10]) });
  expect((await lockstep.run()).end).toBe('finished');
  expect(vm.replicas.every(({ memory }) => memory.load32(0) === 20)).toBe(true);
});
