// Two equal areas become one on write (S13, S14): the writer's entry goes over to the other page object, which may have any number of holders; which of the two
// frames stays is a policy. The cost is the same however many hold the other one.
import {
  ENTRY_OBJECT_MASK,
  EVENT_MERGE,
  FRAME_OBJECT,
  KEEP_BASIC,
  KEEP_COPY,
  KEEP_CORRESPONDING,
  KEEP_TARGET,
  MERGE_AREAS_UNCOUNTED,
  OBJECT_COPY,
  OBJECT_FRAME,
  OBJECT_KNOWN,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SEEN,
  VM_KEEP,
  VM_MERGES,
  VM_OUT,
} from '../shared/layout.ts';
import { knownAdd, knownForget } from '../paging/known.ts';
import { objectFree, objectHas, objectRecord, objectVm } from '../paging/page-object.ts';
import { entryPlace } from '../paging/page-table.ts';
import { translationDropStore } from '../paging/translation.ts';
import { numberAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameGive, frameRecord } from '../store/frame.ts';
import { vmRecord, vmTimeNs } from '../store/vm.ts';
import { objectRelease } from '../swap/page-free.ts';
import { pageLeave } from '../swap/page-out.ts';
import { slotDrop } from '../swap/slot.ts';
import { areaIsResident, areaJoin } from './area.ts';

/** Which of the writer's area and an equal one keeps its frame (variation 4)? */
function keepsOwn(keep: u32, object: u32, rival: u32): bool {
  if (!areaIsResident(rival)) return true;
  if (keep == (KEEP_TARGET as u32) || keep == (KEEP_CORRESPONDING as u32)) return keep == (KEEP_TARGET as u32);
  if (objectHas(object, OBJECT_COPY) == objectHas(rival, OBJECT_COPY)) return true;
  return objectHas(object, OBJECT_COPY) ? keep == (KEEP_COPY as u32) : keep == (KEEP_BASIC as u32);
}

/** The rival gives up its frame and slot, and gets the frame of the writer's area, which is left bare. */
function frameMove(object: u32, rival: u32): void {
  const from = objectRecord(object);
  const to = objectRecord(rival);
  const isOut = !load<u32>(to + OBJECT_FRAME);
  slotDrop(rival);
  if (isOut) {
    const out = vmRecord(objectVm(rival)) + VM_OUT;
    store<u32>(out, load<u32>(out) - 1);
  } else {
    frameGive(pageLeave(rival));
  }
  const frame = load<u32>(from + OBJECT_FRAME);
  store<u32>(from + OBJECT_FRAME, 0);
  store<u32>(to + OBJECT_FRAME, frame);
  store<u32>(to + OBJECT_SEEN, load<u32>(from + OBJECT_SEEN));
  store<u32>(frameRecord(frame) + FRAME_OBJECT, rival);
  if (!objectHas(rival, OBJECT_KNOWN)) knownAdd(rival); // it left its frame without a slot
}

/** The page that a replica (a record's address) has just stored to, and that nobody else has, becomes one with a known page with equal bytes. */
export function areaMerge(replica: usize, object: u32, rival: u32): void {
  const vm = objectVm(object);
  const page = load<u32>(objectRecord(object) + OBJECT_PAGE);
  const place = entryPlace(replica, page); // the way there is the replica's own already, so that this takes no node
  if (!place) return;
  const keepsFrame = keepsOwn(load<u32>(vmRecord(vm) + VM_KEEP), object, rival);
  areaJoin(rival, object);
  store<u32>(place, (load<u32>(place) & ~ENTRY_OBJECT_MASK) | rival);
  const references = objectRecord(rival) + OBJECT_REFERENCES;
  store<u32>(references, load<u32>(references) + 1);
  if (keepsFrame) {
    knownForget(object);
    frameMove(object, rival);
    objectFree(object);
  } else {
    objectRelease(object);
  }
  translationDropStore(vm, page);
  numberAdd(vmRecord(vm) + VM_MERGES, 1);
  eventRecord(EVENT_MERGE, vm, page, 1, MERGE_AREAS_UNCOUNTED, 0, vmTimeNs(vm));
}
