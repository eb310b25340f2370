// What a VM's memory holds, as an operating system would tell it (JP 2009-26117A [0145]). For looking: it walks the VM's regions.
import {
  CB_INFORMATION,
  CB_REGIONS,
  CONTROL,
  INFORMATION_BORROWED,
  INFORMATION_BYTES,
  INFORMATION_DIRTY,
  INFORMATION_DISCARDABLE,
  INFORMATION_FREE,
  INFORMATION_LOCKED,
  INFORMATION_OUT,
  INFORMATION_RESIDENT,
  INFORMATION_SWAP_CACHED,
  INFORMATION_TOTAL,
  OBJECT_DISCARDABLE,
  OBJECT_LOCKED,
  VM_MANAGED,
  VM_OUT,
  VM_OWN,
  VM_RESIDENT,
  VM_USED,
  VM_WITHDRAWN,
} from './shared/layout.ts';
import { STATUS_NO_SUCH_VM, STATUS_OK } from './shared/status.ts';
import { recordClear } from './base/clear.ts';
import { objectHas, objectSlot } from './paging/page-object.ts';
import { fail, word, wordAdd, wordSet } from './store/control.ts';
import { frameObject } from './store/frame.ts';
import { regionFirstFrame, regionFrames, regionFree, regionManager, regionUser } from './store/region.ts';
import { vmIsLive, vmRecord } from './store/vm.ts';

function countIf(offset: i32, isSo: bool): void {
  if (isSo) wordAdd(CB_INFORMATION + offset, 1);
}

/** The pages in a region that the VM uses. */
function regionCount(region: u32, isBorrowed: bool): void {
  const end = regionFirstFrame(region) + regionFrames();
  for (let frame = regionFirstFrame(region); frame < end; frame++) {
    const object = frameObject(frame);
    if (!object) continue;
    const isClean = objectSlot(object) != 0;
    countIf(INFORMATION_DIRTY, !isClean);
    countIf(INFORMATION_SWAP_CACHED, isClean);
    countIf(INFORMATION_DISCARDABLE, objectHas(object, OBJECT_DISCARDABLE));
    countIf(INFORMATION_LOCKED, objectHas(object, OBJECT_LOCKED));
    countIf(INFORMATION_BORROWED, isBorrowed);
  }
}

/** The INFORMATION_ words. Status. */
export function vmInformation(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const record = vmRecord(vm);
  recordClear(CONTROL + CB_INFORMATION, INFORMATION_BYTES);
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    const isUsed = regionUser(region) == vm;
    const isManaged = regionManager(region) == vm;
    if (isUsed || (isManaged && !regionUser(region))) wordAdd(CB_INFORMATION + INFORMATION_FREE, regionFree(region));
    if (isUsed) regionCount(region, !isManaged);
  }
  const usable = load<u32>(record + VM_MANAGED) + load<u32>(record + VM_USED) - load<u32>(record + VM_OWN);
  wordSet(CB_INFORMATION + INFORMATION_TOTAL, (usable - load<u32>(record + VM_WITHDRAWN)) * regionFrames());
  wordSet(CB_INFORMATION + INFORMATION_RESIDENT, load<u32>(record + VM_RESIDENT));
  wordSet(CB_INFORMATION + INFORMATION_OUT, load<u32>(record + VM_OUT));
  return STATUS_OK;
}
