// Decompression by the platform: browsers, and Node where nothing better is handed in.
import { TraceError } from './trace-error.ts';

/** Decompresses a gzip stream. `file` is for errors. */
export type Gunzip = (file: string, chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

export function gzipError(file: string, cause: unknown): TraceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TraceError(
    'TRACE_GZIP',
    `${file}: the gzip data is damaged or cut off (${why}); copy or compress it again.`,
    { file, value: why },
    { cause },
  );
}

/** Why a source failed, if it did: streams make something else of it. */
export interface SourceFailure {
  thrown?: { readonly cause: unknown };
}

/** Passes a source on, and notes why it failed. */
export async function* noted(chunks: AsyncIterable<Uint8Array>, failure: SourceFailure): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    failure.thrown = { cause };
    throw cause;
  }
}

export const gunzipWeb: Gunzip = async function* (file, chunks) {
  const failure: SourceFailure = {};
  const gunzip = new DecompressionStream('gzip');
  const feeding = feed(gunzip.writable.getWriter(), noted(chunks, failure));
  const reader = gunzip.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw failure.thrown === undefined ? gzipError(file, cause) : failure.thrown.cause;
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
};

/** Never rejects: what goes wrong shows at the reading end. */
async function feed(writer: WritableStreamDefaultWriter<BufferSource>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) await writer.write(chunk.slice());
    await writer.close();
  } catch (cause) {
    await writer.abort(cause).catch(() => undefined);
  }
}
