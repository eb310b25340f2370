// Traces in files (Node).
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { gzipError, noted, type Gunzip, type SourceFailure } from './gunzip.ts';
import { traceFrom } from './source.ts';
import type { Trace, TraceReadOptions } from './trace.ts';
import { TraceError } from './trace-error.ts';

const CHUNK_BYTES = 1 << 18;

/** Opens a trace: lackey's text or the compact format, plain or gzip. Throws a TraceError. */
export async function openTrace(path: string): Promise<Trace> {
  return traceFrom(path, (options) => fileChunks(path, options), { gunzip: gunzipNode });
}

/** Bytes of a file. */
export async function fileLength(path: string): Promise<number> {
  const file = await opened(path);
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw notReadable(path, new Error('it is a directory'));
    return status.size;
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  try {
    return await open(path);
  } catch (cause) {
    throw notReadable(path, cause);
  }
}

/** The bytes of a file, piece by piece. */
export async function* fileChunks(path: string, options: TraceReadOptions = {}): AsyncGenerator<Uint8Array> {
  const { signal, progress } = options;
  const length = await fileLength(path);
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let done = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      yield chunk;
      done += chunk.length;
      progress?.(done, length);
    }
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw notReadable(path, cause);
    throw cause;
  } finally {
    stream.destroy();
  }
}

/** The system's refusal of a file. */
export function notReadable(path: string, cause: unknown): TraceError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const why = missing ? 'there is no such file' : cause instanceof Error ? cause.message : String(cause);
  return new TraceError('TRACE_NOT_READABLE', `${path}: ${why}.`, { file: path, value: why }, { cause });
}

/** As gunzipWeb, by zlib: quicker, and files of several gzip members as well. */
export const gunzipNode: Gunzip = async function* (file, chunks) {
  const failure: SourceFailure = {};
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = pipeline(noted(chunks, failure), gunzip).catch(() => undefined); // what goes wrong shows at the reading end
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw failure.thrown === undefined ? gzipError(file, cause) : failure.thrown.cause;
  } finally {
    gunzip.destroy();
    await feeding;
  }
};
