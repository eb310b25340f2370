// Where a VM's next frame comes from: the classes of its seek policy, in order; and the access to a named region (Fig. 9).
import {
  CB_IO_END_NS,
  CB_PINNED_REGION,
  CB_STATUS,
  SEEK_EVICT,
  SEEK_MANAGED,
  SEEK_TAKE_OVER,
  SEEK_USERLESS,
  VM_MANAGED,
  VM_RESIDENT,
  VM_SEEK,
  VM_SPARE,
} from '../shared/layout.ts';
import { STATUS_ACCESS_REFUSED, STATUS_NO_SUCH_VM, STATUS_OK, STATUS_OUT_OF_FRAMES } from '../shared/status.ts';
import { fail, numberSet, word } from '../store/control.ts';
import { frameTake } from '../store/frame.ts';
import { mapRegion } from '../store/machine-map.ts';
import { regionManager, regionUser } from '../store/region.ts';
import { vmIsLive, vmRecord, vmTimeNs } from '../store/vm.ts';
import { evict } from '../swap/evict.ts';
import { ioBegin, ioWait } from '../swap/io-step.ts';
import { regionRelease } from './release.ts';
import { regionOfClass } from './seek-spare.ts';
import { regionTakeOver } from './take-over.ts';
import { useUserless } from './use.ts';

/** S404–S407 in a step of the manager's, which waits for the writes. Status. */
function takeOver(region: u32): i32 {
  const vm = regionManager(region);
  ioBegin(vm);
  const status = regionTakeOver(region, vmTimeNs(vm), 0);
  ioWait(vm);
  return status;
}

/** A free frame for the VM, taken; or 0 with the failure noted. */
export function frameSeek(vm: u32): u32 {
  const record = vmRecord(vm);
  const known = load<u32>(record + VM_SPARE);
  if (known && !word(CB_PINNED_REGION)) return frameTake(known);
  const first = load<u32>(record + VM_SEEK);
  for (let order = first; order; order >>>= 4) {
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
    if (order == first && seek == SEEK_MANAGED && !word(CB_PINNED_REGION)) store<u32>(record + VM_SPARE, region);
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

/** The user of the region that the VM manages at a machine slot releases it; nobody becomes its user, and no clock waits. Status. */
export function rightsRelease(vm: u32, slot: u32, issueNs: f64): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const region = mapRegion(vm, slot);
  if (!region || regionManager(region) != vm) return fail(STATUS_ACCESS_REFUSED, slot, 0, 0);
  numberSet(CB_IO_END_NS, issueNs);
  return regionUser(region) ? regionRelease(region, issueNs, 0, true) : STATUS_OK;
}
