import type { PageSource } from '../engine/image-table.ts';
import { ImageSourceError, valueShown } from '../errors.ts';
import type { ImageSource } from './source.ts';

/** An image's source, page by page; the last page is filled up with zeros. */
export class ImageReader implements PageSource {
  readonly bytes: number;
  readonly pages: number;
  /** So far. */
  pagesRead = 0;
  readonly #source: ImageSource;
  readonly #pageBytes: number;
  #isClosed = false;

  /** `bytes`: what the source said once, and was checked. */
  constructor(source: ImageSource, bytes: number, pageBytes: number) {
    this.bytes = bytes;
    this.pages = Math.ceil(bytes / pageBytes);
    this.#source = source;
    this.#pageBytes = pageBytes;
  }

  readPage(page: number, into: Uint8Array<ArrayBufferLike>): void {
    const start = page * this.#pageBytes;
    const wanted = Math.min(this.#pageBytes, this.bytes - start);
    this.pagesRead += 1;
    for (let done = 0; done < wanted;) {
      const room = wanted - done;
      const piece = room === into.length ? into : into.subarray(done, wanted);
      done += this.#checked(this.#source.read(start + done, piece), start + done, room);
    }
    into.fill(0, wanted);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#source.close?.();
  }

  #checked(answer: unknown, offset: number, most: number): number {
    if (Number.isInteger(answer) && (answer as number) > 0 && (answer as number) <= most) return answer as number;
    const said =
      answer === 0
        ? `ended at byte ${offset}, although it said that it has ${this.bytes}`
        : `answered ${valueShown(answer)} to a read of ${most} bytes at byte ${offset}; it must answer how many it has copied, at once`;
    throw new ImageSourceError(`The source of the image ${said}.`, { offset, bytes: this.bytes });
  }
}
