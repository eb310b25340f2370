// The last line of the CI run is the truth about all reports.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { finish } from '../support/consumer.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/count-tests.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'usufruct-count-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (status: string, tests: number) => ({
  status,
  name: `${status}.test.ts`,
  message: 'why',
  assertionResults: Array.from({ length: tests }),
});
const good = { numPassedTests: 5, numFailedTests: 0, success: true, testResults: [file('passed', 5)] };
const bad = { numPassedTests: 2, numFailedTests: 1, success: false, testResults: [file('failed', 3)] };
const unloadable = { numPassedTests: 1, numFailedTests: 0, success: false, testResults: [file('passed', 1), file('failed', 0)] };
const broken = { numPassedTests: 4, numFailedTests: 0, success: false, testResults: [file('passed', 4)] };
const empty = { numPassedTests: 0, numFailedTests: 0, success: true, testResults: [] };

test.each([
  ['one report', [good], '5 passed, 0 failed', 0],
  ['two reports', [good, good], '10 passed, 0 failed', 0],
  ['a failed test', [good, bad], '7 passed, 1 failed', 1],
  ['a file that could not be loaded', [unloadable], '1 passed, 1 failed', 1],
  ['an error outside of the tests', [broken], '4 passed, 1 failed', 1],
  ['nothing that ran', [empty], '0 passed, 0 failed', 1],
  ['a report that is missing', [good, undefined], '5 passed, 1 failed', 1],
])('%s', async (_, reports, line, status) => {
  const paths = reports.map((report, i) => {
    const path = join(folder, report === undefined ? 'missing.json' : `${i}.json`);
    if (report !== undefined) writeFileSync(path, JSON.stringify(report));
    return path;
  });
  const finished = await finish(process.execPath, [SCRIPT, ...paths], folder);
  expect(finished.stdout.trimEnd().split('\n').at(-1)).toBe(line);
  expect(finished.status).toBe(status);
});
