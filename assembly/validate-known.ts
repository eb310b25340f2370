// The known pages of comparison on write, proved: each is found where it must be, with the hash of its content.
import { pageHash } from './base/page-hash.ts';
import {
  CB_FEATURES,
  CB_KNOWN_BUCKETS,
  CB_KNOWN_CROWDED,
  CB_KNOWN_SHIFT,
  CB_OBJECT_TOP,
  FEATURE_KNOWN,
  INVARIANT_KNOWN,
  OBJECT_CROWDED,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_KNOWN,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SCATTERED,
  OBJECT_SLOT,
  OBJECT_VM,
  OBJECT_WRITING,
} from './shared/layout.ts';
import { STATUS_INVARIANT, STATUS_OK } from './shared/status.ts';
import { Known } from './paging/known.ts';
import { objectHas, objectRecord } from './paging/page-object.ts';
import { fail, word } from './store/control.ts';
import { frameAddress } from './store/frame.ts';

function broken(b: u32, c: u32): i32 {
  return fail(STATUS_INVARIANT, INVARIANT_KNOWN, b, c);
}

/** How many pages a ring has, all of one number and one VM; 0: it is broken. */
function ringLength(leader: u32): u32 {
  const record = objectRecord(leader);
  let length: u32 = 1;
  for (let other = load<u32>(Known.ring(leader)); other != leader; other = load<u32>(Known.ring(other))) {
    const isOfIt =
      objectHas(other, OBJECT_KNOWN) &&
      !objectHas(other, OBJECT_CROWDED) &&
      load<u32>(objectRecord(other) + OBJECT_PAGE) == load<u32>(record + OBJECT_PAGE) &&
      load<u16>(objectRecord(other) + OBJECT_VM) == load<u16>(record + OBJECT_VM);
    if (!isOfIt || length > word(CB_OBJECT_TOP)) return 0;
    length++;
  }
  return length;
}

/** A known page by itself: held, with content, at one address, and its hash holds where its content is in a frame. */
function pageHolds(object: u32): bool {
  const record = objectRecord(object);
  const frame = load<u32>(record + OBJECT_FRAME);
  if (!load<u32>(record + OBJECT_REFERENCES) || !(frame | load<u32>(record + OBJECT_SLOT))) return false;
  if (objectHas(object, OBJECT_SCATTERED) || objectHas(object, OBJECT_WRITING)) return false;
  return !frame || pageHash(frameAddress(frame)) == load<u32>(record + OBJECT_HASH);
}

/** Status. */
export function knownCheck(): i32 {
  if (!(word(CB_FEATURES) & FEATURE_KNOWN)) return STATUS_OK;
  let known: u32 = 0;
  for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) {
    if (!load<u32>(objectRecord(object) + OBJECT_REFERENCES) || !objectHas(object, OBJECT_KNOWN)) continue;
    if (!pageHolds(object)) return broken(object, load<u32>(objectRecord(object) + OBJECT_HASH));
    known++;
  }
  let chained: u32 = 0;
  let crowded: u32 = 0;
  const buckets: u32 = 1 << (32 - word(CB_KNOWN_SHIFT));
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    for (let object = load<u32>(word(CB_KNOWN_BUCKETS) + (bucket << 2)); object; object = load<u32>(Known.next(object))) {
      const isCrowded = objectHas(object, OBJECT_CROWDED);
      const length = isCrowded ? 1 : ringLength(object);
      if (!objectHas(object, OBJECT_KNOWN) || !length || chained > known) return broken(object, length);
      chained += length;
      if (isCrowded) crowded++;
    }
  }
  if (chained != known) return broken(chained, known);
  return crowded == word(CB_KNOWN_CROWDED) ? STATUS_OK : broken(crowded, word(CB_KNOWN_CROWDED));
}
