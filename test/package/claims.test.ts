// The tables of docs/claims-rights.md cannot rot: every claim is there once, every test named in them exists, every field is one of a scenario.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { scenarioForm } from '../../bindings/scenario/schema.ts';
import { claimsDocument, ROOT, testsThere } from '../support/claims.ts';

const CLAIMS = 33;
const FIGURES = 21;
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
/** Parts of Figs. 5 and 17. */
const PARTS = [1110, 1111, 1112, 1121, 1122, 1123, 1124, 1130, 1210, 1220, 1230, 1241, 1242, 1243] as const;

const { rows, partOf, sectionsOf, testsOf } = claimsDocument('docs/claims-rights.md');
const claims = rows.map(([, numbers]) => numbers!);
/** What is said and shown of the claims of one row. */
const sections = sectionsOf('What each claim asks for, and its tests');
const items = ['Figures', 'Named values'].flatMap((heading) => partOf(heading).split('\n- **').slice(1));
const named = [...sections.values(), ...items].flatMap(testsOf);
const files = [...new Set(named.map(({ file }) => file))];

test('every claim has a row, and only one', () => {
  const numbers = claims.flatMap((row) => row.split(',').map(Number)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: CLAIMS }, (_, index) => index + 1));
});

test('every row has its section behind it, with as many tests as it says', () => {
  expect([...sections.keys()]).toEqual(claims);
  const shown = rows.map((cells) => cells.at(-2));
  const links = [...sections].map(([numbers, section]) => {
    const count = testsOf(section).length;
    return `[${count} ${count === 1 ? 'test' : 'tests'}](#claims-${numbers.replaceAll(', ', '-')})`;
  });
  expect(shown).toEqual(links);
});

test('all that is listed names a test', () => {
  for (const item of [...sections.values(), ...items]) expect(testsOf(item), item.split('\n')[0]).not.toEqual([]);
});

test('every figure is listed', () => {
  const figures = items.flatMap((item) => {
    const [, numbers] = /^Figs?\. ([^*]+)\*\*/.exec(item) ?? [];
    return (numbers ?? '').split(', ').flatMap((range) => {
      const [first, last = first] = range.split('–').map(Number);
      return first === undefined || first === 0 ? [] : Array.from({ length: last! - first + 1 }, (_, index) => first + index);
    });
  });
  expect([...new Set(figures)].sort((a, b) => a - b)).toEqual(Array.from({ length: FIGURES }, (_, index) => index + 1));
});

test.each(files)('%s is there', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});

describe('the tests named', () => {
  let there: ReadonlyMap<string, ReadonlySet<string>>;

  beforeAll(async () => {
    there = await testsThere(files);
  }, 180_000); // it reads as many test files as the document names

  test.each(STEPS)('the steps S%i to S%i are all named by tests of the figures', (first, last) => {
    const ofFigures = [...there].flatMap(([file, names]) => (file.includes('/figures-') ? [...names] : [])).join(' ');
    for (let step = first; step <= last; step += 1) expect(ofFigures).toContain(`S${step}`);
  });

  test.each(PARTS)('the part %i is named by a test of the figures', (part) => {
    const ofFigures = [...there].flatMap(([file, names]) => (file.includes('/figures-') ? [...names] : [])).join(' ');
    expect(ofFigures).toContain(`part ${part}`);
  });

  test.each(named.map(({ file, name }) => [file, name]))('%s: %s', (file, name) => {
    expect([...(there.get(file) ?? [])]).toContain(name);
  });
});

describe('the fields of scenario files', () => {
  const fields = [...sections].flatMap(([numbers, section]) => {
    const [, line] = /^In a scenario file: (.*)\.$/m.exec(section) ?? [];
    return [...(line ?? '').matchAll(/`([^`]+)`/g)].map(([, field]) => [numbers, field!] as const);
  });

  test('every claim has some', () => expect(new Set(fields.map(([numbers]) => numbers)).size).toBe(claims.length));

  test.each(fields)('of claims %s: %s', (_, field) => {
    const strategy = { name: 'claimed', ...(JSON.parse(`{${field}}`) as object) };
    const vm = { name: 'a', memory: '4MiB', trace: 'a.lackey' };
    const form = scenarioForm.safeParse({ memory: '8MiB', swap: { size: '16MiB' }, vms: [vm], strategies: [strategy] });
    expect(form.error?.issues ?? []).toEqual([]);
  });
});
