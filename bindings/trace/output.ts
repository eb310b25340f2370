// Writes trace files (Node). A file appears under its name when it is complete.
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { blockBytes, endBytes, HEADER_BYTES, headerBytes } from './container.ts';
import { encodeBlocks } from './encode.ts';
import { notReadable } from './file.ts';
import { LackeyWriter } from './lackey-text.ts';
import type { RecordBatch } from './record.ts';
import type { TraceTotals } from './trace.ts';

/** Output with this ending is compressed. */
const GZIP_ENDING = '.gz';
const GZIP_LEVEL = 9;

/** Writes a compact trace; `source` is what the records come from, for errors. Returns its totals and the bytes of the file. */
export async function compactWrite(
  path: string,
  source: string,
  batches: AsyncIterable<RecordBatch>,
): Promise<TraceTotals & { bytesOut: number }> {
  return appearing(path, async (partial) => {
    const plain = path.endsWith(GZIP_ENDING) ? `${partial}.plain` : partial;
    try {
      const totals = await plainWrite(plain, source, batches);
      if (plain !== partial) await pipeline(createReadStream(plain), createGzip({ level: GZIP_LEVEL }), createWriteStream(partial));
      return { ...totals, bytesOut: (await stat(partial)).size };
    } finally {
      if (plain !== partial) await rm(plain, { force: true });
    }
  });
}

/** The header has the totals, which are known at the end: it is written last. */
async function plainWrite(path: string, source: string, batches: AsyncIterable<RecordBatch>): Promise<TraceTotals> {
  const file = await open(path, 'w');
  try {
    await file.write(new Uint8Array(HEADER_BYTES));
    const totals = await blocksWrite(file, source, batches);
    await file.write(endBytes(totals.blocks));
    await file.write(headerBytes(totals), 0, HEADER_BYTES, 0);
    return totals;
  } finally {
    await file.close();
  }
}

async function blocksWrite(file: FileHandle, source: string, batches: AsyncIterable<RecordBatch>): Promise<TraceTotals> {
  const blocks = encodeBlocks(source, batches);
  for (;;) {
    const next = await blocks.next();
    if (next.done) return next.value;
    await file.write(blockBytes(next.value));
  }
}

/** Writes lackey's text to a file. Returns its bytes. */
export async function textWrite(path: string, batches: AsyncIterable<RecordBatch>): Promise<number> {
  return appearing(path, async (partial) => {
    const text = Readable.from(textChunks(batches), { objectMode: false });
    if (path.endsWith(GZIP_ENDING)) await pipeline(text, createGzip({ level: GZIP_LEVEL }), createWriteStream(partial));
    else await pipeline(text, createWriteStream(partial));
    return (await stat(partial)).size;
  });
}

/** Writes lackey's text to a stream that stays open. Returns the bytes written; a reader that wants no more ends it early. */
export async function textPipe(stream: NodeJS.WritableStream, batches: AsyncIterable<RecordBatch>): Promise<number> {
  let bytes = 0;
  const text = Readable.from(
    textChunks(batches, (count) => (bytes += count)),
    { objectMode: false },
  );
  try {
    await pipeline(text, stream, { end: false });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
  return bytes;
}

async function* textChunks(batches: AsyncIterable<RecordBatch>, wrote?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const writer = new LackeyWriter();
  for await (const batch of batches) {
    const text = writer.write(batch).slice(); // the stream holds on to it
    wrote?.(text.length);
    yield text;
  }
}

/** Makes a file beside `path`, and gives it that name when it is complete. */
async function appearing<T>(path: string, make: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${path}.partial`;
  try {
    const made = await make(partial);
    await rename(partial, path);
    return made;
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof Error && 'syscall' in error) throw notReadable(path, error);
    throw error;
  }
}
