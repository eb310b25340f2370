import { defineConfig } from 'vitest/config';

/** The long campaign of random operations against the model: `npm run test:campaign`. */
export default defineConfig({
  test: {
    include: ['test/campaign/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 24 * 3_600_000,
    hookTimeout: 60_000,
  },
});
