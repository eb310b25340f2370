import { hasherMake } from './engine/hash.ts';
import { pause, throwIfAborted } from './signal.ts';
import type { SignalOption } from './signal.ts';

/** What can be digested: something with an address space that can be looked at. */
interface Peekable {
  readonly addressSpaceBytes: number;
  peek(address: number, into: Uint8Array<ArrayBuffer>): unknown;
}

const CHUNK_BYTES = 2 ** 18;
/** A pause after every so many bytes. */
const PAUSE_BYTES = 2 ** 23;

export function digestNow(replica: Peekable): string {
  const hasher = hasherMake();
  for (const chunk of chunks(replica)) hasher.update(chunk);
  return hasher.hex();
}

export async function digestAsync(replica: Peekable, { signal }: SignalOption): Promise<string> {
  throwIfAborted(signal);
  const hasher = hasherMake();
  let bytes = 0;
  for (const chunk of chunks(replica)) {
    hasher.update(chunk);
    bytes += chunk.length;
    if (bytes % PAUSE_BYTES !== 0) continue;
    await pause();
    throwIfAborted(signal);
  }
  return hasher.hex();
}

/** The address space from its start, in one buffer that is used again and again. */
function* chunks(replica: Peekable): Generator<Uint8Array<ArrayBuffer>, void, void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let address = 0; address < replica.addressSpaceBytes; address += CHUNK_BYTES) {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, replica.addressSpaceBytes - address));
    replica.peek(address, chunk);
    yield chunk;
  }
}
