import type uPlot from 'uplot';
import type { ReportLine } from './grid.ts';
import type { PageTools } from './page-tools.ts';

export interface ChartForm {
  readonly title: string;
  readonly lines: readonly ReportLine[];
  readonly valueText: (value: number) => string;
  readonly most?: number;
  /** Values on the scale are round numbers of this. */
  readonly unit?: number;
  /** What lies across, where that is not virtual time. */
  readonly across?: ChartAcross;
  /** What happened when; drawn across the lines. */
  readonly marks?: readonly ChartMark[];
  /** The legend's marks are filled; else they are boxes as the lines are, drawn through or dashed. */
  readonly hasFilledMarks?: boolean;
}

export interface ChartMark {
  readonly timeNs: number;
  readonly text: string;
  /** Of the page's style sheet. */
  readonly colour: string;
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

  const steps = (unit: number): number[] =>
    Array.from({ length: 24 }, (_, index) => unit * [1, 2, 5][index % 3]! * 10 ** (Math.floor(index / 3) - 3));

  const marks = (): uPlot.Legend =>
    tools.legend(
      (line) => tools.vmColour(form.lines[line]!.vm),
      (line) => form.lines[line]!.run % DASHES.length > 0,
    );

  const drawMarks = (plot: uPlot): void => {
    const context = plot.ctx;
    const scale = window.devicePixelRatio || 1;
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.font = `${String(11 * scale)}px system-ui, sans-serif`;
    context.textBaseline = 'top';
    context.textAlign = 'left';
    context.setLineDash([4 * scale, 3 * scale]);
    const rowsFree: number[] = [];
    for (const mark of form.marks ?? []) {
      const x = Math.round(plot.valToPos(mark.timeNs, 'x', true));
      if (x < left || x > left + width) continue;
      context.strokeStyle = context.fillStyle = tools.colour(mark.colour);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
      const wide = context.measureText(mark.text).width;
      const isRight = x + wide + 12 * scale < left + width;
      const from = isRight ? x + 4 * scale : x - wide - 4 * scale;
      const free = rowsFree.findIndex((taken) => from >= taken);
      const row = free < 0 ? rowsFree.length : free;
      rowsFree[row] = from + wide + 8 * scale;
      context.fillText(mark.text, from, top + (2 + row * 14) * scale);
    }
    context.restore();
  };

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
      axes: [axis(across.text, 36), { ...axis(form.valueText, 72), ...(form.unit !== undefined && { incrs: steps(form.unit) }) }],
      cursor: { points: { size: 7 } },
      ...(form.marks !== undefined && { hooks: { draw: [drawMarks] } }),
      ...(form.hasFilledMarks === true && { legend: marks() }),
    };
    const columns = [across.values, ...form.lines.map((line) => line.values)];
    chart = new Plot(options, columns as uPlot.AlignedData, host);
  };
  tools.redrawn(host, draw);
}
