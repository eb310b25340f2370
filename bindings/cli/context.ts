import type { EngineCreate } from '../scenario/strategy-run.ts';

/** Where a command writes. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What a command is given besides its arguments. */
export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
  /** Another compiled engine than the packaged one. */
  readonly engine?: { readonly create: EngineCreate; readonly pageBytes: number };
}

export const EXIT_OK = 0;
/** Something failed in the run. */
export const EXIT_FAILED = 1;
/** Known before the run: wrong arguments, scenario or input file. */
export const EXIT_MISUSE = 2;

/** Ends a command with an exit status; the message has been written already. */
export class CommandEnd extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}
