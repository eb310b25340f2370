// Snapshots: saved states of replicas. A snapshot is a replica without processor: it holds its pages like one, runs nowhere and is never in step.
import { CB_REGION_SHIFT, FRAMES_LEAST_SHARING, REPLICA_PAGES, REPLICA_VM, VM_MANAGED, VM_REPLICA_FIRST } from '../shared/layout.ts';
import { STATUS_NO_SUCH_REPLICA, STATUS_NO_SUCH_VM, STATUS_OK, STATUS_TOO_LITTLE_LEFT } from '../shared/status.ts';
import { fail, statusNoted, word } from '../store/control.ts';
import { replicaIsLive, replicaRecord, replicaRuns } from '../store/replica.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';
import { replicaMake, replicaShare, replicaVacate } from './replica.ts';

/** May the VM have one more holder of pages? Status. */
function roomCheck(vm: u32): i32 {
  const frames = load<u32>(vmRecord(vm) + VM_MANAGED) << word(CB_REGION_SHIFT);
  return frames < (FRAMES_LEAST_SHARING as u32) ? fail(STATUS_TOO_LITTLE_LEFT, frames, FRAMES_LEAST_SHARING, 0) : STATUS_OK;
}

function holderMake(replica: u32, isSnapshot: bool): i32 {
  if (!replicaIsLive(replica)) return -fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  if (roomCheck(load<u32>(replicaRecord(replica) + REPLICA_VM))) return -statusNoted();
  const made = replicaShare(replica, isSnapshot);
  return made ? (made as i32) : -statusNoted();
}

/** A second replica with the pages of a replica or snapshot; or the negated status. */
export function replicaFork(replica: u32): i32 {
  return holderMake(replica, false);
}

/** A snapshot of a replica's pages; or the negated status. */
export function replicaSnapshot(replica: u32): i32 {
  return holderMake(replica, true);
}

/** A replica of the VM whose pages are all untouched; or the negated status. */
export function replicaEmpty(vm: u32): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  if (roomCheck(vm)) return -statusNoted();
  const pages = load<u32>(replicaRecord(load<u32>(vmRecord(vm) + VM_REPLICA_FIRST)) + REPLICA_PAGES);
  const replica = replicaMake(vm, pages, false);
  return replica ? (replica as i32) : -statusNoted();
}

/** A replica becomes empty: all its pages are untouched, none is protected. Status. */
export function replicaClear(replica: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  replicaVacate(replica);
  return STATUS_OK;
}
