import { defineConfig } from 'vitest/config';

/** Where the report for programs goes, if one is wanted. */
const report = process.env['USUFRUCT_TEST_REPORT'];

/** The smoke test in a browser; a command of its own, so that the suite needs none. */
export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
