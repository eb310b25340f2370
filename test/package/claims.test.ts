// The tables of docs/claims-rights.md cannot rot: every claim is there once, every test named in them exists, every field is one of a scenario.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { scenarioForm } from '../../bindings/scenario/schema.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/claims-rights.md');
const CLAIMS = 33;
/** Numbered steps of Figs. 6, 7, 8, 9, 12, 15, 16 and 18: the first and the last of each. */
const STEPS = [
  [101, 111],
  [201, 204],
  [301, 306],
  [401, 410],
  [501, 504],
  [601, 617],
  [701, 712],
  [801, 803],
] as const;

interface Named {
  readonly file: string;
  readonly name: string;
}

/** The rows of the table below a heading (the first one: no heading), as cells. */
function rowsOf(text: string, heading: string | null): readonly (readonly string[])[] {
  const part = heading === null ? text.split('\n## ')[0]! : text.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = part.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** The tests that a cell names: names in code behind a link to their file. */
function testsOf(cell: string): readonly Named[] {
  const tests: Named[] = [];
  let file = '';
  for (const [, path, name] of cell.matchAll(/\]\(([^)]+)\)|`([^`]+)`/g)) {
    if (path !== undefined) file = relative(ROOT, join(dirname(DOCUMENT), path));
    else tests.push({ file, name: name! });
  }
  return tests;
}

const text = readFileSync(DOCUMENT, 'utf8');
const claims = rowsOf(text, null);
const named = [claims, rowsOf(text, 'Figures'), rowsOf(text, 'Named values')].flat().flatMap((cells) => testsOf(cells.at(-1)!));
const files = [...new Set(named.map(({ file }) => file))];

test('every claim has a row, and only one', () => {
  const numbers = claims.flatMap(([numbers]) => numbers!.split(',').map(Number)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: CLAIMS }, (_, index) => index + 1));
});

test('every row names a test', () => {
  for (const cells of [...claims, ...rowsOf(text, 'Figures'), ...rowsOf(text, 'Named values')])
    expect(testsOf(cells.at(-1)!), cells[0]).not.toEqual([]);
});

test.each(files)('%s is there', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});

describe('the tests named', () => {
  const there = new Map<string, Set<string>>();

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'usufruct-claims-'));
    try {
      const list = join(folder, 'tests.json');
      const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
      await promisify(execFile)(process.execPath, [vitest, 'list', ...files, `--json=${list}`], { cwd: ROOT });
      for (const { file, name } of JSON.parse(await readFile(list, 'utf8')) as readonly Named[]) {
        const names = there.get(relative(ROOT, file)) ?? new Set();
        there.set(relative(ROOT, file), names.add(name.split(' > ').at(-1)));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 180_000); // it reads as many test files as the document names

  test.each(STEPS)('the steps S%i to S%i are all named by tests of the figures', (first, last) => {
    const ofFigures = [...there].flatMap(([file, names]) => (file.includes('/figures-') ? [...names] : [])).join(' ');
    for (let step = first; step <= last; step += 1) expect(ofFigures).toContain(`S${step}`);
  });

  test.each(named.map(({ file, name }) => [file, name]))('%s: %s', (file, name) => {
    expect([...(there.get(file) ?? [])]).toContain(name);
  });
});

describe('the fields of scenario files', () => {
  const fields = claims.flatMap(([numbers, , , cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, field]) => [numbers!, field!]));

  test.each(fields)('of claims %s: %s', (_, field) => {
    const strategy = { name: 'claimed', ...(JSON.parse(`{${field}}`) as object) };
    const vm = { name: 'a', memory: '4MiB', trace: 'a.lackey' };
    const form = scenarioForm.safeParse({ memory: '8MiB', swap: { size: '16MiB' }, vms: [vm], strategies: [strategy] });
    expect(form.error?.issues ?? []).toEqual([]);
  });
});
