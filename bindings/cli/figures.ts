import { MEDIAN, quantile } from '../scenario/quantile.ts';
import type { ReconfigurationResult, RunResult, ScenarioResult, VmResult } from '../scenario/result.ts';
import { bytesShown, countShown, timeShown } from '../scenario/shown.ts';
import { type FigureRow, listed } from './words.ts';
import { replicaRows, replicaSentences } from './replica-figures.ts';

export const NEVER = 'never';
const NS_PER_MS = 1e6;
/** More changes than this are told together. */
const CHANGES_SINGLE_MAX = 4;

/** The rows that the table in the terminal and the one in the report show. */
export function figureRows(result: ScenarioResult): readonly FigureRow[] {
  const { runs } = result;
  const first = runs[0]!;
  const rows: FigureRow[] = [...(first.reconfigurations.length > CHANGES_SINGLE_MAX ? changesTogether(runs) : changesSingly(runs))];
  first.vms.forEach((vm, index) => {
    rows.push({ label: `VM ${vm.name}`, cells: [] });
    const vms = runs.map((run) => run.vms[index]!);
    rows.push(...vmRows(vms), ...replicaRows(vms));
  });
  rows.push({ label: 'The whole run', cells: [] }, ...runRows(result));
  return rows;
}

function changesSingly(runs: readonly RunResult[]): readonly FigureRow[] {
  const { reconfigurations } = runs[0]!;
  return reconfigurations.flatMap((_, index) => [
    { label: reconfigurations.length === 1 ? 'The change' : `Change ${index + 1}`, cells: [] },
    ...changeRows(runs.map((run) => run.reconfigurations[index]!)),
  ]);
}

function changeRows(changes: readonly ReconfigurationResult[]): readonly FigureRow[] {
  return [
    row('regions moved', changes, (change) => countShown(change.regions)),
    row('time to grant', changes, (change) => timeOrNever(change.grantVirtualNs)),
    row('time until settled', changes, (change) => timeOrNever(change.settledVirtualNs)),
    row('page-outs before the grant', changes, (change) => countShown(change.pageOutsBeforeGrant)),
    row('page-outs after the grant', changes, (change) => countShown(change.pageOutsAfterGrant)),
  ];
}

function changesTogether(runs: readonly RunResult[]): readonly FigureRow[] {
  const sum = (figure: 'regions' | 'pageOutsBeforeGrant' | 'pageOutsAfterGrant') => (run: RunResult) =>
    countShown(run.reconfigurations.reduce((total, change) => total + change[figure], 0));
  const settled = (run: RunResult): string => countShown(run.reconfigurations.filter((change) => change.settledVirtualNs !== null).length);
  return [
    { label: `${countShown(runs[0]!.reconfigurations.length)} changes`, cells: [] },
    row('regions moved', runs, sum('regions')),
    row('time to grant, median', runs, (run) => timeOrNever(grantNs(run, MEDIAN))),
    row('time to grant, longest', runs, (run) => timeOrNever(grantNs(run, 1))),
    row('changes that settled', runs, settled),
    row('page-outs before the grants', runs, sum('pageOutsBeforeGrant')),
    row('page-outs after the grants', runs, sum('pageOutsAfterGrant')),
  ];
}

/** The time to grant that so large a share of the changes did not exceed; null: not all of that share was ever granted. */
export function grantNs(run: RunResult, share: number): number | null {
  const ns = quantile(
    run.reconfigurations.map(({ heldVirtualNs, grantVirtualNs }) => heldVirtualNs + (grantVirtualNs ?? Infinity)),
    share,
  );
  return Number.isFinite(ns) ? ns : null;
}

export function timeOrNever(ns: number | null): string {
  return ns === null ? NEVER : timeShown(ns);
}

function vmRows(vms: readonly VmResult[]): readonly FigureRow[] {
  const rows = [
    row('run time (virtual)', vms, (vm) => timeShown(vm.virtualNs)),
    row('accesses that waited', vms, (vm) => countShown(vm.stalls.count)),
    row('their waits, median', vms, (vm) => timeShown(vm.stalls.medianNs)),
    row('their waits, 99 %', vms, (vm) => timeShown(vm.stalls.p99Ns)),
    row('slowest 1 % of accesses, mean', vms, (vm) => timeShown(vm.slowest1PercentNs)),
    row('slowest access', vms, (vm) => timeShown(vm.slowestNs)),
    row('accesses', vms, (vm) => countShown(vm.accesses)),
    row('faults', vms, (vm) => countShown(vm.faults)),
    row('page-ins', vms, (vm) => countShown(vm.pageIns)),
    row('page-outs', vms, (vm) => countShown(vm.pageOuts)),
  ];
  const some = (label: string, figure: (vm: VmResult) => number, shown: (value: number) => string): void => {
    if (vms.some((vm) => figure(vm) > 0)) rows.push(row(label, vms, (vm) => shown(figure(vm))));
  };
  some('first touches of regions that came', (vm) => vm.firstTouches.count, countShown);
  some('first touches that waited', (vm) => vm.firstTouches.waited, countShown);
  some('first touches, longest wait', (vm) => vm.firstTouches.worstNs, timeShown);
  some('regions released early', (vm) => vm.earlyReleases, countShown);
  some('pages moved', (vm) => vm.pagesMoved, countShown);
  return rows;
}

function runRows(result: ScenarioResult): readonly FigureRow[] {
  const { runs, contentsEqual } = result;
  const rows = [
    row('run time (virtual)', runs, (run) => timeShown(run.virtualNs)),
    row('useful memory, mean', runs, (run) => bytesShown(run.usefulBytes.mean)),
    row('wall time', runs, (run) => timeShown(run.wallMs * NS_PER_MS)),
  ];
  if (contentsEqual !== null) rows.push(row('contents at the end', runs, () => (contentsEqual ? 'equal' : 'DIFFERENT')));
  return rows;
}

function row<Item>(label: string, items: readonly Item[], cell: (item: Item) => string): FigureRow {
  return { label, cells: items.map(cell) };
}

/** A few sentences on what the run has shown, for somebody who has read nothing else. */
export function summary(result: ScenarioResult): string {
  const { runs } = result;
  const { reconfigurations } = runs[0]!;
  const sentences: string[] = [];
  if (reconfigurations.length > CHANGES_SINGLE_MAX) {
    const grants = runs.map((run) => `${timeOrNever(grantNs(run, 1))} under ${run.strategy}`);
    sentences.push(`${countShown(reconfigurations.length)} changes of memory, granted after at most ${listed(grants)}.`);
  } else {
    reconfigurations.forEach((change, index) => {
      const what = movesShown(change, result.regionBytes);
      const grants = runs.map((run) => `${timeOrNever(run.reconfigurations[index]!.grantVirtualNs)} under ${run.strategy}`);
      const outs = runs.map((run) => `${countShown(run.reconfigurations[index]!.pageOutsBeforeGrant)} under ${run.strategy}`);
      sentences.push(`${what}: granted after ${listed(grants)}; pages written before the grant: ${listed(outs)}.`);
    });
  }
  sentences.push(...runs[0]!.vms.flatMap((vm) => replicaSentences(vm)));
  sentences.push(
    `The whole run took ${listed(runs.map((run: RunResult) => `${timeShown(run.virtualNs)} of virtual time under ${run.strategy}`))}.`,
  );
  if (result.contentsEqual !== null) sentences.push(contentsShown(result.contentsEqual));
  return sentences.join(' ');
}

export function contentsShown(contentsEqual: boolean): string {
  return contentsEqual
    ? 'Every VM ended with the same contents under each strategy.'
    : 'The contents DIFFER between the strategies: this is a bug.';
}

function movesShown(change: ReconfigurationResult, regionBytes: number): string {
  const names = (sign: number): readonly string[] => [
    ...new Set(change.changes.filter((part) => Math.sign(part.bytes) === sign).map((part) => part.vm)),
  ];
  const [givers, takers] = [names(-1), names(1)];
  const from = givers.length === 0 ? '' : ` from ${listed(givers)}`;
  const to = takers.length === 0 ? '' : ` to ${listed(takers)}`;
  return `${bytesShown(change.regions * regionBytes)} of memory went${from}${to}`;
}
