// A page moves to another frame of its VM's: no I/O, and nothing about the page changes.
import { EVENT_MOVE, FRAME_OBJECT, OBJECT_FRAME, OBJECT_PAGE, VM_PAGES_MOVED } from '../shared/layout.ts';
import { PAGE_BYTES } from '../base/page-bytes.ts';
import { objectIsCache, objectRecord } from '../paging/page-object.ts';
import { recencyMove } from '../paging/recency.ts';
import { objectDropTranslations } from '../paging/scattered.ts';
import { numberAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameAddress, frameGive, frameRecord, frameRegion } from '../store/frame.ts';
import { regionCacheAdd } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { seekSpare } from './seek-spare.ts';

/** To a free frame of memory that the VM manages, which it takes into use at `timeNs` if need be; false if there is none. */
export function pageMove(vm: u32, object: u32, timeNs: f64): bool {
  const target = seekSpare(vm, timeNs);
  if (!target) return false;
  const record = objectRecord(object);
  const frame = load<u32>(record + OBJECT_FRAME);
  const page = load<u32>(record + OBJECT_PAGE);
  memory.copy(frameAddress(target), frameAddress(frame), PAGE_BYTES);
  objectDropTranslations(object);
  recencyMove(vm, frame, target);
  if (objectIsCache(object)) {
    regionCacheAdd(frameRegion(frame), -1);
    regionCacheAdd(frameRegion(target), 1);
  }
  store<u32>(frameRecord(target) + FRAME_OBJECT, object);
  store<u32>(record + OBJECT_FRAME, target);
  frameGive(frame);
  numberAdd(vmRecord(vm) + VM_PAGES_MOVED, 1);
  eventRecord(EVENT_MOVE, vm, page, frameRegion(frame) - 1, frameRegion(target) - 1, 0, timeNs);
  return true;
}
