// Runs the command in this process, on a build, with its output caught.
import { commandRun } from '../../bindings/cli/command.ts';
import { buildOf } from '../support/builds.ts';
import { engineOn } from './scenario-support.ts';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly signal?: AbortSignal;
  /** Pretend that stderr is a terminal. */
  readonly isTerminal?: boolean;
}

export async function command(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const caught = { stdout: '', stderr: '' };
  const status = await commandRun(args, {
    stdout: { write: (text) => (caught.stdout += text) },
    stderr: terminal((text) => (caught.stderr += text), options.isTerminal ?? false),
    signal: options.signal ?? new AbortController().signal,
    engine: engineOn(buildOf('release')),
  });
  return { status, ...caught };
}

/** As much of a terminal's stream as a progress bar asks for. */
function terminal(write: (text: string) => unknown, isTTY: boolean) {
  return { write, isTTY, columns: 80, rows: 24, on: () => undefined, once: () => undefined, removeListener: () => undefined };
}
