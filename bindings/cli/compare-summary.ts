import type { CompareEntry, CompareResult } from '../scenario/compare.ts';
import type { CompareFigures } from '../scenario/compare-figures.ts';
import type { Policies } from '../scenario/policies.ts';
import { countShown, timeShown } from '../scenario/shown.ts';
import { contentsShown, timeOrNever } from './figures.ts';
import { grouped } from './grouped.ts';
import { listed } from './words.ts';

/** An entry that came to its end. */
type Done = CompareEntry & { readonly figures: CompareFigures };

/** A few sentences for somebody who has read nothing else. */
export function compareSummary(result: CompareResult): readonly string[] {
  const { entries, contentsEqual } = result;
  const done = entries.filter((entry): entry is Done => entry.figures !== null);
  const sentences: string[] = [];
  if (done.length > 0) sentences.push(changesShown(result));
  if (done.length > 1) sentences.push(timesShown(done), ...grantsShown(done), ...equalShown(done));
  if (done.length > 0) sentences.push(contentsShown(contentsEqual));
  for (const { strategy, failure } of entries) if (failure !== null) sentences.push(`The run under ${strategy} failed: ${failure.message}`);
  return sentences;
}

function changesShown({ changes: count, givers, receivers, reference }: CompareResult): string {
  const time = timeShown(reference.virtualNs);
  if (count === 0) return `No memory changes hands; the run takes ${time}.`;
  const isOne = count === 1;
  const isBetween = givers.length > 1 && givers.join() === receivers.join();
  const what = isBetween
    ? `move${isOne ? 's' : ''} memory between ${names(givers)}`
    : `take${isOne ? 's' : ''} memory from ${names(givers)} and bring${isOne ? 's' : ''} it to ${names(receivers)}`;
  return `${countShown(count)} ${isOne ? 'change' : 'changes'} ${what}. Without ${isOne ? 'it' : 'them'} the run takes ${time}.`;
}

function timesShown(entries: readonly Done[]): string {
  const fastest = entries.reduce((best, entry) => (entry.figures.finishNs < best.figures.finishNs ? entry : best));
  const slowest = entries.reduce((worst, entry) => (entry.figures.finishNs > worst.figures.finishNs ? entry : worst));
  const [least, most] = [timeShown(fastest.figures.finishNs), timeShown(slowest.figures.finishNs)];
  if (least === most) return `It takes ${least} under each strategy.`;
  return `It takes ${least} under ${fastest.strategy}, and ${most} under ${slowest.strategy}.`;
}

function grantsShown(entries: readonly Done[]): readonly string[] {
  const isAtOnce = ({ figures }: Done): boolean => figures.grantWorstNs === 0;
  const atOnce = entries.filter(isAtOnce).map(({ strategy }) => strategy);
  const later = entries.filter((entry) => !isAtOnce(entry) && entry.run!.reconfigurations.length > 0);
  const sentences: string[] = [];
  if (atOnce.length > 0) sentences.push(`Memory is granted at once under ${listed(atOnce)}.`);
  if (later.length > 0)
    sentences.push(
      `The longest wait for a grant is ${listed(later.map(({ strategy, figures }) => `${timeOrNever(figures.grantWorstNs)} under ${strategy}`))}.`,
    );
  return sentences;
}

/** Where a policy makes a difference at all. */
const DIFFERENCES: readonly { readonly where: string; isOf(policies: Policies): boolean }[] = [
  {
    where: 'where a VM gives up memory that it does not use itself',
    isOf: ({ useRight }) => useRight === 'managerPreferred',
  },
  {
    where: 'where the VM that gives memory up has room elsewhere for the pages in it',
    isOf: ({ release, declaration }) => release === 'moveFirst' || (declaration?.access ?? 'unchanged') !== 'unchanged',
  },
  {
    where: 'where borrowed memory meets the condition before its manager comes',
    isOf: ({ earlyRelease }) => (earlyRelease ?? null) !== null,
  },
];

/** Strategies that did the same are told, and where they would not, so that equal rows do not look like a mistake. */
function equalShown(entries: readonly Done[]): readonly string[] {
  return grouped(entries, ({ figures }) => JSON.stringify(figures)).flatMap(([first, ...rest]) => {
    if (rest.length === 0) return [];
    const same = `${strategiesOf(rest)} did the same as ${first.strategy} here`;
    const differences = DIFFERENCES.flatMap(({ where, isOf }) => {
      const found = isOf(first.policies) ? [] : rest.filter(({ policies }) => isOf(policies));
      const who = found.length < rest.length ? strategiesOf(found) : found.length === 1 ? 'it' : 'they';
      return found.length === 0 ? [] : [`${who} ${found.length === 1 ? 'differs' : 'differ'} ${where}`];
    });
    return [`${[same, ...(differences.length === 0 ? [] : [differences.join('; ')])].join(': ')}.`];
  });
}

function strategiesOf(entries: readonly Done[]): string {
  return listed(entries.map(({ strategy }) => strategy));
}

function names(vms: readonly string[]): string {
  return vms.length === 0 ? 'nobody' : listed(vms);
}
