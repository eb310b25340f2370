import { DISPOSE, disposedError, Origin } from '../dispose.ts';
import { ATTENTION_DISPOSED } from '../engine/core.ts';
import { imagePagesUsed } from '../engine/image-pages.ts';
import type { EngineParts } from '../engine-parts.ts';
import { ImageInUseError, InvalidOptionError } from '../errors.ts';
import type { DisposedError } from '../errors.ts';
import { checkFunction, checkInteger } from '../options.ts';
import { ImageReader } from './reader.ts';
import { bytesSource } from './source.ts';
import type { ImageSource } from './source.ts';

const BYTES_MOST = 2 ** 32;

/**
 * Pages of contents that never change, kept outside the engine and read when they are first touched. Replicas that start from them share them: a page is read
 * once for all forks, has one frame while nobody writes to it, leaves that frame without being written anywhere, and is read again when it is needed again.
 */
export class Image {
  /** Of its source. */
  readonly bytes: number;
  /** The last one filled up with zeros. */
  readonly pages: number;
  readonly #parts: EngineParts;
  readonly #origin: Origin;
  readonly #reader: ImageReader;
  readonly #firstSlot: number;
  #isDisposed = false;

  /** @internal */
  constructor(parts: EngineParts, source: unknown, maker: (...args: never[]) => unknown) {
    this.#parts = parts;
    this.#origin = new Origin(maker);
    this.#reader = readerOf(source, parts.core.pageBytes);
    this.bytes = this.#reader.bytes;
    this.pages = this.#reader.pages;
    this.#firstSlot = parts.bridge.images.add(this.#reader);
  }

  /** Pages that were read from the source so far; one that came back after it had left its frame counts again. */
  get pagesRead(): number {
    return this.#reader.pagesRead;
  }
  get isDisposed(): boolean {
    return this.#isDisposed || (this.#parts.core.attention & ATTENTION_DISPOSED) !== 0;
  }
  /** Pages of replicas and snapshots whose contents are in the image, whether they are in frames as well or not; counted now. */
  get pagesUsed(): number {
    if (this.isDisposed) throw this.disposed();
    return imagePagesUsed(this.#parts.core, this.#firstSlot, this.pages);
  }

  /** The image ends and its source is closed. Errors: IMAGE_IN_USE while a page of a replica or snapshot still needs it; it goes on then. */
  dispose(): void {
    if (this.isDisposed) return;
    this.#parts.core.begin('image.dispose');
    const pages = this.pagesUsed;
    if (pages > 0) {
      throw new ImageInUseError(
        `The image still has the contents of ${pages} pages; dispose of the VMs, replicas and snapshots that have them first, or have the pages written or advised 'unused'.`,
        { pages },
      );
    }
    this.#isDisposed = true;
    this.#parts.bridge.images.remove(this.#reader);
  }

  [DISPOSE](): void {
    this.dispose();
  }

  /** @internal The slot of its first page, for a VM of the engine with these parts. */
  slotFor(parts: EngineParts): number {
    if (this.isDisposed) throw this.disposed();
    if (this.#parts !== parts) throw new InvalidOptionError('image', this, 'an image of this engine');
    return this.#firstSlot;
  }

  /** @internal */
  disposed(): DisposedError {
    return disposedError('The image', this.#isDisposed ? this.#origin : this.#parts.core.origin);
  }
}

function readerOf(value: unknown, pageBytes: number): ImageReader {
  const source = value instanceof Uint8Array ? bytesSource(value) : sourceOf(value);
  return new ImageReader(source, checkInteger('source.bytes', source.bytes, 1, BYTES_MOST), pageBytes);
}

function sourceOf(value: unknown): ImageSource {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError('source', value, 'a Uint8Array, or an ImageSource: an object with bytes and read (see fileImage)');
  }
  const { read, close } = value as Partial<ImageSource>;
  checkFunction('source.read', read);
  if (close !== undefined) checkFunction('source.close', close);
  return value as ImageSource;
}
