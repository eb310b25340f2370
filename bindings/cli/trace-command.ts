import { Command, InvalidArgumentError } from 'commander';
import { UsufructError } from '../errors.ts';
import { BeforeRunError } from '../scenario/problem.ts';
import { bytesShown, countShown } from '../scenario/shown.ts';
import { convertTrace } from '../trace/convert.ts';
import { openTrace } from '../trace/file.ts';
import { type TraceInfo, traceInfo } from '../trace/info.ts';
import { TraceError } from '../trace/trace-error.ts';
import type { CommandContext } from './context.ts';
import { type ProgressBar, progressBar } from './progress.ts';

interface ConvertOptions {
  readonly json?: boolean;
  readonly to?: 'lackey' | 'compact';
  readonly skip?: number;
  readonly count?: number;
}

export function traceCommand(context: CommandContext): Command {
  const command = new Command('trace').description('Looks into memory traces and converts them.');
  command
    .command('info')
    .description('Says what is in a trace: records, kinds, footprint, address ranges.')
    .argument('<file>', 'lackey text or compact trace, plain or .gz')
    .option('--json', 'print one JSON object')
    .action((file: string, options: { readonly json?: boolean }) => info(file, options.json === true, context));
  command
    .command('convert')
    .description('Converts lackey text to the compact format, and back.')
    .argument('<in>', 'trace to read, plain or .gz; - is the standard input')
    .argument('<out>', 'file to write; compressed if its name ends in .gz; - is the standard output (lackey text only)')
    .option('--to <format>', 'lackey or compact (default: the other one)', format)
    .option('--skip <n>', 'leave out the first n records', recordCount)
    .option('--count <n>', 'convert at most n records', recordCount)
    .option('--json', 'print one JSON object')
    .action((input: string, output: string, options: ConvertOptions) => convert(input, output, options, context));
  return command;
}

function format(value: string): 'lackey' | 'compact' {
  if (value === 'lackey' || value === 'compact') return value;
  throw new InvalidArgumentError('It must be lackey or compact.');
}

function recordCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('It must be a whole number, not negative.');
}

async function info(file: string, isJson: boolean, context: CommandContext): Promise<void> {
  const { signal, stdout } = context;
  const found = await withProgress(context, 'reading', async (progress) => traceInfo(await openTrace(file), { signal, progress }));
  stdout.write(isJson ? `${JSON.stringify(found, null, 2)}\n` : infoText(found));
}

function infoText(found: TraceInfo): string {
  const lines = [
    `${found.file}: ${found.format} trace${found.gzip ? ', gzip' : ''}`,
    `  records     ${countShown(found.records)} (fetches ${countShown(found.fetches)}, loads ${countShown(found.loads)}, stores ${countShown(found.stores)}, modifies ${countShown(found.modifies)})`,
    `  footprint   ${bytesShown(found.footprintBytes)} in ${countShown(found.units)} blocks of 4KiB`,
    `  crossings   ${countShown(found.crossings)} records touch two blocks`,
    `  compact     ${bytesShown(found.compactBytes)}, ${found.bytesPerAccess.toFixed(2)} bytes per access`,
    ...found.ranges.map(
      (range, index) =>
        `  ${index === 0 ? 'addresses' : '         '}   ${range.from} to ${range.to} (${bytesShown(range.touchedBytes)} touched)`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

async function convert(input: string, output: string, options: ConvertOptions, context: CommandContext): Promise<void> {
  const { signal, stderr, stdout } = context;
  const { to, skip, count } = options;
  const wanted = {
    ...(to === undefined ? {} : { to }),
    ...(skip === undefined ? {} : { skip }),
    ...(count === undefined ? {} : { count }),
  };
  const done = await withProgress(context, 'converting', (progress) => convertTrace(input, output, { ...wanted, signal, progress }));
  // When the trace itself goes to the standard output, what is said about it must not.
  const report = output === '-' ? stderr : stdout;
  report.write(
    options.json === true
      ? `${JSON.stringify({ input, output, ...done })}\n`
      : `${output}: ${countShown(done.records)} records, ${bytesShown(done.bytesOut)} written\n`,
  );
}

type Progress = (bytesDone: number, bytesTotal: number | null) => void;

/** What is wrong with a trace file counts as known before the run. */
async function withProgress<Result>(
  context: CommandContext,
  label: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const bar: ProgressBar = progressBar(context.stderr);
  try {
    return await work((done, total) => bar.update(label, done, total ?? 0));
  } catch (error) {
    throw error instanceof TraceError || (error instanceof UsufructError && error.code === 'INVALID_OPTION')
      ? new BeforeRunError('', error)
      : error;
  } finally {
    bar.stop();
  }
}
