import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The suite with counters in bindings/ (by V8) and in assembly/ (by scripts/wasm-coverage/). */
export default mergeConfig(
  base,
  defineConfig({
    test: {
      // these look at the modules as they are shipped, without counters, or count for themselves
      exclude: ['test/browser/**', 'test/campaign/**', 'test/package/**', 'test/scripts/**'],
      setupFiles: ['test/support/wasm-coverage.ts'],
      env: { USUFRUCT_WASM_COVERAGE: '1' },
      coverage: { enabled: true },
      testTimeout: 600_000,
    },
  }),
);
