// Where every table stands: from the configuration words to addresses and a total, and the tables' first state.
import { PAGE_BYTES } from '../base/page-bytes.ts';
import { PAGE_SHIFT } from '../shared/page.ts';
import {
  CB_ACCESS_NS,
  CB_BATCH,
  CB_BOOK_BYTES,
  CB_CHANGES,
  CB_CHANGE_TABLE,
  CB_COLUMN_PAGES,
  CB_COLUMN_TABLE,
  CB_DEVICE_BUSY,
  CB_EVENTS,
  CB_EVENT_TABLE,
  CB_EXPAND_SELECTION,
  CB_FEATURES,
  CB_FRAME_BASE,
  CB_FRAME_BITS,
  CB_FRAME_TABLE,
  CB_KNOWN_BUCKETS,
  CB_KNOWN_LINKS,
  CB_KNOWN_SHIFT,
  CB_MAP_NODES,
  CB_MAP_TABLE,
  CB_NODES,
  CB_NODE_CHECKS,
  CB_NODE_REFERENCES,
  CB_NODE_TABLE,
  CB_OBJECT_TABLE,
  CB_PAGE_LIST,
  CB_PAGE_OBJECTS,
  CB_PICKS,
  CB_PICK_BITS,
  CB_PLAYERS,
  CB_PLAYER_TABLE,
  CB_PROCESSOR_TABLE,
  CB_QUEUE,
  CB_READ_NS,
  CB_READY,
  CB_REGIONS,
  CB_REGION_CACHE,
  CB_REGION_EXPAND,
  CB_REGION_FREE,
  CB_REGION_GIVEN,
  CB_REGION_HINT,
  CB_REGION_MANAGER,
  CB_REGION_MANAGER_SLOT,
  CB_REGION_NEXT_USE,
  CB_REGION_REDUCE,
  CB_REGION_SHIFT,
  CB_REGION_STAMP,
  CB_REGION_STATISTICS,
  CB_REGION_USER,
  CB_REGION_USER_SLOT,
  CB_REPLICAS,
  CB_REPLICA_TABLE,
  CB_SCAN_BUCKETS,
  CB_SCAN_HASHES,
  CB_SCAN_NEXT,
  CB_SLOTS,
  CB_SLOT_BITS,
  CB_SLOT_SUMMARY,
  CB_SUMMARIES,
  CB_SWAP_BASE,
  CB_SWAP_STORE,
  CB_SWEEP,
  CB_SWEEP_PAGES,
  CB_TOTAL_BYTES,
  CB_VMS,
  CB_VM_TABLE,
  CB_WRITE_NS,
  CHANGE_BYTES,
  CONTROL,
  CONTROL_BYTES,
  ENTRY_OBJECT_MASK,
  EVENT_BYTES,
  EXPAND_OWN_FIRST,
  FEATURE_ALL,
  FEATURE_KNOWN,
  FEATURE_SCAN,
  FRAME_BYTES,
  MAP_BYTES,
  NODE_BYTES,
  OBJECT_BYTES,
  PAGE_LIST_MOST,
  PLAYER_CURSOR,
  PROCESSOR_BYTES,
  QUEUE_MAX,
  REPLICA_BYTES,
  STATISTICS_BYTES,
  SUMMARY_ALL,
  SUMMARY_CACHE,
  SUMMARY_NEXT_USE,
  SUMMARY_STAMP,
  SUMMARY_STATISTICS,
  SWAP_STORE_HOST,
  SWAP_STORE_LINEAR,
  SWEEP_WORDS,
  VM_BYTES,
} from '../shared/layout.ts';
import {
  OPTION_CAPACITY,
  OPTION_EVENTS,
  OPTION_EXPAND,
  OPTION_FEATURE,
  OPTION_QUEUE,
  OPTION_REGIONS,
  OPTION_REGION_SHIFT,
  OPTION_SLOTS,
  OPTION_SUMMARIES,
  OPTION_SWAP_STORE,
  OPTION_TIME,
  OPTION_TOTAL,
  STATUS_BAD_OPTION,
  STATUS_OK,
} from '../shared/status.ts';
import { CURSOR_BYTES, TRACE_BLOCK_BYTES, TRACE_BLOCK_VISITS } from '../shared/trace-format.ts';
import { fail, number, numberSet, word, wordSet } from './control.ts';

/** A player's record with its decoder, its block buffer and its next-use column. */
export const PLAYER_BYTES: u32 = ((PLAYER_CURSOR + CURSOR_BYTES + 63) & -64) + TRACE_BLOCK_BYTES + TRACE_BLOCK_VISITS * 4;

/** Pages in one request to a swap store. */
export const BATCH_PAGES: u32 = 64;
const VMS_MOST: u32 = 0xffff; // a page object names its VM in 16 bits
const BYTES_MOST: u64 = 0x100000000;
/** Between two large areas, so that equal offsets in both do not share cache sets. */
const STAGGER: u64 = 0x1040;

function refuse(option: u32, value: u32): i32 {
  return fail(STATUS_BAD_OPTION, option, value, 0);
}

function isTime(offset: i32): bool {
  const ns = number(offset);
  return ns >= 0 && ns < 1e15;
}

/** The configuration words, one by one. Status. */
function configurationCheck(): i32 {
  const shift = word(CB_REGION_SHIFT);
  if (shift > 31 - PAGE_SHIFT) return refuse(OPTION_REGION_SHIFT, shift);
  const regions = word(CB_REGIONS);
  if (!regions || (regions as u64) << (shift + PAGE_SHIFT) > BYTES_MOST) return refuse(OPTION_REGIONS, regions);
  if ((word(CB_SLOTS) as u64) << PAGE_SHIFT > BYTES_MOST << 8) return refuse(OPTION_SLOTS, word(CB_SLOTS));
  const kind = word(CB_SWAP_STORE);
  if (kind > (SWAP_STORE_HOST as u32) || (!kind && word(CB_SLOTS))) return refuse(OPTION_SWAP_STORE, kind);
  if (!word(CB_VMS) || word(CB_VMS) > VMS_MOST) return refuse(OPTION_CAPACITY, word(CB_VMS));
  if (!word(CB_REPLICAS) || !word(CB_CHANGES)) return refuse(OPTION_CAPACITY, 0);
  if (!word(CB_EVENTS) || popcnt(word(CB_EVENTS)) != 1) return refuse(OPTION_EVENTS, word(CB_EVENTS));
  if (!word(CB_QUEUE) || word(CB_QUEUE) > (QUEUE_MAX as u32)) return refuse(OPTION_QUEUE, word(CB_QUEUE));
  if (word(CB_EXPAND_SELECTION) > (EXPAND_OWN_FIRST as u32)) return refuse(OPTION_EXPAND, word(CB_EXPAND_SELECTION));
  if (word(CB_SUMMARIES) > (SUMMARY_ALL as u32)) return refuse(OPTION_SUMMARIES, word(CB_SUMMARIES));
  if (word(CB_FEATURES) > (FEATURE_ALL as u32)) return refuse(OPTION_FEATURE, word(CB_FEATURES));
  if (!isTime(CB_ACCESS_NS) || !isTime(CB_READ_NS) || !isTime(CB_WRITE_NS)) return refuse(OPTION_TIME, 0);
  return STATUS_OK;
}

/** Sizes that were left to the engine. */
function defaultsFill(frames: u32): void {
  const pages = frames + word(CB_SLOTS);
  if (!word(CB_PAGE_OBJECTS)) wordSet(CB_PAGE_OBJECTS, min<u32>(pages + (pages >>> 5) + 1024, ENTRY_OBJECT_MASK));
  if (!word(CB_NODES)) wordSet(CB_NODES, (pages >>> 5) + word(CB_REPLICAS) * 4 + 256);
  if (!word(CB_MAP_NODES)) wordSet(CB_MAP_NODES, ((word(CB_REGIONS) * 3) >>> 5) + word(CB_VMS) * 4 + 16);
}

/** Gives the next `bytes` bytes to the table whose address word is at `offset`. Returns where the next one starts. */
function place(offset: i32, at: u64, bytes: u64): u64 {
  const aligned = (at + 63) & ~63;
  wordSet(offset, aligned as u32);
  return aligned + bytes;
}

/** As `place`, for a column of `bytes` bytes a region that is kept only if `summary` was asked for: else its address is 0. */
function placeIfKept(offset: i32, at: u64, summary: u32, bytes: u32): u64 {
  if (word(CB_SUMMARIES) & summary) return place(offset, at, ((word(CB_REGIONS) as u64) + 1) * bytes);
  wordSet(offset, 0);
  return at;
}

/** As `place`, for a column of a word a page object, or of so many buckets, that is there only with `feature`: else its address is 0. */
function placeIfFeature(offset: i32, at: u64, feature: u32, words: u64): u64 {
  if (word(CB_FEATURES) & feature) return place(offset, at, words * 4);
  wordSet(offset, 0);
  return at;
}

/** Buckets for all page objects, about one each: a power of two. */
function bucketsLog2(): u32 {
  return 32 - (clz(word(CB_PAGE_OBJECTS)) as u32);
}

/** Address words, and the total. Frames come last but for the linear swap, so that what is not touched is at the end. Status. */
export function enginePlan(): i32 {
  const status = configurationCheck();
  if (status) return status;
  const regions: u64 = word(CB_REGIONS);
  const region: u64 = (1 as u64) << word(CB_REGION_SHIFT); // the first region's worth of frame numbers is not used
  const frames: u64 = (regions + 1) * region;
  const slots: u64 = word(CB_SLOTS);
  defaultsFill((frames - region) as u32);
  let at: u64 = CONTROL + CONTROL_BYTES;
  const column = (regions + 1) * 4;
  at = place(CB_REGION_MANAGER, at, column);
  at = place(CB_REGION_MANAGER_SLOT, at, column);
  at = place(CB_REGION_USER, at, column);
  at = place(CB_REGION_USER_SLOT, at, column);
  at = place(CB_REGION_REDUCE, at, column);
  at = place(CB_REGION_GIVEN, at, column);
  at = place(CB_REGION_EXPAND, at, column);
  at = place(CB_REGION_FREE, at, column);
  at = place(CB_REGION_HINT, at, column);
  at = placeIfKept(CB_REGION_CACHE, at, SUMMARY_CACHE, 4);
  at = placeIfKept(CB_REGION_STAMP, at, SUMMARY_STAMP, 8);
  at = placeIfKept(CB_REGION_NEXT_USE, at, SUMMARY_NEXT_USE, 8);
  at = placeIfKept(CB_REGION_STATISTICS, at, SUMMARY_STATISTICS, STATISTICS_BYTES);
  at = place(CB_PICKS, at, column);
  at = place(CB_PICK_BITS, at, (regions >> 3) + 1);
  at = place(CB_FRAME_BITS, at, ((frames + 63) >> 6) * 8);
  at = place(CB_SLOT_BITS, at, ((slots + 63) >> 6) * 8);
  at = place(CB_SLOT_SUMMARY, at, ((slots + 4095) >> 12) * 8);
  at = place(CB_VM_TABLE, at, (word(CB_VMS) + 1) * VM_BYTES);
  at = place(CB_REPLICA_TABLE, at, ((word(CB_REPLICAS) as u64) + 1) * REPLICA_BYTES);
  at = place(CB_PROCESSOR_TABLE, at, ((word(CB_REPLICAS) as u64) + 1) * PROCESSOR_BYTES);
  at = place(CB_CHANGE_TABLE, at, ((word(CB_CHANGES) as u64) + 1) * CHANGE_BYTES);
  at = place(CB_EVENT_TABLE, at, (word(CB_EVENTS) as u64) * EVENT_BYTES);
  at = place(CB_BATCH, at, BATCH_PAGES * 8);
  at = place(CB_SWEEP, at, ((word(CB_REPLICAS) as u64) + 1) * SWEEP_WORDS * 4);
  at = place(CB_SWEEP_PAGES, at, PAGE_BYTES * 2);
  at = place(CB_PAGE_LIST, at, PAGE_LIST_MOST * 4);
  at = place(CB_PLAYER_TABLE, at, word(CB_PLAYERS) ? ((word(CB_PLAYERS) as u64) + 1) * PLAYER_BYTES : 0);
  at = place(CB_MAP_TABLE, at, ((word(CB_MAP_NODES) as u64) + 1) * MAP_BYTES);
  at = place(CB_FRAME_TABLE, at, frames * FRAME_BYTES);
  at = place(CB_OBJECT_TABLE, at, ((word(CB_PAGE_OBJECTS) as u64) + 1) * OBJECT_BYTES);
  const objects: u64 = (word(CB_PAGE_OBJECTS) as u64) + 1;
  const buckets = (1 as u64) << (bucketsLog2() as u64);
  wordSet(CB_KNOWN_SHIFT, 32 - bucketsLog2());
  at = placeIfFeature(CB_KNOWN_BUCKETS, at, FEATURE_KNOWN, buckets);
  at = placeIfFeature(CB_KNOWN_LINKS, at, FEATURE_KNOWN, objects * 2);
  at = placeIfFeature(CB_SCAN_HASHES, at, FEATURE_SCAN, objects);
  at = placeIfFeature(CB_SCAN_BUCKETS, at, FEATURE_SCAN, buckets);
  at = placeIfFeature(CB_SCAN_NEXT, at, FEATURE_SCAN, objects);
  at = place(CB_NODE_REFERENCES, at, ((word(CB_NODES) as u64) + 1) * 4);
  at = place(CB_NODE_CHECKS, at, ((word(CB_NODES) as u64) + 1) * 4);
  at = place(CB_NODE_TABLE, at, ((word(CB_NODES) as u64) + 1) * NODE_BYTES);
  at = place(CB_COLUMN_TABLE, at, (word(CB_COLUMN_PAGES) as u64) * 8);
  const booksBytes = at;
  const pool = (at + STAGGER + PAGE_BYTES - 1) & ~((PAGE_BYTES as u64) - 1);
  at = pool + ((regions * region) << PAGE_SHIFT);
  if (word(CB_SWAP_STORE) == SWAP_STORE_LINEAR) {
    const swap = at + (PAGE_BYTES as u64);
    wordSet(CB_SWAP_BASE, swap as u32);
    at = swap + (slots << PAGE_SHIFT);
  }
  wordSet(CB_FRAME_BASE, (pool as u32) - ((region as u32) << PAGE_SHIFT));
  numberSet(CB_TOTAL_BYTES, at as f64);
  numberSet(CB_BOOK_BYTES, booksBytes as f64);
  if (at > BYTES_MOST) return refuse(OPTION_TOTAL, (at >> 20) as u32);
  return STATUS_OK;
}

/** Fresh linear memory is zero, which is the first state of every table but the bitmaps. */
export function tablesInit(): void {
  const frames: u32 = (word(CB_REGIONS) + 1) << word(CB_REGION_SHIFT);
  memory.fill(word(CB_FRAME_BITS), 0xff, ((frames + 63) >>> 6) << 3);
  bitsSet(word(CB_SLOT_BITS), word(CB_SLOTS));
  bitsSet(word(CB_SLOT_SUMMARY), (word(CB_SLOTS) + 63) >>> 6);
  for (let i: u32 = 0; i < (QUEUE_MAX as u32); i++) store<f64>(CONTROL + CB_DEVICE_BUSY + (i << 3), 0);
  wordSet(CB_READY, 1);
}

function bitsSet(base: usize, count: u32): void {
  memory.fill(base, 0xff, (count >>> 6) << 3);
  if (count & 63) store<u64>(base + ((count >>> 6) << 3), ((1 as u64) << ((count & 63) as u64)) - 1);
}
