// Guest memory for callers from outside: scalar accesses with a hit in the processor's column on the fast path, and bulk access page by page.
import { PAGE_BYTES } from './base/page-bytes.ts';
import { PAGE_SHIFT } from './shared/page.ts';
import {
  CB_COPIED,
  CB_PEEK_SLOT,
  CB_REPLICAS,
  CB_SCRATCH,
  CB_SECOND_FRAME,
  CONTROL,
  COPIED_FIRST,
  COPIED_SECOND,
  ENTRY_OBJECT_MASK,
  OBJECT_FRAME,
  OBJECT_SLOT,
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_PAGES,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
  PROCESSOR_VM,
  REPLICA_PAGES,
  REPLICA_VM,
} from './shared/layout.ts';
import { STATUS_NO_SUCH_REPLICA, STATUS_OK } from './shared/status.ts';
import { accessCount, entryCheck, pageReady, pageReadyOf, pagesReady, rangeCheckIn } from './access.ts';
import { objectRecord } from './paging/page-object.ts';
import { entryRead } from './paging/page-table.ts';
import { Recency } from './paging/recency.ts';
import { OFFSET_MASK, processorRecord, SEEN } from './paging/translation.ts';
import { fail, statusNoted, word, wordSet } from './store/control.ts';
import { storeBegin, storeEnd } from './replicas/on-write.ts';
import { SeenStore } from './replicas/seen-store.ts';
import { frameAddress, frameAt } from './store/frame.ts';
import { replicaIsLive, replicaRecord, replicaRuns, storesAreSeen } from './store/replica.ts';
import { vmRecord } from './store/vm.ts';
import { slotAddress, slotIsLinear } from './swap/device.ts';

const SCRATCH: usize = CONTROL + CB_SCRATCH;

/** The fast path, in a class because only there can it be told to be inlined. */
class Hit {
  /** The address in linear memory, the access counted and its page touched; 0: the slow path decides. A replica's processor has its number. */
  @inline static find(replica: u32, address: u32, width: u32, columnOffset: i32, generationOffset: i32): usize {
    if (replica > word(CB_REPLICAS)) return 0;
    const processor = processorRecord(replica);
    const page = address >>> PAGE_SHIFT;
    const offset = address & OFFSET_MASK;
    if (page >= load<u32>(processor + PROCESSOR_PAGES) || offset > PAGE_BYTES - width) return 0;
    const probe = load<u32>(load<u32>(processor + columnOffset) + (page << 2)) ^ load<u32>(processor + generationOffset);
    if (probe & OFFSET_MASK) return 0;
    const vm: usize = load<u32>(processor + PROCESSOR_VM);
    accessCount(vm);
    Recency.hit(vm, probe);
    return probe + offset;
  }

  @inline static forLoad(replica: u32, address: u32, width: u32): usize {
    return Hit.find(replica, address, width, PROCESSOR_LOAD_COLUMN, PROCESSOR_LOAD_GENERATION);
  }

  @inline static forStore(replica: u32, address: u32, width: u32): usize {
    return Hit.find(replica, address, width, PROCESSOR_STORE_COLUMN, PROCESSOR_STORE_GENERATION);
  }
}

function checked(replica: u32, address: u32, width: u32, isStore: bool): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  return rangeCheckIn(replicaRecord(replica), address, width, isStore);
}

/** Any load: where its bytes stand in a row, if need be in the scratch words. 0 with the failure noted. */
function slowForLoad(replica: u32, address: u32, width: u32): usize {
  if (checked(replica, address, width, false)) return 0;
  const record = replicaRecord(replica);
  const page = address >>> PAGE_SHIFT;
  const offset = address & OFFSET_MASK;
  const inFirst = PAGE_BYTES - offset;
  accessCount(vmRecord(load<u32>(record + REPLICA_VM)));
  if (inFirst >= width) {
    const frame = pageReady(record, page, width, false);
    return frame ? frameAddress(frame) + offset : 0;
  }
  const frame = pagesReady(record, page, inFirst, page + 1, width - inFirst, false);
  if (!frame) return 0;
  memory.copy(SCRATCH, frameAddress(frame) + offset, inFirst);
  memory.copy(SCRATCH + inFirst, frameAddress(word(CB_SECOND_FRAME)), width - inFirst);
  return SCRATCH;
}

/** A store of an aligned word that is compared, the short way; false: the slow path decides. */
function seenStore32(replica: u32, address: u32, value: u32): bool {
  if (replica > word(CB_REPLICAS)) return false;
  const processor = processorRecord(replica);
  const page = address >>> PAGE_SHIFT;
  if (page >= load<u32>(processor + PROCESSOR_PAGES) || address & 3) return false;
  const expected = load<u32>(processor + PROCESSOR_STORE_GENERATION) | SEEN;
  const frame: usize = load<u32>(load<u32>(processor + PROCESSOR_STORE_COLUMN) + (page << 2)) ^ expected;
  const object = frame & OFFSET_MASK ? 0 : SeenStore.object(frame);
  if (!object) return false;
  const vm: usize = load<u32>(processor + PROCESSOR_VM);
  accessCount(vm);
  Recency.hit(vm, frame);
  SeenStore.store(processor, object, frame, address & OFFSET_MASK, value);
  return true;
}

/**
 * For guests that read the columns: the word for a store has the generation of `processor` and SEEN in its offset bits, and the rest of it is `frame`. The word
 * at `address`, a multiple of 4, is stored and compared; nothing is counted, as for their other hits. 0: use store32, nothing has happened.
 */
export function storeSeen32(processor: usize, frame: usize, address: u32, value: u32): u32 {
  const object = SeenStore.object(frame);
  if (!object) return 0;
  SeenStore.store(processor, object, frame, address & OFFSET_MASK, value);
  return 1;
}

/** Any store, of the first `width` scratch bytes. Status. */
function slowStore(replica: u32, address: u32, width: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const record = replicaRecord(replica);
  const page = address >>> PAGE_SHIFT;
  const offset = address & OFFSET_MASK;
  if (offset > PAGE_BYTES - width || page >= load<u32>(record + REPLICA_PAGES)) return twoPagesStore(record, address, width);
  const entry = entryRead(record, page);
  const status = entryCheck(entry, page, true);
  if (status) return status;
  accessCount(vmRecord(load<u32>(record + REPLICA_VM)));
  const frame = pageReadyOf(record, page, entry, width, true);
  if (!frame) return statusNoted();
  if (storesAreSeen(record)) {
    storeBegin(frame, offset, width);
    scratchStore(frameAddress(frame) + offset, width); // S5, S9
    storeEnd(record, frame, offset, width, (word(CB_COPIED) & COPIED_FIRST) != 0);
  } else {
    scratchStore(frameAddress(frame) + offset, width);
  }
  return STATUS_OK; // S6, S10: the guest goes on behind its store
}

/** The scratch bytes, as many as a store has. */
function scratchStore(at: usize, width: u32): void {
  if (width == 4) store<u32>(at, load<u32>(SCRATCH));
  else if (width == 8) store<u64>(at, load<u64>(SCRATCH));
  else if (width == 1) store<u8>(at, load<u8>(SCRATCH));
  else store<u16>(at, load<u16>(SCRATCH));
}

/** A store across the end of a page, or of the address space. Status. */
function twoPagesStore(record: usize, address: u32, width: u32): i32 {
  const status = rangeCheckIn(record, address, width, true);
  if (status) return status;
  const page = address >>> PAGE_SHIFT;
  const offset = address & OFFSET_MASK;
  const inFirst = PAGE_BYTES - offset;
  accessCount(vmRecord(load<u32>(record + REPLICA_VM)));
  const frame = pagesReady(record, page, inFirst, page + 1, width - inFirst, true);
  if (!frame) return statusNoted();
  const other = word(CB_SECOND_FRAME);
  const isSeen = storesAreSeen(record);
  if (isSeen) {
    storeBegin(frame, offset, inFirst);
    storeBegin(other, 0, width - inFirst);
  }
  memory.copy(frameAddress(frame) + offset, SCRATCH, inFirst);
  memory.copy(frameAddress(other), SCRATCH + inFirst, width - inFirst);
  if (isSeen) {
    const copied = word(CB_COPIED);
    storeEnd(record, frame, offset, inFirst, (copied & COPIED_FIRST) != 0);
    storeEnd(record, other, 0, width - inFirst, (copied & COPIED_SECOND) != 0);
  }
  return STATUS_OK;
}

/** Loads return f64: every u32, and a negative number for a failure. */
export function load8(replica: u32, address: u32): f64 {
  let at = Hit.forLoad(replica, address, 1);
  if (!at) at = slowForLoad(replica, address, 1);
  return at ? (load<u8>(at) as f64) : -(statusNoted() as f64);
}

export function load16(replica: u32, address: u32): f64 {
  let at = Hit.forLoad(replica, address, 2);
  if (!at) at = slowForLoad(replica, address, 2);
  return at ? (load<u16>(at) as f64) : -(statusNoted() as f64);
}

export function load32(replica: u32, address: u32): f64 {
  let at = Hit.forLoad(replica, address, 4);
  if (!at) at = slowForLoad(replica, address, 4);
  return at ? (load<u32>(at) as f64) : -(statusNoted() as f64);
}

export function load64(replica: u32, address: u32): i32 {
  let at = Hit.forLoad(replica, address, 8);
  if (!at) at = slowForLoad(replica, address, 8);
  if (!at) return statusNoted();
  store<u64>(SCRATCH, load<u64>(at));
  return STATUS_OK;
}

export function store8(replica: u32, address: u32, value: u32): i32 {
  const at = Hit.forStore(replica, address, 1);
  if (at) {
    store<u8>(at, value as u8);
    return STATUS_OK;
  }
  store<u32>(SCRATCH, value);
  return slowStore(replica, address, 1);
}

export function store16(replica: u32, address: u32, value: u32): i32 {
  const at = Hit.forStore(replica, address, 2);
  if (at) {
    store<u16>(at, value as u16);
    return STATUS_OK;
  }
  store<u32>(SCRATCH, value);
  return slowStore(replica, address, 2);
}

export function store32(replica: u32, address: u32, value: u32): i32 {
  const at = Hit.forStore(replica, address, 4);
  if (at) {
    store<u32>(at, value);
    return STATUS_OK;
  }
  if (seenStore32(replica, address, value)) return STATUS_OK;
  store<u32>(SCRATCH, value);
  return slowStore(replica, address, 4);
}

export function store64(replica: u32, address: u32): i32 {
  const at = Hit.forStore(replica, address, 8);
  if (at) {
    store<u64>(at, load<u64>(SCRATCH));
    return STATUS_OK;
  }
  return slowStore(replica, address, 8);
}

export function rangeCheck(replica: u32, address: u32, length: u32, write: u32): i32 {
  return checked(replica, address, length, write != 0);
}

function pagePiece(replica: u32, address: u32, length: u32, isStore: bool): usize {
  if (checked(replica, address, 1, isStore)) return 0;
  const record = replicaRecord(replica);
  accessCount(vmRecord(load<u32>(record + REPLICA_VM)));
  const frame = pageReady(record, address >>> PAGE_SHIFT, length, isStore);
  return frame ? frameAddress(frame) + (address & OFFSET_MASK) : 0;
}

export function pageForRead(replica: u32, address: u32, length: u32): usize {
  return pagePiece(replica, address, length, false);
}

/** Where stores are compared, pageWritten has to follow, with the same numbers, when the bytes are written. */
export function pageForWrite(replica: u32, address: u32, length: u32): usize {
  const at = pagePiece(replica, address, length, true);
  if (at && storesAreSeen(replicaRecord(replica))) storeBegin(frameAt(at), address & OFFSET_MASK, length);
  return at;
}

/** The bytes of pageForWrite have been written; nothing was called in between. */
export function pageWritten(replica: u32, address: u32, length: u32): void {
  if (!replicaIsLive(replica)) return;
  const record = replicaRecord(replica);
  if (!storesAreSeen(record)) return;
  const object = entryRead(record, address >>> PAGE_SHIFT) & ENTRY_OBJECT_MASK;
  const frame = object ? load<u32>(objectRecord(object) + OBJECT_FRAME) : 0;
  if (frame) storeEnd(record, frame, address & OFFSET_MASK, length, (word(CB_COPIED) & COPIED_FIRST) != 0);
}

/** Where a page's content is, without any counter, time or recency. 0: in the host's store or an image, or zero; peekSlot tells. */
export function peek(replica: u32, page: u32): usize {
  wordSet(CB_PEEK_SLOT, 0);
  if (!replicaIsLive(replica) || page >= load<u32>(replicaRecord(replica) + REPLICA_PAGES)) return 0;
  const object = entryRead(replicaRecord(replica), page) & ENTRY_OBJECT_MASK;
  if (!object) return 0;
  const frame = load<u32>(objectRecord(object) + OBJECT_FRAME);
  if (frame) return frameAddress(frame);
  const slot = load<u32>(objectRecord(object) + OBJECT_SLOT);
  if (!slot) return 0;
  if (slotIsLinear(slot - 1)) return slotAddress(slot - 1);
  wordSet(CB_PEEK_SLOT, slot);
  return 0;
}

export function peekSlot(): u32 {
  return word(CB_PEEK_SLOT);
}
