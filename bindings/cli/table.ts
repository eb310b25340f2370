import Table from 'cli-table3';
import type { ScenarioResult } from '../scenario/result.ts';
import { figureRows } from './figures.ts';
import type { FigureRow } from './words.ts';

/** The comparison as a table of text, without colours. */
export function resultTable(result: ScenarioResult): string {
  const strategies = result.runs.map((run) => run.strategy);
  const table = new Table({
    head: ['', ...strategies],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...strategies.map(() => 'right' as const)],
  });
  for (const row of figureRows(result)) table.push(tableCells(row, strategies.length));
  return table.toString();
}

function tableCells(row: FigureRow, strategies: number): string[] {
  if (row.cells.length === 0) return [row.label, ...Array.from({ length: strategies }, () => '')];
  return [`  ${row.label}`, ...row.cells];
}
