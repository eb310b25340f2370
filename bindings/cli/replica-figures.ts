import type { FoundResult, ReplicasResult } from '../scenario/replica-result.ts';
import type { VmResult } from '../scenario/result.ts';
import { bytesShown, countShown } from '../scenario/shown.ts';
import { type FigureRow, listed } from './words.ts';

// VMs of several replicas, in figures and in words.

/** The rows of one such VM, a cell for each strategy; none for other VMs. */
export function replicaRows(vms: readonly VmResult[]): readonly FigureRow[] {
  const all = vms.flatMap(({ lockstep }) => lockstep ?? []);
  if (all.length < vms.length) return [];
  const row = (label: string, cell: (lockstep: ReplicasResult) => string): FigureRow => ({ label, cells: all.map(cell) });
  const { separate, faults } = all[0]!;
  const rows = [
    row('memory in use, most', ({ memory }) => bytesShown(memory.peakBytes)),
    row(`in ${countShown(separate.vms)} separate VMs`, (one) => bytesShown(one.separate.peakBytes)),
    row('memory in use, mean', ({ memory }) => bytesShown(memory.meanBytes)),
    row(`in ${countShown(separate.vms)} separate VMs`, (one) => bytesShown(one.separate.meanBytes)),
    row('pages copied on write', ({ copies }) => countShown(copies)),
    row('areas merged', ({ merges }) => countShown(merges)),
    row('check points', ({ counts }) => countShown(counts.checkPoints)),
  ];
  const some = (label: string, figure: (lockstep: ReplicasResult) => number): void => {
    if (faults.length > 0 || all.some((one) => figure(one) > 0)) rows.push(row(label, (one) => countShown(figure(one))));
  };
  if (faults.length > 0) rows.push(row('faults that struck', (one) => countShown(struck(one))));
  some('check points with differences', ({ counts }) => counts.differences);
  some('replicas repaired', ({ counts }) => counts.repairs);
  some('roll-backs', ({ counts }) => counts.rollBacks);
  if (all.some(({ counts }) => counts.flips > 0)) rows.push(row('flips found by the scrub', ({ counts }) => countShown(counts.flips)));
  return rows;
}

function struck({ faults }: ReplicasResult): number {
  return faults.filter(({ virtualNs }) => virtualNs !== null).length;
}

/** What somebody reads who has read nothing else; none for other VMs. */
export function replicaSentences({ name, replicas = [], lockstep }: VmResult): readonly string[] {
  if (lockstep === undefined) return [];
  const { memory, separate, faults, found, end } = lockstep;
  const count = countShown(replicas.length);
  const sentences = [
    `VM ${name}: ${count} ${replicas.length === 1 ? 'replica' : 'replicas'} had at most ${bytesShown(memory.peakBytes)} in use, ${bytesShown(memory.meanBytes)} on average; in ${countShown(separate.vms)} separate VMs the same program had ${bytesShown(separate.peakBytes)} and ${bytesShown(separate.meanBytes)}.`,
  ];
  if (faults.length > 0) {
    const seen = faults.filter(({ foundVirtualNs }) => foundVirtualNs !== null).length;
    sentences.push(
      `Of ${countShown(struck(lockstep))} ${struck(lockstep) === 1 ? 'fault' : 'faults'} ${countShown(seen)} ${seen === 1 ? 'was' : 'were'} found${dealtWith(found)}.`,
    );
  }
  if (end === 'halted') sentences.push(`The replicas of ${name} were halted before the end.`);
  return sentences;
}

function dealtWith(found: readonly FoundResult[]): string {
  const repaired = new Set(found.flatMap((one) => one.repaired));
  const back = found.filter((one) => one.rolledBackTo !== null).length;
  const ways = [
    ...(repaired.size > 0 ? [`replica ${listed([...repaired].map(String))} out-voted and repaired`] : []),
    ...(back > 0 ? [`the program rolled back ${countShown(back)} ${back === 1 ? 'time' : 'times'}`] : []),
  ];
  return ways.length === 0 ? '' : `: ${listed(ways)}`;
}

/** What was found and done, in a few words. */
export function foundShown({ outcome, minority, repaired, flips }: FoundResult): string {
  if (outcome === 'repaired') return `replica ${listed(repaired.map(String))} repaired`;
  if (outcome === 'rolledBack') return 'rolled back';
  if (outcome === 'takenOver') return 'standby took over';
  if (outcome === 'halted') return 'halted';
  if (flips.length > 0) return 'flip found';
  return minority.length > 0 ? `replica ${listed(minority.map(String))} differs` : 'difference';
}
