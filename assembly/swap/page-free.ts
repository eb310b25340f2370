// A page's content is given up: the last page-table entry that refers to it went.
import {
  OBJECT_FLAGS,
  OBJECT_FRAME,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SAID,
  OBJECT_SCATTERED,
  OBJECT_SLOT,
  VM_OUT,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
} from '../shared/layout.ts';
import { objectFree, objectRecord, objectVm } from '../paging/page-object.ts';
import { knownForget } from '../paging/known.ts';
import { entryClear } from '../paging/page-table.ts';
import { frameGive } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';
import { pageLeave } from './page-out.ts';
import { slotDrop } from './slot.ts';

/** The content goes: frame and slot become free; the object stays, a page of zeros. */
export function pageErase(object: u32): void {
  const record = objectRecord(object);
  knownForget(object);
  const isOut = !load<u32>(record + OBJECT_FRAME) && load<u32>(record + OBJECT_SLOT) != 0;
  slotDrop(object);
  if (load<u32>(record + OBJECT_FRAME)) {
    frameGive(pageLeave(object));
  } else if (isOut) {
    const out = vmRecord(objectVm(object)) + VM_OUT;
    store<u32>(out, load<u32>(out) - 1);
  }
}

/** A page of zeros that nothing tells from an untouched one becomes that, where its one entry is easy to find: its object is wanted elsewhere. */
export function pageForget(object: u32): void {
  const record = objectRecord(object);
  if (
    load<u32>(record + OBJECT_FRAME) ||
    load<u32>(record + OBJECT_SLOT) ||
    load<u16>(record + OBJECT_FLAGS) & (OBJECT_SAID | OBJECT_SCATTERED)
  )
    return;
  const vm = vmRecord(objectVm(object));
  if (load<u32>(vm + VM_REPLICA_COUNT) != 1) return;
  entryClear(replicaRecord(load<u32>(vm + VM_REPLICA_FIRST)), load<u32>(record + OBJECT_PAGE));
  objectFree(object);
}

/** One reference less; with the last one the content and the object go. */
export function objectRelease(object: u32): void {
  const place = objectRecord(object) + OBJECT_REFERENCES;
  const left = load<u32>(place) - 1;
  store<u32>(place, left);
  if (left) return;
  pageErase(object);
  objectFree(object);
}
