import { CB_FEATURES, FEATURE_KNOWN } from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** How many bytes one range check may speak of; longer ranges are checked piece by piece. */
const CHECK_BYTES_MOST = 2 ** 31;

/** Checks a range that lies inside the address space for a bulk operation. Status. */
export function rangeStatus(core: Core, replica: number, address: number, length: number, write: boolean): number {
  for (let done = 0; done < length; done += CHECK_BYTES_MOST) {
    const status = core.exports.rangeCheck(replica, address + done, Math.min(CHECK_BYTES_MOST, length - done), write ? 1 : 0);
    if (status !== 0) return status;
  }
  return 0;
}

/** What a bulk operation does with each piece: the bytes `from … from+length-1` of the engine's memory stand for the operation's `done …`. */
export type PieceAction = (memory: Uint8Array<ArrayBufferLike>, from: number, length: number, done: number) => void;

/** Goes through a range page by page, each piece an access. Returns the bytes done; fewer than `length`: the status says why. */
export function piecesEach(core: Core, replica: number, address: number, length: number, write: boolean, action: PieceAction): number {
  const { pageBytes, u8, exports } = core;
  const isSeen = write && (core.word(CB_FEATURES) & FEATURE_KNOWN) !== 0;
  let done = 0;
  while (done < length) {
    const at = address + done;
    const piece = Math.min(pageBytes - (at % pageBytes), length - done);
    const place = (write ? exports.pageForWrite(replica, at, piece) : exports.pageForRead(replica, at, piece)) >>> 0;
    if (place === 0) return done;
    try {
      action(u8, place, piece, done);
    } finally {
      if (isSeen) exports.pageWritten(replica, at, piece);
    }
    done += piece;
  }
  return done;
}
