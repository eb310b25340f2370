// Sums up reports of vitest's JSON reporter into one line: `N passed, N failed`. Fails when a test failed, a report is missing, or nothing ran.
//
//   node scripts/count-tests.mjs REPORT.json…
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ status: string, name: string, message?: string, assertionResults: unknown[] }} FileReport */
/** @typedef {{ numPassedTests: number, numFailedTests: number, success: boolean, testResults: FileReport[] }} Report */

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) {
    // its tests did not run at all
    console.log(`${path}: no report`);
    failed += 1;
    continue;
  }
  const report = /** @type {Report} */ (JSON.parse(readFileSync(path, 'utf8')));
  const brokenFiles = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  for (const file of brokenFiles) console.log(`${file.name}: did not run: ${file.message ?? 'no message'}`);
  passed += report.numPassedTests;
  failed += report.numFailedTests + brokenFiles.length;
  if (!report.success && report.numFailedTests + brokenFiles.length === 0) failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
