import type uPlot from 'uplot';
import type { CompareData } from './compare-data.ts';
import type { drawChart } from './page-charts.ts';
import type { drawDistribution } from './page-distribution.ts';
import type { drawMemory } from './page-memory.ts';
import type { pageTools } from './page-tools.ts';

export interface ComparePageParts {
  readonly Plot: typeof uPlot;
  readonly pageTools: typeof pageTools;
  readonly drawChart: typeof drawChart;
  readonly drawMemory: typeof drawMemory;
  readonly drawDistribution: typeof drawDistribution;
}

/** Fills the page of a comparison. Runs in the reader's browser: its source text goes into the page, so it refers to nothing outside itself. */
export function compareBoot(data: CompareData, parts: ComparePageParts): void {
  const tools = parts.pageTools(data);
  const byId = (id: string): HTMLElement => document.getElementById(id)!;

  const legend = byId('holders');
  for (const { label, colour } of data.memory[0]?.layers ?? []) {
    const item = tools.element('span', 'key');
    const swatch = tools.element('i', 'swatch');
    swatch.style.background = `var(--${colour})`;
    item.append(swatch, label);
    legend.append(item);
  }
  for (const { strategy, layers } of data.memory) {
    const cell = tools.element('div', 'cell');
    const host = tools.element('div', 'small');
    cell.append(tools.element('h3', '', strategy), host);
    byId('memory').append(cell);
    parts.drawMemory(tools, parts.Plot, host, { layers, memoryBytes: data.memoryBytes });
  }

  const section = (title: string, note: string): HTMLElement => {
    const host = tools.element('div', 'chart list');
    byId('charts').append(tools.element('h2', '', title), tools.element('p', 'note', note), host);
    return host;
  };
  const stalls = section(
    'How long accesses waited',
    'Accesses of the VMs that memory came to, each strategy a line: how many waited at least so long. Both scales are logarithmic; the right end is the worst.',
  );
  parts.drawDistribution(tools, parts.Plot, stalls, data.stalls);
  const { pageOuts } = data;
  if (pageOuts === null) return;
  const outs = section(
    'Page-outs, more or less',
    `Of all VMs together, against ${pageOuts.against}: how many more there were when the same share of all accesses was done. Below 0: fewer.`,
  );
  parts.drawChart(tools, parts.Plot, outs, {
    title: 'Page-outs, more or less',
    lines: pageOuts.lines,
    valueText: (value) => (value > 0 ? `+${String(Math.round(value))}` : String(Math.round(value))),
    across: { title: 'accesses done', values: pageOuts.percents, text: (value) => `${value.toFixed(Number.isInteger(value) ? 0 : 1)} %` },
    hasFilledMarks: true,
  });
}
