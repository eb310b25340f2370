import Table from 'cli-table3';
import type { CompareEntry, CompareResult } from '../scenario/compare.ts';
import type { CompareFigureName } from '../scenario/compare-figures.ts';
import { bytesShown, countShown, timeShown } from '../scenario/shown.ts';
import { NEVER } from './figures.ts';

/** A column of the comparison: what stands above it, and how its figure reads. */
export interface CompareColumn {
  readonly figure: CompareFigureName;
  readonly title: readonly [string, string];
  /** For the page: what it means. */
  readonly meaning: string;
  shown(value: number): string;
}

const factor = (value: number): string => `${value.toFixed(3)} x`;

const SPEED: readonly CompareColumn[] = [
  column('grantMedianNs', ['grant', 'median'], 'from a request until all its management rights have moved', timeShown),
  column('grantWorstNs', ['grant', 'longest'], 'the longest of them', timeShown),
  column('firstTouchMedianNs', ['first touch', 'median'], 'how long the first touch of a region that came waited', timeShown),
  column('firstTouchWorstNs', ['first touch', 'worst'], 'the longest of them', timeShown),
];

const STALLS: readonly CompareColumn[] = [
  column('stallMedianNs', ["receiver's", 'stall, median'], 'how long its accesses waited, where they waited', timeShown),
  column('stallP99Ns', ["receiver's", 'stall, 99 %'], '99 % of them waited no longer', timeShown),
  column('stallWorstNs', ["receiver's", 'stall, worst'], 'the longest of them', timeShown),
  column(
    'takeOvers',
    ['regions', 'taken over'],
    "regions whose user had to leave: at the manager's first touch or, with managerPreferred, at the reduction",
    countShown,
  ),
];

const COST: readonly CompareColumn[] = [
  column('pageOuts', ['page-outs', 'in all'], 'of all VMs', countShown),
  column('giverSlowdown', ["giver's", 'slow-down'], 'its run time against a run without changes', factor),
  column('usefulBytes', ['useful', 'memory'], 'memory that some VM may use, mean over time', bytesShown),
  column('finishNs', ['all', 'finished'], 'virtual time of the whole run', timeShown),
];

/** What stands together in one table: each fits on a terminal of 80 characters. */
const GROUPS: readonly { readonly title: string; readonly columns: readonly CompareColumn[] }[] = [
  { title: 'Speed', columns: SPEED },
  { title: 'Stalls', columns: STALLS },
  { title: 'Cost', columns: COST },
];

export const COMPARE_COLUMNS: readonly CompareColumn[] = GROUPS.flatMap(({ columns }) => columns);

function column(
  figure: CompareFigureName,
  title: readonly [string, string],
  meaning: string,
  shown: (value: number) => string,
): CompareColumn {
  return { figure, title, meaning, shown };
}

const NONE = '-';

/** A figure as text; a time that never came is 'never', a figure that does not exist is a dash. */
export function cellShown({ figures }: CompareEntry, { figure, shown }: CompareColumn): string {
  if (figures === null) return NONE;
  const value = figures[figure];
  if (value !== null) return shown(value);
  return figure.startsWith('grant') ? NEVER : NONE;
}

/**
 * Which entries stand out in a column, as it is shown: figures that read the same are equally good. None does where all read the same, or all but one
 * of three or more.
 */
export function bestShown({ entries }: CompareResult, column: CompareColumn): readonly boolean[] {
  const texts = entries.map((entry) => cellShown(entry, column));
  const best = new Set(texts.filter((_, index) => entries[index]!.best.includes(column.figure)));
  const isBest = texts.map((text) => best.has(text));
  const others = isBest.filter((is) => !is).length;
  return others === 0 || (others === 1 && texts.length > 2) ? isBest.map(() => false) : isBest;
}

const BEST = '*';

/** Three tables, each with a row for each strategy and a star at what stands out. */
export function compareTable(result: CompareResult): string {
  return GROUPS.map(({ title, columns }) => groupTable(result, title, columns)).join('\n\n');
}

function groupTable(result: CompareResult, title: string, columns: readonly CompareColumn[]): string {
  const table = new Table({
    head: [title, ...columns.map((column) => column.title.join('\n'))],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...columns.map(() => 'right' as const)],
  });
  const starred = columns.map((column) => bestShown(result, column));
  result.entries.forEach((entry, row) => {
    const cells = columns.map((column, index) => `${cellShown(entry, column)}${starred[index]![row]! ? BEST : ' '}`);
    table.push([entry.strategy, ...cells]);
  });
  return table.toString();
}
