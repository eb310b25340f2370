// Answers as tables.
import { holds } from './figure.mjs';

/**
 * @typedef {object} Answer
 * @property {string} name
 * @property {string} title
 * @property {number} processes
 * @property {import('./figure.mjs').Figure[]} figures
 */

const HEADINGS = ['question', 'ours', 'reference', 'ratio', 'bound', 'ok'];

/** Three digits that matter. @param {number | null} value */
function shown(value) {
  if (value === null) return '';
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** @param {import('./figure.mjs').Figure} figure */
function row(figure) {
  const { what, ours, reference, ratio, bound } = figure;
  const sign = bound?.kind === 'least' ? '>=' : '<=';
  const ok = holds(figure);
  return [
    what,
    shown(ours),
    shown(reference),
    shown(ratio),
    bound === null ? '' : `${bound.on} ${sign} ${shown(bound.value)}`,
    ok === null ? '' : ok ? 'yes' : 'NO',
  ];
}

/** For a terminal. @param {Answer} answer */
export function reportText({ name, title, processes, figures }) {
  const rows = [HEADINGS, ...figures.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `\n${name}: ${title} (median of ${processes} ${processes === 1 ? 'process' : 'processes'})\n${lines.join('\n')}`;
}

/** @param {{ cpu: string, cores: number, node: string, date: string }} machine @param {readonly Answer[]} answers */
export function reportMarkdown(machine, answers) {
  const table = (/** @type {Answer} */ { title, processes, figures }) =>
    [
      `## ${title}`,
      '',
      `Median of ${processes} ${processes === 1 ? 'process' : 'processes'}.`,
      '',
      `| ${HEADINGS.join(' | ')} |`,
      `| --- | ${HEADINGS.slice(1)
        .map(() => '---:')
        .join(' | ')} |`,
      ...figures.map((figure) => `| ${row(figure).join(' | ')} |`),
    ].join('\n');
  return [
    `# Benches, ${machine.date}`,
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. Written by \`npm run bench\`.`,
    ...answers.map(table),
    '',
  ].join('\n\n');
}
