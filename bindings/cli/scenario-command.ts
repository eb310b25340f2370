import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Engine } from '../node.ts';
import type { EngineOptions } from '../engine-options.ts';
import { UsufructError } from '../errors.ts';
import { BeforeRunError } from '../scenario/problem.ts';
import { readScenario, type ScenarioOverrides } from '../scenario/read.ts';
import type { RunScenarioOptions } from '../scenario/run.ts';
import { bytesShown } from '../scenario/shown.ts';
import type { Scenario } from '../scenario/types.ts';
import { CommandEnd, type CommandContext, EXIT_FAILED } from './context.ts';
import { packageFile } from './package-file.ts';
import type { ProgressBar } from './progress.ts';
import { fieldsOf, type ScenarioOptions } from './scenario-options.ts';

// What `run` and `compare` do alike: reading the scenario, running it, writing a report.

/** The packaged engine, and the page size of its module. */
const PACKAGED_ENGINE = { create: (options: EngineOptions) => Engine.create(options), pageBytes: 4096 } as const;
const DEFAULT_SCENARIO = ['examples', 'default.json'] as const;

export function engineOf(context: CommandContext): NonNullable<CommandContext['engine']> {
  return context.engine ?? PACKAGED_ENGINE;
}

/** Reads the scenario and sees whether a report could be written: what can be known before the run. */
export async function scenarioOf(
  file: string | undefined,
  options: ScenarioOptions,
  strategies: ScenarioOverrides['strategies'],
  context: CommandContext,
): Promise<Scenario> {
  const path = file ?? (await packageFile(...DEFAULT_SCENARIO));
  const scenario = await readScenario(path, { pageBytes: engineOf(context).pageBytes }, { fields: fieldsOf(options), strategies });
  if (options.report !== undefined) await checkReport(options.report);
  return scenario;
}

export function runOptions(options: ScenarioOptions, context: CommandContext, bar: ProgressBar): RunScenarioOptions {
  const { create, pageBytes } = engineOf(context);
  return {
    engineCreate: create,
    pageBytes,
    signal: context.signal,
    timeline: options.report !== undefined,
    onProgress: (label, done, total) => bar.update(label, done, total),
  };
}

/** A new file in a directory that can be written to, or a file that can be written over. */
async function checkReport(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory() === true) throw new Error('it is a directory');
    await access(found === null ? dirname(resolve(file)) : file, constants.W_OK);
  } catch (cause) {
    throw new BeforeRunError('', reportError(file, cause));
  }
}

export async function reportWrite(file: string, html: string): Promise<void> {
  await writeFile(file, html).catch((cause: unknown) => {
    throw reportError(file, cause);
  });
}

function reportError(file: string, cause: unknown): UsufructError {
  return new UsufructError('REPORT_NOT_WRITTEN', `The report ${file} cannot be written: ${String(cause)}.`, { file }, { cause });
}

/** Ends the command when contents differ: whatever moves or is paged, they may not. */
export function contentsRequire(contentsEqual: boolean | null, context: CommandContext): void {
  if (contentsEqual !== false) return;
  context.stderr.write(
    'usufruct: the contents at the end differ between the strategies. This is a bug; please report it with the scenario.\n',
  );
  throw new CommandEnd(EXIT_FAILED);
}

/** What was run, in words. */
export function facts(scenario: Scenario): readonly string[] {
  const { vms, memoryBytes, regionBytes, swap } = scenario;
  const starts = vms.map((vm) => `${vm.name} starts with ${bytesShown(vm.memoryBytes)} (eviction ${vm.eviction})`);
  const device = swap.device === undefined ? 'a simulated device' : `a simulated device (${swap.device})`;
  return [
    `${bytesShown(memoryBytes)} of memory in regions of ${bytesShown(regionBytes)}: ${starts.join(', ')}.`,
    `Swap: ${bytesShown(swap.bytes)} on ${device}${swap.store === 'file' ? ', contents in a real file' : ''}.`,
  ];
}
