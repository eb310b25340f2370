import {
  CB_NODE_REFERENCES,
  CB_NODE_TABLE,
  CB_OBJECT_TABLE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES_SHIFT,
  NODE_ENTRIES,
  OBJECT_BYTES,
  OBJECT_COMMON,
  OBJECT_COPY,
  OBJECT_FLAGS,
  OBJECT_FRAME,
  OBJECT_REFERENCES,
  OBJECT_SCATTERED,
  OBJECT_SLOT,
  REPLICA_HEIGHT,
  REPLICA_ROOT,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** Nodes of one level, or page objects, by how many of the replicas in hand have them. */
type Holders = ReadonlyMap<number, number>;

/** A page that some replica has, and by how many each of its page objects is held; an object is 0 where a replica has nothing there. */
export interface HeldPage {
  readonly page: number;
  readonly holders: Holders;
}

/** The pages `from … to-1` that some of the replicas (handles) have, ascending. Costs the nodes in which they differ, not their number. */
export function* pagesHeld(core: Core, replicas: readonly number[], from: number, to: number): Generator<HeldPage, void, void> {
  const [first] = replicas;
  if (first === undefined) return;
  const roots = new Map<number, number>();
  for (const replica of replicas) holdersAdd(roots, core.replicaWord(replica, REPLICA_ROOT), 1);
  yield* heldBelow(core, roots, core.replicaWord(first, REPLICA_HEIGHT), 0, from, to);
}

function holdersAdd(holders: Map<number, number>, held: number, count: number): void {
  holders.set(held, (holders.get(held) ?? 0) + count);
}

function* heldBelow(core: Core, nodes: Holders, height: number, first: number, from: number, to: number): Generator<HeldPage, void, void> {
  if (nodes.size === 1 && nodes.has(0)) return;
  const span = NODE_ENTRIES ** (height - 1);
  const lowest = Math.max(0, Math.floor((from - first) / span));
  for (let index = lowest; index < NODE_ENTRIES && first + index * span < to; index += 1) {
    const below = new Map<number, number>();
    for (const [node, count] of nodes) holdersAdd(below, node === 0 ? 0 : childAt(core, node, index), count);
    if (height > 1) yield* heldBelow(core, below, height - 1, first + index * span, from, to);
    else if (below.size > 1 || !below.has(0)) yield { page: first + index, holders: below };
  }
}

function childAt(core: Core, node: number, index: number): number {
  return (core.u32[(core.word(CB_NODE_TABLE) >>> 2) + node * 2 ** (NODE_BYTES_SHIFT - 2) + index]! & ENTRY_OBJECT_MASK) >>> 0;
}

/** A replica's entry for a page. */
export interface HeldEntry {
  /** 0: none. */
  readonly object: number;
  /** Somebody else holds it too, a snapshot included: through the object itself, or through a node on the way to it; or it is the common holder's. */
  readonly isHeldElsewhere: boolean;
}

export function entryHeld(core: Core, replica: number, page: number): HeldEntry {
  let node = core.replicaWord(replica, REPLICA_ROOT);
  let isHeldElsewhere = false;
  for (let span = NODE_ENTRIES ** (core.replicaWord(replica, REPLICA_HEIGHT) - 1); span >= 1; span /= NODE_ENTRIES) {
    if (node === 0) break;
    isHeldElsewhere ||= core.columnWord(CB_NODE_REFERENCES, node) > 1;
    node = childAt(core, node, Math.floor(page / span) % NODE_ENTRIES);
  }
  if (node === 0) return { object: 0, isHeldElsewhere: false };
  const isShared = objectWord(core, node, OBJECT_REFERENCES) > 1 || (objectFlags(core, node) & OBJECT_COMMON) !== 0;
  return { object: node, isHeldElsewhere: isHeldElsewhere || isShared };
}

export function objectWord(core: Core, object: number, offset: number): number {
  return core.u32[(core.word(CB_OBJECT_TABLE) + object * OBJECT_BYTES + offset) >>> 2]!;
}

/** They are the upper half of the word they stand in. */
function objectFlags(core: Core, object: number): number {
  return objectWord(core, object, OBJECT_FLAGS & ~3) >>> ((OBJECT_FLAGS & 3) * 8);
}

/** What a page table says of a page object. */
export interface HeldObject {
  /** As the engine numbers them; 0: none. */
  readonly frame: number;
  /** In a frame or in swap. */
  readonly hasContent: boolean;
  readonly beganAsCopy: boolean;
  /** Entries of several pages refer to it (vm.scan()). */
  readonly isScattered: boolean;
  readonly references: number;
}

export function objectHeld(core: Core, object: number): HeldObject {
  const flags = objectFlags(core, object);
  const frame = objectWord(core, object, OBJECT_FRAME);
  return {
    frame,
    hasContent: frame !== 0 || objectWord(core, object, OBJECT_SLOT) !== 0,
    beganAsCopy: (flags & OBJECT_COPY) !== 0,
    isScattered: (flags & OBJECT_SCATTERED) !== 0,
    references: objectWord(core, object, OBJECT_REFERENCES),
  };
}
