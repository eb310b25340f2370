import type { Core } from '../engine/core.ts';
import { hasherMake } from '../engine/hash.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Pace } from './pace.ts';
import { pagesFilled } from './page-content.ts';

/**
 * What says that a snapshot has the contents of another: SHA-256 (hex) of the page size, the pages of the address space, and each page that is not
 * all zero, its number before its bytes. It costs the pages there are, not the address space.
 */
export function snapshotIdentity(core: Core, snapshot: Snapshot, pace: Pace): Promise<string> {
  return snapshot.identity(async () => {
    const hasher = hasherMake();
    const number = new Uint8Array(8);
    const view = new DataView(number.buffer);
    view.setUint32(0, core.pageBytes, true);
    view.setUint32(4, snapshot.addressSpaceBytes / core.pageBytes, true);
    hasher.update(number);
    for (const [page, bytes] of pagesFilled(core, snapshot)) {
      view.setUint32(0, page, true);
      hasher.update(number.subarray(0, 4));
      hasher.update(bytes);
      await pace.done(bytes.length);
    }
    return hasher.hex();
  });
}
