// S404–S407: a region's manager takes it from its user, who releases it first.
import { CB_IO_END_NS, EVENT_TAKE_OVER, VM_PAGE_OUTS, VM_TAKE_OVERS } from '../shared/layout.ts';
import { STATUS_OK } from '../shared/status.ts';
import { number, numberAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { regionManager, regionManagerSlot, regionUser } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { regionRelease } from './release.ts';
import { userSet } from './rights.ts';

/**
 * One step: on failure the rights are as they were. I/O is issued at `issueNs`, and the manager is the user from CB_IO_END_NS on. `change`: the
 * change before whose grant the pages go out, or 0. Status.
 */
export function regionTakeOver(region: u32, issueNs: f64, change: u32): i32 {
  const vm = regionManager(region);
  const old = regionUser(region);
  const outs = vmRecord(old) + VM_PAGE_OUTS;
  const outsBefore = load<f64>(outs);
  const status = regionRelease(region, issueNs, change, true);
  if (status) return status;
  const timeNs = number(CB_IO_END_NS);
  userSet(region, timeNs);
  numberAdd(vmRecord(vm) + VM_TAKE_OVERS, 1);
  eventRecord(EVENT_TAKE_OVER, vm, region - 1, old, u32(load<f64>(outs) - outsBefore), regionManagerSlot(region) - 1, timeNs);
  return STATUS_OK;
}
