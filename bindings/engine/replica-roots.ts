import {
  CB_NODE_TABLE,
  CB_REPLICA_TABLE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES_SHIFT,
  NODE_ENTRIES,
  REPLICA_BYTES,
  REPLICA_HEIGHT,
  REPLICA_ROOT,
  REPLICA_TAKEN,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** The root of a replica's page table: replicas with the same one have the same pages and protection. */
export function replicaRoot(core: Core, replica: number): number {
  return core.replicaWord(replica, REPLICA_ROOT);
}

/** The page object of a page, 0 for an untouched one: replicas with the same one share the page. */
export function replicaPage(core: Core, replica: number, page: number): number {
  let entry = replicaRoot(core, replica);
  let span = NODE_ENTRIES ** core.replicaWord(replica, REPLICA_HEIGHT);
  while (span > 1 && entry !== 0) {
    span /= NODE_ENTRIES;
    const index = Math.floor(page / span) % NODE_ENTRIES;
    entry = core.u32[((core.word(CB_NODE_TABLE) + entry * 2 ** NODE_BYTES_SHIFT) >>> 2) + index]!;
  }
  return (entry & ENTRY_OBJECT_MASK) >>> 0;
}

/** Pages that a replica has taken of its quota; what comes back sets the count to what it was. */
export function replicaTaken(core: Core, replica: number): () => void {
  const taken = core.replicaWord(replica, REPLICA_TAKEN);
  return () => {
    core.u32[(core.word(CB_REPLICA_TABLE) + replica * REPLICA_BYTES + REPLICA_TAKEN) >>> 2] = taken;
  };
}
