import { createHash } from 'node:crypto';
import type { Replica } from '../replica.ts';
import { TRACED_UNIT_BYTES } from './traces.ts';

/**
 * SHA-256 (hex) over the 4 KiB pieces of address space that a trace touches, in ascending order of their traced addresses. `units[i]` is the traced
 * number of the piece at i x 4 KiB of the replica. Nothing is counted and no time passes.
 */
export function tracedDigest(replica: Replica, units: readonly number[]): string {
  const hash = createHash('sha256');
  const content = new Uint8Array(TRACED_UNIT_BYTES);
  const ascending = units.map((_, index) => index).sort((a, b) => units[a]! - units[b]!);
  for (const index of ascending) {
    replica.peek(index * TRACED_UNIT_BYTES, content);
    hash.update(content);
  }
  return hash.digest('hex');
}
