import { STATUS_DEVICE_PAGE, STATUS_NO_SUCH_REPLICA } from '../assembly/shared/status.ts';
import type { AccessWidth, DeviceHandlers, DeviceMap } from './device.ts';
import type { Core } from './engine/core.ts';
import { addressError } from './engine/failure.ts';
import { piecesEach, rangeStatus } from './engine/raw-memory.ts';
import type { PieceAction } from './engine/raw-memory.ts';
import type { DisposedError, UsufructError } from './errors.ts';
import { InvalidOptionError } from './errors.ts';
import { bitsF32, bitsF64, bitsOfF32, bitsOfF64 } from './float-bits.ts';
import { checkInteger } from './options.ts';
import { pause, throwIfAborted } from './signal.ts';
import type { SignalOption } from './signal.ts';

/** What a guest memory needs to know of its replica. */
export interface MemoryOwner {
  readonly handle: number;
  readonly vm: { readonly handle: number };
  readonly addressSpaceBytes: number;
  readonly devices: DeviceMap;
  disposed(): DisposedError;
}

export interface ChunkOptions extends SignalOption {
  /** Bytes a chunk; 1 MiB by default. */
  readonly chunkBytes?: number;
}

const CHUNK_BYTES = 2 ** 20;
const I64_LEAST = -(2n ** 63n);
const U64_LIMIT = 2n ** 64n;

type RawLoad = (replica: number, address: number) => number;
type RawStore = (replica: number, address: number, value: number) => number;

/**
 * The memory of one replica, as its guest sees it: little endian, any alignment, also across the ends of pages. Addresses are bytes, 0 up to the
 * address space. A scalar access happens wholly or not at all; a bulk one stops at the first page that cannot be had, and its error says `bytesDone`.
 * Errors: ADDRESS_OUT_OF_RANGE, PROTECTED, DEVICE_PAGE, OUT_OF_FRAMES, SWAP_FULL, SWAP_WRITE_FAILED, SWAP_READ_FAILED, TABLES_FULL, DISPOSED, REENTRANT.
 */
export class GuestMemory {
  readonly #core: Core;
  readonly #owner: MemoryOwner;
  // The shortest way into the engine: the instance's own exports and the handle, in fields.
  #handle: number;
  #load8: RawLoad;
  #load16: RawLoad;
  #load32: RawLoad;
  #load64: RawLoad;
  #store8: RawStore;
  #store16: RawStore;
  #store32: RawStore;
  #store64: RawLoad;

  /** @internal */
  constructor(core: Core, owner: MemoryOwner) {
    const { exports } = core;
    this.#core = core;
    this.#owner = owner;
    this.#handle = owner.handle;
    this.#load8 = exports.load8;
    this.#load16 = exports.load16;
    this.#load32 = exports.load32;
    this.#load64 = exports.load64;
    this.#store8 = exports.store8;
    this.#store16 = exports.store16;
    this.#store32 = exports.store32;
    this.#store64 = exports.store64;
  }

  /** @internal The replica has ended: nothing here may keep the engine's memory alive. */
  detach(): void {
    const gone = (): number => -STATUS_NO_SUCH_REPLICA;
    this.#handle = 0;
    this.#load8 = this.#load16 = this.#load32 = this.#load64 = gone;
    this.#store8 = this.#store16 = this.#store32 = this.#store64 = gone;
  }

  // ---- scalars: one test of the arguments, one call, one test of the answer -------------------------------------------

  /** Unsigned. */
  load8(address: number): number {
    if (!isU32(address) || this.#core.attention !== 0) return this.#loadAttended(address, 1);
    const value = this.#load8(this.#handle, address);
    return value >= 0 ? value : this.#loadFailed(address, 1, value);
  }

  /** Unsigned. */
  load16(address: number): number {
    if (!isU32(address) || this.#core.attention !== 0) return this.#loadAttended(address, 2);
    const value = this.#load16(this.#handle, address);
    return value >= 0 ? value : this.#loadFailed(address, 2, value);
  }

  /** Unsigned; `| 0` makes it signed. */
  load32(address: number): number {
    if (!isU32(address) || this.#core.attention !== 0) return this.#loadAttended(address, 4);
    const value = this.#load32(this.#handle, address);
    return value >= 0 ? value : this.#loadFailed(address, 4, value);
  }

  /** Unsigned. */
  load64(address: number): bigint {
    if (!isU32(address) || this.#core.attention !== 0) return this.#load64Attended(address);
    const status = this.#load64(this.#handle, address);
    return status === 0 ? this.#core.scratch.getBigUint64(0, true) : this.#load64Failed(address, status);
  }

  loadF32(address: number): number {
    return bitsF32(this.load32(address));
  }

  loadF64(address: number): number {
    if (!isU32(address) || this.#core.attention !== 0) return bitsF64(this.#load64Attended(address));
    const status = this.#load64(this.#handle, address);
    return status === 0 ? this.#core.scratch.getFloat64(0, true) : bitsF64(this.#load64Failed(address, status));
  }

  /** Stores the low 8 bits of a 32-bit integer, signed or unsigned. */
  store8(address: number, value: number): void {
    if (!isU32(address) || !isInteger32(value) || this.#core.attention !== 0) {
      this.#storeAttended(address, 1, value);
      return;
    }
    const status = this.#store8(this.#handle, address, value);
    if (status !== 0) this.#storeFailed(address, 1, value, status);
  }

  /** Stores the low 16 bits of a 32-bit integer, signed or unsigned. */
  store16(address: number, value: number): void {
    if (!isU32(address) || !isInteger32(value) || this.#core.attention !== 0) {
      this.#storeAttended(address, 2, value);
      return;
    }
    const status = this.#store16(this.#handle, address, value);
    if (status !== 0) this.#storeFailed(address, 2, value, status);
  }

  /** Stores a 32-bit integer, signed or unsigned. */
  store32(address: number, value: number): void {
    if (!isU32(address) || !isInteger32(value) || this.#core.attention !== 0) {
      this.#storeAttended(address, 4, value);
      return;
    }
    const status = this.#store32(this.#handle, address, value);
    if (status !== 0) this.#storeFailed(address, 4, value, status);
  }

  /** Stores a 64-bit integer, signed or unsigned. */
  store64(address: number, value: bigint): void {
    if (typeof value !== 'bigint' || value < I64_LEAST || value >= U64_LIMIT) {
      throw new InvalidOptionError('value', value, 'a bigint from -2n ** 63n to 2n ** 64n - 1n');
    }
    if (!isU32(address) || this.#core.attention !== 0) {
      this.#store64Attended(address, BigInt.asUintN(64, value));
      return;
    }
    this.#core.scratch.setBigUint64(0, value, true);
    const status = this.#store64(this.#handle, address);
    if (status !== 0) this.#deviceStore(address, 8, BigInt.asUintN(64, value), Math.abs(status));
  }

  storeF32(address: number, value: number): void {
    if (typeof value !== 'number') throw new InvalidOptionError('value', value, 'a number');
    this.store32(address, bitsOfF32(value));
  }

  storeF64(address: number, value: number): void {
    if (typeof value !== 'number') throw new InvalidOptionError('value', value, 'a number');
    if (!isU32(address) || this.#core.attention !== 0) {
      this.#store64Attended(address, bitsOfF64(value));
      return;
    }
    this.#core.scratch.setFloat64(0, value, true);
    const status = this.#store64(this.#handle, address);
    if (status !== 0) this.#deviceStore(address, 8, bitsOfF64(value), Math.abs(status));
  }

  // ---- bulk --------------------------------------------------------------------------------------------------------------

  /** Copies out `length` bytes, or as many as the array given has. Returns the array. */
  read(address: number, target: number | Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBufferLike> {
    const bytes = typeof target === 'number' ? new Uint8Array(this.#checkRange(address, target)) : checkBytes('target', target);
    this.#bulk('memory.read', address, bytes.length, false, (memory, from, length, done) => {
      bytes.set(memory.subarray(from, from + length), done);
    });
    return bytes;
  }

  /** Copies `bytes` in. */
  write(address: number, bytes: Uint8Array<ArrayBufferLike>): void {
    checkBytes('bytes', bytes);
    this.#bulk('memory.write', address, bytes.length, true, (memory, from, length, done) => {
      memory.set(bytes.subarray(done, done + length), from);
    });
  }

  /** Sets `length` bytes to `byte`. */
  fill(address: number, length: number, byte: number): void {
    checkInteger('byte', byte, 0, 255);
    this.#bulk('memory.fill', address, length, true, (memory, from, count) => {
      memory.fill(byte, from, from + count);
    });
  }

  /** Reads a large range chunk by chunk, with pauses in which the host can do other things, and abort. */
  async *readChunks(address: number, length: number, options: ChunkOptions = {}): AsyncGenerator<Uint8Array<ArrayBufferLike>, void, void> {
    const chunkBytes = checkInteger('chunkBytes', options.chunkBytes ?? CHUNK_BYTES, 1);
    this.#checkRange(address, length);
    for (let done = 0; done < length; done += chunkBytes) {
      throwIfAborted(options.signal);
      yield this.read(address + done, Math.min(chunkBytes, length - done));
      await pause();
    }
  }

  /** Writes chunks one behind the other, with pauses. Returns how many bytes were written; after an abort, what was written stays. */
  async writeChunks(
    address: number,
    chunks: Iterable<Uint8Array<ArrayBufferLike>> | AsyncIterable<Uint8Array<ArrayBufferLike>>,
    options: SignalOption = {},
  ): Promise<number> {
    let done = 0;
    throwIfAborted(options.signal);
    for await (const chunk of chunks) {
      throwIfAborted(options.signal);
      this.write(address + done, chunk);
      done += chunk.length;
      await pause();
    }
    return done;
  }

  #bulk(operation: string, address: number, length: number, write: boolean, action: PieceAction): void {
    const core = this.#core;
    core.begin(operation);
    this.#checkRange(address, length);
    try {
      const status = rangeStatus(core, this.#handle, address, length, write);
      if (status !== 0) throw this.#failure(status, { bytesDone: 0 });
      const done = piecesEach(core, this.#handle, address, length, write, action);
      if (done < length) throw this.#failure(core.status, { bytesDone: done });
    } finally {
      core.end();
    }
  }

  // ---- the longer way: arguments to explain, events to deliver, devices, failures -------------------------------------

  #loadAttended(address: number, width: AccessWidth): number {
    this.#core.begin(`memory.load${width * 8}`);
    this.#checkAddress(address, width);
    try {
      const value = (width === 1 ? this.#load8 : width === 2 ? this.#load16 : this.#load32)(this.#handle, address);
      return value >= 0 ? value : this.#loadFailed(address, width, value);
    } finally {
      this.#core.end();
    }
  }

  #loadFailed(address: number, width: AccessWidth, negated: number): number {
    return Number(this.#deviceLoad(address, width, -negated));
  }

  #load64Attended(address: number): bigint {
    this.#core.begin('memory.load64');
    this.#checkAddress(address, 8);
    try {
      const status = this.#load64(this.#handle, address);
      return status === 0 ? this.#core.scratch.getBigUint64(0, true) : this.#load64Failed(address, status);
    } finally {
      this.#core.end();
    }
  }

  #load64Failed(address: number, status: number): bigint {
    return this.#deviceLoad(address, 8, Math.abs(status));
  }

  #storeAttended(address: number, width: AccessWidth, value: number): void {
    if (!isInteger32(value)) throw new InvalidOptionError('value', value, 'a whole number from -2 ** 31 to 2 ** 32 - 1');
    this.#core.begin(`memory.store${width * 8}`);
    this.#checkAddress(address, width);
    try {
      const status = (width === 1 ? this.#store8 : width === 2 ? this.#store16 : this.#store32)(this.#handle, address, value);
      if (status !== 0) this.#storeFailed(address, width, value, status);
    } finally {
      this.#core.end();
    }
  }

  #store64Attended(address: number, value: bigint): void {
    this.#core.begin('memory.store64');
    this.#checkAddress(address, 8);
    try {
      this.#core.scratch.setBigUint64(0, value, true);
      const status = this.#store64(this.#handle, address);
      if (status !== 0) this.#deviceStore(address, 8, value, Math.abs(status));
    } finally {
      this.#core.end();
    }
  }

  #storeFailed(address: number, width: AccessWidth, value: number, status: number): void {
    this.#deviceStore(address, width, BigInt.asUintN(width * 8, BigInt(value)), Math.abs(status));
  }

  #deviceLoad(address: number, width: AccessWidth, status: number): bigint {
    const { devices, vm } = this.#owner;
    return devices.load(vm.handle, this.#deviceFor(address, width, status), address, width);
  }

  #deviceStore(address: number, width: AccessWidth, value: bigint, status: number): void {
    const { devices, vm } = this.#owner;
    devices.store(vm.handle, this.#deviceFor(address, width, status), address, width, value);
  }

  /** The device that answers instead of memory; throws what the status means where there is none. */
  #deviceFor(address: number, width: AccessWidth, status: number): DeviceHandlers {
    const handlers = status === STATUS_DEVICE_PAGE ? this.#owner.devices.find(address, width) : undefined;
    if (handlers === undefined) throw this.#failure(status);
    return handlers;
  }

  #failure(status: number, extra?: Readonly<Record<string, number>>): UsufructError {
    return this.#handle === 0 ? this.#owner.disposed() : this.#core.failure(status, extra);
  }

  #checkAddress(address: number, length: number): void {
    if (this.#handle === 0) throw this.#owner.disposed();
    if (!Number.isSafeInteger(address)) throw new InvalidOptionError('address', address, 'a whole number of bytes');
    const { addressSpaceBytes } = this.#owner;
    if (address < 0 || address + length > addressSpaceBytes) throw addressError(address, length, addressSpaceBytes);
  }

  #checkRange(address: number, length: number): number {
    checkInteger('length', length, 0);
    this.#checkAddress(address, length);
    return length;
  }
}

/** An address, as far as that can be told without its replica. */
function isU32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value;
}

/** Signed or unsigned. */
function isInteger32(value: unknown): value is number {
  return typeof value === 'number' && ((value | 0) === value || value >>> 0 === value);
}

function checkBytes(field: string, value: unknown): Uint8Array<ArrayBufferLike> {
  if (!(value instanceof Uint8Array)) throw new InvalidOptionError(field, value, 'a Uint8Array, or a number of bytes to read');
  return value;
}
