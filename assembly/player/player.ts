// Replays compact-trace blocks on a replica: each record an access, with exact recency and time on the VM's clock.
import { PAGE_BYTES } from '../base/page-bytes.ts';
import { PAGE_SHIFT } from '../shared/page.ts';
import {
  CB_ACCESS_NS,
  CB_COPIED,
  CB_FAULT_OPEN,
  CB_PLAYERS,
  CB_PLAYER_TABLE,
  CB_SECOND_FRAME,
  COPIED_FIRST,
  COPIED_SECOND,
  HISTOGRAM_BUCKETS,
  PLAYER_CURSOR,
  PLAYER_DATA_INDEX,
  PLAYER_FLAGS,
  PLAYER_HELD,
  PLAYER_HISTOGRAM,
  PLAYER_KNOWS_NEXT_USE,
  PLAYER_LOADS_STORE,
  PLAYER_RECORDS,
  PLAYER_REPLICA,
  PLAYER_VISIT,
  PLAYER_WORST_NS,
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_PAGES,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
  REPLICA_PROCESSOR,
  REPLICA_VM,
  RUN_BLOCK_DONE,
  RUN_RECORDS,
  RUN_TIME,
  RUN_WAITED,
  VM_ACCESSES,
  VM_FAULTS,
  VM_TIME_NS,
} from '../shared/layout.ts';
import {
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_PLAYER,
  STATUS_NO_SUCH_REPLICA,
  STATUS_OK,
  STATUS_TABLES_FULL,
  STATUS_TRACE_CORRUPT,
  OPTION_TRACE_BLOCK,
  TABLE_PLAYERS,
} from '../shared/status.ts';
import {
  CURSOR_BYTES,
  DECODE_CORRUPT,
  DECODE_CROSSING,
  DECODE_END,
  KIND_FETCH,
  KIND_LOAD,
  TRACE_BLOCK_BYTES,
  TRACE_BLOCK_RECORDS,
  TRACE_KIND_MASK,
} from '../shared/trace-format.ts';
import { pageReady, pagesReady, rangeCheckIn } from '../access.ts';
import { Recency, recencyNextUse } from '../paging/recency.ts';
import { OFFSET_MASK } from '../paging/translation.ts';
import { storeBegin, storeEnd } from '../replicas/on-write.ts';
import { fail, number, numberAdd, statusNoted, word, wordSet } from '../store/control.ts';
import { frameAddress, frameAt } from '../store/frame.ts';
import { PLAYER_BYTES } from '../store/plan.ts';
import { replicaRecord, replicaRuns, storesAreSeen } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';
import { contentsStore } from './contents.ts';
import {
  decodeNext,
  decodeReset,
  decodedAddress,
  decodedByte,
  decodedFirstBytes,
  decodedRecord,
  decodedSecondAddress,
  decodedSize,
} from './decode.ts';

const BUFFER: u32 = (PLAYER_CURSOR + CURSOR_BYTES + 63) & -64;
const NEXT_USE: u32 = BUFFER + TRACE_BLOCK_BYTES;

function playerRecord(player: u32): usize {
  return word(CB_PLAYER_TABLE) + player * PLAYER_BYTES;
}

function playerIsLive(player: u32): bool {
  return player - 1 < word(CB_PLAYERS) && load<u32>(playerRecord(player) + PLAYER_REPLICA) != 0;
}

/** A player for a replica; or the negated status. */
export function playerCreate(replica: u32, flags: u32): i32 {
  if (!replicaRuns(replica)) return -fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  for (let player: u32 = 1; player <= word(CB_PLAYERS); player++) {
    const record = playerRecord(player);
    if (load<u32>(record + PLAYER_REPLICA)) continue;
    memory.fill(record, 0, PLAYER_CURSOR);
    store<u32>(record + PLAYER_REPLICA, replica);
    store<u32>(record + PLAYER_FLAGS, flags);
    decodeReset(record + PLAYER_CURSOR, record + BUFFER, 0, 0);
    return player as i32;
  }
  return -fail(STATUS_TABLES_FULL, TABLE_PLAYERS, word(CB_PLAYERS), 0);
}

export function playerDispose(player: u32): i32 {
  if (!playerIsLive(player)) return fail(STATUS_NO_SUCH_PLAYER, player, 0, 0);
  store<u32>(playerRecord(player) + PLAYER_REPLICA, 0);
  return STATUS_OK;
}

export function playerBuffer(player: u32): usize {
  return playerRecord(player) + BUFFER;
}

export function playerNextUse(player: u32): usize {
  return playerRecord(player) + NEXT_USE;
}

/** A player's own figures: its records, the slowest access, the histogram of accesses that waited. */
export function playerFigures(player: u32): usize {
  return playerRecord(player);
}

export function playerFeed(player: u32, bytes: u32, records: u32): i32 {
  if (!playerIsLive(player)) return fail(STATUS_NO_SUCH_PLAYER, player, 0, 0);
  if (bytes > (TRACE_BLOCK_BYTES as u32) || records > (TRACE_BLOCK_RECORDS as u32))
    return fail(STATUS_BAD_OPTION, OPTION_TRACE_BLOCK, bytes, records);
  const record = playerRecord(player);
  decodeReset(record + PLAYER_CURSOR, record + BUFFER, bytes, records);
  store<u32>(record + PLAYER_VISIT, 0);
  return STATUS_OK;
}

/**
 * Passes over the next `records` records of the block, as many as it has left at most, without an access; one that was to be tried again is forgotten. The player's
 * own figures stay. Status.
 */
export function playerSkip(player: u32, records: u32): i32 {
  if (!playerIsLive(player)) return fail(STATUS_NO_SUCH_PLAYER, player, 0, 0);
  const cursor = playerRecord(player) + PLAYER_CURSOR;
  store<u32>(playerRecord(player) + PLAYER_HELD, 0);
  for (let done: u32 = 0; done < records; done++) {
    const kind = decodeNext(cursor);
    if (kind == DECODE_CORRUPT) return fail(STATUS_TRACE_CORRUPT, decodedRecord(cursor), decodedByte(cursor), 0);
    if (kind == DECODE_END) break;
  }
  return STATUS_OK;
}

/** Notes an access that waited for I/O: 8 buckets a power of two. */
function waitRecord(record: usize, ns: f64): void {
  const bits = reinterpret<u64>(max<f64>(ns, 1));
  const index = min<u32>(((bits >> 49) as u32) - (1023 << 3), HISTOGRAM_BUCKETS - 1);
  const bucket = record + PLAYER_HISTOGRAM + (index << 4);
  numberAdd(bucket, 1);
  numberAdd(bucket + 8, ns);
  if (ns > load<f64>(record + PLAYER_WORST_NS)) store<f64>(record + PLAYER_WORST_NS, ns);
}

/** The page in a frame is next used when the trace says. `vm` is a record's address. */
function visit(record: usize, vm: usize, frame: u32): void {
  if (!(load<u32>(record + PLAYER_FLAGS) & PLAYER_KNOWS_NEXT_USE)) return;
  const index = load<u32>(record + PLAYER_VISIT);
  recencyNextUse(vm, frame, load<u32>(record + NEXT_USE + (index << 2)));
  store<u32>(record + PLAYER_VISIT, index + 1);
}

/** Stores the bytes of a part that lies in one page, the only one of its access so far. */
function partStore(replica: usize, frame: u32, address: u32, bytes: u32, n: u32): void {
  const offset = address & OFFSET_MASK;
  const isSeen = storesAreSeen(replica);
  if (isSeen) storeBegin(frame, offset, bytes);
  contentsStore(frameAddress(frame) + offset, bytes, n);
  if (isSeen) storeEnd(replica, frame, offset, bytes, (word(CB_COPIED) & COPIED_FIRST) != 0);
}

/** Bytes of one page, page by page where the part is longer; each is made ready and stored to in turn. Status. */
function partPlay(record: usize, replica: usize, address: u32, bytes: u32, isStore: bool): i32 {
  let at = address;
  let left = bytes;
  while (left) {
    const here = min<u32>(left, PAGE_BYTES - (at & OFFSET_MASK));
    const frame = pageReady(replica, at >>> PAGE_SHIFT, here, isStore);
    if (!frame) return statusNoted();
    visit(record, vmRecord(load<u32>(replica + REPLICA_VM)), frame);
    if (isStore) partStore(replica, frame, at, here, load<u32>(record + PLAYER_DATA_INDEX) + at);
    at += here;
    left -= here;
  }
  return STATUS_OK;
}

/** Two parts, each in a page of its own: both pages are there before a byte changes. Status. */
function pairPlay(record: usize, replica: usize, first: u32, inFirst: u32, second: u32, inSecond: u32, isStore: bool): i32 {
  const frame = pagesReady(replica, first >>> PAGE_SHIFT, inFirst, second >>> PAGE_SHIFT, inSecond, isStore);
  if (!frame) return statusNoted();
  const other = word(CB_SECOND_FRAME);
  const vm = vmRecord(load<u32>(replica + REPLICA_VM));
  visit(record, vm, frame);
  visit(record, vm, other);
  if (!isStore) return STATUS_OK;
  const n = load<u32>(record + PLAYER_DATA_INDEX);
  const isSeen = storesAreSeen(replica);
  if (isSeen) {
    storeBegin(frame, first & OFFSET_MASK, inFirst);
    storeBegin(other, second & OFFSET_MASK, inSecond);
  }
  contentsStore(frameAddress(frame) + (first & OFFSET_MASK), inFirst, n + first);
  contentsStore(frameAddress(other) + (second & OFFSET_MASK), inSecond, n + second);
  if (isSeen) {
    const copied = word(CB_COPIED);
    storeEnd(replica, frame, first & OFFSET_MASK, inFirst, (copied & COPIED_FIRST) != 0);
    storeEnd(replica, other, second & OFFSET_MASK, inSecond, (copied & COPIED_SECOND) != 0);
  }
  return STATUS_OK;
}

/** The bytes at `address` lie in one page. */
function isOnePage(address: u32, bytes: u32): bool {
  return (address & OFFSET_MASK) + bytes <= PAGE_BYTES;
}

/** Any record: up to two pages at once; more of them (pages smaller than the record) one after the other. Status. */
function recordPlay(record: usize, replica: usize, isCrossing: bool, isStore: bool): i32 {
  const cursor = record + PLAYER_CURSOR;
  const address = decodedAddress(cursor);
  const size = decodedSize(cursor);
  const inFirst = isCrossing ? decodedFirstBytes(cursor) : size;
  const second = isCrossing ? decodedSecondAddress(cursor) : 0;
  let status = rangeCheckIn(replica, address, inFirst, isStore);
  if (!status && isCrossing) status = rangeCheckIn(replica, second, size - inFirst, isStore);
  if (status) return status;
  if (isCrossing) {
    const isPair = isOnePage(address, inFirst) && isOnePage(second, size - inFirst);
    if (isPair && address >>> PAGE_SHIFT != second >>> PAGE_SHIFT)
      return pairPlay(record, replica, address, inFirst, second, size - inFirst, isStore);
    if (isPair) return samePagePlay(record, replica, address, inFirst, second, size - inFirst, isStore);
    status = partPlay(record, replica, address, inFirst, isStore);
    return status ? status : partPlay(record, replica, second, size - inFirst, isStore);
  }
  const here = PAGE_BYTES - (address & OFFSET_MASK);
  if (here < size && size - here <= PAGE_BYTES) return pairPlay(record, replica, address, here, address + here, size - here, isStore);
  return partPlay(record, replica, address, size, isStore);
}

/** Two parts in two units of one large page: one visit. Status. */
function samePagePlay(record: usize, replica: usize, first: u32, inFirst: u32, second: u32, inSecond: u32, isStore: bool): i32 {
  const frame = pageReady(replica, first >>> PAGE_SHIFT, inFirst + inSecond, isStore);
  if (!frame) return statusNoted();
  visit(record, vmRecord(load<u32>(replica + REPLICA_VM)), frame);
  if (!isStore) return STATUS_OK;
  const n = load<u32>(record + PLAYER_DATA_INDEX);
  const isSeen = storesAreSeen(replica);
  if (isSeen) storeBegin(frame, 0, PAGE_BYTES); // two places of one page: the whole of it is the simplest that holds
  contentsStore(frameAddress(frame) + (first & OFFSET_MASK), inFirst, n + first);
  contentsStore(frameAddress(frame) + (second & OFFSET_MASK), inSecond, n + second);
  if (isSeen) storeEnd(replica, frame, 0, PAGE_BYTES, (word(CB_COPIED) & COPIED_FIRST) != 0);
  return STATUS_OK;
}

/**
 * Runs until the clock has reached `untilNs`, `maxRecords` records are done, the block ends or a record waited for I/O. RUN_…, or the negated
 * status.
 */
export function playerRun(player: u32, untilNs: f64, maxRecords: f64): i32 {
  if (!playerIsLive(player)) return -fail(STATUS_NO_SUCH_PLAYER, player, 0, 0);
  const record = playerRecord(player);
  const handle = load<u32>(record + PLAYER_REPLICA);
  if (!replicaRuns(handle)) return -fail(STATUS_NO_SUCH_REPLICA, handle, 0, 0);
  const replica = replicaRecord(handle);
  const vm = vmRecord(load<u32>(replica + REPLICA_VM));
  const processor: usize = load<u32>(replica + REPLICA_PROCESSOR);
  const cursor = record + PLAYER_CURSOR;
  const accessNs = number(CB_ACCESS_NS);
  const pages = load<u32>(processor + PROCESSOR_PAGES);
  const loadColumn: usize = load<u32>(processor + PROCESSOR_LOAD_COLUMN);
  const storeColumn: usize = load<u32>(processor + PROCESSOR_STORE_COLUMN);
  let loadGeneration = load<u32>(processor + PROCESSOR_LOAD_GENERATION);
  let storeGeneration = load<u32>(processor + PROCESSOR_STORE_GENERATION);
  const firstStore: u32 = load<u32>(record + PLAYER_FLAGS) & PLAYER_LOADS_STORE ? KIND_LOAD : KIND_LOAD + 1;
  const knowsNextUse = (load<u32>(record + PLAYER_FLAGS) & PLAYER_KNOWS_NEXT_USE) != 0;
  let n = load<u32>(record + PLAYER_DATA_INDEX);
  let nowNs = load<f64>(vm + VM_TIME_NS);
  let done: f64 = 0;
  let counted: f64 = 0;
  let held = load<u32>(record + PLAYER_HELD); // counted already, and so not for the fast path
  let result: i32 = 0;
  while (!result) {
    if (done >= maxRecords) {
      result = RUN_RECORDS;
      break;
    }
    if (nowNs >= untilNs) {
      result = RUN_TIME;
      break;
    }
    let kind = held - 1;
    if (!held) {
      kind = decodeNext(cursor);
      if (kind >= (DECODE_END as u32)) {
        result = kind == DECODE_CORRUPT ? -fail(STATUS_TRACE_CORRUPT, decodedRecord(cursor), decodedByte(cursor), 0) : RUN_BLOCK_DONE;
        break;
      }
      counted += 1;
    }
    const kindOnly = kind & TRACE_KIND_MASK;
    const isStore = kindOnly >= firstStore;
    const address = decodedAddress(cursor);
    const size = decodedSize(cursor);
    const page = address >>> PAGE_SHIFT;
    if (page < pages && (address & OFFSET_MASK) + size <= PAGE_BYTES && !(kind & DECODE_CROSSING) && !held) {
      const at: usize = (isStore ? storeColumn : loadColumn) + (page << 2);
      const probe = load<u32>(at) ^ (isStore ? storeGeneration : loadGeneration);
      if (!(probe & OFFSET_MASK)) {
        Recency.hit(vm, probe);
        if (knowsNextUse) visit(record, vm, frameAt(probe));
        if (isStore) contentsStore(probe | (address & OFFSET_MASK), size, n + address);
        if (kindOnly != KIND_FETCH) n++;
        nowNs += accessNs;
        done += 1;
        continue;
      }
    }
    const visitBefore = load<u32>(record + PLAYER_VISIT);
    const startNs = nowNs;
    if (!held) nowNs += accessNs;
    store<f64>(vm + VM_TIME_NS, nowNs);
    store<u32>(record + PLAYER_DATA_INDEX, n);
    wordSet(CB_FAULT_OPEN, 0);
    const status = recordPlay(record, replica, (kind & DECODE_CROSSING) != 0, isStore);
    loadGeneration = load<u32>(processor + PROCESSOR_LOAD_GENERATION); // a page that left its frame may have dropped all translations
    storeGeneration = load<u32>(processor + PROCESSOR_STORE_GENERATION);
    const endNs = load<f64>(vm + VM_TIME_NS);
    if (status) {
      if (word(CB_FAULT_OPEN)) numberAdd(vm + VM_FAULTS, -1); // to be counted when it is tried again
      store<u32>(record + PLAYER_HELD, kind + 1);
      store<u32>(record + PLAYER_VISIT, visitBefore);
      nowNs = endNs;
      result = -status;
      break;
    }
    held = 0;
    store<u32>(record + PLAYER_HELD, 0);
    if (kindOnly != KIND_FETCH) n++;
    done += 1;
    if (endNs > nowNs) {
      waitRecord(record, endNs - startNs);
      result = RUN_WAITED;
    }
    nowNs = endNs;
  }
  store<f64>(vm + VM_TIME_NS, nowNs);
  store<u32>(record + PLAYER_DATA_INDEX, n);
  numberAdd(vm + VM_ACCESSES, counted);
  numberAdd(record + PLAYER_RECORDS, done);
  return result;
}
