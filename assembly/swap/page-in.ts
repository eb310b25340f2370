// A page comes into a frame: from its slot of swap or its image, or as zeros.
import { PAGE_BYTES } from '../base/page-bytes.ts';
import {
  CB_COUNT_COPIES,
  EVENT_PAGE_IN,
  FRAME_OBJECT,
  OBJECT_FRAME,
  OBJECT_PAGE,
  OBJECT_SLOT,
  VM_IO_WAIT_NS,
  VM_OUT,
  VM_PAGE_INS,
  VM_TIME_NS,
} from '../shared/layout.ts';
import { STATUS_OK, STATUS_SWAP_READ_FAILED } from '../shared/status.ts';
import { objectIsCache, objectRecord, objectVm } from '../paging/page-object.ts';
import { recencyArrive } from '../paging/recency.ts';
import { fail, numberAdd, wordAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameAddress, frameRecord, frameRegion } from '../store/frame.ts';
import { regionCacheAdd } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { deviceRead, deviceReadNs } from './device.ts';
import { cleanAdd } from './slot.ts';

/** The page gets the frame: it is resident now. */
export function pageArrive(object: u32, frame: u32): void {
  store<u32>(objectRecord(object) + OBJECT_FRAME, frame);
  store<u32>(frameRecord(frame) + FRAME_OBJECT, object);
  if (objectIsCache(object)) regionCacheAdd(frameRegion(frame), 1);
  recencyArrive(objectVm(object), frame);
}

/** Brings the content into a free frame; the VM waits for the read. On failure nothing has changed. Status. */
export function pageIn(object: u32, frame: u32): i32 {
  const record = objectRecord(object);
  const slot = load<u32>(record + OBJECT_SLOT);
  const vm = objectVm(object);
  wordAdd(CB_COUNT_COPIES, 1);
  if (!slot) {
    memory.fill(frameAddress(frame), 0, PAGE_BYTES);
    pageArrive(object, frame);
    return STATUS_OK;
  }
  if (!deviceRead(slot - 1, frameAddress(frame))) return fail(STATUS_SWAP_READ_FAILED, vm, load<u32>(record + OBJECT_PAGE), slot - 1);
  const owner = vmRecord(vm);
  const endNs = deviceReadNs(load<f64>(owner + VM_TIME_NS));
  numberAdd(owner + VM_IO_WAIT_NS, endNs - load<f64>(owner + VM_TIME_NS));
  store<f64>(owner + VM_TIME_NS, endNs);
  numberAdd(owner + VM_PAGE_INS, 1);
  store<u32>(owner + VM_OUT, load<u32>(owner + VM_OUT) - 1);
  cleanAdd(object, 1);
  pageArrive(object, frame);
  eventRecord(EVENT_PAGE_IN, vm, load<u32>(record + OBJECT_PAGE), slot - 1, 0, 0, endNs);
  return STATUS_OK;
}
