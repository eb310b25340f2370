// Replicas: made, forked, restored to another's pages, disposed of. Sharing is by counted nodes: a fork costs a root.
import {
  CB_REPLICAS,
  CB_REPLICA_FREE,
  CB_REPLICA_TOP,
  NODE_SHIFT,
  REPLICA_HEIGHT,
  REPLICA_IN_STEP,
  REPLICA_IS_SNAPSHOT,
  REPLICA_NEXT,
  REPLICA_PAGES,
  REPLICA_PREVIOUS,
  REPLICA_PROCESSOR,
  REPLICA_QUOTA,
  REPLICA_ROOT,
  REPLICA_TAKEN,
  REPLICA_VM,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
  VM_SNAPSHOT_COUNT,
} from '../shared/layout.ts';
import { STATUS_TABLES_FULL, TABLE_REPLICAS } from '../shared/status.ts';
import { nodeReferencesAdd } from '../paging/page-table.ts';
import { processorAttach, processorDetach, processorDropStores, processorRecord } from '../paging/translation.ts';
import { fail, word, wordSet } from '../store/control.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';
import { tableDropDifferences, tableRelease } from './table.ts';

/** A record for a new replica, or 0 with the failure noted. */
function replicaTake(): u32 {
  let replica = word(CB_REPLICA_FREE);
  if (replica) {
    wordSet(CB_REPLICA_FREE, load<u32>(replicaRecord(replica) + REPLICA_NEXT));
    return replica;
  }
  replica = word(CB_REPLICA_TOP) + 1;
  if (replica > word(CB_REPLICAS)) {
    fail(STATUS_TABLES_FULL, TABLE_REPLICAS, word(CB_REPLICAS), 0);
    return 0;
  }
  wordSet(CB_REPLICA_TOP, replica);
  return replica;
}

/** An empty replica of `pages` pages, or a snapshot of nothing; 0 with the failure noted. */
export function replicaMake(vm: u32, pages: u32, isSnapshot: bool): u32 {
  const replica = replicaTake();
  if (!replica) return 0;
  const record = replicaRecord(replica);
  let height: u32 = 1;
  while ((pages - 1) >> (height * NODE_SHIFT)) height++;
  const owner = vmRecord(vm);
  const first = load<u32>(owner + VM_REPLICA_FIRST);
  store<u32>(record + REPLICA_VM, vm);
  store<u32>(record + REPLICA_ROOT, 0);
  store<u32>(record + REPLICA_HEIGHT, height);
  store<u32>(record + REPLICA_PAGES, pages);
  store<u32>(record + REPLICA_IN_STEP, 0);
  store<u32>(record + REPLICA_IS_SNAPSHOT, isSnapshot ? 1 : 0);
  store<u32>(record + REPLICA_QUOTA, 0);
  store<u32>(record + REPLICA_TAKEN, 0);
  store<u32>(record + REPLICA_PREVIOUS, 0);
  store<u32>(record + REPLICA_NEXT, first);
  if (first) store<u32>(replicaRecord(first) + REPLICA_PREVIOUS, replica);
  store<u32>(owner + VM_REPLICA_FIRST, replica);
  store<u32>(owner + VM_REPLICA_COUNT, load<u32>(owner + VM_REPLICA_COUNT) + 1);
  if (isSnapshot) {
    store<u32>(record + REPLICA_PROCESSOR, processorRecord(0) as u32);
    store<u32>(owner + VM_SNAPSHOT_COUNT, load<u32>(owner + VM_SNAPSHOT_COUNT) + 1);
  } else {
    processorAttach(vm, replica);
  }
  return replica;
}

/** A second replica with the same pages, shared until written, or a snapshot of them; 0 with the failure noted. */
export function replicaShare(parent: u32, isSnapshot: bool): u32 {
  const record = replicaRecord(parent);
  const replica = replicaMake(load<u32>(record + REPLICA_VM), load<u32>(record + REPLICA_PAGES), isSnapshot);
  if (!replica) return 0;
  const root = load<u32>(record + REPLICA_ROOT);
  store<u32>(replicaRecord(replica) + REPLICA_ROOT, root);
  if (root) nodeReferencesAdd(root, 1);
  processorDropStores(load<u32>(record + REPLICA_PROCESSOR));
  return replica;
}

/** The replica's pages become those of `from`, of the same VM and size. */
export function replicaCopy(replica: u32, from: u32): void {
  const source = replicaRecord(from);
  if (rootSet(replica, load<u32>(source + REPLICA_ROOT))) processorDropStores(load<u32>(source + REPLICA_PROCESSOR));
}

/** The replica has no page any more. */
export function replicaVacate(replica: u32): void {
  rootSet(replica, 0);
}

/** Another page table, whose root others may hold, for the replica; what it has taken counts anew. Whether it is another. */
function rootSet(replica: u32, root: u32): bool {
  const record = replicaRecord(replica);
  const height = load<u32>(record + REPLICA_HEIGHT);
  const old = load<u32>(record + REPLICA_ROOT);
  store<u32>(record + REPLICA_TAKEN, 0);
  if (old == root) return false;
  const processor: usize = load<u32>(record + REPLICA_PROCESSOR);
  tableDropDifferences(old, root, height, 0, processor);
  if (root) nodeReferencesAdd(root, 1);
  store<u32>(record + REPLICA_ROOT, root);
  tableRelease(old, height);
  processorDropStores(processor);
  return true;
}

export function replicaEnd(replica: u32): void {
  const record = replicaRecord(replica);
  const vm = load<u32>(record + REPLICA_VM);
  const owner = vmRecord(vm);
  if (load<u32>(record + REPLICA_IS_SNAPSHOT)) store<u32>(owner + VM_SNAPSHOT_COUNT, load<u32>(owner + VM_SNAPSHOT_COUNT) - 1);
  processorDetach(vm, replica);
  tableRelease(load<u32>(record + REPLICA_ROOT), load<u32>(record + REPLICA_HEIGHT));
  const previous = load<u32>(record + REPLICA_PREVIOUS);
  const next = load<u32>(record + REPLICA_NEXT);
  if (previous) store<u32>(replicaRecord(previous) + REPLICA_NEXT, next);
  else store<u32>(owner + VM_REPLICA_FIRST, next);
  if (next) store<u32>(replicaRecord(next) + REPLICA_PREVIOUS, previous);
  store<u32>(owner + VM_REPLICA_COUNT, load<u32>(owner + VM_REPLICA_COUNT) - 1);
  store<u32>(record + REPLICA_VM, 0);
  store<u32>(record + REPLICA_NEXT, word(CB_REPLICA_FREE));
  wordSet(CB_REPLICA_FREE, replica);
}
