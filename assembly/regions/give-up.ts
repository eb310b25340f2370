// S103–S105: a VM gives management rights up, and what changes for it at once (4th embodiment, Fig. 16 S703).
import { EVENT_DECLARE, FLAG_CAPACITY_NOW, FLAG_EVACUATE, FLAG_READ_ONLY, VM_HAS_MODES, VM_WITHDRAWN } from '../shared/layout.ts';
import { regionManagerSlot } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';
import { changeModes, changePending } from './change.ts';
import { regionsDeclare } from './declare.ts';
import { vmSample } from './early-release.ts';
import { pick } from './pick.ts';
import { runEnd } from './run.ts';
import { vmWatches } from './watch.ts';

/** The regions of the list lose their manager; those at machine slots in a row, high ones first, together. */
function listDeclare(vm: u32, count: u32, change: u32, timeNs: f64): void {
  let place: u32 = 0;
  while (place < count) {
    const slot = regionManagerSlot(pick(place)) - 1;
    let run: u32 = 1;
    while (place + run < count && regionManagerSlot(pick(place + run)) == slot + 1 - run) run++;
    regionsDeclare(vm, run, slot, change, timeNs);
    place += run;
  }
}

/** After regions were given up: what the modes of the change mean for the VM, and for what it has cached. `used`: how many of them it goes on using. */
function modesBegin(vm: u32, change: u32, used: u32): void {
  const record = vmRecord(vm);
  const modes = changeModes(change);
  if (modes & FLAG_CAPACITY_NOW) store<u32>(record + VM_WITHDRAWN, load<u32>(record + VM_WITHDRAWN) + used);
  if (modes & (FLAG_EVACUATE | FLAG_READ_ONLY)) store<u32>(record + VM_HAS_MODES, 1);
  if (vmWatches(vm)) vmSample(vm);
}

/**
 * `count` regions, which there are, lose their manager: those of the list, or from the highest managed machine slot at or below `from` down.
 */
export function regionsGiveUp(vm: u32, count: u32, from: u32, isListed: bool, change: u32, timeNs: f64): void {
  const pending = changePending(change);
  if (isListed) listDeclare(vm, count, change, timeNs);
  else regionsDeclare(vm, count, from, change, timeNs);
  runEnd(EVENT_DECLARE, vm, change, timeNs);
  if (count) modesBegin(vm, change, changePending(change) - pending);
}
