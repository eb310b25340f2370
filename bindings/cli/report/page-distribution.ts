import type uPlot from 'uplot';
import type { StallLine } from './compare-data.ts';
import type { PageTools } from './page-tools.ts';

/**
 * How many accesses waited at least so long, on logarithmic scales. Runs in the reader's browser: its source text goes into the page, so it refers to nothing
 * outside itself.
 */
export function drawDistribution(tools: PageTools, Plot: typeof uPlot, host: HTMLElement, lines: readonly StallLine[]): void {
  const HEIGHT = 320;
  /** As the chart library numbers it. */
  const logarithmic: object = { distr: 3 };
  const COLOURS = 8;
  const DASHES = [[], [7, 5], [2, 4]];
  let chart: uPlot | undefined;
  if (lines.length === 0) {
    host.append(tools.element('p', 'note', 'No access waited.'));
    return;
  }
  const shortestNs = Math.min(...lines.map(({ ns }) => ns[0]!));
  const longestNs = Math.max(...lines.map(({ ns }) => ns.at(-1)!));
  const most = Math.max(...lines.map(({ counts }) => counts[0]!));
  const ROUND = [1, 2, 5];
  /** 1, 2 and 5 in every decade, as far as they are in sight. */
  const splitsOf = (least: number, greatest: number, factors: readonly number[]): number[] => {
    const decades = Array.from(
      { length: Math.ceil(Math.log10(greatest / least)) + 2 },
      (_, decade) => 10 ** (Math.floor(Math.log10(least)) + decade),
    );
    return decades.flatMap((decade) => factors.map((factor) => factor * decade)).filter((value) => value >= least && value <= greatest);
  };
  const joined = Plot.join(lines.map(({ ns, counts }) => [ns, counts] as unknown as uPlot.AlignedData));

  const draw = (): void => {
    chart?.destroy();
    const axis = (text: (value: number) => string, size: number, splits: number[]): uPlot.Axis => ({
      stroke: tools.colour('muted'),
      grid: { stroke: tools.colour('line'), width: 1 },
      ticks: { stroke: tools.colour('line'), width: 1 },
      values: (_plot, values: (number | null)[]) => values.map((value) => (value === null ? '' : text(value))),
      splits: () => splits,
      filter: (_plot, values) => values,
      size,
    });
    const options: uPlot.Options = {
      width: host.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: false, ...logarithmic, range: [shortestNs / 1.2, longestNs * 1.2] },
        y: { ...logarithmic, range: [0.8, most * 1.5] },
      },
      series: [
        { label: 'waited at least', value: (_plot, value: number | null) => (value === null ? '' : tools.timeText(value)) },
        ...lines.map(({ label, entry }) => ({
          label,
          stroke: tools.vmColour(entry % COLOURS),
          dash: DASHES[Math.floor(entry / COLOURS) % DASHES.length]!,
          width: 2,
          spanGaps: true,
          points: { show: false },
          value: (_plot: uPlot, value: number | null) => (value === null ? '' : String(value)),
        })),
      ],
      axes: [
        axis(tools.timeText, 36, splitsOf(shortestNs / 1.2, longestNs * 1.2, ROUND)),
        axis(String, 72, splitsOf(0.8, most * 1.5, [1])),
      ],
      cursor: { points: { size: 7 } },
      legend: tools.legend(
        (line) => tools.vmColour(lines[line]!.entry % COLOURS),
        (line) => lines[line]!.entry >= COLOURS,
      ),
    };
    chart = new Plot(options, joined, host);
  };
  tools.redrawn(host, draw);
}
