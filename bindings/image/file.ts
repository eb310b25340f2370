import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ImageSourceError, InvalidOptionError } from '../errors.ts';
import type { ImageSource } from './source.ts';

/**
 * A real file as the source of an image (Node only). It is open from here on, until the image or its engine is disposed of, and read page by page when pages
 * are touched, never whole. Nobody must change it meanwhile. Errors: IMAGE_SOURCE_FAILED.
 */
export function fileImage(path: string): ImageSource {
  if (typeof path !== 'string' || path === '') throw new InvalidOptionError('path', path, 'the path of a file');
  const file = tried(path, 'be opened', () => openSync(path, 'r'));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  try {
    const { size } = tried(path, 'be looked at', () => fstatSync(file));
    return {
      bytes: size,
      read(offset, into) {
        if (!isOpen) throw new ImageSourceError(`The file ${path} was closed.`, { path });
        return tried(path, 'be read', () => readSync(file, into, 0, into.length, offset));
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function tried<Result>(path: string, what: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImageSourceError(`The file ${path} cannot ${what}: ${why}`, { path }, { cause });
  }
}
