// Tables of documents that say which command they come from hold what that command finds. On the virtual clock it is the same on every machine.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMPARE_COLUMNS, cellShown } from '../../bindings/cli/compare-table.ts';
import { compareScenario } from '../../bindings/scenario/compare.ts';
import { readScenario } from '../../bindings/scenario/read.ts';
import { engineOn } from '../bindings/scenario-support.ts';
import { buildOf } from '../support/builds.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = /^`usufruct compare (examples\/[\w-]+\.json)(?: --strategies ([\w,]+))?`.*:$/;

interface Measured {
  readonly document: string;
  readonly scenario: string;
  readonly strategies: readonly string[] | 'matrix';
  /** Cells of the table, the heading first. */
  readonly rows: readonly (readonly string[])[];
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

/** Tables behind a paragraph that ends with the command. */
function measuredIn(document: string): readonly Measured[] {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const [, scenario, strategies] = COMMAND.exec(line) ?? [];
    if (scenario === undefined) return [];
    const table = lines.slice(index + 2);
    const end = table.findIndex((row) => !row.startsWith('|'));
    return [
      {
        document,
        scenario,
        strategies: strategies?.split(',') ?? 'matrix',
        rows: table
          .slice(0, end)
          .filter((row) => !row.startsWith('| -'))
          .map(cellsOf),
      },
    ];
  });
}

const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));
const tables = documents.flatMap(measuredIn);

test('there are such tables', () => expect(tables.length).toBeGreaterThan(0));

test.each(tables.map((table) => [table.document, table.scenario, table] as const))('%s: %s', async (_, scenario, { rows, strategies }) => {
  const { create, pageBytes } = engineOn(buildOf('release'));
  const read = await readScenario(join(ROOT, scenario), { pageBytes }, { strategies });
  const { result } = await compareScenario(read, { engineCreate: create, pageBytes });
  const [head, ...found] = rows;
  const columns = head!.slice(1).map((title) => {
    const column = COMPARE_COLUMNS.find((one) => one.title.join(' ') === title);
    if (column === undefined) throw new Error(`no column of the comparison is called '${title}'`);
    return column;
  });
  const measured = result.entries.map((entry) => [
    entry.strategy,
    ...columns.map((column) => cellShown(entry, column).replace(/\u202f/g, ' ')),
  ]);
  expect(measured).toEqual(found);
});
