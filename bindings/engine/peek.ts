import type { Core } from './core.ts';
import { SwapReadError } from '../errors.ts';
import { imageReadError, slotIsImage } from './image-table.ts';
import type { SwapBridge } from './swap-bridge.ts';

/** Copies content that is wherever it is: no access is counted, no time passes, nothing moves. Range and replica are the caller's business. */
export function peekInto(core: Core, bridge: SwapBridge, replica: number, address: number, into: Uint8Array<ArrayBufferLike>): void {
  const { pageBytes } = core;
  for (let done = 0; done < into.length;) {
    const at = address + done;
    const offset = at % pageBytes;
    const count = Math.min(pageBytes - offset, into.length - done);
    peekPiece(core, bridge, replica, (at - offset) / pageBytes, offset, into.subarray(done, done + count));
    done += count;
  }
}

function peekPiece(core: Core, bridge: SwapBridge, replica: number, page: number, offset: number, into: Uint8Array<ArrayBufferLike>): void {
  const place = core.exports.peek(replica, page) >>> 0;
  if (place !== 0) {
    into.set(core.u8.subarray(place + offset, place + offset + into.length));
    return;
  }
  const slot = core.exports.peekSlot() - 1;
  if (slot < 0) {
    into.fill(0);
    return;
  }
  const content = new Uint8Array(core.pageBytes);
  try {
    bridge.read(slot, content);
  } catch (cause) {
    if (slotIsImage(slot)) throw imageReadError(page, slot, null, cause);
    throw new SwapReadError(
      `The swap store failed to read page ${page} from slot ${slot}. Nothing changed; try again once the store works.`,
      { page, slot },
      { cause },
    );
  }
  into.set(content.subarray(offset, offset + into.length));
}
