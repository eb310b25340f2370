// Replica records.
import { CB_REPLICAS, CB_REPLICA_TABLE, REPLICA_BYTES, REPLICA_IS_SNAPSHOT, REPLICA_VM } from '../shared/layout.ts';
import { word } from './control.ts';

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
