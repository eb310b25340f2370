// Accesses to regions that a VM uses and does not manage, where it must see them: early release, evacuation, read-only regions.
import { FLAG_EVACUATE, FLAG_READ_ONLY, EVENT_RELEASE, VM_HAS_MODES, VM_WATCH } from '../shared/layout.ts';
import { STATUS_OK } from '../shared/status.ts';
import { objectFrame } from '../paging/page-object.ts';
import { eventRecord } from '../store/event.ts';
import { frameObject, frameRegion } from '../store/frame.ts';
import { regionFrames, regionFree, regionManager, regionModes, regionReduce } from '../store/region.ts';
import { vmRecord, vmTimeNs } from '../store/vm.ts';
import { accessJudge } from './early-release.ts';
import { pageMove } from './page-move.ts';
import { userClear } from './rights.ts';

/** Does the VM have to see accesses to some of its pages? */
export function vmWatches(vm: u32): bool {
  const record = vmRecord(vm);
  return (load<u32>(record + VM_WATCH) | load<u32>(record + VM_HAS_MODES)) != 0;
}

/** An access moves the page to memory that the VM manages, if there is room. With its last page the region is released. */
function evacuate(vm: u32, region: u32, object: u32): void {
  const timeNs = vmTimeNs(vm);
  if (!pageMove(vm, object, timeNs) || regionFree(region) != regionFrames()) return;
  const reduction = regionReduce(region);
  userClear(region, 0, timeNs);
  eventRecord(EVENT_RELEASE, vm, region - 1, 0, 0, reduction, timeNs);
}

/** One page of an access, before it is had; `bytes` of the access are in it. Status: only of a host function that failed. */
export function pageWatch(vm: u32, object: u32, bytes: u32, isStore: bool): i32 {
  const frame = objectFrame(object);
  if (!frame) return STATUS_OK;
  const region = frameRegion(frame);
  if (regionManager(region) == vm) return STATUS_OK; // S617
  if (load<u32>(vmRecord(vm) + VM_WATCH)) {
    const status = accessJudge(vm, region, object, bytes);
    if (status) return status;
    if (frameObject(frame) != object) return STATUS_OK; // S616: out, moved, or forgotten as a page of zeros, object and all
  }
  const modes = regionModes(region);
  if (modes & FLAG_EVACUATE || (isStore && modes & FLAG_READ_ONLY)) evacuate(vm, region, object);
  return STATUS_OK;
}
