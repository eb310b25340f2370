import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Its own compiler checks it, by rules that are not TypeScript's; here only what nobody else sees.
const ASSEMBLY_SCRIPT = ['assembly/**/*.ts', 'bench/loops/**/*.ts'];

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'dist.*/', 'coverage/', '**/golden/', '**/goldens/']),
  {
    ...js.configs.recommended,
    ignores: ASSEMBLY_SCRIPT,
  },
  { extends: [tseslint.configs.strictTypeChecked], ignores: ASSEMBLY_SCRIPT },
  {
    ignores: ASSEMBLY_SCRIPT,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      // tsc knows the names of each platform
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // numbers and booleans read well in templates
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `Uint8Array<ArrayBufferLike>` says that a view may show shared memory
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      // the functions of a WebAssembly instance have no `this`
      '@typescript-eslint/unbound-method': 'off',
      // typed arrays are read at places that are known to exist; `!` says so in one place
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // the error classes are made by a function (bindings/errors.ts), so their declared type is an interface
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    // casts in JSDoc are seen by tsc only
    files: ['**/*.js', '**/*.mjs'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ASSEMBLY_SCRIPT,
    languageOptions: { parser: tseslint.parser },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { '@typescript-eslint/no-unused-vars': 'error', eqeqeq: 'off', 'no-var': 'error', 'no-duplicate-imports': 'error' },
  },
);
