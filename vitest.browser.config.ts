import { defineConfig } from 'vitest/config';

/** The smoke test in a browser; a command of its own, so that the suite needs none. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
