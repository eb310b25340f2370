import Table from 'cli-table3';
import type { CompareEntry, CompareResult } from '../scenario/compare.ts';
import type { CompareFigureName } from '../scenario/compare-figures.ts';
import { bytesShown, countShown, timeShown } from '../scenario/shown.ts';
import { contentsShown, listed, NEVER, timeOrNever } from './figures.ts';

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
  column('takeOvers', ['regions', 'taken over'], 'first touches that found another user there', countShown),
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

const BEST = '*';

/** A row for each strategy; the best figure of each column has a star. */
export function compareTable(result: CompareResult): string {
  const table = new Table({
    head: ['', ...COMPARE_COLUMNS.map(({ title }) => title.join('\n'))],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...COMPARE_COLUMNS.map(() => 'right' as const)],
  });
  for (const entry of result.entries) {
    const cells = COMPARE_COLUMNS.map((item) => `${cellShown(entry, item)}${entry.best.includes(item.figure) ? BEST : ' '}`);
    table.push([entry.strategy, ...cells]);
  }
  return table.toString();
}

/** A few sentences for somebody who has read nothing else. */
export function compareSummary(result: CompareResult): readonly string[] {
  const { changes: count, entries, givers, receivers, reference } = result;
  const done = entries.filter((entry) => entry.figures !== null);
  const sentences = [
    `${countShown(count)} ${count === 1 ? 'change takes' : 'changes take'} memory from ${names(givers)} and bring${count === 1 ? 's' : ''} it to ${names(receivers)}. Without them the run takes ${timeShown(reference.virtualNs)}.`,
  ];
  if (done.length > 1) {
    const fastest = done.reduce((best, entry) => (entry.figures!.finishNs < best.figures!.finishNs ? entry : best));
    const slowest = done.reduce((worst, entry) => (entry.figures!.finishNs > worst.figures!.finishNs ? entry : worst));
    sentences.push(
      `It takes ${timeShown(fastest.figures!.finishNs)} under ${fastest.strategy}, and ${timeShown(slowest.figures!.finishNs)} under ${slowest.strategy}.`,
      ...grantsShown(done),
    );
  }
  sentences.push(contentsShown(result.contentsEqual));
  for (const { strategy, failure } of entries) if (failure !== null) sentences.push(`The run under ${strategy} failed: ${failure.message}`);
  return sentences;
}

function grantsShown(entries: readonly CompareEntry[]): readonly string[] {
  const isAtOnce = ({ figures }: CompareEntry): boolean => figures!.grantWorstNs === 0;
  const atOnce = entries.filter(isAtOnce).map(({ strategy }) => strategy);
  const later = entries.filter((entry) => !isAtOnce(entry) && entry.run!.reconfigurations.length > 0);
  const sentences: string[] = [];
  if (atOnce.length > 0) sentences.push(`Memory is granted at once under ${listed(atOnce)}.`);
  if (later.length > 0)
    sentences.push(
      `The longest wait for a grant is ${listed(later.map(({ strategy, figures }) => `${timeOrNever(figures!.grantWorstNs)} under ${strategy}`))}.`,
    );
  return sentences;
}

function names(vms: readonly string[]): string {
  return vms.length === 0 ? 'nobody' : listed(vms);
}
