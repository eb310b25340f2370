// Documents that put claims, options and tests side by side: read as tables, sections and lists of tests; and which tests there are.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

export interface ClaimsDocument {
  readonly text: string;
  /** The cells of the first table that has them, row by row; the first and the last are empty. */
  readonly rows: readonly (readonly string[])[];
  /** The part below a heading of the second level. */
  partOf(heading: string): string;
  /** The sections of a part, by what stands behind `### Claims ` or `### Claim `. */
  sectionsOf(heading: string): ReadonlyMap<string, string>;
  /** The tests that a piece of the document lists: each an item in code, below a link to its file. */
  testsOf(part: string): readonly NamedTest[];
}

export function claimsDocument(path: string): ClaimsDocument {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const partOf = (heading: string): string => {
    const part = text.split(`\n## ${heading}\n`)[1];
    if (part === undefined) throw new Error(`${path} has no heading '${heading}'`);
    return part.split('\n## ')[0]!;
  };
  const lines = text
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return {
    text,
    rows: lines.slice(2).map((line) => line.split('|').map((cell) => cell.trim())),
    partOf,
    sectionsOf: (heading) => {
      const sections = partOf(heading).split(/\n### Claims? /);
      return new Map(sections.slice(1).map((section) => [section.split('\n')[0]!, section]));
    },
    testsOf: (part) => testsOf(part, dirname(join(ROOT, path))),
  };
}

function testsOf(part: string, folder: string): readonly NamedTest[] {
  const tests: NamedTest[] = [];
  let file = '';
  for (const line of part.split('\n')) {
    const [, path, name] = /^ *- (?:\[[^\]]+\]\(([^)]+)\)|`([^`]+)`)$/.exec(line) ?? [];
    if (path !== undefined) file = relative(ROOT, join(folder, path));
    else if (name !== undefined) tests.push({ file, name });
  }
  return tests;
}

/** The names of the tests of each file, without those of their groups. */
export async function testsThere(files: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const there = new Map<string, Set<string>>();
  const folder = await mkdtemp(join(tmpdir(), 'usufruct-claims-'));
  try {
    const list = join(folder, 'tests.json');
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    await promisify(execFile)(process.execPath, [vitest, 'list', ...files, `--json=${list}`], { cwd: ROOT });
    for (const { file, name } of JSON.parse(await readFile(list, 'utf8')) as readonly NamedTest[]) {
      const names = there.get(relative(ROOT, file)) ?? new Set();
      there.set(relative(ROOT, file), names.add(name.split(' > ').at(-1)));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return there;
}
