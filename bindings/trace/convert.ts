// Traces from one file format to the other, or to a window of themselves (Node). Records stream through: memory does not grow with them.
import { InvalidOptionError } from '../errors.ts';
import { fileChunks, gunzipNode } from './file.ts';
import { compactWrite, textPipe, textWrite } from './output.ts';
import { batchesOf, openStream } from './source.ts';
import type { RecordBatch } from './record.ts';
import type { TraceFormat, TraceReadOptions } from './trace.ts';
import { recordWindow } from './window.ts';

/** The name of standard input and output. */
export const STANDARD_STREAM = '-';

export interface ConvertOptions extends TraceReadOptions {
  /** What to write; by default the format that the input is not. */
  readonly to?: TraceFormat | undefined;
  /** Records to leave out at the start. */
  readonly skip?: number | undefined;
  /** Most records to take. */
  readonly count?: number | undefined;
}

export interface ConvertReport {
  readonly from: TraceFormat;
  readonly to: TraceFormat;
  readonly records: number;
  /** Bytes written. */
  readonly bytesOut: number;
}

/**
 * Reads `input` and writes `output`, compressed where its name ends in '.gz'. '-' is standard input or output (output: lackey's text only).
 * The output appears when it is complete; a failure or an abort leaves what was there before. Throws a TraceError.
 */
export async function convertTrace(input: string, output: string, options: ConvertOptions = {}): Promise<ConvertReport> {
  const skip = wholeNumber('skip', options.skip ?? 0, 0);
  const count = options.count === undefined ? Infinity : wholeNumber('count', options.count, 1);
  const name = input === STANDARD_STREAM ? 'standard input' : input;
  const opened = await openStream(name, input === STANDARD_STREAM ? standardInput(options) : fileChunks(input, options), gunzipNode);
  try {
    const from = opened.format;
    const to = options.to ?? (from === 'lackey' ? 'compact' : 'lackey');
    const tally = { records: 0 };
    const batches = counted(recordWindow(name, batchesOf(opened), skip, count), tally);
    const bytesOut = await write(output, to, name, batches);
    return { from, to, records: tally.records, bytesOut };
  } finally {
    await opened.reader.close();
  }
}

async function write(output: string, to: TraceFormat, source: string, batches: AsyncIterable<RecordBatch>): Promise<number> {
  if (to === 'compact') {
    if (output === STANDARD_STREAM)
      throw new InvalidOptionError('output', output, "a file for the compact format; standard output takes lackey's text");
    return (await compactWrite(output, source, batches)).bytesOut;
  }
  return output === STANDARD_STREAM ? textPipe(process.stdout, batches) : textWrite(output, batches);
}

async function* counted(batches: AsyncIterable<RecordBatch>, tally: { records: number }): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    tally.records += batch.count;
    yield batch;
  }
}

async function* standardInput({ signal, progress }: TraceReadOptions): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted();
    yield chunk;
    progress?.((done += chunk.length), null);
  }
}

function wholeNumber(field: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw new InvalidOptionError(field, value, `a whole number from ${least} on`);
  return value;
}
