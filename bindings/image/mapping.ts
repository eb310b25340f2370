import type { EngineParts } from '../engine-parts.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkFields, checkInteger, checkMultiple } from '../options.ts';
import { Image } from './image.ts';

/** An image, and where it begins in the address space: a multiple of the page size, 0 by default. */
export interface ImageAt {
  readonly image: Image;
  readonly address?: number;
}

/** What a new VM starts from. */
export type ImageOption = Image | ImageAt | readonly (Image | ImageAt)[];

export type CheckedImage = Required<ImageAt>;

/** The images of an option that may be left out, in ascending order of addresses; none of them overlaps another. */
export function checkImages(field: string, option: unknown, pageBytes: number, addressSpaceBytes: number): readonly CheckedImage[] {
  if (option === undefined) return [];
  const several = Array.isArray(option) ? (option as readonly unknown[]) : [option];
  const images = several.map((one, index) =>
    checkImage(Array.isArray(option) ? `${field}[${index}]` : field, one, pageBytes, addressSpaceBytes),
  );
  images.sort((left, right) => left.address - right.address);
  images.forEach(({ address }, index) => {
    const before = images[index - 1];
    if (before !== undefined && before.address + before.image.pages * pageBytes > address)
      throw new InvalidOptionError(field, address, 'addresses behind the ends of the images before');
  });
  return images;
}

function checkImage(field: string, value: unknown, pageBytes: number, addressSpaceBytes: number): CheckedImage {
  if (value instanceof Image) return checkPlace(field, value, 0, pageBytes, addressSpaceBytes);
  const { image, address = 0 } = checkFields(field, value, ['image', 'address']);
  if (!(image instanceof Image)) throw new InvalidOptionError(`${field}.image`, image, 'an Image, made by engine.image()');
  return checkPlace(`${field}.address`, image, address, pageBytes, addressSpaceBytes);
}

/** The whole image must lie inside the address space. */
export function checkPlace(field: string, image: Image, place: unknown, pageBytes: number, addressSpaceBytes: number): CheckedImage {
  const address = checkMultiple(field, checkInteger(field, place, 0), pageBytes, 'the page size', 0);
  const bytes = image.pages * pageBytes;
  if (address + bytes > addressSpaceBytes) {
    throw new InvalidOptionError(
      field,
      address,
      `an address at which ${bytes} bytes (the image in whole pages) end inside the address space, which has ${addressSpaceBytes}`,
    );
  }
  return { image, address };
}

/** Its pages become pages of a replica, which were untouched. Errors: INVALID_OPTION, TABLES_FULL, DISPOSED: nothing has changed. */
export function imageMap(parts: EngineParts, replica: number, { image, address }: CheckedImage): void {
  const { core } = parts;
  core.require(core.exports.imageMap(replica, address / core.pageBytes, image.pages, image.slotFor(parts)));
}
