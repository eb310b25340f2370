import {
  CB_NODE_REFERENCES,
  CB_NODE_TABLE,
  CB_OBJECT_TABLE,
  CB_REGION_SHIFT,
  ENTRY_DEVICE,
  ENTRY_NO_LOAD,
  ENTRY_NO_STORE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES_SHIFT,
  NODE_ENTRIES,
  OBJECT_BYTES,
  OBJECT_DISCARDABLE,
  OBJECT_FLAGS,
  OBJECT_FRAME,
  OBJECT_LOCKED,
  OBJECT_REFERENCES,
  OBJECT_SLOT,
  REPLICA_HEIGHT,
  REPLICA_ROOT,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** Where a page is. `zero`: it was resident once and its content is all zero. */
export type PageState = 'untouched' | 'resident' | 'out' | 'zero';

/** One page of an address space. Frames and slots are public numbers, from 0; null where the page has none. */
export interface PageRow {
  readonly page: number;
  readonly state: PageState;
  readonly frame: number | null;
  readonly slot: number | null;
  readonly locked: boolean;
  readonly discardable: boolean;
  readonly protection: 'none' | 'read' | 'readWrite';
  readonly device: boolean;
  /** Another replica has the same page: a write to it makes a copy. */
  readonly shared: boolean;
}

/** The pages `from … to-1` of a replica that were ever touched, protected or made a device, ascending. Parts of the tree that are not there are skipped. */
export function* pagesWalk(core: Core, replica: number, from: number, to: number): Generator<PageRow, void, void> {
  const root = core.replicaWord(replica, REPLICA_ROOT);
  yield* nodeWalk(core, { entry: root, height: core.replicaWord(replica, REPLICA_HEIGHT), first: 0, shared: false }, from, to);
}

/** An entry of a node: what it covers starts at page `first`; `shared`: a node on the way to it belongs to several replicas. */
interface Place {
  readonly entry: number;
  readonly height: number;
  readonly first: number;
  readonly shared: boolean;
}

function* nodeWalk(core: Core, { entry, height, first, shared }: Place, from: number, to: number): Generator<PageRow, void, void> {
  if (entry === 0) return;
  if (height === 0) {
    yield pageRow(core, first, entry, shared);
    return;
  }
  const span = NODE_ENTRIES ** (height - 1);
  const node = core.word(CB_NODE_TABLE) + entry * 2 ** NODE_BYTES_SHIFT;
  const below = shared || core.columnWord(CB_NODE_REFERENCES, entry) > 1;
  for (let index = 0; index < NODE_ENTRIES; index += 1) {
    const start = first + index * span;
    if (start + span <= from || start >= to) continue;
    yield* nodeWalk(core, { entry: core.u32[(node >>> 2) + index]!, height: height - 1, first: start, shared: below }, from, to);
  }
}

function pageRow(core: Core, page: number, entry: number, shared: boolean): PageRow {
  const object = (entry & ENTRY_OBJECT_MASK) >>> 0;
  const word = (offset: number): number =>
    object === 0 ? 0 : core.u32[(core.word(CB_OBJECT_TABLE) + object * OBJECT_BYTES + offset) >>> 2]!;
  // flags are the upper half of the word they stand in
  const flags = word(OBJECT_FLAGS & ~3) >>> ((OBJECT_FLAGS & 3) * 8);
  const frame = word(OBJECT_FRAME);
  const slot = word(OBJECT_SLOT);
  return {
    page,
    state: object === 0 ? 'untouched' : frame !== 0 ? 'resident' : slot !== 0 ? 'out' : 'zero',
    frame: frame === 0 ? null : frame - 2 ** core.word(CB_REGION_SHIFT),
    slot: slot === 0 ? null : slot - 1,
    locked: (flags & OBJECT_LOCKED) !== 0,
    discardable: (flags & OBJECT_DISCARDABLE) !== 0,
    protection: (entry & ENTRY_NO_LOAD) !== 0 ? 'none' : (entry & ENTRY_NO_STORE) !== 0 ? 'read' : 'readWrite',
    device: (entry & ENTRY_DEVICE) !== 0,
    shared: object !== 0 && (shared || word(OBJECT_REFERENCES) > 1),
  };
}
