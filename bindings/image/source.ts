/**
 * Where the contents of an image come from: the narrow interface to implement for a source of your own. Everything is synchronous; the contents must never
 * change while the image lives. One source serves one image.
 */
export interface ImageSource {
  /** Bytes from the start to the end; at least 1. */
  readonly bytes: number;
  /**
   * Copies bytes from `offset` on to the start of `into`, and returns how many: at least 1, for the rest is asked for again; 0 says that the source has
   * ended, which fails the read. Throwing fails it too: the reader gets IMAGE_READ_FAILED with what was thrown as its cause. `into` must not be kept: it may
   * be the engine's own memory.
   */
  read(offset: number, into: Uint8Array<ArrayBufferLike>): number;
  /** The engine is done with it: the image was disposed of, or the engine. */
  close?(): void;
}

/** A row of bytes as a source. They are not copied. */
export function bytesSource(content: Uint8Array<ArrayBufferLike>): ImageSource {
  return {
    bytes: content.length,
    read(offset, into) {
      const piece = content.subarray(offset, offset + into.length);
      into.set(piece);
      return piece.length;
    },
  };
}
