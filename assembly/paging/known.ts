// Known pages: their hash is up to date, and pages of one VM at one page number find each other. What comparison on write looks at instead of all areas.
// The known pages of a number stand in a ring, one of them (its leader) in a chain by number. A ring takes FEW; what comes then is crowded: chained by hash.
import {
  CB_KNOWN_BUCKETS,
  CB_KNOWN_CROWDED,
  CB_KNOWN_LINKS,
  CB_KNOWN_SHIFT,
  OBJECT_CROWDED,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_KNOWN,
  OBJECT_NEAR_CROWD,
  OBJECT_PAGE,
  OBJECT_SCATTERED,
  OBJECT_SCRUBBED,
  OBJECT_SLOT,
  OBJECT_VM,
} from '../shared/layout.ts';
import { pageHash } from '../base/page-hash.ts';
import { word, wordAdd } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { objectFlag, objectHas, objectRecord, objectUnflag } from './page-object.ts';

const PAGE_WEIGHT: u32 = 0x85ebca6b;
const VM_WEIGHT: u32 = 0x27d4eb2f;
const GOLDEN: u32 = 0x9e3779b1;
const FEW: u32 = 8;
/** In the rank of a rival: it is out. */
const OUT: u32 = 0x80000000;

/** The links of known pages. In a class because only there functions can be told to be inlined. */
export class Known {
  /** Where the next one of the ring stands. */
  @inline static ring(object: u32): usize {
    return word(CB_KNOWN_LINKS) + (object << 3);
  }

  /** Where the next one of the chain stands. */
  @inline static next(object: u32): usize {
    return word(CB_KNOWN_LINKS) + (object << 3) + 4;
  }
}

function pageMixed(record: usize): u32 {
  return (load<u32>(record + OBJECT_PAGE) * PAGE_WEIGHT) ^ ((load<u16>(record + OBJECT_VM) as u32) * VM_WEIGHT);
}

function bucket(mixed: u32): usize {
  return word(CB_KNOWN_BUCKETS) + (((mixed * GOLDEN) >>> word(CB_KNOWN_SHIFT)) << 2);
}

function chainByHash(record: usize): usize {
  return bucket(pageMixed(record) ^ load<u32>(record + OBJECT_HASH));
}

function isSamePage(record: usize, other: usize): bool {
  return load<u32>(other + OBJECT_PAGE) == load<u32>(record + OBJECT_PAGE) && load<u16>(other + OBJECT_VM) == load<u16>(record + OBJECT_VM);
}

/** Where the leader of the ring of a page's (a record's address) number stands in its chain; 0 stands there when there is none. */
function leaderPlace(record: usize): usize {
  let place = bucket(pageMixed(record));
  while (load<u32>(place)) {
    const other = load<u32>(place);
    if (!objectHas(other, OBJECT_CROWDED) && isSamePage(record, objectRecord(other))) break;
    place = Known.next(other);
  }
  return place;
}

function ringCount(leader: u32): u32 {
  let count: u32 = 1;
  for (let other = load<u32>(Known.ring(leader)); other != leader; other = load<u32>(Known.ring(other))) count++;
  return count;
}

/** A page that comes after FEW: chained by its hash. The pages of the ring must look for such pages too, from now on. */
function crowdAdd(object: u32, leader: u32): void {
  const place = chainByHash(objectRecord(object));
  store<u32>(Known.next(object), load<u32>(place));
  store<u32>(place, object);
  objectFlag(object, OBJECT_KNOWN | OBJECT_CROWDED);
  wordAdd(CB_KNOWN_CROWDED, 1);
  let near = leader;
  do {
    objectFlag(near, OBJECT_NEAR_CROWD);
    near = load<u32>(Known.ring(near));
  } while (near != leader);
}

/** The page's OBJECT_HASH holds: it is found by it from now on. */
export function knownAdd(object: u32): void {
  const place = leaderPlace(objectRecord(object));
  const leader = load<u32>(place);
  if (leader && ringCount(leader) == FEW) {
    crowdAdd(object, leader);
    return;
  }
  if (leader) {
    store<u32>(Known.ring(object), load<u32>(Known.ring(leader)));
    store<u32>(Known.ring(leader), object);
  } else {
    store<u32>(Known.ring(object), object);
    store<u32>(Known.next(object), 0);
    store<u32>(place, object);
  }
  objectFlag(object, word(CB_KNOWN_CROWDED) ? OBJECT_KNOWN | OBJECT_NEAR_CROWD : OBJECT_KNOWN);
}

function crowdRemove(object: u32): void {
  let place = chainByHash(objectRecord(object));
  while (load<u32>(place) != object && load<u32>(place)) place = Known.next(load<u32>(place));
  if (load<u32>(place)) store<u32>(place, load<u32>(Known.next(object)));
  wordAdd(CB_KNOWN_CROWDED, -1);
}

function ringRemove(object: u32): void {
  const place = leaderPlace(objectRecord(object));
  const follower = load<u32>(Known.ring(object));
  if (follower == object) {
    store<u32>(place, load<u32>(Known.next(object)));
    return;
  }
  let before = follower;
  while (load<u32>(Known.ring(before)) != object) before = load<u32>(Known.ring(before));
  store<u32>(Known.ring(before), follower);
  if (load<u32>(place) != object) return;
  store<u32>(Known.next(follower), load<u32>(Known.next(object)));
  store<u32>(place, follower);
}

/** It is found no more; its hash stays. */
export function knownRemove(object: u32): void {
  if (objectHas(object, OBJECT_CROWDED)) crowdRemove(object);
  else ringRemove(object);
  objectUnflag(object, OBJECT_KNOWN | OBJECT_CROWDED | OBJECT_NEAR_CROWD);
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

/** Which of several rivals is looked at first: those in frames, by frame; then those that are out, by slot. */
export function knownRank(object: u32): u32 {
  const record = objectRecord(object);
  const frame = load<u32>(record + OBJECT_FRAME);
  return frame ? frame : load<u32>(record + OBJECT_SLOT) | OUT;
}

/** The better of `best` (0: none yet) and a page that is a rival of `object` ranked above `above`, or `best`. */
function better(object: u32, other: u32, best: u32, above: u32): u32 {
  const record = objectRecord(object);
  if (other == object || load<u32>(objectRecord(other) + OBJECT_HASH) != load<u32>(record + OBJECT_HASH)) return best;
  if (!isSamePage(record, objectRecord(other)) || knownRank(other) <= above) return best;
  return !best || knownRank(other) < knownRank(best) ? other : best;
}

/** The known page of the same number and hash with the lowest rank above `above`, or 0. */
export function knownRival(object: u32, above: u32): u32 {
  let best: u32 = 0;
  const leader = load<u32>(leaderPlace(objectRecord(object)));
  for (let other = leader; other;) {
    best = better(object, other, best, above);
    other = load<u32>(Known.ring(other));
    if (other == leader) break;
  }
  if (!word(CB_KNOWN_CROWDED)) return best;
  for (let other = load<u32>(chainByHash(objectRecord(object))); other; other = load<u32>(Known.next(other))) {
    if (objectHas(other, OBJECT_CROWDED)) best = better(object, other, best, above);
  }
  return best;
}
