import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type ReportData } from './data.ts';
import { pageBoot } from './page-boot.ts';
import { drawChart } from './page-charts.ts';
import { drawRegions } from './page-regions.ts';
import { pageTools } from './page-tools.ts';
import { REPORT_STYLE } from './style.ts';

const PLOT_SCRIPT = 'uplot/dist/uPlot.iife.min.js';
const PLOT_STYLE = 'uplot/dist/uPlot.min.css';

/** The report of a run as one page that needs nothing else: script, style and data are inside. */
export function reportHtml(data: ReportData): Promise<string> {
  const body = `<h1>${escapeHtml(data.title)}</h1>
<p class="summary">${escapeHtml(data.summary)}</p>
${data.facts.map((fact) => `<p class="facts">${escapeHtml(fact)}</p>`).join('\n')}
<h2>Side by side</h2>
<div class="scroll">${tableHtml(data)}</div>
<h2>Who managed and who used each region</h2>
<p class="note">Time runs to the right, a row is one region of real memory. The colour is the VM that uses the region; stripes are the colour of the VM that manages it, where that is another.</p>
<div class="legend" id="legend"></div>
<div id="regions"></div>
<div id="replicas"></div>
<div id="charts"></div>`;
  return pageHtml({ title: data.title, body, data, boot: pageBoot, parts: { pageTools, drawRegions, drawChart } });
}

export interface PageForm {
  readonly title: string;
  /** HTML; texts in it are escaped already. */
  readonly body: string;
  readonly data: object;
  /** Called in the browser with the data and the parts; `Plot`, the chart library, is added to them. */
  readonly boot: { toString(): string };
  readonly parts: Readonly<Record<string, { toString(): string }>>;
}

export async function pageHtml({ title, body, data, boot, parts }: PageForm): Promise<string> {
  const [plotScript, plotStyle] = await Promise.all([packageText(PLOT_SCRIPT), packageText(PLOT_STYLE)]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${plotStyle}${REPORT_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
<script type="application/json" id="data">${jsonForScript(data)}</script>
<script>${plotScript.replaceAll('</script', '<\\/script')}</script>
<script>
(${boot.toString()})(JSON.parse(document.getElementById('data').textContent), {
  Plot: uPlot,
${Object.entries(parts)
  .map(([name, part]) => `  ${name}: ${part.toString()},`)
  .join('\n')}
});
</script>
</body>
</html>
`;
}

function tableHtml(data: ReportData): string {
  const head = ['', ...data.strategies].map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  const body = data.rows.map(({ label, cells }) => {
    if (cells.length === 0) return `<tr class="group"><td colspan="${data.strategies.length + 1}">${escapeHtml(label)}</td></tr>`;
    return `<tr>${[label, ...cells].map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** JSON that cannot end the script element it stands in. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function packageText(specifier: string): Promise<string> {
  return readFile(createRequire(import.meta.url).resolve(specifier), 'utf8');
}
