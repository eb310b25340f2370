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

export const gunzipWeb: Gunzip = async function* (file, chunks) {
  const gunzip = new DecompressionStream('gzip');
  const feeding = feed(gunzip.writable.getWriter(), chunks);
  const reader = gunzip.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw gzipError(file, cause);
      });
      if (done) break;
      yield value;
    }
    await feeding;
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding.catch(() => undefined);
  }
};

async function feed(writer: WritableStreamDefaultWriter<BufferSource>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) await writer.write(chunk.slice());
    await writer.close();
  } catch (cause) {
    await writer.abort(cause).catch(() => undefined);
  }
}
