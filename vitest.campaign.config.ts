import { defineConfig } from 'vitest/config';

/** The long campaign of random operations against the model: `npm run test:campaign`. */
export default defineConfig({
  test: {
    include: ['test/campaign/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    env: { MODEL_RUNS: process.env['MODEL_RUNS'] ?? '100000' },
    // progress as it happens
    disableConsoleIntercept: true,
    testTimeout: 24 * 3_600_000,
    hookTimeout: 60_000,
  },
});
