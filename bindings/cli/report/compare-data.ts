import type { CompareResult } from '../../scenario/compare.ts';
import type { HolderSample, Timeline } from '../../scenario/timeline.ts';
import { compareSummary } from '../compare-summary.ts';
import { bestShown, cellShown, COMPARE_COLUMNS } from '../compare-table.ts';
import { grouped } from '../grouped.ts';
import { type PageOutLines, pageOutLines, pageOutsByWork } from './compare-page-outs.ts';
import { gridOf } from './grid.ts';
import type { PageData } from './page-tools.ts';

// What the page of a comparison is given: plain data, as it stands in the page's JSON.

export interface CompareCell {
  readonly text: string;
  readonly isBest: boolean;
}

/** A layer of a picture of memory: bytes at each time of the grid. */
export interface MemoryLayer {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface StallLine {
  /** The strategies whose line it is. */
  readonly label: string;
  /** Which of the lines it is: its colour, the same in all charts. */
  readonly entry: number;
  /** Accesses that waited at least so long. */
  readonly ns: readonly number[];
  readonly counts: readonly number[];
}

export interface CompareData extends PageData {
  readonly title: string;
  readonly summary: readonly string[];
  readonly facts: readonly string[];
  readonly columns: readonly { readonly title: string; readonly meaning: string }[];
  readonly rows: readonly { readonly strategy: string; readonly policies: string; readonly cells: readonly CompareCell[] }[];
  readonly memoryBytes: number;
  readonly memory: readonly { readonly strategy: string; readonly layers: readonly MemoryLayer[] }[];
  readonly stalls: readonly StallLine[];
  /** null: no two strategies differ. */
  readonly pageOuts: PageOutLines | null;
}

const COLOURS = 8;
const EQUALS = ' = ';

/** Brings what was sampled under each strategy onto one grid of times. Strategies that failed have a row and no lines. */
export function compareData(result: CompareResult, timelines: readonly (Timeline | null)[], facts: readonly string[]): CompareData {
  const endNs = Math.max(1, ...result.entries.map(({ run }) => run?.virtualNs ?? 0));
  const gridNs = gridOf(endNs);
  const vms = result.reference.vms.map(({ name }) => name);
  const drawn = result.entries.flatMap(({ strategy, run }, entry) => {
    const timeline = timelines[entry];
    return run === null || timeline === null || timeline === undefined ? [] : [{ strategy, timeline, endNs: run.virtualNs }];
  });
  const lines = drawn.map(({ strategy, timeline }) => ({
    strategy,
    stalls: timeline.stalls,
    pageOuts: pageOutsByWork(timeline.vms),
  }));
  // lines that lie on one another would hide each other
  const distinct = grouped(lines, ({ stalls, pageOuts }) => JSON.stringify([stalls, pageOuts])).map((group, entry) => {
    const strategies = group.map(({ strategy }) => strategy);
    return { ...group[0], entry, strategies, label: strategies.join(EQUALS) };
  });
  const memory = drawn.map(({ strategy, timeline, endNs: end }) => ({
    strategy,
    layers: memoryLayers(timeline.holders, vms, result, gridNs, end),
  }));
  const starred = COMPARE_COLUMNS.map((column) => bestShown(result, column));
  return {
    title: result.title ?? 'Strategies side by side',
    summary: compareSummary(result),
    facts,
    vms,
    endNs,
    gridNs,
    columns: COMPARE_COLUMNS.map(({ title, meaning }) => ({ title: title.join(' '), meaning })),
    rows: result.entries.map((entry, row) => ({
      strategy: entry.strategy,
      policies: policiesShown(entry.policies),
      cells: COMPARE_COLUMNS.map((column, index) => ({ text: cellShown(entry, column), isBest: starred[index]![row]! })),
    })),
    memoryBytes: result.memoryBytes,
    memory: grouped(memory, ({ layers }) => JSON.stringify(layers)).map((group) => ({
      strategy: group.map(({ strategy }) => strategy).join(EQUALS),
      layers: group[0].layers,
    })),
    stalls: distinct.flatMap(({ label, entry, stalls }) =>
      stalls.length === 0 ? [] : [{ label, entry, ns: stalls.map(({ ns }) => ns), counts: stalls.map(({ count }) => count) }],
    ),
    pageOuts: pageOutLines(distinct.map((line) => ({ ...line, colour: line.entry % COLOURS, dash: Math.floor(line.entry / COLOURS) }))),
  };
}

function policiesShown(policies: CompareResult['entries'][number]['policies']): string {
  const said = Object.entries(policies).filter(([, value]) => value !== undefined && value !== null);
  return said.map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ');
}

/** From the bottom up: what each VM uses, what it manages and nobody has touched yet, and what nobody may use. */
function memoryLayers(
  holders: readonly HolderSample[],
  vms: readonly string[],
  { memoryBytes, regionBytes }: CompareResult,
  gridNs: readonly number[],
  endNs: number,
): readonly MemoryLayer[] {
  const at = stepsOnGrid(holders, gridNs);
  const layer = (label: string, colour: string, regions: (sample: HolderSample) => number): MemoryLayer => ({
    label,
    colour,
    values: gridNs.map((timeNs, index) => (timeNs > endNs ? null : regions(at[index]!) * regionBytes)),
  });
  const total = memoryBytes / regionBytes;
  const useful = ({ used, untouched }: HolderSample): number => [...used, ...untouched].reduce((sum, count) => sum + count, 0);
  return [
    ...vms.map((name, vm) => layer(`used by ${name}`, `vm${vm % COLOURS}`, (sample) => sample.used[vm]!)),
    layer('granted, not touched yet', 'untouched', ({ untouched }) => untouched.reduce((sum, count) => sum + count, 0)),
    layer('idle', 'nobody', (sample) => total - useful(sample)),
  ];
}

/** The sample that holds at each time of the grid. */
function stepsOnGrid(samples: readonly HolderSample[], gridNs: readonly number[]): readonly HolderSample[] {
  let place = 0;
  return gridNs.map((timeNs) => {
    while (place + 1 < samples.length && samples[place + 1]!.timeNs <= timeNs) place += 1;
    return samples[place]!;
  });
}
