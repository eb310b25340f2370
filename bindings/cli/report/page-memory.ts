import type uPlot from 'uplot';
import type { MemoryLayer } from './compare-data.ts';
import type { PageTools } from './page-tools.ts';

export interface MemoryForm {
  readonly layers: readonly MemoryLayer[];
  readonly memoryBytes: number;
}

/**
 * Memory by holder over virtual time, layer upon layer. Runs in the reader's browser: its source text goes into the page, so it refers to nothing outside
 * itself.
 */
export function drawMemory(tools: PageTools, Plot: typeof uPlot, host: HTMLElement, { layers, memoryBytes }: MemoryForm): void {
  const HEIGHT = 190;
  const { data } = tools;
  let chart: uPlot | undefined;
  const bytesText = (bytes: number): string => {
    const [unit, size] = memoryBytes >= 2 ** 20 ? ['MiB', 2 ** 20] : ['KiB', 2 ** 10];
    return `${String(Number((bytes / size).toPrecision(3)))} ${unit}`;
  };
  // Each layer is drawn from 0 up to its top, the highest one first, so that the lower ones lie over it.
  const tops = layers.map((_, top) =>
    data.gridNs.map((_time, index) => {
      const below = layers.slice(0, top + 1).map(({ values }) => values[index] ?? null);
      return below.includes(null) ? null : below.reduce<number>((sum, value) => sum + value!, 0);
    }),
  );
  const fromTop = layers.map((_, index) => layers.length - 1 - index);

  const draw = (): void => {
    chart?.destroy();
    const axis = (text: (value: number) => string, size: number, space: number, splits?: number[]): uPlot.Axis => ({
      stroke: tools.colour('muted'),
      grid: { show: false },
      ticks: { stroke: tools.colour('line'), width: 1 },
      values: (_plot, values) => values.map(text),
      size,
      space,
      ...(splits === undefined ? {} : { splits: () => splits }),
    });
    const options: uPlot.Options = {
      width: host.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: { x: { time: false, range: [0, data.endNs] }, y: { range: [0, memoryBytes] } },
      series: [
        {},
        ...fromTop.map((layer) => ({
          fill: tools.colour(layers[layer]!.colour),
          width: 0,
          points: { show: false },
          paths: Plot.paths.stepped!({ align: 1 }),
        })),
      ],
      axes: [axis(tools.timeText, 34, 90), axis(bytesText, 74, 40, [0, memoryBytes / 2, memoryBytes])],
      cursor: { points: { show: false }, y: false, drag: { x: false, y: false } },
      hooks: {
        setCursor: [
          (plot) => {
            const index = plot.cursor.idx ?? null;
            tip.hidden = index === null || layers[0]!.values[index] === null;
            if (index === null || tip.hidden) return;
            const parts = layers.map(({ label, values }) => `${label} ${bytesText(values[index] ?? 0)}`);
            tip.textContent = `${tools.timeText(data.gridNs[index]!)}: ${parts.join(', ')}`;
          },
        ],
      },
    };
    chart = new Plot(options, [data.gridNs, ...fromTop.map((layer) => tops[layer]!)] as uPlot.AlignedData, host);
  };
  const tip = tools.element('div', 'under');
  tip.hidden = true;
  host.after(tip);
  tools.redrawn(host, draw);
}
