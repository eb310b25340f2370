import {
  CB_NODE_REFERENCES,
  CB_NODE_TABLE,
  CB_OBJECT_TABLE,
  CB_REGION_SHIFT,
  ENTRY_DEVICE,
  ENTRY_NO_LOAD,
  ENTRY_NO_STORE,
  ENTRY_OBJECT_MASK,
  IMAGE_SLOT_FIRST,
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
  REPLICA_VM,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';
import { frameReferenced, frameRegion, pageZone } from './page-zone.ts';
import type { PageZone } from './page-zone.ts';

/** Where a page is. `out`: in swap only; `image`: in an image only; `zero`: it was resident once and its content is all zero. */
export type PageState = 'untouched' | 'resident' | 'out' | 'image' | 'zero';

/**
 * One page of an address space, with what JP 2009-26117A [0146-0148] calls its control information. Frames, slots and regions are public numbers, from 0;
 * null where the page has none.
 */
export interface PageRow {
  readonly page: number;
  readonly state: PageState;
  readonly frame: number | null;
  readonly slot: number | null;
  /** The page of an image that has its content, among the pages of all images of the engine in the order in which those were made. */
  readonly imageSlot: number | null;
  /** The region that its frame belongs to, and what that region is to the VM. */
  readonly region: number | null;
  readonly zone: PageZone | null;
  /** In a frame, and nowhere else; or also in swap with the same content. */
  readonly dirty: boolean;
  readonly swapCached: boolean;
  /** Accessed since eviction last passed it; null where it is not in a frame or its VM's eviction keeps no such bit (only 'clock' does). */
  readonly referenced: boolean | null;
  /** Page-table entries that refer to it; tables that replicas share count once. */
  readonly references: number;
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
  const vm = core.replicaWord(replica, REPLICA_VM);
  yield* nodeWalk(core, { vm, entry: root, height: core.replicaWord(replica, REPLICA_HEIGHT), first: 0, shared: false }, from, to);
}

/** An entry of a node of a replica of `vm`: what it covers starts at page `first`; `shared`: a node on the way to it belongs to several replicas. */
interface Place {
  readonly vm: number;
  readonly entry: number;
  readonly height: number;
  readonly first: number;
  readonly shared: boolean;
}

function* nodeWalk(core: Core, place: Place, from: number, to: number): Generator<PageRow, void, void> {
  const { vm, entry, height, first, shared } = place;
  if (entry === 0) return;
  if (height === 0) {
    yield pageRow(core, place);
    return;
  }
  const span = NODE_ENTRIES ** (height - 1);
  const node = core.word(CB_NODE_TABLE) + entry * 2 ** NODE_BYTES_SHIFT;
  const below = shared || core.columnWord(CB_NODE_REFERENCES, entry) > 1;
  for (let index = 0; index < NODE_ENTRIES; index += 1) {
    const start = first + index * span;
    if (start + span <= from || start >= to) continue;
    yield* nodeWalk(core, { vm, entry: core.u32[(node >>> 2) + index]!, height: height - 1, first: start, shared: below }, from, to);
  }
}

function pageRow(core: Core, { vm, entry, first: page, shared }: Place): PageRow {
  const object = (entry & ENTRY_OBJECT_MASK) >>> 0;
  const word = (offset: number): number =>
    object === 0 ? 0 : core.u32[(core.word(CB_OBJECT_TABLE) + object * OBJECT_BYTES + offset) >>> 2]!;
  // flags are the upper half of the word they stand in
  const flags = word(OBJECT_FLAGS & ~3) >>> ((OBJECT_FLAGS & 3) * 8);
  const frame = word(OBJECT_FRAME);
  const slot = word(OBJECT_SLOT);
  const isInImage = slot > IMAGE_SLOT_FIRST; // slots are kept as number + 1
  const region = frame === 0 ? null : frameRegion(core, frame);
  return {
    page,
    state: object === 0 ? 'untouched' : frame !== 0 ? 'resident' : isInImage ? 'image' : slot !== 0 ? 'out' : 'zero',
    frame: frame === 0 ? null : frame - 2 ** core.word(CB_REGION_SHIFT),
    slot: slot === 0 || isInImage ? null : slot - 1,
    imageSlot: isInImage ? slot - 1 - IMAGE_SLOT_FIRST : null,
    region,
    zone: region === null ? null : pageZone(core, vm, region),
    dirty: frame !== 0 && slot === 0,
    swapCached: frame !== 0 && slot !== 0 && !isInImage,
    referenced: frame === 0 ? null : frameReferenced(core, vm, frame),
    references: word(OBJECT_REFERENCES),
    locked: (flags & OBJECT_LOCKED) !== 0,
    discardable: (flags & OBJECT_DISCARDABLE) !== 0,
    protection: (entry & ENTRY_NO_LOAD) !== 0 ? 'none' : (entry & ENTRY_NO_STORE) !== 0 ? 'read' : 'readWrite',
    device: (entry & ENTRY_DEVICE) !== 0,
    shared: object !== 0 && (shared || word(OBJECT_REFERENCES) > 1),
  };
}
