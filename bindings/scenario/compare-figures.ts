import { MEDIAN, quantile } from './quantile.ts';
import type { RunResult, VmResult } from './result.ts';
import type { Scenario } from './types.ts';

/** What somebody who chooses a policy needs to see of a run. null: it has no such figure, as a grant that never came. */
export interface CompareFigures {
  /** Time from the moment when a change is due to its grant: the median and the longest of all changes. */
  readonly grantMedianNs: number | null;
  readonly grantWorstNs: number | null;
  /** How long accesses of a VM that memory came to waited, where they did; of several such VMs, the one that waited longest. */
  readonly stallMedianNs: number | null;
  readonly stallP99Ns: number | null;
  readonly stallWorstNs: number | null;
  /** How long the first touch of a region that came took. */
  readonly firstTouchMedianNs: number | null;
  readonly firstTouchWorstNs: number | null;
  /** Regions whose user had to leave: when their manager first touched them or, with `managerPreferred`, when it gave them up. */
  readonly takeOvers: number;
  /** Of all VMs. */
  readonly pageOuts: number;
  readonly pageIns: number;
  /** Run time of a VM that gave memory away, against the run without changes; of several, the largest. */
  readonly giverSlowdown: number | null;
  /** Memory that some VM may use, mean over time. */
  readonly usefulBytes: number;
  readonly finishNs: number;
}

export type CompareFigureName = keyof CompareFigures;

/** Which way a figure is better; in the order in which they are shown. */
export const FIGURE_SIGNS: Readonly<Record<CompareFigureName, 'less' | 'more'>> = {
  grantMedianNs: 'less',
  grantWorstNs: 'less',
  stallMedianNs: 'less',
  stallP99Ns: 'less',
  stallWorstNs: 'less',
  firstTouchMedianNs: 'less',
  firstTouchWorstNs: 'less',
  takeOvers: 'less',
  pageOuts: 'less',
  pageIns: 'less',
  giverSlowdown: 'less',
  usefulBytes: 'more',
  finishNs: 'less',
};

/** VMs that some change takes memory from, and VMs that some change brings memory to. */
export interface Parties {
  readonly givers: readonly string[];
  readonly receivers: readonly string[];
}

export function partiesOf({ changes, vms }: Scenario): Parties {
  const moves = changes.flatMap((change) => change.moves);
  const names = vms.map(({ name }) => name);
  const gives = (vm: string): boolean =>
    moves.some((move) => move.vm === vm && (move.kind === 'give' || (move.kind === 'amount' && move.bytes < 0)));
  const takes = (vm: string): boolean =>
    moves.some((move) => move.vm === vm && (move.kind === 'take' || move.kind === 'real' || (move.kind === 'amount' && move.bytes > 0)));
  // whom a range of real memory comes from depends on the table then: on everybody who does not get it
  const isAbsolute = moves.some((move) => move.kind === 'real');
  return { givers: names.filter((name) => gives(name) || (isAbsolute && !takes(name))), receivers: names.filter(takes) };
}

/** `reference`: the same scenario without any change. */
export function compareFigures(run: RunResult, reference: RunResult, parties: Parties): CompareFigures {
  const among = (names: readonly string[]): readonly VmResult[] => run.vms.filter(({ name }) => names.includes(name));
  const receivers = among(parties.receivers);
  const touched = receivers.filter((vm) => vm.firstTouches.count > 0);
  const finishAlone = new Map(reference.vms.map((vm) => [vm.name, vm.virtualNs]));
  const grants = run.reconfigurations.map(({ heldVirtualNs, grantVirtualNs }) => heldVirtualNs + (grantVirtualNs ?? Infinity));
  const sum = (figure: (vm: VmResult) => number): number => run.vms.reduce((total, vm) => total + figure(vm), 0);
  return {
    grantMedianNs: grants.length === 0 ? null : finite(quantile(grants, MEDIAN)),
    grantWorstNs: grants.length === 0 ? null : finite(quantile(grants, 1)),
    stallMedianNs: largest(receivers.map((vm) => vm.stalls.medianNs)),
    stallP99Ns: largest(receivers.map((vm) => vm.stalls.p99Ns)),
    stallWorstNs: largest(receivers.map((vm) => vm.stalls.worstNs)),
    firstTouchMedianNs: largest(touched.map((vm) => vm.firstTouches.medianNs)),
    firstTouchWorstNs: largest(touched.map((vm) => vm.firstTouches.worstNs)),
    takeOvers: sum((vm) => vm.takeOvers),
    pageOuts: sum((vm) => vm.pageOuts),
    pageIns: sum((vm) => vm.pageIns),
    giverSlowdown: largest(among(parties.givers).map((vm) => vm.virtualNs / Math.max(1, finishAlone.get(vm.name)!))),
    usefulBytes: run.usefulBytes.mean,
    finishNs: run.virtualNs,
  };
}

function finite(ns: number): number | null {
  return Number.isFinite(ns) ? ns : null;
}

function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

/** For each row the figures in which none of the others is better; none where all are the same. */
export function bestFigures(rows: readonly (CompareFigures | null)[]): readonly (readonly CompareFigureName[])[] {
  const names = Object.keys(FIGURE_SIGNS) as CompareFigureName[];
  const best = new Map(names.map((name) => [name, bestOf(name, rows)]));
  return rows.map((row) => names.filter((name) => row !== null && row[name] !== null && row[name] === best.get(name)));
}

function bestOf(name: CompareFigureName, rows: readonly (CompareFigures | null)[]): number | null {
  const values = rows.flatMap((row) => row?.[name] ?? []);
  const isSame = values.length === rows.length && new Set(values).size === 1;
  if (values.length === 0 || isSame) return null;
  return FIGURE_SIGNS[name] === 'less' ? Math.min(...values) : Math.max(...values);
}
