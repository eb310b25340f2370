// The programs in examples/ run from the packed package, to their end and without a word on stderr.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { consumerCreate, type Consumer } from '../support/consumer.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const programs = readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'));

let consumer: Consumer;
beforeAll(async () => {
  consumer = await consumerCreate();
});
afterAll(() => consumer.remove());

test('there are examples', () => {
  expect(programs.length).toBeGreaterThan(0);
});

test.each(programs)('%s', async (name) => {
  const finished = await consumer.runFile(name, readFileSync(join(EXAMPLES, name), 'utf8'));
  expect(finished.stderr).toBe('');
  expect(finished.status).toBe(0);
  expect(finished.stdout).not.toBe('');
});
