import { InvalidOptionError } from '../errors.ts';
import type { ImageSource } from '../image/source.ts';

/** What an image is made from: its bytes, a source, or the path of a file (Node only). */
export type ImageDescription = Uint8Array<ArrayBufferLike> | ImageSource | { readonly file: string };

let fileImage: ((path: string) => ImageSource) | undefined;

/** Called once by the entries for Node. */
export function fileImageSet(make: (path: string) => ImageSource): void {
  fileImage = make;
}

/** The source that is described; anything else is left for the engine to judge. */
export function imageSourceOf(described: ImageDescription): Uint8Array<ArrayBufferLike> | ImageSource {
  if (!isFile(described)) return described;
  if (fileImage !== undefined) return fileImage(described.file);
  throw new InvalidOptionError('source.file', described.file, 'bytes or a source: there are files in Node only');
}

function isFile(described: unknown): described is { readonly file: string } {
  return typeof described === 'object' && described !== null && 'file' in described;
}
