import type uPlot from 'uplot';
import type { ReportLine } from './data.ts';
import type { PageTools } from './page-tools.ts';

export interface ChartForm {
  readonly title: string;
  readonly lines: readonly ReportLine[];
  readonly valueText: (value: number) => string;
  readonly most?: number;
  /** What lies across, where that is not virtual time. */
  readonly across?: ChartAcross;
  /** The legend's marks are filled; else they are boxes as the lines are, drawn through or dashed. */
  readonly hasFilledMarks?: boolean;
}

export interface ChartAcross {
  readonly title: string;
  readonly values: readonly number[];
  readonly text: (value: number) => string;
}

/**
 * A chart of lines, over virtual time unless told otherwise: a colour a VM, the first strategy drawn through, the others dashed. Runs in the reader's browser: its source text
 * goes into the page, so it refers to nothing outside itself.
 */
export function drawChart(tools: PageTools, Plot: typeof uPlot, host: HTMLElement, form: ChartForm): void {
  const HEIGHT = 250;
  const DASHES = [[], [7, 5], [2, 4]];
  const { data } = tools;
  const across = form.across ?? { title: 'time', values: data.gridNs, text: tools.timeText };
  let chart: uPlot | undefined;

  const series = (line: ReportLine): uPlot.Series => ({
    label: line.label,
    stroke: tools.vmColour(line.vm),
    width: 2,
    dash: DASHES[line.run % DASHES.length]!,
    points: { show: false },
    value: (_plot, value: number | null, _series, index) => (value !== null ? form.valueText(value) : index === null ? '' : 'finished'),
  });
  const axis = (text: (value: number) => string, size: number): uPlot.Axis => ({
    stroke: tools.colour('muted'),
    grid: { stroke: tools.colour('line'), width: 1 },
    ticks: { stroke: tools.colour('line'), width: 1 },
    values: (_plot, values) => values.map(text),
    size,
  });

  const marks = (): uPlot.Legend =>
    tools.legend(
      (line) => tools.vmColour(form.lines[line]!.vm),
      (line) => form.lines[line]!.run % DASHES.length > 0,
    );

  const draw = (): void => {
    chart?.destroy();
    const options: uPlot.Options = {
      width: host.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: false, range: [across.values[0]!, across.values.at(-1)!] },
        y: { range: (_plot, low, high) => [Math.min(0, low * 1.06), form.most ?? Math.max(1, high * 1.06)] },
      },
      series: [
        { label: across.title, value: (_plot, value: number | null) => (value === null ? '' : across.text(value)) },
        ...form.lines.map(series),
      ],
      axes: [axis(across.text, 36), axis(form.valueText, 72)],
      cursor: { points: { size: 7 } },
      ...(form.hasFilledMarks === true && { legend: marks() }),
    };
    const columns = [across.values, ...form.lines.map((line) => line.values)];
    chart = new Plot(options, columns as uPlot.AlignedData, host);
  };
  tools.redrawn(host, draw);
}
