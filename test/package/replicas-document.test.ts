// Where docs/replicas.md says that a step is carried out, there is such a function; and each step is named where code carries it out.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Steps of Figs. 3, 10, 11 and 13. */
const STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 21, 22, 23, 31];

/** Paths are those of assembly/replicas/, where the document names no folder. */
const pathOf = (file: string): string => (file.includes('/') ? file : `assembly/replicas/${file}`);

const rows = read('docs/replicas.md')
  .split('\n')
  .filter((line) => /^\| S\d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** Steps with the functions of their last cell, each behind its file. */
const places = rows.flatMap((cells) => {
  let path = '';
  return [...cells.at(-2).matchAll(/`([\w/.-]+)`/g)].flatMap(([, name]) => {
    if (!name!.endsWith('.ts')) return [{ step: cells[1]!, path, name: name! }];
    path = pathOf(name!);
    return [];
  });
});

/** The comments of all that carries out steps. */
const comments = ['assembly', 'bindings']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [...read(file).matchAll(/\/\/.*|\/\*[\s\S]*?\*\//g)].map(([comment]) => comment))
  .join('\n');

test('the table has every step once', () => {
  const steps = rows.flatMap(([, cell]) => cell!.split(', ').map((step) => Number(step.slice(1))));
  expect(steps.sort((a, b) => a - b)).toEqual(STEPS);
});

test.each(places)('$step: $name in $path', ({ path, name }) => {
  expect(existsSync(join(ROOT, path)), path).toBe(true);
  expect(read(path)).toMatch(new RegExp(`(function|^ {2}(async )?) ?${name}\\(`, 'm'));
});

test.each(STEPS)('the step S%i is named where it is carried out', (step) => {
  expect(comments).toMatch(new RegExp(`\\bS${step}\\b`));
});
