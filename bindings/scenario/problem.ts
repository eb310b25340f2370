import { UsufructError, valueShown } from '../errors.ts';

/** One thing wrong with a scenario: where, and a sentence that says what stands there and what is allowed. */
export interface ScenarioProblem {
  /** Path of the field, such as `vms[0].memory`; empty for the file as a whole. */
  readonly field: string;
  /** The sentence, without the name of the file. */
  readonly message: string;
}

/** A scenario that cannot be run, known before the run. Has every problem found; the message is one sentence a line. Details: `file`, `field`, `problems`. */
export class ScenarioError extends UsufructError {
  readonly problems: readonly ScenarioProblem[];

  constructor(file: string, problems: readonly ScenarioProblem[], options?: ErrorOptions) {
    const sentences = problems.map((problem) => `${file}: ${problem.message}`);
    super('BAD_SCENARIO', sentences.join('\n'), { file, field: problems[0]?.field ?? '', problems: problems.length }, options);
    this.problems = problems;
  }
}

/** `['vms', 0, 'memory']` as `vms[0].memory`. */
export function pathShown(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}

/** "FIELD is VALUE: ALLOWED." */
export function problemOfValue(field: string, value: unknown, allowed: string): ScenarioProblem {
  const subject = field === '' ? 'the scenario' : field;
  const state = value === undefined ? 'is missing' : `is ${valueShown(value)}`;
  return { field, message: `${subject} ${state}: ${allowed}.` };
}

/** What stands at `path` of the input; undefined where nothing does. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** A failure that can be known before the run, though not by this package's checks of the scenario: a trace that is no trace, an engine too large. */
export class BeforeRunError extends UsufructError {
  constructor(place: string, cause: UsufructError) {
    super(cause.code, `${place}${cause.message}`, cause.details, { cause });
  }
}

/** A failure in the run. The message says under which strategy. */
export class RunError extends UsufructError {
  constructor(strategy: string, cause: UsufructError) {
    super(cause.code, `Under ${strategy}: ${cause.message}`, { ...cause.details, strategy }, { cause });
  }
}
