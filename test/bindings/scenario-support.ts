// Runs scenarios in tests: on a build of one's choice, with traces given as text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../bindings/node.ts';
import { readScenario } from '../../bindings/scenario/read.ts';
import { type ScenarioOutcome, runScenario } from '../../bindings/scenario/run.ts';
import type { EngineCreate } from '../../bindings/scenario/strategy-run.ts';
import { type Build, buildModule } from '../support/builds.ts';

/** Makes engines on a build. */
export function engineOn(build: Build): { readonly create: EngineCreate; readonly pageBytes: number } {
  return {
    create: (options) => Engine.create({ ...options, module: buildModule(build), shared: build.shared }),
    pageBytes: build.pageBytes,
  };
}

/** A directory of files for as long as `work` takes. */
export async function withFiles<Result>(
  files: Readonly<Record<string, string>>,
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'usufruct-test-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs a scenario whose traces are the given texts, by the file names that it uses. */
export function runOn(
  build: Build,
  scenario: object,
  traces: Readonly<Record<string, string>>,
  timeline = false,
): Promise<ScenarioOutcome> {
  return withFiles({ ...traces, 'scenario.json': JSON.stringify(scenario) }, async (directory) => {
    const { create, pageBytes } = engineOn(build);
    const read = await readScenario(join(directory, 'scenario.json'), { pageBytes });
    return runScenario(read, { engineCreate: create, pageBytes, timeline });
  });
}

export interface LackeyRecord {
  readonly kind: 'I' | 'L' | 'S' | 'M';
  readonly address: bigint;
  readonly size: number;
}

/** Records as valgrind prints them. */
export function lackeyText(records: readonly LackeyRecord[]): string {
  return records
    .map(({ kind, address, size }) => `${kind === 'I' ? 'I ' : ` ${kind}`} ${address.toString(16).padStart(8, '0')},${size}\n`)
    .join('');
}
