// Known pages: their hash is up to date, and pages of one VM at one page number are found by it. What comparison on write looks at instead of all areas.
import {
  CB_KNOWN_BUCKETS,
  CB_KNOWN_NEXT,
  CB_KNOWN_SHIFT,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_KNOWN,
  OBJECT_PAGE,
  OBJECT_SCATTERED,
  OBJECT_SCRUBBED,
  OBJECT_VM,
} from '../shared/layout.ts';
import { pageHash } from '../base/page-hash.ts';
import { word } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag } from './page-object.ts';

const PAGE_WEIGHT: u32 = 0x85ebca6b;
const VM_WEIGHT: u32 = 0x27d4eb2f;
const GOLDEN: u32 = 0x9e3779b1;

/** Where the chain begins that a page (a record's address) is in while its hash is `hash`. */
export class KnownBucket {
  @inline static place(record: usize, hash: u32): usize {
    const mixed = hash ^ (load<u32>(record + OBJECT_PAGE) * PAGE_WEIGHT) ^ ((load<u16>(record + OBJECT_VM) as u32) * VM_WEIGHT);
    return word(CB_KNOWN_BUCKETS) + (((mixed * GOLDEN) >>> word(CB_KNOWN_SHIFT)) << 2);
  }

  @inline static next(object: u32): usize {
    return word(CB_KNOWN_NEXT) + (object << 2);
  }
}

/** The page's OBJECT_HASH holds: it is found by it from now on. */
export function knownAdd(object: u32): void {
  const record = objectRecord(object);
  const bucket = KnownBucket.place(record, load<u32>(record + OBJECT_HASH));
  store<u32>(KnownBucket.next(object), load<u32>(bucket));
  store<u32>(bucket, object);
  objectFlag(object, OBJECT_KNOWN);
}

/** It is found no more; its hash stays. */
export function knownRemove(object: u32): void {
  const record = objectRecord(object);
  let place = KnownBucket.place(record, load<u32>(record + OBJECT_HASH));
  while (load<u32>(place) != object && load<u32>(place)) place = KnownBucket.next(load<u32>(place));
  if (load<u32>(place)) store<u32>(place, load<u32>(KnownBucket.next(object)));
  objectUnflag(object, OBJECT_KNOWN);
}

/** Another hash for a page, known or not. */
export function knownRehash(object: u32, hash: u32): void {
  const isKnown = objectHas(object, OBJECT_KNOWN);
  if (isKnown) knownRemove(object);
  store<u32>(objectRecord(object) + OBJECT_HASH, hash);
  if (isKnown) knownAdd(object);
}

export function knownForget(object: u32): void {
  if (objectHas(object, OBJECT_KNOWN)) knownRemove(object);
}

/** A resident page becomes known, if it is not and is held at one address only; a hash that a scrub keeps holds. Its hash, or what would be. */
export function knownLearn(object: u32): u32 {
  const record = objectRecord(object);
  if (objectHas(object, OBJECT_KNOWN | OBJECT_SCRUBBED) && !objectHas(object, OBJECT_SCATTERED)) {
    if (!objectHas(object, OBJECT_KNOWN)) knownAdd(object);
    return load<u32>(record + OBJECT_HASH);
  }
  const hash = pageHash(frameAddress(load<u32>(record + OBJECT_FRAME)));
  if (objectHas(object, OBJECT_SCATTERED)) return hash;
  store<u32>(record + OBJECT_HASH, hash);
  knownAdd(object);
  return hash;
}

/** The next known page of the same VM, page number and hash behind `after` in the chain of `object`; `after` 0: the first. 0: none. */
export function knownRival(object: u32, after: u32): u32 {
  const record = objectRecord(object);
  const hash = load<u32>(record + OBJECT_HASH);
  let rival = after ? load<u32>(KnownBucket.next(after)) : load<u32>(KnownBucket.place(record, hash));
  while (rival) {
    const other = objectRecord(rival);
    if (
      rival != object &&
      load<u32>(other + OBJECT_HASH) == hash &&
      load<u32>(other + OBJECT_PAGE) == load<u32>(record + OBJECT_PAGE) &&
      load<u16>(other + OBJECT_VM) == load<u16>(record + OBJECT_VM)
    )
      return rival;
    rival = load<u32>(KnownBucket.next(rival));
  }
  return 0;
}
