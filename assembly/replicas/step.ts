// Replicas that run in step, and when they are compared.
import {
  CB_FEATURES,
  CB_SWEEP_COMPARED,
  CB_SWEEP_DIFFERENT,
  CB_SWEEP_MERGED,
  COMPARE_FLAGS_ALL,
  FEATURE_KNOWN,
  KEEP_CORRESPONDING,
  NODE_ENTRIES,
  NODE_SHIFT,
  REPLICA_HEIGHT,
  REPLICA_IN_STEP,
  REPLICA_NEXT,
  REPLICA_PROCESSOR,
  REPLICA_ROOT,
  TRIGGER_BASIC,
  VM_COMPARE_FLAGS,
  VM_KEEP,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
  VM_TRIGGER,
} from '../shared/layout.ts';
import {
  OPTION_COMPARE,
  OPTION_FEATURE,
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_REPLICA,
  STATUS_NO_SUCH_VM,
  STATUS_OK,
} from '../shared/status.ts';
import { processorDropStores, translationDropPages, translationsDrop } from '../paging/translation.ts';
import { fail, word, wordSet } from '../store/control.ts';
import { replicaRecord, replicaRuns } from '../store/replica.ts';
import { vmIsLive, vmRecord } from '../store/vm.ts';
import { childrenCollect, nodeServe, nodesGroup, nodesSweep, pageSweep, rootsCompact, sweepPlace } from './sweep.ts';

/** Status. */
export function replicaStep(replica: u32, isInStep: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  store<u32>(replicaRecord(replica) + REPLICA_IN_STEP, isInStep ? 1 : 0);
  processorDropStores(load<u32>(replicaRecord(replica) + REPLICA_PROCESSOR));
  return STATUS_OK;
}

/** Row 0: the different roots of the VM's replicas in step, in the order in which the replicas were made. How many. */
export function rootsCollect(vm: u32): u32 {
  const all = load<u32>(vmRecord(vm) + VM_REPLICA_COUNT);
  let first = all; // the list begins with the newest
  for (let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    const record = replicaRecord(replica);
    if (load<u32>(record + REPLICA_IN_STEP)) store<u32>(sweepPlace(0, --first), load<u32>(record + REPLICA_ROOT));
  }
  const count = all - first;
  for (let i: u32 = 0; i < count; i++) store<u32>(sweepPlace(0, i), load<u32>(sweepPlace(0, first + i)));
  return rootsCompact(count);
}

/** Levels of the page tables of the VM's replicas. */
export function tableHeight(vm: u32): u32 {
  return load<u32>(replicaRecord(load<u32>(vmRecord(vm) + VM_REPLICA_FIRST)) + REPLICA_HEIGHT);
}

/** Replicas whose page tables say the same get one. */
function rootsServe(vm: u32, count: u32, height: u32): void {
  if (!nodesGroup(0, count)) return;
  for (let replica = load<u32>(vmRecord(vm) + VM_REPLICA_FIRST); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    const place = replicaRecord(replica) + REPLICA_ROOT;
    if (load<u32>(replicaRecord(replica) + REPLICA_IN_STEP) && load<u32>(place)) nodeServe(place, load<u32>(place), height);
  }
}

/** The same for one page: it is merged as its VM's policy says. A read that fails leaves it as it is. */
export function pageCompare(vm: u32, page: u32): void {
  let count = rootsCollect(vm);
  let level: u32 = 0;
  for (let height = count < 2 ? 0 : tableHeight(vm); height > 1; height--) {
    const index = (page >> ((height - 1) * NODE_SHIFT)) & (NODE_ENTRIES - 1);
    count = childrenCollect(level++, count, index);
  }
  if (count < 2) return;
  pageSweep(vm, level, count, page & (NODE_ENTRIES - 1), page);
  translationDropPages(vm, page);
}

/** What a store has to do with comparison, and what becomes of equal areas: TRIGGER_…, KEEP_…, COMPARE_… bits. Status. */
export function vmComparePolicy(vm: u32, trigger: u32, keep: u32, flags: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  if (trigger > (TRIGGER_BASIC as u32)) return fail(STATUS_BAD_OPTION, OPTION_COMPARE, trigger, keep);
  if (keep > (KEEP_CORRESPONDING as u32) || flags > (COMPARE_FLAGS_ALL as u32))
    return fail(STATUS_BAD_OPTION, OPTION_COMPARE, trigger, keep | flags);
  if (trigger && !(word(CB_FEATURES) & FEATURE_KNOWN)) return fail(STATUS_BAD_OPTION, OPTION_FEATURE, FEATURE_KNOWN, 0);
  const record = vmRecord(vm);
  store<u32>(record + VM_TRIGGER, trigger);
  store<u32>(record + VM_KEEP, keep);
  store<u32>(record + VM_COMPARE_FLAGS, flags);
  translationsDrop(vm); // what may be stored to unseen is another question now
  return STATUS_OK;
}

/** Compares the VM's replicas in step and merges what is equal (S31, S21–S23, S11–S15). Counts: CB_SWEEP_…. Status. */
export function vmCompare(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  wordSet(CB_SWEEP_COMPARED, 0);
  wordSet(CB_SWEEP_MERGED, 0);
  wordSet(CB_SWEEP_DIFFERENT, 0);
  const count = rootsCollect(vm);
  if (count < 2) return STATUS_OK;
  const height = tableHeight(vm);
  const status = nodesSweep(vm, 0, count, height, 0);
  rootsServe(vm, count, height);
  translationsDrop(vm); // pages may be shared now, and replicas may have got other frames
  return status;
}
