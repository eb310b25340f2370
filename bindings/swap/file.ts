import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync, writevSync } from 'node:fs';
import { InvalidOptionError, SwapStoreError } from '../errors.ts';
import { checkBoolean, checkFields } from '../options.ts';
import type { FileSwapOptions } from './file-options.ts';
import type { SwapStore } from './store.ts';

export type { FileSwapOptions };

const FIELDS = ['overwrite', 'keep', 'preallocate'];
const PREALLOCATE_BYTES = 2 ** 20;

/** A real file (Node only): slot s is at byte s x pageBytes. It is created when an engine attaches the store. */
export function fileSwapStore(path: string, options: FileSwapOptions = {}): SwapStore {
  if (typeof path !== 'string' || path === '') throw new InvalidOptionError('path', path, 'the path of a file');
  checkFields('fileSwapStore', options, FIELDS);
  for (const [field, value] of Object.entries(options)) checkBoolean(`fileSwapStore.${field}`, value);
  return new FileStore(path, options);
}

class FileStore implements SwapStore {
  readonly #path: string;
  readonly #options: FileSwapOptions;
  #file = -1;
  #pageBytes = 0;

  constructor(path: string, options: FileSwapOptions) {
    this.#path = path;
    this.#options = options;
  }

  attach({ slots, pageBytes }: { slots: number; pageBytes: number }): void {
    if (this.#file >= 0) throw this.#error('is already attached to an engine');
    this.#pageBytes = pageBytes;
    const flags = this.#options.overwrite === true ? 'w+' : 'wx+';
    this.#file = this.#try('be created', () => openSync(this.#path, flags));
    try {
      this.#try('take its size', () => this.#size(slots * pageBytes));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(slot: number, into: Uint8Array<ArrayBufferLike>): void {
    const start = slot * this.#pageBytes;
    for (let done = 0; done < into.length;) {
      const bytes = readSync(this.#file, into, done, into.length - done, start + done);
      if (bytes === 0) throw this.#error(`ends at byte ${start + done}, inside slot ${slot}`);
      done += bytes;
    }
  }

  write(slot: number, from: Uint8Array<ArrayBufferLike>): void {
    writeWhole(this.#file, from, slot * this.#pageBytes);
  }

  writeRun(firstSlot: number, pieces: readonly Uint8Array<ArrayBufferLike>[]): number {
    const start = firstSlot * this.#pageBytes;
    // whole pages: one that was cut short is written again
    return Math.floor(writevSync(this.#file, pieces, start) / this.#pageBytes);
  }

  close(): void {
    if (this.#file < 0) return;
    closeSync(this.#file);
    this.#file = -1;
    if (this.#options.keep !== true) unlinkSync(this.#path);
  }

  #size(bytes: number): void {
    ftruncateSync(this.#file, bytes);
    if (this.#options.preallocate !== true) return;
    const zeros = new Uint8Array(Math.min(PREALLOCATE_BYTES, bytes));
    for (let at = 0; at < bytes; at += zeros.length) writeWhole(this.#file, zeros.subarray(0, Math.min(zeros.length, bytes - at)), at);
  }

  #try<Result>(what: string, action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw this.#error(`cannot ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
  }

  #error(what: string, cause?: unknown): SwapStoreError {
    return new SwapStoreError(`The swap file ${this.#path} ${what}.`, { path: this.#path }, cause === undefined ? undefined : { cause });
  }
}

/** All bytes, however many calls the system needs; it throws where it cannot. */
function writeWhole(file: number, bytes: Uint8Array<ArrayBufferLike>, start: number): void {
  for (let done = 0; done < bytes.length;) {
    const written = writeSync(file, bytes, done, bytes.length - done, start + done);
    if (written === 0) throw new Error(`nothing could be written at byte ${start + done}`);
    done += written;
  }
}
