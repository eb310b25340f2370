import { UsufructError } from '../errors.ts';
import { BeforeRunError, RunError, ScenarioError } from './problem.ts';
import type { SeparateResult } from './replica-result.ts';
import type { RunResult, ScenarioResult, VmResult } from './result.ts';
import { separateRuns } from './separate.ts';
import { type EngineCreate, StrategyRun } from './strategy-run.ts';
import type { Timeline } from './timeline.ts';
import { ScenarioTraces, type VmTrace } from './traces.ts';
import type { Scenario, Strategy } from './types.ts';

export interface RunScenarioOptions {
  readonly engineCreate: EngineCreate;
  /** Page size of the engines that it makes. */
  readonly pageBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Record what happens, for pictures. */
  readonly timeline?: boolean;
  /** In front of what is said of the progress. */
  readonly label?: string;
  readonly onProgress?: ((label: string, done: number, total: number) => void) | undefined;
}

export interface ScenarioOutcome {
  readonly result: ScenarioResult;
  /** One a run, in the same order; empty unless asked for. */
  readonly timelines: readonly Timeline[];
}

/** Runs a scenario under each of its strategies. ScenarioError and BeforeRunError: it could not start; RunError: it failed on the way. */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions): Promise<ScenarioOutcome> {
  const { pageBytes, signal, onProgress } = options;
  const traces = await ScenarioTraces.open(scenario, { pageBytes, signal, onProgress });
  const runs: RunResult[] = [];
  const timelines: Timeline[] = [];
  try {
    const prepared = await prepare(scenario, traces.all, options);
    for (const strategy of scenario.strategies) {
      const { result, timeline } = await runStrategy(scenario, strategy, prepared, options);
      runs.push(result);
      if (timeline !== null) timelines.push(timeline);
    }
  } finally {
    await traces.dispose();
  }
  const { title, memoryBytes, regionBytes } = scenario;
  return { result: { title, memoryBytes, regionBytes, pageBytes, runs, contentsEqual: contentsEqual(runs) }, timelines };
}

/** What every strategy of a scenario starts from. */
export interface Prepared {
  readonly traces: readonly VmTrace[];
  /** By VM: the same program in separate VMs; null where it has no replicas. */
  readonly separate: readonly (SeparateResult | null)[];
}

export async function prepare(scenario: Scenario, traces: readonly VmTrace[], options: RunScenarioOptions): Promise<Prepared> {
  const { engineCreate, signal, onProgress } = options;
  return { traces, separate: await separateRuns(scenario, traces, { engineCreate, signal, onProgress }) };
}

export interface StrategyOutcome {
  readonly result: RunResult;
  readonly timeline: Timeline | null;
}

/** One run, on an engine of its own. BeforeRunError: it could not start; RunError: it failed on the way. */
export async function runStrategy(
  scenario: Scenario,
  strategy: Strategy,
  { traces, separate }: Prepared,
  options: RunScenarioOptions,
): Promise<StrategyOutcome> {
  const { engineCreate, signal, onProgress, timeline = false, label = '' } = options;
  const run = await before(strategy, () => StrategyRun.create(scenario, strategy, traces, { engineCreate, signal, timeline, separate }));
  try {
    const result = await during(strategy, () =>
      run.run((done, total) => onProgress?.(`${label}running under ${strategy.name}`, done, total)),
    );
    return { result, timeline: run.timeline() };
  } finally {
    await run.dispose();
  }
}

/** null: there is nothing to compare. */
export function contentsEqual(runs: readonly RunResult[]): boolean | null {
  if (runs.length < 2) return null;
  const names = runs[0]!.vms.map((vm) => vm.name).filter((name) => runs.every((run) => isComparable(run, name)));
  const digests = runs.map((run) =>
    run.vms
      .filter((vm) => names.includes(vm.name))
      .map(digestsOf)
      .join(),
  );
  return new Set(digests).size === 1;
}

/** Replicas that were halted stand where they were, and a flip goes where its frame goes without being written out: both depend on time. */
function isComparable(run: RunResult, name: string): boolean {
  const lockstep = run.vms.find((vm) => vm.name === name)?.lockstep;
  return lockstep === undefined || (lockstep.end === 'finished' && lockstep.faults.every(({ kind }) => kind !== 'unseen'));
}

function digestsOf({ digest, replicas = [] }: VmResult): string {
  return [digest, ...replicas.filter(({ state }) => state === 'finished').map((replica) => replica.digest)].join(' ');
}

async function before<Result>(strategy: Strategy, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsufructError && !(error instanceof ScenarioError)
      ? new BeforeRunError(`The run under ${strategy.name} cannot start: `, error)
      : error;
  }
}

async function during<Result>(strategy: Strategy, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsufructError ? new RunError(strategy.name, error) : error;
  }
}
