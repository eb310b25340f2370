// Samples of several runs on one grid of times, so that a page can lay them over each other.

/** One line of a chart: a value for each time of the grid, null where there is none. */
export interface ReportLine {
  readonly label: string;
  readonly vm: number;
  readonly run: number;
  readonly values: readonly (number | null)[];
}

const GRID_POINTS = 600;

export function gridOf(endNs: number): readonly number[] {
  return Array.from({ length: GRID_POINTS }, (_, index) => (endNs * index) / (GRID_POINTS - 1));
}

/** Linear between samples. The last value stands once more where the samples have just ended; after that there is none. */
export function onGrid(gridNs: readonly number[], timesNs: readonly number[], values: readonly number[]): (number | null)[] {
  let right = 0;
  return gridNs.map((timeNs, index) => {
    while (right < timesNs.length && timesNs[right]! < timeNs) right += 1;
    if (right === timesNs.length) return (timesNs.at(-1) ?? -1) > (gridNs[index - 1] ?? -1) ? values.at(-1)! : null;
    const after = values[right]!;
    if (right === 0 || timesNs[right]! === timeNs) return after;
    const before = values[right - 1]!;
    const share = (timeNs - timesNs[right - 1]!) / (timesNs[right]! - timesNs[right - 1]!);
    return before + share * (after - before);
  });
}
