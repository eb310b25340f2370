import type { ScenarioResult, VmResult } from '../../scenario/result.ts';
import type { Timeline, VmSamples } from '../../scenario/timeline.ts';
import { figureRows, summary } from '../figures.ts';
import type { FigureRow } from '../words.ts';
import { gridOf, onGrid, type ReportLine } from './grid.ts';
import type { PageData } from './page-tools.ts';
import { reportReplicas, type ReportReplicas } from './replica-data.ts';

// What the page of a report is given: plain data, as it stands in the page's JSON.

export interface ReportRun {
  readonly strategy: string;
  readonly virtualNs: number;
  readonly regions: number;
  readonly rights: Timeline['rights'];
  readonly rightsChangesLost: number;
  readonly marks: Timeline['marks'];
}

export interface TimeSpan {
  readonly fromNs: number;
  readonly toNs: number;
}

export interface ReportData extends PageData {
  readonly title: string;
  readonly summary: string;
  readonly facts: readonly string[];
  readonly strategies: readonly string[];
  readonly rows: readonly FigureRow[];
  readonly runs: readonly ReportRun[];
  /** From the first request to the last settling under any strategy, with a margin; null where that is most of the run. */
  readonly changeSpan: TimeSpan | null;
  /** Share of each VM's records done, in percent. */
  readonly progress: readonly ReportLine[];
  readonly pageOuts: readonly ReportLine[];
  readonly pageIns: readonly ReportLine[];
  /** Resident bytes. */
  readonly resident: readonly ReportLine[];
  readonly replicas: readonly ReportReplicas[];
}

const CHANGE_MARGIN = 0.15;
const CHANGE_SHARE_MAX = 0.5;

/** Brings the samples of all runs onto one grid of times, so that the page can lay them over each other. */
export function reportData(result: ScenarioResult, timelines: readonly Timeline[], facts: readonly string[]): ReportData {
  const endNs = Math.max(1, ...result.runs.map((run) => run.virtualNs));
  const gridNs = gridOf(endNs);
  const lines = (value: (samples: VmSamples, index: number, run: number, vm: number) => number): ReportLine[] =>
    result.runs.flatMap((run, runIndex) =>
      run.vms.map((vm, vmIndex) => {
        const samples = timelines[runIndex]!.vms[vmIndex]!;
        const column = samples.timesNs.map((_, index) => value(samples, index, runIndex, vmIndex));
        return { label: `${vm.name}, ${run.strategy}`, vm: vmIndex, run: runIndex, values: onGrid(gridNs, samples.timesNs, column) };
      }),
    );
  return {
    title: result.title ?? 'Memory moved between VMs',
    summary: summary(result),
    facts,
    vms: result.runs[0]!.vms.map((vm) => vm.name),
    strategies: result.runs.map((run) => run.strategy),
    rows: figureRows(result),
    runs: result.runs.map((run, index) => reportRun(run.strategy, run.virtualNs, timelines[index]!)),
    endNs,
    changeSpan: changeSpan(timelines, endNs),
    gridNs,
    progress: lines((samples, index, run, vm) => (100 * samples.positions[index]!) / Math.max(1, recordsOf(result.runs[run]!.vms[vm]!))),
    pageOuts: lines((samples, index) => samples.pageOuts[index]!),
    pageIns: lines((samples, index) => samples.pageIns[index]!),
    resident: lines((samples, index) => samples.residentPages[index]! * result.pageBytes),
    replicas: reportReplicas(result),
  };
}

/** Those of its program, however many replicas carry them out. */
function recordsOf({ accesses, lockstep }: VmResult): number {
  return lockstep?.records ?? accesses;
}

function changeSpan(timelines: readonly Timeline[], endNs: number): TimeSpan | null {
  const timesNs = timelines.flatMap((timeline) => timeline.marks.map((mark) => mark.timeNs));
  const [firstNs, lastNs] = [Math.min(...timesNs), Math.max(...timesNs)];
  const margin = (lastNs - firstNs) * CHANGE_MARGIN;
  if (!(margin > 0) || lastNs - firstNs > endNs * CHANGE_SHARE_MAX) return null;
  return { fromNs: Math.max(0, firstNs - margin), toNs: Math.min(endNs, lastNs + margin) };
}

function reportRun(strategy: string, virtualNs: number, timeline: Timeline): ReportRun {
  const { regions, rights, rightsChangesLost, marks } = timeline;
  return { strategy, virtualNs, regions, rights, rightsChangesLost, marks };
}
