import { defineConfig } from 'vitest/config';

/** Random operations on each of the nine builds: at least 100,000 runs in all. */
const RUNS_EACH = Math.ceil(100_000 / 9);

/** The long campaign of random operations against the model: `npm run test:campaign`. */
export default defineConfig({
  test: {
    include: ['test/model/machine.test.ts'],
    pool: 'forks',
    env: { MODEL_RUNS: process.env['MODEL_RUNS'] ?? String(RUNS_EACH) },
    testTimeout: 24 * 3_600_000,
    hookTimeout: 60_000,
  },
});
