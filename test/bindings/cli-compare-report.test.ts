// Page-outs in the report of a comparison: against one strategy, at the same share of the work.
import { expect, test } from 'vitest';
import { pageOutLines, pageOutsByWork } from '../../bindings/cli/report/compare-page-outs.ts';
import type { VmSamples } from '../../bindings/scenario/timeline.ts';

function samples(timesNs: number[], positions: number[], pageOuts: number[]): VmSamples {
  return { timesNs, positions, pageOuts, pageIns: timesNs.map(() => 0), residentPages: timesNs.map(() => 0) };
}

const run = (strategies: readonly string[], pageOuts: readonly number[]) => ({
  strategies,
  label: strategies.join(' = '),
  colour: 1,
  dash: 0,
  pageOuts,
});

test('by work and not by time: a run that takes twice as long for the same has the same line', () => {
  const once = pageOutsByWork([samples([0, 10, 20], [0, 50, 100], [0, 8, 10])]);
  const slow = pageOutsByWork([samples([0, 20, 40], [0, 50, 100], [0, 8, 10])]);
  expect(slow).toEqual(once);
  expect([once[0], once[100], once[200], once.at(-1)]).toEqual([0, 4, 8, 10]);
});

test('of several VMs the sum; one that has finished stays at its last count', () => {
  const both = pageOutsByWork([samples([0, 10], [0, 100], [0, 6]), samples([0, 20], [0, 100], [0, 20])]);
  expect([both[0], both[300], both.at(-1)]).toEqual([0, 16, 26]); // after 10 ns: 150 of 200 accesses, 6 + 10 page-outs
});

test('no samples, or VMs without an access: no page-outs', () => {
  expect(new Set(pageOutsByWork([samples([], [], [])]))).toEqual(new Set([0]));
  expect(new Set(pageOutsByWork([samples([0], [0], [0])]))).toEqual(new Set([0]));
});

test('less those of rights, or of the first one; of one run there is nothing to tell', () => {
  const lines = pageOutLines([run(['eager'], [0, 7]), run(['moveFirst', 'rights'], [0, 5])])!;
  expect(lines.against).toBe('moveFirst = rights');
  expect(lines.lines.map(({ label, values }) => [label, values])).toEqual([
    ['eager', [0, 2]],
    ['moveFirst = rights', [0, 0]],
  ]);
  expect(pageOutLines([run(['a'], [3]), run(['b'], [1])])).toMatchObject({ against: 'a', lines: [{ values: [0] }, { values: [-2] }] });
  expect([pageOutLines([run(['rights'], [1])]), pageOutLines([])]).toEqual([null, null]);
});
