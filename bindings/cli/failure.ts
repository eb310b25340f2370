import { UsufructError } from '../errors.ts';
import { BeforeRunError, ScenarioError } from '../scenario/problem.ts';
import { type CommandContext, EXIT_FAILED, EXIT_MISUSE } from './context.ts';

/**
 * Tells about a failure on stderr and gives the exit status. For people it is the sentence alone; with `--json` one object
 * `{ "error": { "code", "message", "details", "problems"? } }`. A stack is only for what should not happen.
 */
export function failureReport(error: unknown, context: CommandContext, isJson: boolean): number {
  const { stderr, signal } = context;
  const isBefore = error instanceof ScenarioError || error instanceof BeforeRunError;
  const status = isBefore ? EXIT_MISUSE : EXIT_FAILED;
  if (isJson) {
    stderr.write(`${JSON.stringify({ error: failureObject(error, signal.aborted) })}\n`);
  } else if (signal.aborted) {
    stderr.write('usufruct: interrupted\n');
  } else if (error instanceof UsufructError) {
    for (const line of error.message.split('\n')) stderr.write(`usufruct: ${line}\n`);
  } else {
    stderr.write(`usufruct: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  return status;
}

function failureObject(error: unknown, isAborted: boolean): Readonly<Record<string, unknown>> {
  if (isAborted) return { code: 'INTERRUPTED', message: 'interrupted', details: {} };
  if (error instanceof ScenarioError) return { code: error.code, message: error.message, details: error.details, problems: error.problems };
  if (error instanceof UsufructError) return { code: error.code, message: error.message, details: error.details };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), details: {} };
}
