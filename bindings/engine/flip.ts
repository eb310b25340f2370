import type { Core } from './core.ts';

/**
 * Flips a bit of the byte at an address of a replica in the frame itself, for all who share it, and nothing of the engine knows: what a fault of real memory
 * does. Whether it did: only what is in a frame of linear memory can be hit.
 */
export function frameFlip(core: Core, replica: number, address: number, bit: number): boolean {
  const place = core.exports.peek(replica, Math.floor(address / core.pageBytes)) >>> 0;
  if (place === 0) return false;
  core.u8[place + (address % core.pageBytes)]! ^= 1 << bit;
  return true;
}
