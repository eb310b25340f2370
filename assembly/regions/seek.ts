// Where a VM's next frame comes from: the classes of its seek policy, in order; and the access to a named region (Fig. 9).
import {
  CB_IO_END_NS,
  CB_STATUS,
  EVENT_TAKE_OVER,
  SEEK_EVICT,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
  VM_IO_WAIT_NS,
  VM_MANAGED,
  VM_PAGE_OUTS,
  VM_RESIDENT,
  VM_SEEK,
  VM_TAKE_OVERS,
  VM_TIME_NS,
} from '../shared/layout.ts';
import { STATUS_ACCESS_REFUSED, STATUS_NO_SUCH_VM, STATUS_OK, STATUS_OUT_OF_FRAMES } from '../shared/status.ts';
import { fail, number, numberAdd, numberSet, word } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { frameTake } from '../store/frame.ts';
import { mapRegion } from '../store/machine-map.ts';
import { regionManager, regionManagerSlot, regionUser } from '../store/region.ts';
import { vmIsLive, vmRecord, vmTimeNs } from '../store/vm.ts';
import { evict } from '../swap/evict.ts';
import { regionRelease } from './release.ts';
import { regionOfClass } from './seek-spare.ts';
import { useUserless } from './use.ts';
import { userSet } from './rights.ts';

/** The step's I/O begins at the VM's clock. */
function ioBegin(vm: u32): void {
  numberSet(CB_IO_END_NS, vmTimeNs(vm));
}

/** The VM waits for the I/O of the step. */
function ioWait(vm: u32): void {
  const record = vmRecord(vm);
  numberAdd(record + VM_IO_WAIT_NS, number(CB_IO_END_NS) - load<f64>(record + VM_TIME_NS));
  store<f64>(record + VM_TIME_NS, number(CB_IO_END_NS));
}

/**
 * S404–S407: the manager takes a region over from its user; the user pages it out first. One step: on failure the rights are as they were.
 * Status.
 */
function takeOver(region: u32): i32 {
  const vm = regionManager(region);
  const old = regionUser(region);
  const record = vmRecord(vm);
  const oldOuts = vmRecord(old) + VM_PAGE_OUTS;
  const outsBefore = load<f64>(oldOuts);
  ioBegin(vm);
  const status = regionRelease(region, vmTimeNs(vm), 0);
  ioWait(vm);
  if (status) return status;
  userSet(region, vmTimeNs(vm));
  numberAdd(record + VM_TAKE_OVERS, 1);
  const written = u32(load<f64>(oldOuts) - outsBefore);
  eventRecord(EVENT_TAKE_OVER, vm, region - 1, old, written, regionManagerSlot(region) - 1, vmTimeNs(vm));
  return STATUS_OK;
}

/** A free frame for the VM, taken; or 0 with the failure noted. */
export function frameSeek(vm: u32): u32 {
  const record = vmRecord(vm);
  for (let order = load<u32>(record + VM_SEEK); order; order >>>= 4) {
    const seek = order & 15;
    if (seek == SEEK_EVICT) {
      ioBegin(vm);
      const frame = evict(vm, vmTimeNs(vm));
      ioWait(vm);
      if (frame || word(CB_STATUS)) return frame;
      continue;
    }
    const region = regionOfClass(vm, seek);
    if (!region) continue;
    if (seek == SEEK_USERLESS) useUserless(region, vmTimeNs(vm));
    else if (seek == SEEK_TAKE_OVER && takeOver(region)) return 0;
    return frameTake(region);
  }
  fail(STATUS_OUT_OF_FRAMES, vm, load<u32>(record + VM_MANAGED), load<u32>(record + VM_RESIDENT));
  return 0;
}

/** Fig. 9 for the region at a machine slot of the VM (S401). Status. */
export function rightsTouch(vm: u32, slot: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const region = mapRegion(vm, slot);
  if (!region) return fail(STATUS_ACCESS_REFUSED, slot, 0, 0); // S409
  if (regionUser(region) == vm) return STATUS_OK; // S402
  if (!regionUser(region)) {
    useUserless(region, vmTimeNs(vm)); // S403
    return STATUS_OK;
  }
  return takeOver(region);
}
