import { UsufructError } from '../errors.ts';
import { bestFigures, type CompareFigureName, type CompareFigures, compareFigures, type Parties, partiesOf } from './compare-figures.ts';
import { builtInStrategy } from './matrix.ts';
import type { HandoverName, Policies } from './policies.ts';
import type { RunResult } from './result.ts';
import { contentsEqual, type Prepared, prepare, runStrategy, type RunScenarioOptions, type StrategyOutcome } from './run.ts';
import type { Timeline } from './timeline.ts';
import { ScenarioTraces } from './traces.ts';
import type { Scenario, Strategy } from './types.ts';

/** One strategy of a comparison. It has either figures and its run, or the reason why there are none. */
export interface CompareEntry {
  readonly strategy: string;
  readonly policies: Policies & { readonly handover: HandoverName };
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly figures: CompareFigures | null;
  /** In which figures no other entry is better. */
  readonly best: readonly CompareFigureName[];
  readonly run: RunResult | null;
}

/** What `usufruct compare --json` prints. */
export interface CompareResult extends Parties {
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly regionBytes: number;
  readonly pageBytes: number;
  /** Changes of memory that each run makes. */
  readonly changes: number;
  /** The run without changes, that slow-downs are measured against. */
  readonly reference: RunResult;
  readonly entries: readonly CompareEntry[];
  /** Whether every VM's digest is the same in all runs that came to their end, the one without changes included. */
  readonly contentsEqual: boolean;
}

export interface CompareOutcome {
  readonly result: CompareResult;
  /** One an entry; null for those that failed. Empty unless asked for. */
  readonly timelines: readonly (Timeline | null)[];
}

/**
 * Runs a scenario without its changes and then under each of its strategies, one after the other. A strategy that fails is an entry with its reason;
 * ScenarioError and BeforeRunError: none could start; the signal's reason: it was aborted.
 */
export async function compareScenario(scenario: Scenario, options: RunScenarioOptions): Promise<CompareOutcome> {
  const { pageBytes, signal, onProgress } = options;
  const traces = await ScenarioTraces.open(scenario, { pageBytes, signal, onProgress });
  try {
    const prepared = await prepare(scenario, traces.all, options);
    const reference = await referenceRun(scenario, prepared, options);
    const outcomes: (StrategyOutcome | UsufructError)[] = [];
    for (const [index, strategy] of scenario.strategies.entries()) {
      const numbered = { ...options, label: `${index + 1} of ${scenario.strategies.length}: ` };
      outcomes.push(await attempt(scenario, strategy, prepared, numbered));
    }
    return outcomeOf(scenario, pageBytes, reference, outcomes, options.timeline === true);
  } finally {
    await traces.dispose();
  }
}

async function referenceRun(scenario: Scenario, prepared: Prepared, options: RunScenarioOptions): Promise<RunResult> {
  const strategy = { ...builtInStrategy('rights', {}), name: 'no changes' };
  const { result } = await runStrategy({ ...scenario, changes: [] }, strategy, prepared, { ...options, timeline: false });
  return result;
}

async function attempt(
  scenario: Scenario,
  strategy: Strategy,
  prepared: Prepared,
  options: RunScenarioOptions,
): Promise<StrategyOutcome | UsufructError> {
  try {
    return await runStrategy(scenario, strategy, prepared, options);
  } catch (error) {
    if (error instanceof UsufructError && options.signal?.aborted !== true) return error;
    throw error;
  }
}

/** Without the strategy's name, that stands beside it. */
function reasonOf({ message, cause }: UsufructError): string {
  return cause instanceof UsufructError ? cause.message : message;
}

function outcomeOf(
  scenario: Scenario,
  pageBytes: number,
  reference: RunResult,
  outcomes: readonly (StrategyOutcome | UsufructError)[],
  hasTimelines: boolean,
): CompareOutcome {
  const parties = partiesOf(scenario);
  const runs = outcomes.map((outcome) => (outcome instanceof UsufructError ? null : outcome.result));
  const figures = runs.map((run) => (run === null ? null : compareFigures(run, reference, parties)));
  const best = bestFigures(figures);
  const entries = scenario.strategies.map(({ name, ...policies }, index): CompareEntry => {
    const outcome = outcomes[index]!;
    const failure = outcome instanceof UsufructError ? { code: outcome.code, message: reasonOf(outcome) } : null;
    return { strategy: name, policies, failure, figures: figures[index]!, best: best[index]!, run: runs[index]! };
  });
  const { title, memoryBytes, regionBytes } = scenario;
  const equal = contentsEqual([reference, ...runs.filter((run) => run !== null)]) ?? true;
  return {
    result: {
      title,
      memoryBytes,
      regionBytes,
      pageBytes,
      changes: scenario.changes.length,
      ...parties,
      reference,
      entries,
      contentsEqual: equal,
    },
    timelines: hasTimelines ? outcomes.map((outcome) => (outcome instanceof UsufructError ? null : outcome.timeline)) : [],
  };
}
