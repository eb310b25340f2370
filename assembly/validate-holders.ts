// Replicas and snapshots by themselves: their list is one list, its counts hold, and a snapshot runs nowhere. Part of validate.ts.
import {
  INVARIANT_HOLDERS,
  PROCESSOR_PAGES,
  PROCESSOR_REPLICA,
  REPLICA_IN_STEP,
  REPLICA_IS_SNAPSHOT,
  REPLICA_NEXT,
  REPLICA_PREVIOUS,
  REPLICA_PROCESSOR,
  REPLICA_QUOTA,
  REPLICA_VM,
  VM_REPLICA_COUNT,
  VM_REPLICA_FIRST,
  VM_SNAPSHOT_COUNT,
} from './shared/layout.ts';
import { STATUS_INVARIANT, STATUS_OK } from './shared/status.ts';
import { fail } from './store/control.ts';
import { replicaRecord } from './store/replica.ts';
import { vmRecord } from './store/vm.ts';

function broken(b: u32, c: u32): i32 {
  return fail(STATUS_INVARIANT, INVARIANT_HOLDERS, b, c);
}

/** Nobody loads or stores through a snapshot, nor compares it; whoever runs on a processor of its own is the one that the processor runs. */
function holderHolds(replica: u32): bool {
  const record = replicaRecord(replica);
  const processor: usize = load<u32>(record + REPLICA_PROCESSOR);
  const pages = load<u32>(processor + PROCESSOR_PAGES);
  if (!load<u32>(record + REPLICA_IS_SNAPSHOT)) return !pages || load<u32>(processor + PROCESSOR_REPLICA) == replica;
  return !pages && !load<u32>(record + REPLICA_IN_STEP) && !load<u32>(record + REPLICA_QUOTA);
}

/** Status. */
export function holdersCheck(vm: u32): i32 {
  const owner = vmRecord(vm);
  let replicas: u32 = 0;
  let snapshots: u32 = 0;
  let previous: u32 = 0;
  for (let replica = load<u32>(owner + VM_REPLICA_FIRST); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_NEXT)) {
    const record = replicaRecord(replica);
    const isListed = load<u32>(record + REPLICA_VM) == vm && load<u32>(record + REPLICA_PREVIOUS) == previous;
    if (!isListed || !holderHolds(replica) || replicas == load<u32>(owner + VM_REPLICA_COUNT)) return broken(vm, replica);
    replicas++;
    if (load<u32>(record + REPLICA_IS_SNAPSHOT)) snapshots++;
    previous = replica;
  }
  // a VM has at least one replica that runs
  const isCounted = replicas == load<u32>(owner + VM_REPLICA_COUNT) && snapshots == load<u32>(owner + VM_SNAPSHOT_COUNT);
  return isCounted && replicas > snapshots ? STATUS_OK : broken(vm, replicas);
}
