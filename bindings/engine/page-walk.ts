import {
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
  /** Page-table entries that refer to the page's content: more than 1 where replicas share it, 0 for untouched pages. */
  readonly references: number;
}

/** The pages `from … to-1` of a replica that were ever touched, protected or made a device, ascending. Parts of the tree that are not there are skipped. */
export function* pagesWalk(core: Core, replica: number, from: number, to: number): Generator<PageRow, void, void> {
  const root = core.replicaWord(replica, REPLICA_ROOT);
  yield* nodeWalk(core, root, core.replicaWord(replica, REPLICA_HEIGHT), 0, from, to);
}

function* nodeWalk(core: Core, entry: number, height: number, first: number, from: number, to: number): Generator<PageRow, void, void> {
  if (entry === 0) return;
  if (height === 0) {
    yield pageRow(core, first, entry);
    return;
  }
  const span = NODE_ENTRIES ** (height - 1);
  const node = core.word(CB_NODE_TABLE) + entry * 2 ** NODE_BYTES_SHIFT;
  for (let index = 0; index < NODE_ENTRIES; index += 1) {
    const start = first + index * span;
    if (start + span <= from || start >= to) continue;
    yield* nodeWalk(core, core.u32[(node >>> 2) + index]!, height - 1, start, from, to);
  }
}

function pageRow(core: Core, page: number, entry: number): PageRow {
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
    references: word(OBJECT_REFERENCES),
  };
}
