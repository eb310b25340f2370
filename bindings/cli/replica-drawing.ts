import type { MemorySamples, ReplicaResult, ReplicasResult } from '../scenario/replica-result.ts';
import type { VmResult } from '../scenario/result.ts';
import { bytesShown, countShown, timeShown } from '../scenario/shown.ts';

// A VM of several replicas drawn with characters: its memory over time against separate VMs, how far each replica is, merges, what was found.

const WIDTH = 56;
const HEIGHT = 6;
const LABEL = 12;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const STEPS = EIGHTHS.length - 1;
const SEPARATE = '·';

/** More replicas than this: the slowest and the fastest of each time are drawn. */
const ROWS_MOST = 5;

/** The lines of one VM's drawing. */
export function replicaDrawing({ name, replicas = [], lockstep }: VmResult): readonly string[] {
  if (lockstep === undefined) return [];
  const { samples, separate } = lockstep;
  const endNs = Math.max(1, samples.virtualNs.at(-1) ?? 0, separate.samples.virtualNs.at(-1) ?? 0);
  const row = (label: string, text: string, note = ''): string => `${label.padStart(LABEL)} │${text.padEnd(WIDTH)} ${note}`.trimEnd();
  const counted = replicas.length === 1 ? '1 replica' : `${countShown(replicas.length)} replicas`;
  return [
    `VM ${name}, ${counted}: memory in use over virtual time (${SEPARATE} in separate VMs)`,
    ...memoryRows(lockstep, endNs).map(({ label, text }) => row(label, text)),
    `${' '.repeat(LABEL)} └${'─'.repeat(WIDTH)}`,
    `${' '.repeat(LABEL)}  0${timeShown(endNs).padStart(WIDTH - 1)}`,
    ...progressRows(lockstep, replicas, endNs).map(({ label, text, note }) => row(label, text, note)),
    ...eventRows(lockstep, endNs).map(({ label, text, note }) => row(label, text, note)),
  ];
}

interface Row {
  readonly label: string;
  readonly text: string;
  readonly note?: string;
}

function memoryRows({ samples, separate }: ReplicasResult, endNs: number): readonly Row[] {
  const together = most(samples, endNs);
  const apart = most(separate.samples, endNs);
  const top = Math.max(1, ...samples.bytes, ...separate.samples.bytes);
  const level = (bytes: number | null): number => (bytes === null ? 0 : Math.round((bytes / top) * HEIGHT * STEPS));
  return Array.from({ length: HEIGHT }, (_, down) => {
    const below = (HEIGHT - 1 - down) * STEPS;
    const text = together.map((bytes, column) => {
      const eighths = Math.min(STEPS, Math.max(0, level(bytes) - below));
      const other = level(apart[column]!);
      const isLine = apart[column] !== null && other > below && other <= below + STEPS;
      return isLine && eighths < STEPS ? SEPARATE : EIGHTHS[eighths]!;
    });
    const label = bytesShown(Math.round((top * (HEIGHT - down)) / HEIGHT));
    return { label: down % 2 === 0 ? label : '', text: text.join('') };
  });
}

/** By column of the drawing the most in use; null: the run is over by then. */
function most({ virtualNs, bytes }: MemorySamples, endNs: number): readonly (number | null)[] {
  const columns = columnsOf(
    virtualNs,
    endNs,
    (before, index) => Math.max(before ?? 0, bytes[index]!),
    (index) => bytes[index]!,
  );
  return columns;
}

/** Folds the samples of each column; a column without any has what the one before ended with; null behind the last sample. */
function columnsOf(
  timesNs: readonly number[],
  endNs: number,
  fold: (before: number | null, index: number) => number,
  carry: (index: number) => number,
): readonly (number | null)[] {
  const lastNs = timesNs.at(-1) ?? 0;
  let index = 0;
  return Array.from({ length: WIDTH }, (_, column) => {
    const toNs = ((column + 1) * endNs) / WIDTH;
    let value: number | null = null;
    for (; index < timesNs.length && (timesNs[index]! < toNs || column === WIDTH - 1); index += 1) value = fold(value, index);
    if (value !== null) return value;
    return index === 0 || (column * endNs) / WIDTH > lastNs ? null : carry(index - 1);
  });
}

function progressRows({ samples, records }: ReplicasResult, replicas: readonly ReplicaResult[], endNs: number): readonly Row[] {
  const rowOf = (label: string, done: readonly number[], note: string): Row => {
    const columns = columnsOf(
      samples.virtualNs,
      endNs,
      (_, index) => done[index]!,
      (index) => done[index]!,
    );
    const text = columns.map((value) => (value === null ? ' ' : EIGHTHS[Math.max(1, Math.round((value / Math.max(1, records)) * STEPS))]!));
    return { label, text: text.join(''), note };
  };
  const noteOf = ({ state, virtualNs }: ReplicaResult): string => `${state} at ${timeShown(virtualNs)}`;
  if (samples.records.length <= ROWS_MOST)
    return samples.records.map((done, index) =>
      rowOf(`replica ${index + 1}`, done, replicas[index] === undefined ? '' : noteOf(replicas[index])),
    );
  const of = (pick: (...values: number[]) => number): number[] =>
    samples.virtualNs.map((_, index) => samples.records.reduce((value, done) => pick(value, done[index]!), samples.records[0]![index]!));
  return [rowOf('slowest', of(Math.min), ''), rowOf('fastest', of(Math.max), '')];
}

function eventRows({ samples, faults, found, merges }: ReplicasResult, endNs: number): readonly Row[] {
  const rows: Row[] = [{ label: 'merges', text: rates(samples.merges, samples.virtualNs, endNs), note: countShown(merges) }];
  const marks = (timesNs: readonly number[], mark: string): string => {
    const columns = new Set(timesNs.map((timeNs) => Math.min(WIDTH - 1, Math.floor((timeNs * WIDTH) / endNs))));
    return Array.from({ length: WIDTH }, (_, column) => (columns.has(column) ? mark : ' ')).join('');
  };
  const struck = faults.flatMap(({ virtualNs }) => virtualNs ?? []);
  if (faults.length > 0) rows.push({ label: 'faults', text: marks(struck, '×'), note: countShown(struck.length) });
  if (faults.length > 0 || found.length > 0)
    rows.push({
      label: 'found',
      text: marks(
        found.map(({ virtualNs }) => virtualNs),
        '!',
      ),
      note: countShown(found.length),
    });
  return rows;
}

/** How fast a count grows, column by column, the fastest as a full block. */
function rates(counts: readonly number[], timesNs: readonly number[], endNs: number): string {
  const ends = columnsOf(
    timesNs,
    endNs,
    (_, index) => counts[index]!,
    (index) => counts[index]!,
  );
  const grown = ends.map((value, column) => (value === null ? null : value - (ends[column - 1] ?? 0)));
  const top = Math.max(1, ...grown.map((value) => value ?? 0));
  return grown.map((value) => (value === null || value <= 0 ? ' ' : EIGHTHS[Math.max(1, Math.round((value / top) * STEPS))]!)).join('');
}
