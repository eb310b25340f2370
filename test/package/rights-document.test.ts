// Where docs/rights.md says that a step is carried out, there is such a function.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), 'utf8');

/** Paths are those of assembly/regions/, where the document names no folder. */
function pathOf(file: string): string {
  if (file.startsWith('bindings/')) return file;
  return file.includes('/') ? `assembly/${file}` : `assembly/regions/${file}`;
}

/** Steps with the functions of their last cell, each behind its file; a file alone stands for itself. */
const places = read('docs/rights.md')
  .split('\n')
  .filter((line) => /^\| S\d/.test(line))
  .flatMap((line) => {
    const cells = line.split('|');
    let file = 'none';
    return [...cells.at(-2).matchAll(/`([\w/.-]+)`/g)].flatMap(([, name]) => {
      if (!name!.endsWith('.ts')) return [{ step: cells[1]!.trim(), path: pathOf(file), name: name! }];
      file = name!;
      return [];
    });
  });

/** Not functions: classes of frames. */
const CLASSES: readonly string[] = ['managed', 'userless', 'borrowed', 'takeOver'];

/** Every file named, whole paths of the repository aside. */
const files = [...new Set([...read('docs/rights.md').matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, file]) => file!))];

test.each(files.filter((file) => !file.startsWith('test/')))('%s is there', (file) => {
  const paths = [pathOf(file), `assembly/${file}`];
  expect(paths.some((path) => existsSync(fileURLToPath(new URL(path, ROOT))))).toBe(true);
});

test('there are some', () => expect(places.length).toBeGreaterThan(30));

test.each(places.filter(({ name }) => !CLASSES.includes(name)))('$step: $name in $path', ({ path, name }) => {
  expect(read(path)).toMatch(new RegExp(`(function|^ {2}) ?${name}\\(`, 'm'));
});
