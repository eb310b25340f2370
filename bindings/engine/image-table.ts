import { IMAGE_SLOT_FIRST } from '../../assembly/shared/layout.ts';
import { causeShown, ImageReadError, TablesFullError } from '../errors.ts';

/** What the engine reads pages of an image from. */
export interface PageSource {
  readonly pages: number;
  /** Fills `into`, one page; throws where it cannot. */
  readPage(page: number, into: Uint8Array<ArrayBufferLike>): void;
  close(): void;
}

interface Row {
  readonly firstSlot: number;
  readonly source: PageSource;
}

/** The compiled engine keeps a slot as number + 1 in 32 bits. */
const SLOT_LIMIT = 2 ** 32 - 1;

/** The images of one engine: which slots, from IMAGE_SLOT_FIRST on, are whose pages. Slots of an image that went are not given out again. */
export class ImageTable {
  /** Ascending. */
  #rows: readonly Row[] = [];
  #next: number = IMAGE_SLOT_FIRST;

  /** The first slot of a new image. */
  add(source: PageSource): number {
    const firstSlot = this.#next;
    if (source.pages > SLOT_LIMIT - firstSlot) {
      throw new TablesFullError('The engine has no numbers left for pages of images. Make another engine.', {
        table: 'pages of images',
        capacity: SLOT_LIMIT - IMAGE_SLOT_FIRST,
      });
    }
    this.#rows = [...this.#rows, { firstSlot, source }];
    this.#next += source.pages;
    return firstSlot;
  }

  remove(source: PageSource): void {
    this.#rows = this.#rows.filter((row) => row.source !== source);
    source.close();
  }

  /** Reads a slot of an image; throws what its source throws. */
  read(slot: number, into: Uint8Array<ArrayBufferLike>): void {
    let low = 0;
    for (let high = this.#rows.length; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if (this.#rows[middle]!.firstSlot <= slot) low = middle;
      else high = middle;
    }
    const { firstSlot, source } = this.#rows[low]!;
    source.readPage(slot - firstSlot, into);
  }

  close(): void {
    for (const { source } of this.#rows) source.close();
    this.#rows = [];
  }
}

/** Is the content of this slot in an image? */
export function slotIsImage(slot: number): boolean {
  return slot >= IMAGE_SLOT_FIRST;
}

/** The error for a page that an image could not give. `vm`: the VM that wanted it, where one did. */
export function imageReadError(page: number, slot: number, vm: string | null, cause: unknown): ImageReadError {
  const imageSlot = slot - IMAGE_SLOT_FIRST;
  const whose = vm === null ? '' : ` of VM '${vm}'`;
  return new ImageReadError(
    `The image failed to give page ${page}${whose}: ${causeShown(cause)}. The page is still out, nothing changed; once its source works again the access can be repeated.`,
    { page, imageSlot, ...(vm === null ? {} : { vm }) },
    { cause },
  );
}
