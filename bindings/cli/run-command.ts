import { Command } from 'commander';
import type { ScenarioResult } from '../scenario/result.ts';
import { runScenario } from '../scenario/run.ts';
import type { Scenario } from '../scenario/types.ts';
import type { CommandContext } from './context.ts';
import { summary } from './figures.ts';
import { progressBar } from './progress.ts';
import { replicaDrawing } from './replica-drawing.ts';
import { reportData } from './report/data.ts';
import { reportHtml } from './report/report.ts';
import { contentsRequire, facts, reportWrite, runOptions, scenarioOf } from './scenario-command.ts';
import { type ScenarioOptions, scenarioOptions } from './scenario-options.ts';
import { resultTable } from './table.ts';

interface RunOptions extends ScenarioOptions {
  readonly strategy?: readonly string[];
}

export function runCommand(context: CommandContext): Command {
  const command = new Command('run')
    .description('Replays memory traces in several VMs, moves memory between them on the way, and compares the strategies.')
    .argument('[scenario]', 'scenario file (default: the one in the package)')
    .option('--strategy <name>', 'only this strategy: a built-in one or one of the file; may be given several times', collected);
  return scenarioOptions(command).action((file: string | undefined, options: RunOptions) => run(file, options, context));
}

function collected(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function run(file: string | undefined, options: RunOptions, context: CommandContext): Promise<void> {
  const scenario = await scenarioOf(file, options, options.strategy, context);
  const bar = progressBar(context.stderr);
  const { result, timelines } = await runScenario(scenario, runOptions(options, context, bar)).finally(() => bar.stop());
  if (options.report !== undefined) await reportWrite(options.report, await reportHtml(reportData(result, timelines, facts(scenario))));
  context.stdout.write(options.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(scenario, result, options));
  contentsRequire(result.contentsEqual, context);
}

/** VMs of replicas, under the first strategy. */
function drawingOf({ runs }: ScenarioResult): readonly string[] {
  return runs[0]!.vms.flatMap((vm) => (vm.lockstep === undefined ? [] : [...replicaDrawing(vm), '']));
}

function textOf(scenario: Scenario, result: ScenarioResult, options: RunOptions): string {
  const lines = [scenario.title ?? '', ...facts(scenario), '', resultTable(result), '', ...drawingOf(result), summary(result)];
  if (options.report !== undefined) lines.push(`The pictures are in ${options.report}.`);
  return `${lines.join('\n').trimStart()}\n`;
}
