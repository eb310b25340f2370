// Where a coverage run keeps its files.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const COVERAGE_FOLDER = fileURLToPath(new URL('../../build/wasm-coverage', import.meta.url));
export const COVERED_MODULE = join(COVERAGE_FOLDER, 'usufruct.wasm');
/** What each counter counts. */
export const POINTS_FILE = join(COVERAGE_FOLDER, 'points.json');
/** One file of counts for each test file that ran. */
export const COUNTS_FOLDER = join(COVERAGE_FOLDER, 'counts');
