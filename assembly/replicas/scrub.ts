// The scrub: what all share, nobody can tell from what was stored. Hashes of pages in frames are kept, and compared where nobody has stored to a page since.
import {
  CB_COUNT_COPIES,
  CB_PAGE_LIST,
  CB_SCRUB_CHECKED,
  CB_SCRUB_FLIPS,
  FRAME_OLDER,
  OBJECT_FRAME,
  OBJECT_HASH,
  OBJECT_KNOWN,
  OBJECT_SCRUBBED,
  PAGE_LIST_MOST,
  VM_NEWEST,
} from '../shared/layout.ts';
import { STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { pageHash } from '../base/page-hash.ts';
import { knownRehash } from '../paging/known.ts';
import { objectFlag, objectHas, objectRecord } from '../paging/page-object.ts';
import { translationsDropStores } from '../paging/translation.ts';
import { fail, word, wordAdd, wordSet } from '../store/control.ts';
import { frameAddress, frameObject, frameRecord } from '../store/frame.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';

/** The page has changed, and nobody has stored to it. */
function flipNote(object: u32): void {
  const flips = word(CB_SCRUB_FLIPS);
  if (flips < (PAGE_LIST_MOST as u32)) store<u32>(word(CB_PAGE_LIST) + (flips << 2), object);
  wordSet(CB_SCRUB_FLIPS, flips + 1);
}

/** A known page's hash is up to date whatever was stored to it. */
function objectScrub(object: u32): void {
  const place = objectRecord(object) + OBJECT_HASH;
  const hash = pageHash(frameAddress(load<u32>(objectRecord(object) + OBJECT_FRAME)));
  wordAdd(CB_COUNT_COPIES, 1);
  if (objectHas(object, OBJECT_SCRUBBED | OBJECT_KNOWN)) {
    wordAdd(CB_SCRUB_CHECKED, 1);
    if (load<u32>(place) != hash) flipNote(object);
  }
  if (load<u32>(place) != hash) knownRehash(object, hash);
  objectFlag(object, OBJECT_SCRUBBED);
}

/** Every page of the VM in a frame, whoever holds it. Counts: CB_SCRUB_…; page objects that have changed: CB_PAGE_LIST. Status. */
export function vmScrub(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  wordSet(CB_SCRUB_CHECKED, 0);
  wordSet(CB_SCRUB_FLIPS, 0);
  translationsDropStores(vm); // a store has to be seen from now on
  for (let frame = load<u32>(vmRecord(vm) + VM_NEWEST); frame; frame = load<u32>(frameRecord(frame) + FRAME_OLDER)) {
    objectScrub(frameObject(frame));
  }
  return STATUS_OK;
}
