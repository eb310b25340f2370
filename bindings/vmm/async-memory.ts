import type { Access, AccessResult } from './batch.ts';
import type { ArgumentsFor, MethodOf } from './operations.ts';
import type { FirstReplica, Reference } from './protocol.ts';
import type { Session } from './session.ts';

export interface WriteOptions {
  /** The buffer of `bytes` goes along and is of no more use here, which saves a copy. */
  readonly transfer?: boolean;
}

/**
 * The memory of one replica: what class GuestMemory says. Each call is a request; a guest that runs in another thread than the engine reads and writes
 * ranges, or sends its accesses in batches.
 */
export class AsyncMemory {
  readonly #session: Session;
  readonly #reference: Reference | FirstReplica;

  /** @internal */
  constructor(session: Session, reference: Reference | FirstReplica) {
    this.#session = session;
    this.#reference = reference;
  }

  /** Unsigned, as are all loads. */
  load8(address: number): Promise<number> {
    return this.#ask('load8', [address]);
  }
  load16(address: number): Promise<number> {
    return this.#ask('load16', [address]);
  }
  load32(address: number): Promise<number> {
    return this.#ask('load32', [address]);
  }
  load64(address: number): Promise<bigint> {
    return this.#ask('load64', [address]);
  }
  loadF32(address: number): Promise<number> {
    return this.#ask('loadF32', [address]);
  }
  loadF64(address: number): Promise<number> {
    return this.#ask('loadF64', [address]);
  }
  store8(address: number, value: number): Promise<void> {
    return this.#ask('store8', [address, value]);
  }
  store16(address: number, value: number): Promise<void> {
    return this.#ask('store16', [address, value]);
  }
  store32(address: number, value: number): Promise<void> {
    return this.#ask('store32', [address, value]);
  }
  store64(address: number, value: bigint): Promise<void> {
    return this.#ask('store64', [address, value]);
  }
  storeF32(address: number, value: number): Promise<void> {
    return this.#ask('storeF32', [address, value]);
  }
  storeF64(address: number, value: number): Promise<void> {
    return this.#ask('storeF64', [address, value]);
  }

  /** So many bytes, in an array of the caller's own. */
  read(address: number, length: number): Promise<Uint8Array<ArrayBufferLike>> {
    return this.#ask('read', [address, length]);
  }

  /** The bytes as they are now. */
  write(address: number, bytes: Uint8Array<ArrayBufferLike>, options: WriteOptions = {}): Promise<void> {
    const own = options.transfer === true ? bytes : copyOf(bytes);
    return this.#ask('write', [address, own], buffersOf([own]));
  }

  fill(address: number, length: number, byte: number): Promise<void> {
    return this.#ask('fill', [address, length, byte]);
  }

  /**
   * Many accesses in one request, in order: `[['store32', 0, 7], ['load32', 0], ['read', 4096, 64]]`. It stops at the first that fails; the error's details
   * then say `accessesDone`.
   */
  batch(accesses: readonly Access[]): Promise<readonly AccessResult[]> {
    if (!Array.isArray(accesses)) return this.#ask('batch', [accesses]);
    const own = accesses.map((access: Access): Access => (Array.isArray(access) ? (access.map(copyOf) as unknown as Access) : access));
    return this.#ask('batch', [own], buffersOf(own.flat()));
  }

  #ask<Name extends MethodOf<'memory'>>(method: Name, args: ArgumentsFor<'memory', Name>, transfer: readonly ArrayBuffer[] = []) {
    return this.#session.ask('memory', this.#reference, method, args as never, transfer);
  }
}

/** The bytes in a buffer of their own; anything else as it is. */
function copyOf<Value>(value: Value): Value | Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}

function buffersOf(values: readonly unknown[]): readonly ArrayBuffer[] {
  return values.flatMap((value) => (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : []));
}
