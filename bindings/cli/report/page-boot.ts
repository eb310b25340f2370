import type uPlot from 'uplot';
import type { ReportData } from './data.ts';
import type { drawChart } from './page-charts.ts';
import type { drawRegions } from './page-regions.ts';
import type { pageTools } from './page-tools.ts';

export interface PageParts {
  readonly Plot: typeof uPlot;
  readonly pageTools: typeof pageTools;
  readonly drawRegions: typeof drawRegions;
  readonly drawChart: typeof drawChart;
}

/** Fills the page. Runs in the reader's browser: its source text goes into the page, so it refers to nothing outside itself. */
export function pageBoot(data: ReportData, parts: PageParts): void {
  const tools = parts.pageTools(data);
  const byId = (id: string): HTMLElement => document.getElementById(id)!;
  const bytesText = (bytes: number): string => `${String(Number((bytes / 2 ** 20).toPrecision(3)))} MiB`;

  const legend = byId('legend');
  const key = (text: string, background: string): void => {
    const item = tools.element('span', 'key');
    const swatch = tools.element('i', 'swatch');
    swatch.style.background = background;
    item.append(swatch, text);
    legend.append(item);
  };
  data.vms.forEach((name, vm) => key(`used and managed by ${name}`, `var(--vm${String(vm % 8)})`));
  data.vms.forEach((user, of) =>
    data.vms.forEach((manager, by) => {
      const isSeen = data.runs.some((run) => run.rights.users.some((vm, index) => vm === of && run.rights.managers[index] === by));
      if (of === by || !isSeen) return;
      const stripes = `var(--vm${String(by % 8)}) 0 2.4px, var(--vm${String(of % 8)}) 2.4px 5.6px`;
      key(`used by ${user}, managed by ${manager}`, `repeating-linear-gradient(135deg, ${stripes})`);
    }),
  );
  key('no user yet', 'var(--nobody)');

  for (const run of data.runs) {
    const host = tools.element('div', 'panel');
    byId('regions').append(tools.element('h3', '', `Under ${run.strategy}`), host);
    parts.drawRegions(tools, host, run);
    if (run.rightsChangesLost > 0)
      byId('regions').append(tools.element('p', 'note', `${String(run.rightsChangesLost)} later changes are not drawn.`));
  }

  const charts = [
    {
      title: 'Progress of each VM',
      lines: data.progress,
      valueText: (value: number) => `${String(Number(value.toPrecision(3)))} %`,
      most: 100,
    },
    { title: 'Page-outs so far', lines: data.pageOuts, valueText: (value: number) => String(Math.round(value)) },
    { title: 'Page-ins so far', lines: data.pageIns, valueText: (value: number) => String(Math.round(value)) },
    { title: 'Memory in use', lines: data.resident, valueText: bytesText },
  ];
  for (const form of charts) {
    const host = tools.element('div', 'chart');
    byId('charts').append(tools.element('h2', '', form.title), host);
    parts.drawChart(tools, parts.Plot, host, form);
  }
}
