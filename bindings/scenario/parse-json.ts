import { ScenarioError } from './problem.ts';

/** Parses JSON; a syntax error is a ScenarioError that names the line. */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/ in JSON at .*$|, (\.\.\.)?".*$/s, '') : String(cause);
    const message = `the scenario is not JSON at line ${firstBrokenLine(text)}: ${reason}.`;
    throw new ScenarioError(file, [{ field: '', message }], { cause });
  }
}

/** Not every message of the platform says where it is: the first line up to which the text is not even the start of JSON. */
function firstBrokenLine(text: string): number {
  const lines = text.trimEnd().split('\n');
  const broken = lines.findIndex((_, index) => !isStartOfJson(lines.slice(0, index + 1).join('\n')));
  return broken < 0 ? lines.length : broken + 1;
}

/** Text that ends with a whole line. A string that is open there never ends well: it may not hold a line break. */
function isStartOfJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = String(error);
    if (message.includes('end of JSON input')) return true;
    return !message.includes('Unterminated') && Number(/position (\d+)/.exec(message)?.[1] ?? -1) >= text.length;
  }
}
