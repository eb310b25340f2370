import { access, constants, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { UsufructError } from '../errors.ts';
import type { EngineOptions } from '../engine-options.ts';
import { Engine } from '../node.ts';
import { BeforeRunError } from '../scenario/problem.ts';
import { type ScenarioOverrides, readScenario } from '../scenario/read.ts';
import type { ScenarioResult } from '../scenario/result.ts';
import { type ScenarioOutcome, runScenario } from '../scenario/run.ts';
import { bytesShown } from '../scenario/shown.ts';
import type { Scenario } from '../scenario/types.ts';
import { CommandEnd, type CommandContext, EXIT_FAILED } from './context.ts';
import { summary } from './figures.ts';
import { packageFile } from './package-file.ts';
import { type ProgressBar, progressBar } from './progress.ts';
import { reportData } from './report/data.ts';
import { reportHtml } from './report/report.ts';
import { resultTable } from './table.ts';

interface RunOptions {
  readonly json?: boolean;
  readonly strategy?: readonly string[];
  readonly eviction?: string;
  readonly memory?: string;
  readonly region?: string;
  readonly report?: string;
}

/** The packaged engine, and the page size of its module. */
const PACKAGED_ENGINE = { create: (options: EngineOptions) => Engine.create(options), pageBytes: 4096 } as const;
const DEFAULT_SCENARIO = ['examples', 'default.json'] as const;

export function runCommand(context: CommandContext): Command {
  return new Command('run')
    .description('Replays memory traces in several VMs, moves memory between them on the way, and compares the strategies.')
    .argument('[scenario]', 'scenario file (default: the one in the package)')
    .option('--json', 'print one JSON object instead of the table; failures are one JSON object on stderr')
    .option('--strategy <name>', 'only this strategy, rights or eager; may be given several times', collected)
    .option('--eviction <policy>', 'eviction policy of VMs that name none: lru, fifo, clock, farthest')
    .option('--memory <size>', 'memory of the pool, for example 48MiB')
    .option('--region <size>', 'size of a region, for example 256KiB')
    .option('--report <file>', 'write a page with pictures of the run to this file')
    .action((file: string | undefined, options: RunOptions) => run(file, options, context));
}

function collected(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function run(file: string | undefined, options: RunOptions, context: CommandContext): Promise<void> {
  const scenario = await readScenario(
    file ?? (await packageFile(...DEFAULT_SCENARIO)),
    { pageBytes: engineOf(context).pageBytes },
    overridesOf(options),
  );
  if (options.report !== undefined) await checkReport(options.report);
  const bar = progressBar(context.stderr);
  const outcome = await measured(scenario, options, context, bar).finally(() => bar.stop());
  if (options.report !== undefined) await writeReport(options.report, scenario, outcome);
  context.stdout.write(options.json === true ? `${JSON.stringify(outcome.result, null, 2)}\n` : textOf(scenario, outcome.result, options));
  if (outcome.result.contentsEqual === false) {
    context.stderr.write(
      'usufruct: the contents at the end differ between the strategies. This is a bug; please report it with the scenario.\n',
    );
    throw new CommandEnd(EXIT_FAILED);
  }
}

function engineOf(context: CommandContext): NonNullable<CommandContext['engine']> {
  return context.engine ?? PACKAGED_ENGINE;
}

function overridesOf(options: RunOptions): ScenarioOverrides {
  return {
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.eviction === undefined ? {} : { eviction: options.eviction }),
    ...(options.strategy === undefined ? {} : { strategies: options.strategy }),
  };
}

function measured(scenario: Scenario, options: RunOptions, context: CommandContext, bar: ProgressBar): Promise<ScenarioOutcome> {
  const { create, pageBytes } = engineOf(context);
  return runScenario(scenario, {
    engineCreate: create,
    pageBytes,
    signal: context.signal,
    timeline: options.report !== undefined,
    onProgress: (label, done, total) => bar.update(label, done, total),
  });
}

function textOf(scenario: Scenario, result: ScenarioResult, options: RunOptions): string {
  const lines = [scenario.title ?? '', ...facts(scenario), '', resultTable(result), '', summary(result)];
  if (options.report !== undefined) lines.push(`The pictures are in ${options.report}.`);
  return `${lines.join('\n').trimStart()}\n`;
}

/** Known before the run: whether the report's directory takes files. */
async function checkReport(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch((cause: unknown) => {
    throw new BeforeRunError('', reportError(file, cause));
  });
}

async function writeReport(file: string, scenario: Scenario, outcome: ScenarioOutcome): Promise<void> {
  const html = await reportHtml(reportData(outcome.result, outcome.timelines, facts(scenario)));
  await writeFile(file, html).catch((cause: unknown) => {
    throw reportError(file, cause);
  });
}

function reportError(file: string, cause: unknown): UsufructError {
  return new UsufructError('REPORT_NOT_WRITTEN', `The report ${file} cannot be written: ${String(cause)}.`, { file }, { cause });
}

/** What was run, in words. */
function facts(scenario: Scenario): readonly string[] {
  const { vms, memoryBytes, regionBytes, swap } = scenario;
  const starts = vms.map((vm) => `${vm.name} starts with ${bytesShown(vm.memoryBytes)} (eviction ${vm.eviction})`);
  const device = swap.device === undefined ? 'a simulated device' : `a simulated device (${swap.device})`;
  return [
    `${bytesShown(memoryBytes)} of memory in regions of ${bytesShown(regionBytes)}: ${starts.join(', ')}.`,
    `Swap: ${bytesShown(swap.bytes)} on ${device}${swap.store === 'file' ? ', contents in a real file' : ''}.`,
  ];
}
