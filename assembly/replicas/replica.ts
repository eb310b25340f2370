// Replicas: made, forked, restored to another's pages, disposed of. Sharing is by counted nodes: a fork costs a root.
import {
  CB_REPLICAS,
  CB_REPLICA_FREE,
  CB_REPLICA_TOP,
  NODE_SHIFT,
  REPLICA_HEIGHT,
  REPLICA_IN_STEP,
  REPLICA_NEXT,
  REPLICA_PAGES,
  REPLICA_PREVIOUS,
  REPLICA_PROCESSOR,
  REPLICA_ROOT,
  REPLICA_VM,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
} from '../shared/layout.ts';
import { STATUS_TABLES_FULL, TABLE_REPLICAS } from '../shared/status.ts';
import { nodeReferencesAdd } from '../paging/page-table.ts';
import { processorAttach, processorDetach, processorDropStores } from '../paging/translation.ts';
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

/** An empty replica of `pages` pages, or 0 with the failure noted. */
export function replicaMake(vm: u32, pages: u32): u32 {
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
  store<u32>(record + REPLICA_PREVIOUS, 0);
  store<u32>(record + REPLICA_NEXT, first);
  if (first) store<u32>(replicaRecord(first) + REPLICA_PREVIOUS, replica);
  store<u32>(owner + VM_REPLICA_FIRST, replica);
  store<u32>(owner + VM_REPLICA_COUNT, load<u32>(owner + VM_REPLICA_COUNT) + 1);
  processorAttach(vm, replica);
  return replica;
}

/** A second replica with the same pages, shared until written; or 0 with the failure noted. */
export function replicaShare(parent: u32): u32 {
  const record = replicaRecord(parent);
  const replica = replicaMake(load<u32>(record + REPLICA_VM), load<u32>(record + REPLICA_PAGES));
  if (!replica) return 0;
  const root = load<u32>(record + REPLICA_ROOT);
  store<u32>(replicaRecord(replica) + REPLICA_ROOT, root);
  if (root) nodeReferencesAdd(root, 1);
  processorDropStores(load<u32>(record + REPLICA_PROCESSOR));
  return replica;
}

/** The replica's pages become those of `from`, of the same VM and size. */
export function replicaCopy(replica: u32, from: u32): void {
  if (replica == from) return;
  const record = replicaRecord(replica);
  const source = replicaRecord(from);
  const height = load<u32>(record + REPLICA_HEIGHT);
  const old = load<u32>(record + REPLICA_ROOT);
  const root = load<u32>(source + REPLICA_ROOT);
  if (old == root) return;
  const processor: usize = load<u32>(record + REPLICA_PROCESSOR);
  tableDropDifferences(old, root, height, 0, processor);
  if (root) nodeReferencesAdd(root, 1);
  store<u32>(record + REPLICA_ROOT, root);
  tableRelease(old, height);
  processorDropStores(processor);
  processorDropStores(load<u32>(source + REPLICA_PROCESSOR));
}

export function replicaEnd(replica: u32): void {
  const record = replicaRecord(replica);
  const vm = load<u32>(record + REPLICA_VM);
  const owner = vmRecord(vm);
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
