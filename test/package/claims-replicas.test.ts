// The tables of docs/claims-replicas.md cannot rot: every claim, supplement and figure is there once, every test named exists, every field is one of a scenario's VM.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { scenarioForm } from '../../bindings/scenario/schema.ts';
import { claimsDocument, ROOT, testsThere } from '../support/claims.ts';

const CLAIMS = 14;
const SUPPLEMENTS = 16;
const FIGURES = 13;
/** Steps of Figs. 3, 10, 11 and 13. */
const STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 21, 22, 23, 31];

const { rows, partOf, sectionsOf, testsOf } = claimsDocument('docs/claims-replicas.md');
const sections = sectionsOf('What each claim asks for, and its tests');
const supplements = partOf('Supplements').split('\n- **Supplement ').slice(1);
const figures = partOf('Figures').split('\n- **').slice(1);
const listed = [...sections.values(), ...supplements, ...figures];
const named = listed.flatMap(testsOf);
const files = [...new Set(named.map(({ file }) => file))];

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

/** '4–6' as 4, 5, 6. */
function rangeOf(text: string): readonly number[] {
  const [first, last = first] = text.split('–').map(Number);
  return upTo(last!).slice(first! - 1);
}

test('every claim has a row and a section, in order', () => {
  expect(rows.map(([, claim]) => Number(claim))).toEqual(upTo(CLAIMS));
  expect([...sections.keys()].map(Number)).toEqual(upTo(CLAIMS));
});

test('every row says how many tests its section has', () => {
  const links = [...sections].map(([claim, section]) => {
    const count = testsOf(section).length;
    return `[${count} ${count === 1 ? 'test' : 'tests'}](#claim-${claim})`;
  });
  expect(rows.map((cells) => cells.at(-2))).toEqual(links);
});

test('every supplement has an item, and the fifteenth is told for each of its letters', () => {
  expect(supplements.map((item) => Number.parseInt(item))).toEqual(upTo(SUPPLEMENTS));
  const letters = rows.flatMap((cells) => [...cells[3]!.matchAll(/15\((\w)\)/g)].map(([, letter]) => letter));
  expect([...new Set(letters)].sort().join('')).toBe('abcdefghijkl');
});

test('every figure has an item', () => {
  const numbers = figures.flatMap((item) => rangeOf(/^Figs?\. ([\d–]+)\*\*/.exec(item)![1]!));
  expect(numbers).toEqual(upTo(FIGURES));
});

test('all that is listed names a test', () => {
  for (const item of listed) expect(testsOf(item), item.split('\n')[0]).not.toEqual([]);
});

test.each(files)('%s is there', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});

describe('the tests named', () => {
  let there: ReadonlyMap<string, ReadonlySet<string>>;

  beforeAll(async () => {
    there = await testsThere(files);
  }, 180_000); // it reads as many test files as the document names

  test.each(STEPS)('the step S%i is named by a test of the figures', (step) => {
    const ofFigures = [...there].flatMap(([file, names]) => (file.includes('/figures-replicas') ? [...names] : [])).join(' ');
    expect(ofFigures).toMatch(new RegExp(`\\bS${step}\\b`));
  });

  test.each(upTo(CLAIMS))('claim %i is named by a test of the claims', (claim) => {
    const ofClaims = [...there].flatMap(([file, names]) => (file.endsWith('/claims-replicas.test.ts') ? [...names] : [])).join('\n');
    expect(ofClaims).toMatch(new RegExp(`\\bclaim ${claim}\\b`));
  });

  test.each(named.map(({ file, name }) => [file, name]))('%s: %s', (file, name) => {
    expect([...(there.get(file) ?? [])]).toContain(name);
  });
});

describe('the fields of scenario files', () => {
  const fields = [...sections].map(([claim, section]) => [claim, /^In a scenario file: `(.*)`\.$/m.exec(section)?.[1] ?? ''] as const);

  test.each(fields)('of claim %s: %s', (_, field) => {
    const vm = { name: 'a', memory: '4MiB', trace: 'a.lackey', ...(JSON.parse(`{${field}}`) as object) };
    const form = scenarioForm.safeParse({ memory: '8MiB', swap: { size: '16MiB' }, vms: [vm] });
    expect(field).not.toBe('');
    expect(form.error?.issues ?? []).toEqual([]);
  });
});
