import { UsufructError } from '../errors.ts';

/** Failures of the engine and of the world around it: whoever runs, they would come. */
const OF_ENGINE: ReadonlySet<string> = new Set([
  'DISPOSED',
  'IMAGE_READ_FAILED',
  'INVARIANT',
  'OUT_OF_FRAMES',
  'POLICY_FAILED',
  'REENTRANT',
  'SWAP_FULL',
  'SWAP_READ_FAILED',
  'SWAP_STORE_FAILED',
  'SWAP_WRITE_FAILED',
  'TABLES_FULL',
  'TRACE_CORRUPT',
]);

/** Whether what a program threw may come from a fault of its replica: a wild address, an instruction that is none. */
export function isOfProgram(error: unknown): boolean {
  return !(error instanceof UsufructError && OF_ENGINE.has(error.code));
}
