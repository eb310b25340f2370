import type { VmSamples } from '../../scenario/timeline.ts';
import { onGrid, type ReportLine } from './grid.ts';

/** Page-outs of each strategy less those of one of them, at the same share of the work: as such they lie in one bundle. */
export interface PageOutLines {
  /** The strategies that are at 0. */
  readonly against: string;
  /** Share of all accesses done, from 0 to 100. */
  readonly percents: readonly number[];
  readonly lines: readonly ReportLine[];
}

export interface PageOutRun {
  readonly strategies: readonly string[];
  /** How they are called together. */
  readonly label: string;
  readonly colour: number;
  readonly dash: number;
  /** From `pageOutsByWork`. */
  readonly pageOuts: readonly number[];
}

const PERCENT = 100;
const STEPS = 400;
const PERCENTS: readonly number[] = Array.from({ length: STEPS + 1 }, (_, step) => (PERCENT * step) / STEPS);
const BASELINE = 'rights';

/** Against `rights`, or the first run where it is not among them. null: there are no two runs. */
export function pageOutLines(runs: readonly PageOutRun[]): PageOutLines | null {
  const base = runs.find(({ strategies }) => strategies.includes(BASELINE)) ?? runs[0];
  if (base === undefined || runs.length === 1) return null;
  const lines = runs.map(({ label, colour, dash, pageOuts }) => ({
    label,
    vm: colour,
    run: dash,
    values: pageOuts.map((count, step) => count - base.pageOuts[step]!),
  }));
  return { against: base.label, percents: PERCENTS, lines };
}

/** Page-outs of all VMs together when each share of all their accesses was done. */
export function pageOutsByWork(vms: readonly VmSamples[]): readonly number[] {
  const timesNs = [...new Set(vms.flatMap((samples) => samples.timesNs))].sort((one, other) => one - other);
  const total = (column: (samples: VmSamples) => readonly number[]): readonly number[] => {
    const each = vms.map((samples) => {
      const values = column(samples);
      return onGrid(timesNs, samples.timesNs, values).map((value) => value ?? values[values.length - 1] ?? 0);
    });
    return timesNs.map((_, index) => each.reduce((sum, values) => sum + values[index]!, 0));
  };
  const done = total(({ positions }) => positions);
  const outs = total(({ pageOuts }) => pageOuts);
  const all = Math.max(1, done[done.length - 1] ?? 0);
  const shares = done.map((count) => (PERCENT * count) / all);
  return onGrid(PERCENTS, shares, outs).map((value) => value ?? outs[outs.length - 1] ?? 0);
}
