// Traces from any stream of bytes: what it is shows in its first bytes, not in its name.
import { ByteReader } from './byte-reader.ts';
import { ContainerReader, MAGIC } from './container.ts';
import { BlockDecoder, type LinearRecords } from './decode.ts';
import { encodeBlocks } from './encode.ts';
import { gunzipWeb, type Gunzip } from './gunzip.ts';
import { lackeyRecords } from './lackey.ts';
import { BATCH_RECORDS, batchMake, type RecordBatch } from './record.ts';
import type { Trace, TraceBlock, TraceFormat, TraceReadOptions, TraceTotals } from './trace.ts';
import { TraceError } from './trace-error.ts';
import { UnitList } from './unit-list.ts';

const GZIP_MAGIC = Uint8Array.of(0x1f, 0x8b);
/** Text has no zero bytes; this many are looked at. */
const LOOK_BYTES = 4096;

/** Opens the file anew, at its start. */
export type TraceOpen = (options: TraceReadOptions) => AsyncIterable<Uint8Array>;

export interface TraceSourceOptions {
  /** How to decompress; the platform's DecompressionStream by default. */
  readonly gunzip?: Gunzip | undefined;
}

/** A stream whose first bytes have been looked at. */
export interface OpenedTrace {
  readonly name: string;
  readonly format: TraceFormat;
  readonly gzip: boolean;
  readonly reader: ByteReader;
}

/** A trace that is read from what `open` gives. Looks at its first bytes at once. */
export async function traceFrom(name: string, open: TraceOpen, options: TraceSourceOptions = {}): Promise<Trace> {
  const gunzip = options.gunzip ?? gunzipWeb;
  const opened = await openStream(name, open({}), gunzip);
  await opened.reader.close();
  return new StreamTrace(opened.format, opened.gzip, name, open, gunzip);
}

/** Detects what a stream is. Throws TRACE_EMPTY, TRACE_FORMAT, TRACE_GZIP. */
export async function openStream(name: string, chunks: AsyncIterable<Uint8Array>, gunzip: Gunzip): Promise<OpenedTrace> {
  let reader = new ByteReader(chunks);
  try {
    const gzip = startsWith(await reader.peek(GZIP_MAGIC.length), GZIP_MAGIC);
    if (gzip) reader = new ByteReader(gunzip(name, reader.rest()));
    const look = await reader.peek(LOOK_BYTES);
    if (look.length === 0) throw new TraceError('TRACE_EMPTY', `${name} is empty.`, { file: name });
    const compact = startsWith(look, MAGIC.subarray(0, look.length));
    if (!compact && look.includes(0)) throw formatError(name);
    return { name, format: compact ? 'compact' : 'lackey', gzip, reader };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);
}

function formatError(name: string): TraceError {
  const allowed = "the text of 'valgrind --tool=lackey --trace-mem=yes' or a compact trace, plain or gzip";
  return new TraceError('TRACE_FORMAT', `${name} is no memory trace; allowed: ${allowed}.`, { file: name, allowed });
}

function emptyError(name: string): TraceError {
  return new TraceError('TRACE_EMPTY', `${name} holds no records ('I  ADDRESS,SIZE', ' L …', ' S …' or ' M …').`, { file: name });
}

class StreamTrace implements Trace {
  readonly format: TraceFormat;
  readonly gzip: boolean;
  readonly name: string;
  readonly #open: TraceOpen;
  readonly #gunzip: Gunzip;
  #totals: TraceTotals | undefined;

  constructor(format: TraceFormat, gzip: boolean, name: string, open: TraceOpen, gunzip: Gunzip) {
    this.format = format;
    this.gzip = gzip;
    this.name = name;
    this.#open = open;
    this.#gunzip = gunzip;
  }

  async totals(options: TraceReadOptions = {}): Promise<TraceTotals> {
    if (this.#totals !== undefined) return this.#totals;
    if (this.format === 'compact') {
      const { reader } = await openStream(this.name, this.#open(options), this.#gunzip);
      try {
        this.#totals = await new ContainerReader(this.name, reader).totals();
      } finally {
        await reader.close();
      }
    } else {
      const blocks = this.blocks(options);
      while (!(await blocks.next()).done);
    }
    return this.#totals!;
  }

  async *blocks(options: TraceReadOptions = {}): AsyncGenerator<TraceBlock> {
    const opened = await openStream(this.name, this.#open(options), this.#gunzip);
    try {
      if (opened.format !== this.format) throw formatError(this.name);
      this.#totals = yield* blocksOf(opened);
    } finally {
      await opened.reader.close();
    }
  }
}

/** The blocks of an opened trace; returns its totals. Text is encoded on the way. */
async function* blocksOf({ name, format, reader }: OpenedTrace): AsyncGenerator<TraceBlock, TraceTotals> {
  if (format === 'compact') {
    const container = new ContainerReader(name, reader);
    const totals = await container.totals();
    yield* container.blocks(totals);
    return totals;
  }
  const totals = yield* encodeBlocks(name, lackeyRecords(name, reader.rest()));
  if (totals.records === 0) throw emptyError(name);
  return totals;
}

/** The records of an opened trace, with traced addresses; the batch is reused. */
export async function* batchesOf({ name, format, reader }: OpenedTrace): AsyncGenerator<RecordBatch> {
  if (format === 'lackey') {
    let empty = true;
    for await (const batch of lackeyRecords(name, reader.rest())) {
      empty = false;
      yield batch;
    }
    if (empty) throw emptyError(name);
    return;
  }
  const container = new ContainerReader(name, reader);
  yield* tracedBatches(name, container.blocks(await container.totals()));
}

/** The records of a trace, with traced addresses; the batch is reused. */
export async function* traceRecords(trace: Trace, options: TraceReadOptions = {}): AsyncGenerator<RecordBatch> {
  yield* tracedBatches(trace.name, trace.blocks(options));
}

async function* tracedBatches(name: string, blocks: AsyncIterable<TraceBlock>): AsyncGenerator<RecordBatch> {
  const decoder = new BlockDecoder(name);
  const units = new UnitList();
  const batch = batchMake();
  for await (const block of blocks) {
    units.append(block.units);
    const records = decoder.decode(block);
    for (let at = 0; at < records.count; at += BATCH_RECORDS) {
      tracedFill(batch, records, at, units);
      yield batch;
    }
  }
}

function tracedFill(batch: RecordBatch, records: LinearRecords, at: number, units: UnitList): void {
  batch.count = Math.min(BATCH_RECORDS, records.count - at);
  for (let i = 0; i < batch.count; i++) {
    const address = records.addresses[at + i]!;
    batch.kinds[i] = records.kinds[at + i]!;
    batch.units[i] = units.at(address);
    batch.offsets[i] = UnitList.offset(address);
    batch.sizes[i] = records.sizes[at + i]!;
  }
}
