import { UsufructError } from '../errors.ts';
import { BeforeRunError, RunError, ScenarioError } from './problem.ts';
import type { RunResult, ScenarioResult } from './result.ts';
import { type EngineBuild, StrategyRun } from './strategy-run.ts';
import type { Timeline } from './timeline.ts';
import { openTraces } from './traces.ts';
import type { Scenario, Strategy } from './types.ts';

/** Which compiled module to run; the packaged one by default. */
export type ScenarioEngineOptions = EngineBuild & { readonly pageBytes?: number };

export interface RunScenarioOptions {
  readonly signal?: AbortSignal | undefined;
  readonly engine?: ScenarioEngineOptions;
  /** Record what happens, for pictures. */
  readonly timeline?: boolean;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

export interface ScenarioOutcome {
  readonly result: ScenarioResult;
  /** One a run, in the same order; empty unless asked for. */
  readonly timelines: readonly Timeline[];
}

/** Page size of the compiled module that ships. */
export const PAGE_BYTES_SHIPPED = 4096;

/** Runs a scenario under each of its strategies. ScenarioError and BeforeRunError: it could not start; RunError: it failed on the way. */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions = {}): Promise<ScenarioOutcome> {
  const { engine: { pageBytes = PAGE_BYTES_SHIPPED, ...build } = {}, signal, onProgress } = options;
  const traces = await openTraces(scenario, { pageBytes, signal, ...(onProgress === undefined ? {} : { onProgress }) });
  const runs: RunResult[] = [];
  const timelines: Timeline[] = [];
  for (const strategy of scenario.strategies) {
    const run = await before(strategy, () =>
      StrategyRun.create(scenario, strategy, traces, { build, signal, timeline: options.timeline ?? false }),
    );
    try {
      runs.push(await during(strategy, () => run.run((done, total) => onProgress?.(`running under ${strategy}`, done, total))));
      const timeline = run.timeline();
      if (timeline !== null) timelines.push(timeline);
    } finally {
      await run.dispose();
    }
  }
  const { title, memoryBytes, regionBytes } = scenario;
  return { result: { title, memoryBytes, regionBytes, pageBytes, runs, contentsEqual: contentsEqual(runs) }, timelines };
}

function contentsEqual(runs: readonly RunResult[]): boolean | null {
  if (runs.length < 2) return null;
  const digests = runs.map((run) => run.vms.map((vm) => vm.digest).join());
  return new Set(digests).size === 1;
}

async function before<Result>(strategy: Strategy, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsufructError && !(error instanceof ScenarioError)
      ? new BeforeRunError(`The run under ${strategy} cannot start: `, error)
      : error;
  }
}

async function during<Result>(strategy: Strategy, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsufructError ? new RunError(strategy, error) : error;
  }
}
