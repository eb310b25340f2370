import type uPlot from 'uplot';
import type { ReportData, ReportRun, TimeSpan } from './data.ts';
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

  const percentText = (value: number): string => `${String(Number(value.toPrecision(3)))} %`;

  const legend = byId('legend');
  const key = (text: string, background: string): void => {
    const item = tools.element('span', 'key');
    const swatch = tools.element('i', 'swatch');
    swatch.style.background = background;
    item.append(swatch, text);
    legend.append(item);
  };
  data.vms.forEach((name, vm) => key(`used and managed by ${name}`, `var(--vm${vm % 8})`));
  data.vms.forEach((user, of) =>
    data.vms.forEach((manager, by) => {
      const isSeen = data.runs.some((run) => run.rights.users.some((vm, index) => vm === of && run.rights.managers[index] === by));
      if (of === by || !isSeen) return;
      const stripes = `var(--vm${by % 8}) 0 2.4px, var(--vm${of % 8}) 2.4px 5.6px`;
      key(`used by ${user}, managed by ${manager}`, `repeating-linear-gradient(135deg, ${stripes})`);
    }),
  );
  key('no user yet', 'var(--nobody)');

  const picture = (run: ReportRun, title: string, span: TimeSpan): void => {
    const host = tools.element('div', 'panel');
    byId('regions').append(tools.element('h3', '', title), host);
    parts.drawRegions(tools, host, run, span);
  };
  for (const run of data.runs) {
    picture(run, `Under ${run.strategy}`, { fromNs: 0, toNs: data.endNs });
    if (run.rightsChangesLost > 0)
      byId('regions').append(tools.element('p', 'note', `${run.rightsChangesLost} later changes are not drawn.`));
  }
  if (data.changeSpan !== null) for (const run of data.runs) picture(run, `Under ${run.strategy}, around the change`, data.changeSpan);

  for (const form of data.replicas) {
    const section = byId('replicas');
    section.append(tools.element('h2', '', `The replicas of ${form.vm}`), tools.element('p', 'note', form.note));
    const across = { title: 'time', values: form.gridNs, text: tools.timeText };
    const countText = (value: number): string => String(Math.round(value));
    const pictures = [
      { title: 'Memory in use', lines: form.memory, valueText: bytesText, unit: 2 ** 20 },
      { title: `Progress of each replica${form.under}`, lines: form.progress, valueText: percentText, most: 100 },
      { title: 'Records between the foremost and the last replica', lines: form.apart, valueText: countText },
      { title: 'Pages copied and areas merged so far', lines: form.sharing, valueText: countText },
    ];
    for (const picture of pictures) {
      const host = tools.element('div', 'chart');
      section.append(tools.element('h3', '', picture.title), host);
      parts.drawChart(tools, parts.Plot, host, { ...picture, across, marks: form.marks, hasFilledMarks: true });
    }
  }

  const charts = [
    {
      title: 'Progress of each VM',
      lines: data.progress,
      valueText: percentText,
      most: 100,
    },
    { title: 'Page-outs so far', lines: data.pageOuts, valueText: (value: number) => String(Math.round(value)) },
    { title: 'Page-ins so far', lines: data.pageIns, valueText: (value: number) => String(Math.round(value)) },
    { title: 'Memory in use', lines: data.resident, valueText: bytesText, unit: 2 ** 20 },
  ];
  const strokes = ['drawn through', 'dashed', 'dotted'];
  const strategies = data.strategies.map((strategy, index) => `${strategy} ${strokes[index % strokes.length]!}`).join(', ');
  byId('charts').append(tools.element('h2', '', 'Over virtual time'), tools.element('p', 'note', `A colour for each VM; ${strategies}.`));
  for (const form of charts) {
    const host = tools.element('div', 'chart');
    byId('charts').append(tools.element('h3', '', form.title), host);
    parts.drawChart(tools, parts.Plot, host, form);
  }
}
