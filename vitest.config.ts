import { defineConfig } from 'vitest/config';

/** Where the report for programs goes, if one is wanted. */
const report = process.env['USUFRUCT_TEST_REPORT'];

export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/campaign/**'],
    // processes: a test that fills a 4 GiB memory must not take its neighbours with it
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['bindings/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportsDirectory: 'coverage/bindings',
    },
  },
});
