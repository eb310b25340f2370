import { Command } from 'commander';
import { compareScenario, type CompareResult } from '../scenario/compare.ts';
import type { Scenario } from '../scenario/types.ts';
import { compareSummary } from './compare-summary.ts';
import { compareTable } from './compare-table.ts';
import { CommandEnd, type CommandContext, EXIT_FAILED } from './context.ts';
import { progressBar } from './progress.ts';
import { compareData } from './report/compare-data.ts';
import { compareHtml } from './report/compare-report.ts';
import { contentsRequire, facts, reportWrite, runOptions, scenarioOf } from './scenario-command.ts';
import { names, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';

interface CompareOptions extends ScenarioOptions {
  readonly strategies?: readonly string[];
}

const EXAMPLE = `
Without --strategies it compares those of the file; where the file names none, all built-in ones: rights, managerPreferred,
earlyRelease, moveFirst, evacuate, readOnly, eager, reserve. The best figure of each column has a star.
Policies differ where a scenario gives them something to decide; examples/move-first.json of the package has a giver with room.
`;

export function compareCommand(context: CommandContext): Command {
  const command = new Command('compare')
    .description('Runs one scenario under several strategies and policies, one after the other, and puts them side by side.')
    .argument('[scenario]', 'scenario file (default: the one in the package)')
    .option('--strategies <names>', 'only these, with commas: built-in ones and those of the file', names)
    .addHelpText('after', EXAMPLE);
  return scenarioOptions(command).action((file: string | undefined, options: CompareOptions) => compare(file, options, context));
}

async function compare(file: string | undefined, options: CompareOptions, context: CommandContext): Promise<void> {
  const scenario = await scenarioOf(file, options, options.strategies ?? 'matrix', context);
  const bar = progressBar(context.stderr);
  const { result, timelines } = await compareScenario(scenario, runOptions(options, context, bar)).finally(() => bar.stop());
  if (options.report !== undefined) await reportWrite(options.report, await compareHtml(compareData(result, timelines, facts(scenario))));
  context.stdout.write(options.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(scenario, result, options));
  contentsRequire(result.contentsEqual, context);
  if (!result.entries.some(({ failure }) => failure !== null)) return;
  for (const { strategy, failure } of result.entries)
    if (failure !== null) context.stderr.write(`usufruct: Under ${strategy}: ${failure.message}\n`);
  throw new CommandEnd(EXIT_FAILED);
}

function textOf(scenario: Scenario, result: CompareResult, options: CompareOptions): string {
  const lines = [scenario.title ?? '', ...facts(scenario), '', compareTable(result), '', ...compareSummary(result)];
  if (options.report !== undefined) lines.push(`The pictures are in ${options.report}.`);
  return `${lines.join('\n').trimStart()}\n`;
}
