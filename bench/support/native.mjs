// Programs in C for comparison, where there is a compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../compare', import.meta.url));
/** What the programs include. */
const SHARED = join(SOURCES, 'median.h');
/** The status of a program that cannot measure here. */
const UNAVAILABLE = 3;
const PROGRAMS = fileURLToPath(new URL('../../build/bench', import.meta.url));

/** Compiles bench/compare/<name>.c if it has to; null where there is no gcc. @param {string} name */
function programPath(name) {
  const source = join(SOURCES, `${name}.c`);
  const program = join(PROGRAMS, name);
  if (existsSync(program) && [source, SHARED].every((file) => statSync(program).mtimeMs > statSync(file).mtimeMs)) return program;
  mkdirSync(PROGRAMS, { recursive: true });
  try {
    execFileSync('gcc', ['-O3', '-o', program, source], { stdio: 'ignore' });
    return program;
  } catch {
    return null;
  }
}

/**
 * The number that a program prints; null where it cannot be compiled, or the system has not got what it measures.
 * @param {string} name @param {readonly (string | number)[]} parameters
 */
export function nativeNumber(name, parameters) {
  const program = programPath(name);
  if (program === null) return null;
  try {
    return Number(execFileSync(program, parameters.map(String), { encoding: 'utf8' }));
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === UNAVAILABLE) return null;
    throw error;
  }
}
