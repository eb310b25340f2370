import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkScenario } from './check.ts';
import { problemsOfForms } from './check-forms.ts';
import type { CheckLimits } from './check-shared.ts';
import { BUILT_IN_NAMES } from './matrix.ts';
import { parseJson } from './parse-json.ts';
import { ScenarioError, type ScenarioProblem, problemOfValue } from './problem.ts';
import { resolved } from './resolve.ts';
import { problemsOf, scenarioForm } from './schema.ts';
import type { Scenario } from './types.ts';

/** What a command line may say over the file. */
export interface ScenarioOverrides {
  /** Fields at the top of the file, written and checked as there. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Names of strategies, of the file's own or built-in ones; or every built-in one where the file names none. */
  readonly strategies?: readonly string[] | 'matrix' | undefined;
}

/** Reads and checks a scenario file; paths in it are relative to it. Everything that can be known before the run is a ScenarioError here. */
export async function readScenario(file: string, limits: CheckLimits, overrides: ScenarioOverrides = {}): Promise<Scenario> {
  const input = parseJson(file, await readText(file));
  const isObject = typeof input === 'object' && !Array.isArray(input);
  const scenario = scenarioFrom(file, isObject ? overridden(input as Fields, overrides.fields ?? {}) : input, limits, overrides.strategies);
  const missing = (await Promise.all(scenario.vms.map(async (vm, index) => problemOfTrace(vm.tracePath, `vms[${index}].trace`)))).flat();
  if (missing.length > 0) throw new ScenarioError(file, missing);
  return scenario;
}

type Fields = Readonly<Record<string, unknown>>;

/** `fields` in place of the input's; objects field by field, so that one of their fields can be said anew alone. */
function overridden(input: Fields, fields: Fields): Fields {
  const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged = Object.entries(fields).map(([field, value]) => {
    const before = input[field];
    return [field, isObject(value) && isObject(before) ? { ...before, ...value } : value];
  });
  return { ...input, ...(Object.fromEntries(merged) as Fields) };
}

/** Checks a scenario that is already parsed from JSON. `file` names it in messages and is what its paths are relative to. */
export function scenarioFrom(file: string, input: unknown, limits: CheckLimits, strategies?: ScenarioOverrides['strategies']): Scenario {
  const parsed = scenarioForm.safeParse(input);
  if (!parsed.success) throw new ScenarioError(file, problemsOf(input, parsed.error.issues));
  const problems = problemsOfForms(parsed.data, input);
  if (problems.length > 0) throw new ScenarioError(file, problems);
  const scenario = chosen(file, resolved(parsed.data, dirname(file)), strategies, parsed.data.strategies === undefined);
  const conflicts = checkScenario(scenario, input, limits);
  if (conflicts.length > 0) throw new ScenarioError(file, conflicts);
  return scenario;
}

function chosen(file: string, scenario: Scenario, strategies: ScenarioOverrides['strategies'], namesNone: boolean): Scenario {
  if (strategies === undefined || (strategies === 'matrix' && !namesNone)) return scenario;
  if (strategies === 'matrix') return chosen(file, scenario, BUILT_IN_NAMES, namesNone);
  const names = scenario.known.map(({ name }) => name);
  const problems = strategies.flatMap((name, index) => {
    const isTwice = strategies.indexOf(name) !== index;
    if (names.includes(name) && !isTwice) return [];
    const allowed = isTwice ? 'each strategy may be named once' : `the strategies are ${names.map((known) => `"${known}"`).join(', ')}`;
    return [problemOfValue('strategy', name, allowed)];
  });
  if (problems.length > 0) throw new ScenarioError(file, problems);
  return { ...scenario, strategies: strategies.map((name) => scenario.known.find((strategy) => strategy.name === name)!) };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ScenarioError(file, [{ field: '', message: `the scenario cannot be read: ${systemReason(cause)}.` }], { cause });
  }
}

async function problemOfTrace(path: string, field: string): Promise<readonly ScenarioProblem[]> {
  try {
    return (await stat(path)).isFile() ? [] : [problemOfValue(field, path, 'it must be a file')];
  } catch (error) {
    return [problemOfValue(field, path, `the trace cannot be read: ${systemReason(error)}`)];
  }
}

function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
