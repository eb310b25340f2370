import type { ReconfigurationResult, RunResult, ScenarioResult, VmResult } from '../scenario/result.ts';
import { bytesShown, countShown, timeShown } from '../scenario/shown.ts';

/** A row of the comparison: one figure under each strategy. A row without cells is a heading. */
export interface FigureRow {
  readonly label: string;
  readonly cells: readonly string[];
}

const NEVER = 'never';
const NS_PER_MS = 1e6;

/** The rows that the table in the terminal and the one in the report show. */
export function figureRows(result: ScenarioResult): readonly FigureRow[] {
  const { runs } = result;
  const first = runs[0]!;
  const rows: FigureRow[] = [];
  first.reconfigurations.forEach((_, index) => {
    rows.push({ label: first.reconfigurations.length === 1 ? 'The change' : `Change ${index + 1}`, cells: [] });
    rows.push(...changeRows(runs.map((run) => run.reconfigurations[index]!)));
  });
  first.vms.forEach((vm, index) => {
    rows.push({ label: `VM ${vm.name}`, cells: [] });
    rows.push(...vmRows(runs.map((run) => run.vms[index]!)));
  });
  rows.push({ label: 'The whole run', cells: [] }, ...runRows(result));
  return rows;
}

function changeRows(changes: readonly ReconfigurationResult[]): readonly FigureRow[] {
  return [
    row('regions moved', changes, (change) => countShown(change.regions)),
    row('time to grant', changes, (change) => timeShown(change.grantVirtualNs)),
    row('time until settled', changes, (change) => (change.settledVirtualNs === null ? NEVER : timeShown(change.settledVirtualNs))),
    row('page-outs before the grant', changes, (change) => countShown(change.pageOutsBeforeGrant)),
    row('page-outs after the grant', changes, (change) => countShown(change.pageOutsAfterGrant)),
  ];
}

function vmRows(vms: readonly VmResult[]): readonly FigureRow[] {
  return [
    row('run time (virtual)', vms, (vm) => timeShown(vm.virtualNs)),
    row('slowest 1 % of accesses, mean', vms, (vm) => timeShown(vm.slowest1PercentNs)),
    row('slowest access', vms, (vm) => timeShown(vm.slowestNs)),
    row('accesses', vms, (vm) => countShown(vm.accesses)),
    row('faults', vms, (vm) => countShown(vm.faults)),
    row('page-ins', vms, (vm) => countShown(vm.pageIns)),
    row('page-outs', vms, (vm) => countShown(vm.pageOuts)),
  ];
}

function runRows(result: ScenarioResult): readonly FigureRow[] {
  const { runs, contentsEqual } = result;
  const rows = [
    row('run time (virtual)', runs, (run) => timeShown(run.virtualNs)),
    row('wall time', runs, (run) => timeShown(run.wallMs * NS_PER_MS)),
  ];
  if (contentsEqual !== null) rows.push(row('contents at the end', runs, () => (contentsEqual ? 'equal' : 'DIFFERENT')));
  return rows;
}

function row<Item>(label: string, items: readonly Item[], cell: (item: Item) => string): FigureRow {
  return { label, cells: items.map(cell) };
}

/** One or two sentences on what the run has shown, for somebody who has read nothing else. */
export function summary(result: ScenarioResult): string {
  const { runs } = result;
  const sentences: string[] = [];
  runs[0]!.reconfigurations.forEach((change, index) => {
    const what = movesShown(change, result.regionBytes);
    const grants = runs.map((run) => `${timeShown(run.reconfigurations[index]!.grantVirtualNs)} under ${run.strategy}`);
    const outs = runs.map((run) => `${countShown(run.reconfigurations[index]!.pageOutsBeforeGrant)} under ${run.strategy}`);
    sentences.push(`${what}: granted after ${listed(grants)}; pages written before the grant: ${listed(outs)}.`);
  });
  sentences.push(
    `The whole run took ${listed(runs.map((run: RunResult) => `${timeShown(run.virtualNs)} of virtual time under ${run.strategy}`))}.`,
  );
  if (result.contentsEqual !== null) {
    sentences.push(
      result.contentsEqual
        ? 'Every VM ended with the same contents under each strategy.'
        : 'The contents DIFFER between the strategies: this is a bug.',
    );
  }
  return sentences.join(' ');
}

function movesShown(change: ReconfigurationResult, regionBytes: number): string {
  const givers = change.changes.filter((part) => part.bytes < 0).map((part) => part.vm);
  const takers = change.changes.filter((part) => part.bytes > 0).map((part) => part.vm);
  const from = givers.length === 0 ? '' : ` from ${listed(givers)}`;
  const to = takers.length === 0 ? '' : ` to ${listed(takers)}`;
  return `${bytesShown(change.regions * regionBytes)} of memory went${from}${to}`;
}

function listed(items: readonly string[]): string {
  return items.length <= 1 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
}
