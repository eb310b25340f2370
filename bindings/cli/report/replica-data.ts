import type { MemorySamples, ReplicasResult } from '../../scenario/replica-result.ts';
import type { ScenarioResult } from '../../scenario/result.ts';
import { countShown } from '../../scenario/shown.ts';
import { foundShown } from '../replica-figures.ts';
import { gridOf, onGrid, type ReportLine } from './grid.ts';
import type { ChartMark } from './page-charts.ts';

// VMs of several replicas as the page of a report draws them.

export interface ReportReplicas {
  readonly vm: string;
  readonly note: string;
  readonly gridNs: readonly number[];
  /** Bytes in use: of the replicas together under each strategy, and of separate VMs. */
  readonly memory: readonly ReportLine[];
  /** Under which strategy the replicas one by one are drawn; empty where there is one. */
  readonly under: string;
  /** Share of the program's records that each replica has done, in percent. */
  readonly progress: readonly ReportLine[];
  /** Records between the foremost and the last. */
  readonly apart: readonly ReportLine[];
  /** Merges and copies so far. */
  readonly sharing: readonly ReportLine[];
  readonly marks: readonly ChartMark[];
}

/** More of them hide a picture. */
const MARKS_MOST = 12;
/** More replicas than this are not drawn one by one. */
const REPLICAS_MOST = 8;

export function reportReplicas(result: ScenarioResult): readonly ReportReplicas[] {
  return result.runs[0]!.vms.flatMap(({ name, lockstep }, index) => {
    if (lockstep === undefined) return [];
    const runs = result.runs.map((run) => ({ strategy: run.strategy, lockstep: run.vms[index]!.lockstep! }));
    return [replicasOf(name, runs)];
  });
}

interface Run {
  readonly strategy: string;
  readonly lockstep: ReplicasResult;
}

function replicasOf(vm: string, runs: readonly Run[]): ReportReplicas {
  const { separate, samples, records } = runs[0]!.lockstep;
  const endNs = Math.max(1, lastNs(separate.samples), ...runs.map(({ lockstep }) => lastNs(lockstep.samples)));
  const gridNs = gridOf(endNs);
  const line = (label: string, colour: number, run: number, timesNs: readonly number[], values: readonly number[]): ReportLine => ({
    label: run < 0 || runs.length === 1 ? label : `${label}, ${runs[run]!.strategy}`,
    vm: colour,
    run: Math.max(0, run),
    values: onGrid(gridNs, timesNs, values),
  });
  const each = (draw: (lockstep: ReplicasResult, run: number) => readonly ReportLine[]): readonly ReportLine[] =>
    runs.flatMap(({ lockstep }, run) => draw(lockstep, run));
  const eachReplica = (values: (done: readonly number[]) => readonly number[]): readonly ReportLine[] =>
    samples.records.slice(0, REPLICAS_MOST).map((done, replica) => ({
      label: `replica ${replica + 1}`,
      vm: replica,
      run: 0,
      values: onGrid(gridNs, samples.virtualNs, values(done)),
    }));
  return {
    vm,
    note: noteOf(runs),
    under: runs.length > 1 ? `, under ${runs[0]!.strategy}` : '',
    gridNs,
    memory: [
      ...each(({ samples: { virtualNs, bytes } }, run) => [line('together', 0, run, virtualNs, bytes)]),
      line(`${countShown(separate.vms)} separate VMs`, 1, -1, separate.samples.virtualNs, separate.samples.bytes),
    ],
    progress: eachReplica((done) => done.map((count) => (100 * count) / Math.max(1, records))),
    apart: each(({ samples: { virtualNs, apart } }, run) => [line('apart', 4, run, virtualNs, apart)]),
    sharing: each(({ samples: { virtualNs, copies, merges } }, run) => [
      line('copies on write', 3, run, virtualNs, copies),
      line('merges', 2, run, virtualNs, merges),
    ]),
    marks: marksOf(runs[0]!.lockstep),
  };
}

function lastNs({ virtualNs }: MemorySamples): number {
  return virtualNs.at(-1) ?? 0;
}

function noteOf(runs: readonly Run[]): string {
  const [{ strategy, lockstep }] = runs as readonly [Run];
  const hidden = lockstep.samples.records.length - REPLICAS_MOST;
  const where =
    lockstep.faults.length + lockstep.found.length > 0 && runs.length > 1
      ? ` Marks: what struck and what was found under ${strategy}.`
      : '';
  const more = hidden > 0 ? ` ${countShown(hidden)} more replicas are not drawn.` : '';
  return `The line of the separate VMs is measured: the same program in ${countShown(lockstep.separate.vms)} VMs of their own, on the same processors.${where}${more}`;
}

function marksOf({ faults, found }: ReplicasResult): readonly ChartMark[] {
  const struck = faults.flatMap(({ virtualNs, replica }) =>
    virtualNs === null ? [] : [{ timeNs: virtualNs, text: `fault, replica ${replica}`, colour: 'bad' }],
  );
  const seen = found.map((one) => ({ timeNs: one.virtualNs, text: foundShown(one), colour: 'ink' }));
  return [...struck, ...seen].sort((a, b) => a.timeNs - b.timeNs).slice(0, MARKS_MOST);
}
