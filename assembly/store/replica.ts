// Replica records.
import {
  CB_REPLICAS,
  CB_REPLICA_TABLE,
  REPLICA_BYTES,
  REPLICA_IN_STEP,
  REPLICA_IS_SNAPSHOT,
  REPLICA_VM,
  VM_TRIGGER,
} from '../shared/layout.ts';
import { word } from './control.ts';
import { vmRecord } from './vm.ts';

export function replicaRecord(replica: u32): usize {
  return word(CB_REPLICA_TABLE) + replica * REPLICA_BYTES;
}

export function replicaIsLive(replica: u32): bool {
  return replica - 1 < word(CB_REPLICAS) && load<u32>(replicaRecord(replica) + REPLICA_VM) != 0;
}

/** Is it live, and no snapshot? */
export function replicaRuns(replica: u32): bool {
  return replicaIsLive(replica) && !load<u32>(replicaRecord(replica) + REPLICA_IS_SNAPSHOT);
}

/** Are the replica's (a record's address) stores compared with what the others have (1st embodiment)? */
export function storesAreSeen(replica: usize): bool {
  return load<u32>(vmRecord(load<u32>(replica + REPLICA_VM)) + VM_TRIGGER) != 0 && load<u32>(replica + REPLICA_IN_STEP) != 0;
}
