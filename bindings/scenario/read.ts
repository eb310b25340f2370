import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type CheckLimits, checkScenario } from './check.ts';
import { parseJson } from './parse-json.ts';
import { ScenarioError, type ScenarioProblem, problemOfValue } from './problem.ts';
import { type ScenarioForm, problemsOf, scenarioForm } from './schema.ts';
import { type Scenario, type ScenarioChange, STRATEGIES, type When } from './types.ts';

const REGION_BYTES_DEFAULT = 256 * 1024;
const ACCESS_NS_DEFAULT = 1;

/** What a command line may say over the file. Written as in the file, checked as in the file. */
export interface ScenarioOverrides {
  readonly memory?: string;
  readonly region?: string;
  readonly eviction?: string;
  readonly strategies?: readonly string[];
}

/** Reads and checks a scenario file; paths in it are relative to it. Everything that can be known before the run is a ScenarioError here. */
export async function readScenario(file: string, limits: CheckLimits, overrides: ScenarioOverrides = {}): Promise<Scenario> {
  const input = parseJson(file, await readText(file));
  const scenario = scenarioFrom(file, typeof input === 'object' && !Array.isArray(input) ? { ...input, ...overrides } : input, limits);
  const missing = (await Promise.all(scenario.vms.map(async (vm, index) => problemOfTrace(vm.tracePath, `vms[${index}].trace`)))).flat();
  if (missing.length > 0) throw new ScenarioError(file, missing);
  return scenario;
}

/** Checks a scenario that is already parsed from JSON. `file` names it in messages and is what its paths are relative to. */
export function scenarioFrom(file: string, input: unknown, limits: CheckLimits): Scenario {
  const parsed = scenarioForm.safeParse(input);
  if (!parsed.success) throw new ScenarioError(file, problemsOf(input, parsed.error.issues));
  const problems = parsed.data.changes?.flatMap((change, index) => problemsOfWhen(change.when, `changes[${index}].when`)) ?? [];
  if (problems.length > 0) throw new ScenarioError(file, problems);
  const scenario = resolved(parsed.data, dirname(file));
  const conflicts = checkScenario(scenario, input, limits);
  if (conflicts.length > 0) throw new ScenarioError(file, conflicts);
  return scenario;
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

type WhenForm = NonNullable<ScenarioForm['changes']>[number]['when'];

function problemsOfWhen(when: WhenForm, field: string): readonly ScenarioProblem[] {
  const byVm = when.vm !== undefined && when.progress !== undefined && when.virtual === undefined;
  const byTime = when.virtual !== undefined && when.vm === undefined && when.progress === undefined;
  return byVm || byTime ? [] : [problemOfValue(field, when, 'it must be { "vm": NAME, "progress": 0 to 1 } or { "virtual": TIME }')];
}

function resolved(form: ScenarioForm, directory: string): Scenario {
  return {
    title: form.title ?? null,
    memoryBytes: form.memory,
    regionBytes: form.region ?? REGION_BYTES_DEFAULT,
    accessNs: form.accessNs ?? ACCESS_NS_DEFAULT,
    loadsStore: form.loadsStore ?? true,
    expand: form.expand ?? 'lowest',
    swap: {
      bytes: form.swap.size,
      device: form.swap.device,
      readLatencyNs: form.swap.readLatency,
      writeLatencyNs: form.swap.writeLatency,
      readBytesPerSecond: form.swap.readBandwidth,
      writeBytesPerSecond: form.swap.writeBandwidth,
      queue: form.swap.queue,
      store: form.swap.store ?? (form.swap.path === undefined ? 'linear' : 'file'),
      path: form.swap.path === undefined ? undefined : resolve(directory, form.swap.path),
    },
    vms: form.vms.map((vm) => ({
      name: vm.name,
      memoryBytes: vm.memory,
      tracePath: resolve(directory, vm.trace),
      addressSpaceBytes: vm.addressSpace ?? form.addressSpace,
      eviction: vm.eviction ?? form.eviction ?? 'lru',
      seek: vm.seek ?? form.seek,
      evictBatch: vm.evictBatch ?? form.evictBatch,
    })),
    changes: (form.changes ?? []).map(resolvedChange),
    strategies: form.strategies ?? STRATEGIES,
  };
}

function resolvedChange(form: NonNullable<ScenarioForm['changes']>[number]): ScenarioChange {
  const { vm, progress, virtual } = form.when;
  const when: When = vm !== undefined ? { vm, progress: progress ?? 0 } : { virtualNs: virtual ?? 0 };
  return {
    when,
    moves: Object.entries(form.reconfigure).map(([name, bytes]) => ({ vm: name, bytes })),
    shortfall: form.shortfall ?? 'reject',
  };
}
