import cliProgress from 'cli-progress';
import type { Output } from './context.ts';

/** What a bar draws on. */
type Terminal = Output & NodeJS.WritableStream;

/** Shows how far something long is. Only on a terminal: elsewhere it does nothing. */
export interface ProgressBar {
  update(label: string, done: number, total: number): void;
  stop(): void;
}

const SILENT: ProgressBar = { update: () => undefined, stop: () => undefined };
const REFRESHES_PER_SECOND = 12;
/** The bar counts in parts of a thousand, whatever it shows. */
const STEPS = 1000;

export function progressBar(output: Output): ProgressBar {
  if (!isTerminal(output)) return SILENT;
  const bar = new cliProgress.SingleBar(
    {
      format: '{label} [{bar}] {percentage} %',
      stream: output,
      fps: REFRESHES_PER_SECOND,
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update: (label, done, total) => {
      const step = total > 0 ? Math.floor((STEPS * done) / total) : 0;
      if (isStarted) bar.update(step, { label });
      else bar.start(STEPS, step, { label });
      isStarted = true;
    },
    stop: () => {
      if (isStarted) bar.stop();
    },
  };
}

function isTerminal(output: Output): output is Terminal {
  return output.isTTY === true;
}
