// A bit changes in real memory, and nobody has stored to it: what a cosmic ray does.
import type { Engine, Replica } from '../../bindings/node.ts';

/** Flips bit `bit` of the byte at an address of a replica, in the frame that all have who share the page. The page must be in a frame. */
export function bitFlip(engine: Engine, replica: Replica, address: number, bit = 0): void {
  const { core } = engine;
  const place = core.exports.peek(replica.handle, Math.floor(address / core.pageBytes)) >>> 0;
  if (place === 0) throw new Error(`page ${Math.floor(address / core.pageBytes)} is in no frame of linear memory`);
  core.u8[place + (address % core.pageBytes)]! ^= 1 << bit;
}
