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

export const COMPARE_COLUMNS: readonly CompareColumn[] = [
  column('grantMedianNs', ['grant', 'median'], 'from a request until all its management rights have moved', timeShown),
  column('grantWorstNs', ['grant', 'longest'], 'the longest of them', timeShown),
  column('stallMedianNs', ["receiver's", 'stall, median'], 'how long its accesses waited, where they waited', timeShown),
  column('stallP99Ns', ["receiver's", 'stall, 99 %'], '99 % of them waited no longer', timeShown),
  column('stallWorstNs', ["receiver's", 'stall, worst'], 'the longest of them', timeShown),
  column('firstTouchMedianNs', ['first touch', 'median'], 'how long the first touch of a region that came waited', timeShown),
  column('firstTouchWorstNs', ['first touch', 'worst'], 'the longest of them', timeShown),
  column(
    'takeOvers',
    ['regions', 'taken over'],
    'regions whose user had to leave: at the first touch of the new manager, or before it is granted (managerPreferred)',
    countShown,
  ),
  column('pageOuts', ['page-outs', 'in all'], 'of all VMs', countShown),
  column('giverSlowdown', ["giver's", 'slow-down'], 'its run time against a run without changes', factor),
  column('usefulBytes', ['useful', 'memory'], 'memory that some VM may use, mean over time', bytesShown),
  column('finishNs', ['all', 'finished'], 'virtual time of the whole run', timeShown),
];

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

/** A row for each strategy, with a star at what stands out. Columns that do not fit into `width` characters follow in further tables below. */
export function compareTable(result: CompareResult, width = Infinity): string {
  const names = ['', ...result.entries.map(({ strategy }) => strategy)];
  const columns = COMPARE_COLUMNS.map((column) => {
    const isBest = bestShown(result, column);
    return [column.title.join('\n'), ...result.entries.map((entry, index) => `${cellShown(entry, column)}${isBest[index]! ? BEST : ' '}`)];
  });
  return partsOf(columns, width - EDGE - widthOf(names))
    .map((part) => tableOf([names, ...part]))
    .join('\n');
}

type Column = readonly string[];

/** The line left of the first column. */
const EDGE = 1;
/** A space on both sides of a text, and the line on its right. */
const AROUND = 3;

function widthOf(column: Column): number {
  return AROUND + Math.max(...column.flatMap((text) => text.split('\n')).map(({ length }) => length));
}

/** As many columns at a time as fit into `room`, at least one. */
function partsOf(columns: readonly Column[], room: number): readonly (readonly Column[])[] {
  const parts: Column[][] = [];
  let left = 0;
  for (const column of columns) {
    const wide = widthOf(column);
    if (parts.length === 0 || wide > left) {
      parts.push([]);
      left = room;
    }
    parts[parts.length - 1]!.push(column);
    left -= wide;
  }
  return parts;
}

function tableOf(columns: readonly Column[]): string {
  const [head = [], ...rows] = columns[0]!.map((_, row) => columns.map((column) => column[row]!));
  const colAligns = columns.map((_, index) => (index === 0 ? ('left' as const) : ('right' as const)));
  const table = new Table({ head, style: { head: [], border: [], compact: true }, colAligns });
  table.push(...rows);
  return table.toString();
}
