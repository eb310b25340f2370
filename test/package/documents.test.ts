// What the documents show runs, from the packed package, and prints what they say.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examplesOf } from '../support/code-blocks.ts';
import { consumerCreate, type Consumer } from '../support/consumer.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));
const examples = documents.flatMap((document) =>
  examplesOf(readFileSync(join(ROOT, document), 'utf8')).map((example) => ({ document, ...example })),
);

let consumer: Consumer;
beforeAll(async () => {
  consumer = await consumerCreate();
});
afterAll(() => consumer.remove());

test('the README has examples that run, one of them with its output', () => {
  const ofReadme = examples.filter(({ document }) => document === 'README.md');
  expect(ofReadme.length).toBeGreaterThan(0);
  expect(ofReadme.some(({ output }) => output !== undefined)).toBe(true);
});

test.each(examples)('the example in $document, line $line', async ({ line, language, code, output }) => {
  const script = language === 'ts' ? ts.transpile(code, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }) : code;
  const finished = await consumer.runFile(`line-${line}.js`, script);
  expect(finished.stderr).toBe('');
  expect(finished.status).toBe(0);
  if (output !== undefined) expect(finished.stdout).toBe(output);
});

describe('the reader of examples', () => {
  const fence = '```';

  test('finds marked blocks, their lines, and the output behind them', () => {
    const text = `a\n${fence}js run\nx\n${fence}\n\n${fence}text output\n1\n2\n${fence}\n${fence}js\nnot\n${fence}\n${fence}ts run\ny\nz\n${fence}\ntext\n`;
    expect(examplesOf(text)).toEqual([
      { line: 2, language: 'js', code: 'x\n', output: '1\n2\n' },
      { line: 13, language: 'ts', code: 'y\nz\n', output: undefined },
    ]);
  });

  test('refuses a block without an end', () => {
    expect(() => examplesOf(`${fence}js run\nx\n`)).toThrow(/line 1 has no end/);
  });
});
