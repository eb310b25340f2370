import {
  CB_NODE_TABLE,
  CB_OBJECT_TABLE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES_SHIFT,
  NODE_ENTRIES,
  OBJECT_BYTES,
  OBJECT_FRAME,
  REPLICA_HEIGHT,
  REPLICA_NEXT,
  REPLICA_ROOT,
  VM_REPLICA_FIRST,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** The page tables of a VM's replicas. What several of them share counts once. */
export interface PageTables {
  readonly bytes: number;
  /** Entries that refer to pages in frames. */
  readonly mappedPages: number;
}

export function pageTables(core: Core, vm: number): PageTables {
  const nodes = new Set<number>();
  let mappedPages = 0;
  let replica = core.vmWord(vm, VM_REPLICA_FIRST);
  while (replica !== 0) {
    mappedPages += nodeCount(core, core.replicaWord(replica, REPLICA_ROOT), core.replicaWord(replica, REPLICA_HEIGHT), nodes);
    replica = core.replicaWord(replica, REPLICA_NEXT);
  }
  return { bytes: nodes.size * 2 ** NODE_BYTES_SHIFT, mappedPages };
}

/** Adds a node and what is below it to `nodes`; what comes back are the entries that refer to pages in frames, of nodes that were not there yet. */
function nodeCount(core: Core, node: number, height: number, nodes: Set<number>): number {
  if (node === 0 || nodes.has(node)) return 0;
  nodes.add(node);
  const first = (core.word(CB_NODE_TABLE) + node * 2 ** NODE_BYTES_SHIFT) >>> 2;
  let mapped = 0;
  for (let index = 0; index < NODE_ENTRIES; index += 1) {
    const entry = core.u32[first + index]!;
    if (height > 1) mapped += nodeCount(core, entry, height - 1, nodes);
    else if (isInFrame(core, (entry & ENTRY_OBJECT_MASK) >>> 0)) mapped += 1;
  }
  return mapped;
}

function isInFrame(core: Core, object: number): boolean {
  return object !== 0 && core.u32[(core.word(CB_OBJECT_TABLE) + object * OBJECT_BYTES + OBJECT_FRAME) >>> 2] !== 0;
}
