import type { CompareData } from './compare-data.ts';
import { drawDistribution } from './page-distribution.ts';
import { compareBoot } from './page-compare.ts';
import { drawChart } from './page-charts.ts';
import { drawMemory } from './page-memory.ts';
import { pageTools } from './page-tools.ts';
import { escapeHtml, pageHtml } from './report.ts';

/** The report of a comparison as one page that needs nothing else. */
export function compareHtml(data: CompareData): Promise<string> {
  const body = `<h1>${escapeHtml(data.title)}</h1>
${data.summary.map((sentence) => `<p class="summary">${escapeHtml(sentence)}</p>`).join('\n')}
${data.facts.map((fact) => `<p class="facts">${escapeHtml(fact)}</p>`).join('\n')}
<h2>Side by side</h2>
<div class="scroll">${tableHtml(data)}</div>
<p class="note">The best figure of each column stands out. Point at a heading to see what it means, at a strategy to see what it decides.</p>
<h2>Memory by holder</h2>
<p class="note">Whose memory it is over virtual time: who uses it, what was granted and nobody has touched yet, what lies idle because no VM may use it.</p>
<div class="legend" id="holders"></div>
<div id="memory" class="grid"></div>
<div id="charts"></div>`;
  return pageHtml({
    title: data.title,
    body,
    data,
    boot: compareBoot,
    parts: { pageTools, drawChart, drawMemory, drawDistribution },
  });
}

function tableHtml({ columns, rows }: CompareData): string {
  const head = columns.map(({ title, meaning }) => `<th title="${escapeHtml(meaning)}">${escapeHtml(title)}</th>`).join('');
  const body = rows.map(({ strategy, policies, cells }) => {
    const figures = cells.map(({ text, isBest }) => `<td${isBest ? ' class="best"' : ''}>${escapeHtml(text)}</td>`).join('');
    return `<tr><td title="${escapeHtml(policies)}">${escapeHtml(strategy)}</td>${figures}</tr>`;
  });
  return `<table class="compare"><thead><tr><th></th>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}
