// The layout of every record in linear memory. Portable: read by asc and by tsc; every number is written once and the next derived from it.
// All words are u32 unless a drawing says f64 (8 bytes, aligned to 8). Index 0 means none: VMs, replicas, regions, frames, page objects, nodes,
// changes and players count from 1 here, and slots of swap and machine slots are kept as number + 1. Public numbers start at 0.

/*  Control block, at CONTROL; nothing lies below it, so that address 0 is never a record.
    ┌ failure ────────────┬ configuration, written before enginePlan ┬ plan: addresses of the tables ┬ state ┐ */
export const CONTROL = 1024;

export const CB_STATUS = 0; // status of the last failure
export const CB_ERROR_A = CB_STATUS + 4; // the numbers involved, see status.ts
export const CB_ERROR_B = CB_ERROR_A + 4;
export const CB_ERROR_C = CB_ERROR_B + 4;
export const CB_SCRATCH = CB_ERROR_C + 4; // 8 bytes: the value of load64 and store64
export const CB_BULK_DONE = CB_SCRATCH + 8; // pages done by advise, protect
export const CB_PEEK_SLOT = CB_BULK_DONE + 4;

export const CB_REGIONS = CB_PEEK_SLOT + 4; // configuration: regions of the pool
export const CB_REGION_SHIFT = CB_REGIONS + 4; // log2 of the frames in a region
export const CB_SLOTS = CB_REGION_SHIFT + 4;
export const CB_SWAP_STORE = CB_SLOTS + 4; // SWAP_STORE_…
export const CB_VMS = CB_SWAP_STORE + 4; // capacity of each table
export const CB_REPLICAS = CB_VMS + 4;
export const CB_CHANGES = CB_REPLICAS + 4;
export const CB_PLAYERS = CB_CHANGES + 4;
export const CB_EVENTS = CB_PLAYERS + 4; // a power of two
export const CB_PAGE_OBJECTS = CB_EVENTS + 4; // 0: the default, written back by enginePlan
export const CB_NODES = CB_PAGE_OBJECTS + 4; // 0: the default, written back by enginePlan
export const CB_MAP_NODES = CB_NODES + 4; // 0: the default, written back by enginePlan
export const CB_COLUMN_PAGES = CB_MAP_NODES + 4; // pages of address space that cached translations can cover, all processors together
export const CB_QUEUE = CB_COLUMN_PAGES + 4; // servers of the swap device, 1 … QUEUE_MAX
export const CB_EXPAND_SELECTION = CB_QUEUE + 4; // EXPAND_…; may change between requests
export const CB_SUMMARIES = CB_EXPAND_SELECTION + 4; // SUMMARY_… bits: which summaries of regions are kept
export const CB_FEATURES = CB_SUMMARIES + 4; // FEATURE_… bits: what there is room for
export const CB_EVENT_MASK = CB_FEATURES + 4; // bit n: events of type n are recorded; may change at any time
export const CB_ACCESS_NS = (CB_EVENT_MASK + 4 + 7) & -8; // f64
export const CB_READ_NS = CB_ACCESS_NS + 8; // f64: latency + transfer of one page
export const CB_WRITE_NS = CB_READ_NS + 8; // f64

export const CB_TOTAL_BYTES = CB_WRITE_NS + 8; // f64: plan
export const CB_BOOK_BYTES = CB_TOTAL_BYTES + 8; // f64: all but frames and linear swap
export const CB_REGION_MANAGER = CB_BOOK_BYTES + 8; // columns of the rights table, one u32 a region
export const CB_REGION_MANAGER_SLOT = CB_REGION_MANAGER + 4;
export const CB_REGION_USER = CB_REGION_MANAGER_SLOT + 4;
export const CB_REGION_USER_SLOT = CB_REGION_USER + 4;
export const CB_REGION_REDUCE = CB_REGION_USER_SLOT + 4; // the reduction that waits for the region's user to release it
export const CB_REGION_GIVEN = CB_REGION_REDUCE + 4; // serial of the last reduction that took the management right away
export const CB_REGION_EXPAND = CB_REGION_GIVEN + 4; // the expansion that waits for a region's use
export const CB_REGION_FREE = CB_REGION_EXPAND + 4; // free frames
export const CB_REGION_HINT = CB_REGION_FREE + 4; // no free frame of the region lies below this word of the bitmap
export const CB_REGION_CACHE = CB_REGION_HINT + 4; // SUMMARY_CACHE: pages that are clean or discardable; address 0 where not kept, as the next three
export const CB_REGION_STAMP = CB_REGION_CACHE + 4; // SUMMARY_STAMP: f64 a region
export const CB_REGION_NEXT_USE = CB_REGION_STAMP + 4; // SUMMARY_NEXT_USE: f64 a region, the sum over its pages
export const CB_REGION_STATISTICS = CB_REGION_NEXT_USE + 4; // SUMMARY_STATISTICS: STATISTICS_BYTES a region
export const CB_PICKS = CB_REGION_STATISTICS + 4; // regions of a request by list, one u32 each
export const CB_PICK_BITS = CB_PICKS + 4; // bitmap, for finding a region that is named twice; all 0 between requests
export const CB_FRAME_BITS = CB_PICK_BITS + 4; // bitmap, 1 = free
export const CB_FRAME_TABLE = CB_FRAME_BITS + 4;
export const CB_OBJECT_TABLE = CB_FRAME_TABLE + 4;
export const CB_NODE_TABLE = CB_OBJECT_TABLE + 4;
export const CB_NODE_REFERENCES = CB_NODE_TABLE + 4;
export const CB_NODE_CHECKS = CB_NODE_REFERENCES + 4; // for engineValidate
export const CB_MAP_TABLE = CB_NODE_CHECKS + 4;
export const CB_VM_TABLE = CB_MAP_TABLE + 4;
export const CB_REPLICA_TABLE = CB_VM_TABLE + 4;
export const CB_PROCESSOR_TABLE = CB_REPLICA_TABLE + 4;
export const CB_CHANGE_TABLE = CB_PROCESSOR_TABLE + 4;
export const CB_PLAYER_TABLE = CB_CHANGE_TABLE + 4;
export const CB_EVENT_TABLE = CB_PLAYER_TABLE + 4;
export const CB_SLOT_BITS = CB_EVENT_TABLE + 4; // bitmap, 1 = free
export const CB_SLOT_SUMMARY = CB_SLOT_BITS + 4; // bitmap over the words of the bitmap
export const CB_COLUMN_TABLE = CB_SLOT_SUMMARY + 4;
export const CB_BATCH = CB_COLUMN_TABLE + 4; // pairs slot, address for swapWrite
export const CB_SWEEP = CB_BATCH + 4; // room for a comparison of replicas, SWEEP_WORDS a replica
export const CB_SWEEP_PAGES = CB_SWEEP + 4; // two pages of a host's store, while they are compared
export const CB_PAGE_LIST = CB_SWEEP_PAGES + 4; // PAGE_LIST_MOST page numbers: what replicaChanged and vmScrub found
export const CB_KNOWN_BUCKETS = CB_PAGE_LIST + 4; // FEATURE_KNOWN: heads of the chains of known pages; address 0 where there is no room, as the next ones
export const CB_KNOWN_LINKS = CB_KNOWN_BUCKETS + 4; // two u32 a page object: the next one of its ring, the next one of its chain
export const CB_SCAN_HASHES = CB_KNOWN_LINKS + 4; // FEATURE_SCAN: hash of the last pass, one u32 a page object
export const CB_SCAN_BUCKETS = CB_SCAN_HASHES + 4; // pages met in the pass in hand, by hash
export const CB_SCAN_NEXT = CB_SCAN_BUCKETS + 4; // one u32 a page object
export const CB_FRAME_BASE = CB_SCAN_NEXT + 4; // address that frame 0 would have
export const CB_SWAP_BASE = CB_FRAME_BASE + 4;

export const CB_READY = CB_SWAP_BASE + 4; // state: 1 after engineInit
export const CB_OBJECT_TOP = CB_READY + 4; // objects ever made
export const CB_OBJECT_FREE = CB_OBJECT_TOP + 4; // head of the free list
export const CB_OBJECTS_USED = CB_OBJECT_FREE + 4;
export const CB_NODE_TOP = CB_OBJECTS_USED + 4;
export const CB_NODE_FREE = CB_NODE_TOP + 4;
export const CB_NODES_USED = CB_NODE_FREE + 4;
export const CB_MAP_TOP = CB_NODES_USED + 4;
export const CB_MAP_FREE = CB_MAP_TOP + 4;
export const CB_MAPS_USED = CB_MAP_FREE + 4;
export const CB_REPLICA_TOP = CB_MAPS_USED + 4; // replica records ever used
export const CB_REPLICA_FREE = CB_REPLICA_TOP + 4; // head of the free list
export const CB_COLUMN_TOP = CB_REPLICA_FREE + 4; // pages of the column table given out
export const CB_SLOTS_USED = CB_COLUMN_TOP + 4;
export const CB_SLOT_HINT = CB_SLOTS_USED + 4; // no free slot lies below this word of the summary
export const CB_CLEAN_PAGES = CB_SLOT_HINT + 4; // resident pages that have a slot
export const CB_RECLAIM_FRAME = CB_CLEAN_PAGES + 4; // last frame that gave up its slot
export const CB_CHANGE_TOP = CB_RECLAIM_FRAME + 4; // change records ever used
export const CB_CHANGE_OLDEST = CB_CHANGE_TOP + 4; // queue of the records of changes that have ended, longest ago first
export const CB_CHANGE_NEWEST = CB_CHANGE_OLDEST + 4;
export const CB_CHANGE_SERIAL = CB_CHANGE_NEWEST + 4; // changes ever made
export const CB_EVENT_HEAD = CB_CHANGE_SERIAL + 4; // events ever recorded; wraps
export const CB_PIN_A = CB_EVENT_HEAD + 4; // frames that eviction passes over: the pages of the access in hand
export const CB_PIN_B = CB_PIN_A + 4;
export const CB_SECOND_FRAME = CB_PIN_B + 4; // of an access to two pages
export const CB_PINNED_REGION = CB_SECOND_FRAME + 4; // region that finding a frame passes over
export const CB_PAGES_MOVE = CB_PINNED_REGION + 4; // MOVE_…: which pages of a region that is released move
export const CB_FAULT_OPEN = CB_PAGES_MOVE + 4; // 1: a fault was counted whose page has not come in
export const CB_RUN_REGION = CB_FAULT_OPEN + 4; // the run of regions in hand, for its event
export const CB_RUN_SLOT = CB_RUN_REGION + 4;
export const CB_RUN_COUNT = CB_RUN_SLOT + 4;
export const CB_COUNT_OBJECTS = CB_RUN_COUNT + 4; // operations, for the tests of the bounds: page objects looked at,
export const CB_COUNT_NODES = CB_COUNT_OBJECTS + 4; // nodes of page tables copied, made or freed,
export const CB_COUNT_REGIONS = CB_COUNT_NODES + 4; // regions whose rights were read or changed,
export const CB_COUNT_PROCESSORS = CB_COUNT_REGIONS + 4; // processors whose cached translations were looked at,
export const CB_COUNT_COPIES = CB_COUNT_PROCESSORS + 4; // pages copied, filled or compared
export const CB_SWEEP_COMPARED = CB_COUNT_COPIES + 4; // what the last comparison of replicas did: pages that were not the same page for all of them,
export const CB_SWEEP_MERGED = CB_SWEEP_COMPARED + 4; // areas that became one with another,
export const CB_SWEEP_DIFFERENT = CB_SWEEP_MERGED + 4; // pages whose contents differ
export const CB_KNOWN_SHIFT = CB_SWEEP_DIFFERENT + 4; // 32 - log2 of the buckets of known pages
export const CB_KNOWN_CROWDED = CB_KNOWN_SHIFT + 4; // known pages that are OBJECT_CROWDED
export const CB_ZERO_HASH = CB_KNOWN_CROWDED + 4; // hash of a page of zeros
export const CB_COPIED = CB_ZERO_HASH + 4; // the last store: COPIED_… bits of its pages that were copied for it
export const CB_SCAN_MERGED = CB_COPIED + 4; // what the last scan did: pages that became one with another,
export const CB_SCAN_ZERO = CB_SCAN_MERGED + 4; // that became zero,
export const CB_SCAN_VOLATILE = CB_SCAN_ZERO + 4; // that have changed since the scan before, or were not there
export const CB_SCAN_COMMON = CB_SCAN_VOLATILE + 4; // that became one with a page of another VM,
export const CB_SCAN_LEFT = CB_SCAN_COMMON + 4; // that could not, for want of memory of the common holder
export const CB_COMMON_VM = CB_SCAN_LEFT + 4; // the common holder; 0: there is none
export const CB_SCRUB_CHECKED = CB_COMMON_VM + 4; // what the last scrub did: pages whose hash was compared,
export const CB_SCRUB_FLIPS = CB_SCRUB_CHECKED + 4; // pages that have changed without a store; the first PAGE_LIST_MOST of them stand in CB_PAGE_LIST, as page objects
export const CB_SHARING = (CB_SCRUB_FLIPS + 4 + 7) & -8; // SHARING_BYTES: what vmSharing found, f64 each
export const SHARING_MAPPED = 0; // entries with content, for each holder
export const SHARING_DISTINCT = SHARING_MAPPED + 8; // different pages among them
export const SHARING_SHARED = SHARING_DISTINCT + 8; // those with more than one holder
export const SHARING_SHARING = SHARING_SHARED + 8; // entries saved by them
export const SHARING_ZERO = SHARING_SHARING + 8; // entries with a page of zeros, for each holder
export const SHARING_VOLATILE = SHARING_ZERO + 8; // pages with one holder that had changed when the last scan looked
export const SHARING_NODES = SHARING_VOLATILE + 8; // page-table nodes and page objects: what the books take
export const SHARING_OBJECTS = SHARING_NODES + 8;
export const SHARING_BYTES = SHARING_OBJECTS + 8;
export const CB_STAMP = CB_SHARING + SHARING_BYTES; // f64: the last stamp given
export const CB_INFORMATION = CB_STAMP + 8; // INFORMATION_BYTES: what vmInformation found
export const INFORMATION_TOTAL = 0; // all in frames (pages)
export const INFORMATION_FREE = INFORMATION_TOTAL + 4;
export const INFORMATION_RESIDENT = INFORMATION_FREE + 4;
export const INFORMATION_DIRTY = INFORMATION_RESIDENT + 4;
export const INFORMATION_SWAP_CACHED = INFORMATION_DIRTY + 4;
export const INFORMATION_DISCARDABLE = INFORMATION_SWAP_CACHED + 4;
export const INFORMATION_LOCKED = INFORMATION_DISCARDABLE + 4;
export const INFORMATION_BORROWED = INFORMATION_LOCKED + 4;
export const INFORMATION_OUT = INFORMATION_BORROWED + 4;
export const INFORMATION_BYTES = INFORMATION_OUT + 4;
export const CB_IO_END_NS = (CB_INFORMATION + INFORMATION_BYTES + 7) & -8; // f64: when the I/O of the step in hand ends
export const CB_DEVICE_BUSY = CB_IO_END_NS + 8; // QUEUE_MAX x f64: when each server of the device is free
export const QUEUE_MAX = 64;
export const CONTROL_BYTES = CB_DEVICE_BUSY + QUEUE_MAX * 8;

export const SUMMARY_CACHE = 1;
export const SUMMARY_STAMP = 2;
export const SUMMARY_NEXT_USE = 4;
export const SUMMARY_STATISTICS = 8;
export const SUMMARY_ALL = SUMMARY_CACHE | SUMMARY_STAMP | SUMMARY_NEXT_USE | SUMMARY_STATISTICS;

export const FEATURE_KNOWN = 1; // comparison on write
export const FEATURE_SCAN = 2; // scans for equal pages at different addresses
export const FEATURE_ALL = FEATURE_KNOWN | FEATURE_SCAN;
export const PAGE_LIST_MOST = 1024;
export const SCAN_VOLATILE = 1; // lowest bits of a word of CB_SCAN_HASHES: the page had changed when the last scan looked;
export const SCAN_LOOKED = 2; // one has looked, and the other bits are the hash's
export const SCAN_BITS = SCAN_VOLATILE | SCAN_LOOKED;
export const COPIED_FIRST = 1;
export const COPIED_SECOND = 2;

export const MOVE_NONE = 0;
export const MOVE_LOCKED = 1;
export const MOVE_FIRST = 2; // locked pages, then all that would be missed

/*  Statistics of a region: what its user did with it while somebody else, or nobody, managed it ([0359]). The first two are u32, the rest f64.
    0            4         8         16         24      32              40           48
    ├ reduction ┼ started ┼ sinceNs ┼ accesses ┼ bytes ┼ accessesSince ┼ bytesSince ┤   reduction: serial of the one since which
    48       56               64            72             80          88          96
    ├ period ┼ periodAccesses ┼ periodBytes ┼ lastAccesses ┼ lastBytes ┼ bytesEach ┤   last: of the last complete period */
export const STATISTICS_REDUCTION = 0;
export const STATISTICS_STARTED = STATISTICS_REDUCTION + 4; // 0: no access counted yet
export const STATISTICS_SINCE_NS = STATISTICS_STARTED + 4;
export const STATISTICS_ACCESSES = STATISTICS_SINCE_NS + 8;
export const STATISTICS_BYTES_ALL = STATISTICS_ACCESSES + 8;
export const STATISTICS_ACCESSES_SINCE = STATISTICS_BYTES_ALL + 8;
export const STATISTICS_BYTES_SINCE = STATISTICS_ACCESSES_SINCE + 8;
export const STATISTICS_PERIOD = STATISTICS_BYTES_SINCE + 8; // number of the current period
export const STATISTICS_PERIOD_ACCESSES = STATISTICS_PERIOD + 8;
export const STATISTICS_PERIOD_BYTES = STATISTICS_PERIOD_ACCESSES + 8;
export const STATISTICS_LAST_ACCESSES = STATISTICS_PERIOD_BYTES + 8;
export const STATISTICS_LAST_BYTES = STATISTICS_LAST_ACCESSES + 8;
export const STATISTICS_BYTES_EACH = STATISTICS_LAST_BYTES + 8;
export const STATISTICS_BYTES = STATISTICS_BYTES_EACH + 8;

/*  Condition of a VM, one of CONDITIONS_MOST that must all hold: `statistic` compared with constant + perBorrowed x borrowed regions.
    0           4            8          16            24
    ├ statistic ┼ comparison ┼ constant ┼ perBorrowed ┤ */
export const CONDITION_STATISTIC = 0;
export const CONDITION_COMPARISON = CONDITION_STATISTIC + 4;
export const CONDITION_CONSTANT = CONDITION_COMPARISON + 4; // f64
export const CONDITION_PER_BORROWED = CONDITION_CONSTANT + 8; // f64
export const CONDITION_BYTES = CONDITION_PER_BORROWED + 8;
export const CONDITIONS_MOST = 4;
export const STATISTIC_ACCESSES = 1;
export const STATISTIC_ACCESSES_SINCE = 2;
export const STATISTIC_ACCESSES_PER_PERIOD = 3;
export const STATISTIC_BYTES_EACH = 4;
export const STATISTIC_BYTES = 5;
export const STATISTIC_BYTES_SINCE = 6;
export const STATISTIC_BYTES_SINCE_AVERAGE = 7;
export const STATISTIC_BYTES_PER_PERIOD = 8;
export const STATISTIC_BYTES_PER_PERIOD_AVERAGE = 9;
export const STATISTIC_TIME_SINCE_NS = 10;
export const COMPARISON_AT_LEAST = 1; // >=
export const COMPARISON_AT_MOST = 2; // <=
export const COMPARISON_ABOVE = 3; // >
export const COMPARISON_BELOW = 4; // <
export const COMPARISON_EQUAL = 5; // ==
export const COMPARISON_NOT_EQUAL = 6; // !=

export const WATCH_NONE = 0; // modes of a VM's early release
export const WATCH_EXACT = 1;
export const WATCH_SAMPLED = 2;
export const JUDGE_KEEP = 0; // answers of the host's releaseJudge; anything else: it failed
export const JUDGE_RELEASE = 1;

export const SWAP_STORE_NONE = 0;
export const SWAP_STORE_LINEAR = 1;
export const SWAP_STORE_HOST = 2;

/*  Frame: one a frame of real memory. Frame f of region r: f = r << regionShift | i, so frame numbers start at one region's worth.
    0        4       8       12      16
    ├ object ┼ newer ┼ older ┼ mark  ┤   object 0: free. newer, older: the VM's recency list. mark: clock's referenced bit, or the next use (farthest) */
export const FRAME_OBJECT = 0;
export const FRAME_NEWER = FRAME_OBJECT + 4;
export const FRAME_OLDER = FRAME_NEWER + 4;
export const FRAME_MARK = FRAME_OLDER + 4;
export const FRAME_BYTES = FRAME_MARK + 4;

/*  Page object: a page's content, wherever it is, and how many page-table entries refer to it.
    0            4       8      12     16   18      20      24        28      32
    ├ references ┼ frame ┼ slot ┼ page ┼ vm ┼ flags ┼ check ┼ seen ┼  hash   ┤   frame 0, slot 0: a page of zeros. frame and slot: clean. slot is number + 1.
    page: its number in the address space, the same in all replicas that share it. In the free list `frame` is the next. */
export const OBJECT_REFERENCES = 0;
export const OBJECT_FRAME = OBJECT_REFERENCES + 4;
export const OBJECT_SLOT = OBJECT_FRAME + 4;
export const OBJECT_PAGE = OBJECT_SLOT + 4;
export const OBJECT_VM = OBJECT_PAGE + 4; // u16
export const OBJECT_FLAGS = OBJECT_VM + 2; // u16
export const OBJECT_CHECK = OBJECT_FLAGS + 2; // references found by engineValidate
export const OBJECT_SEEN = OBJECT_CHECK + 4; // the VM's sampling moment (VM_SAMPLE) when it was last touched
export const OBJECT_HASH = OBJECT_SEEN + 4; // of the content, where OBJECT_HASHED says so
export const OBJECT_BYTES = OBJECT_HASH + 4;
export const OBJECT_LOCKED = 1;
export const OBJECT_DISCARDABLE = 2;
export const OBJECT_HASHED = 4; // the page went out with its hash, and was not written since
export const OBJECT_COPY = 8; // it began as a copy
export const OBJECT_KNOWN = 16; // OBJECT_HASH is that of its content, and it is found by it (comparison on write)
export const OBJECT_SCRUBBED = 32; // OBJECT_HASH is that of its content at the last scrub, and nobody has stored to it since
export const OBJECT_SCATTERED = 64; // entries of different pages refer to it
export const OBJECT_WRITING = 128; // known before the store in hand; OBJECT_HASH lacks the words that it stores to
export const OBJECT_CROWDED = 256; // known, and chained by its hash
export const OBJECT_NEAR_CROWD = 512; // known, and pages of its number may be crowded
export const OBJECT_COMMON = 1024; // it is the common holder's, entries of several VMs may refer to it: never stored to, never out; OBJECT_HASH is their salt
export const OBJECT_SAID = OBJECT_LOCKED | OBJECT_DISCARDABLE; // what was said of a page, and goes with its copies

export const IMAGE_SLOT_FIRST = 0x40000000; // slot numbers from here on are pages of images, whose contents the host has and never change

/*  Page-table entry: a page object (low 26 bits) and what the replica may do with the page.
    Node: NODE_ENTRIES of them, or of node numbers above the lowest level. Counted; copied on the way down to a write. */
export const ENTRY_OBJECT_MASK = 0x03ffffff;
export const ENTRY_NO_STORE = 0x04000000;
export const ENTRY_NO_LOAD = 0x08000000;
export const ENTRY_DEVICE = 0x10000000;
export const NODE_SHIFT = 6;
export const NODE_ENTRIES = 1 << NODE_SHIFT;
export const NODE_BYTES_SHIFT = NODE_SHIFT + 2;
export const NODE_BYTES = 1 << NODE_BYTES_SHIFT;

/*  Node of a machine map: which region sits at a VM's machine slot, a radix tree of 64, with a bitmap of 64 for each question that
    is asked of it. In the lowest level a bit speaks of the slot, above it of the child (any; for HELD: all).
    0         8          16         24          32        40     48 .. 64 ............... 320
    ├ managed ┼ userless ┼ borrowed ┼ take-over ┼ manages ┼ held ┼ (pad) ┼ 64 x region/node ┤   the first four are the SEEK_ classes less one */
export const SEEK_MANAGED = 1; // managed and used, with a free frame
export const SEEK_USERLESS = 2; // managed, no user
export const SEEK_BORROWED = 3; // used, not managed, with a free frame
export const SEEK_TAKE_OVER = 4; // managed, used by another
export const SEEK_EVICT = 5; // no bitmap: evict one's own
export const MAP_MANAGES = 5; // bitmap numbers above the classes
export const MAP_HELD = 6;
export const MAP_BITMAPS = 6;
export const MAP_ENTRIES = 64; // offset of the entries
export const MAP_BYTES = MAP_ENTRIES + NODE_ENTRIES * 4;
export const SEEK_DEFAULT = 0x54321; // classes in order, four bits each, first in the lowest

/*  VM. Record 0 is the pool itself: its machine map holds each region at slot = region - 1, `manages` = has no manager.
    Words, then f64s. */
export const VM_LIVE = 0;
export const VM_MANAGED = VM_LIVE + 4; // regions it manages
export const VM_USED = VM_MANAGED + 4; // regions it uses
export const VM_OWN = VM_USED + 4; // regions it manages and uses
export const VM_MAP_ROOT = VM_OWN + 4;
export const VM_MAP_HEIGHT = VM_MAP_ROOT + 4;
export const VM_NEWEST = VM_MAP_HEIGHT + 4; // recency list of frames
export const VM_OLDEST = VM_NEWEST + 4;
export const VM_RESIDENT = VM_OLDEST + 4; // pages in frames
export const VM_EVICTION = VM_RESIDENT + 4; // EVICTION_…
export const VM_SEEK = VM_EVICTION + 4;
export const VM_EVICT_BATCH = VM_SEEK + 4;
export const VM_REPLICA_FIRST = VM_EVICT_BATCH + 4;
export const VM_REPLICA_COUNT = VM_REPLICA_FIRST + 4;
export const VM_PROCESSOR_FIRST = VM_REPLICA_COUNT + 4;
export const VM_OUT = VM_PROCESSOR_FIRST + 4; // pages that are only in swap
export const VM_HIT_ADDRESS = VM_OUT + 4; // address of the newest page's frame, whose next touch changes nothing; 0 where each touch counts (clock)
export const VM_WATCH = VM_HIT_ADDRESS + 4; // WATCH_…: how accesses to regions that it only uses are counted
export const VM_JUDGED = VM_WATCH + 4; // 1: the host's function decides, not the conditions
export const VM_CONDITION_COUNT = VM_JUDGED + 4;
export const VM_SAMPLE = VM_CONDITION_COUNT + 4; // sampling moments so far
export const VM_HAS_MODES = VM_SAMPLE + 4; // 1: a reduction of it carried evacuation or read-only
export const VM_MOVES_FIRST = VM_HAS_MODES + 4; // 1: pages of a region that is released move where there is room
export const VM_WITHDRAWN = VM_MOVES_FIRST + 4; // regions it uses that count no longer in its total
export const VM_SPARE = VM_WITHDRAWN + 4; // the region whose free frames come first for it, while its machine map has not changed since that was found out; or 0
export const VM_TRIGGER = VM_SPARE + 4; // TRIGGER_…: whose stores are compared
export const VM_KEEP = VM_TRIGGER + 4; // KEEP_…: which of equal areas stays
export const VM_COMPARE_FLAGS = VM_KEEP + 4; // COMPARE_…
export const VM_SNAPSHOT_COUNT = VM_COMPARE_FLAGS + 4; // of its VM_REPLICA_COUNT replicas those that are snapshots
export const VM_SALT = VM_SNAPSHOT_COUNT + 4; // scans across VMs merge its pages with those of VMs of the same salt; 0: with nobody's
export const VM_TIME_NS = (VM_SALT + 4 + 7) & -8; // f64 from here on
export const VM_ACCESSES = VM_TIME_NS + 8;
export const VM_FAULTS = VM_ACCESSES + 8;
export const VM_PAGE_INS = VM_FAULTS + 8;
export const VM_PAGE_OUTS = VM_PAGE_INS + 8;
export const VM_EVICTIONS = VM_PAGE_OUTS + 8;
export const VM_TAKE_OVERS = VM_EVICTIONS + 8; // regions it took from another user
export const VM_COPIES = VM_TAKE_OVERS + 8; // copy-on-write
export const VM_IO_WAIT_NS = VM_COPIES + 8;
export const VM_EARLY_RELEASES = VM_IO_WAIT_NS + 8;
export const VM_EARLY_RELEASES_FAILED = VM_EARLY_RELEASES + 8;
export const VM_PAGES_MOVED = VM_EARLY_RELEASES_FAILED + 8;
export const VM_MERGES = VM_PAGES_MOVED + 8; // areas that became one with another
export const VM_PERIOD_NS = VM_MERGES + 8;
export const VM_CONDITIONS = VM_PERIOD_NS + 8; // CONDITIONS_MOST x CONDITION_BYTES
export const VM_BYTES = VM_CONDITIONS + CONDITIONS_MOST * CONDITION_BYTES;

export const TRIGGER_NEVER = 0;
export const TRIGGER_ANY = 1; // stores to any not-shared area,
export const TRIGGER_COPY = 2; // to copy areas,
export const TRIGGER_BASIC = 3; // to not-shared basic areas
export const KEEP_TARGET = 0; // where no store is the reason, KEEP_TARGET and KEEP_CORRESPONDING mean the first
export const KEEP_BASIC = 1;
export const KEEP_COPY = 2;
export const KEEP_CORRESPONDING = 3;
export const MERGE_AREAS_UNCOUNTED = 0x7fffffff; // in the event of a merge on write: how many areas are left was not counted
export const COMPARE_ALL_EQUAL = 1; // pages are merged only when all their areas are equal
export const COMPARE_AFTER_COPY = 2; // a store that made a copy is compared too
export const COMPARE_RETRIES = 4; // a store that raised an exception takes another accessNs
export const COMPARE_FLAGS_ALL = COMPARE_ALL_EQUAL | COMPARE_AFTER_COPY | COMPARE_RETRIES;

export const EVICTION_LRU = 0;
export const EVICTION_FIFO = 1;
export const EVICTION_CLOCK = 2;
export const EVICTION_FARTHEST = 3;

/*  Replica: one address space. */
export const REPLICA_VM = 0; // 0: not live
export const REPLICA_ROOT = REPLICA_VM + 4;
export const REPLICA_HEIGHT = REPLICA_ROOT + 4; // levels of its page table
export const REPLICA_PAGES = REPLICA_HEIGHT + 4; // of its address space
export const REPLICA_PROCESSOR = REPLICA_PAGES + 4; // address of the processor that runs it; the null processor where there is none
export const REPLICA_NEXT = REPLICA_PROCESSOR + 4; // in the VM, or in the free list
export const REPLICA_PREVIOUS = REPLICA_NEXT + 4;
export const REPLICA_IN_STEP = REPLICA_PREVIOUS + 4; // 1: it runs the VM's program in step with others, and is compared with them
export const REPLICA_IS_SNAPSHOT = REPLICA_IN_STEP + 4; // 1: it runs nowhere
export const REPLICA_QUOTA = REPLICA_IS_SNAPSHOT + 4; // pages it may take; 0: any number
export const REPLICA_TAKEN = REPLICA_QUOTA + 4; // pages it has taken since it was made, given a quota or restored
export const REPLICA_BYTES = REPLICA_TAKEN + 4;

/*  Room for a comparison: for each level of the page table the distinct nodes in hand, then for one page the distinct objects, their hashes and the
    group that each belongs to. */
export const SWEEP_LEVELS = 5; // roots, and four levels of nodes
export const SWEEP_OBJECTS = SWEEP_LEVELS; // in units of one word a replica
export const SWEEP_HASHES = SWEEP_OBJECTS + 1;
export const SWEEP_GROUPS = SWEEP_HASHES + 1;
export const SWEEP_WORDS = SWEEP_GROUPS + 1;

/*  Processor: cached translations, a flat column each for loads and stores. A column word is a frame's address with the generation in its page-offset bits;
    it holds while its generation is the processor's. Processor 0 is the null processor, of 0 pages. One a replica record. */
export const PROCESSOR_PAGES = 0;
export const PROCESSOR_LOAD_COLUMN = PROCESSOR_PAGES + 4; // address
export const PROCESSOR_STORE_COLUMN = PROCESSOR_LOAD_COLUMN + 4;
export const PROCESSOR_LOAD_GENERATION = PROCESSOR_STORE_COLUMN + 4;
export const PROCESSOR_STORE_GENERATION = PROCESSOR_LOAD_GENERATION + 4;
export const PROCESSOR_REPLICA = PROCESSOR_STORE_GENERATION + 4; // the replica it runs
export const PROCESSOR_NEXT = PROCESSOR_REPLICA + 4; // in the VM, an address
export const PROCESSOR_CAPACITY = PROCESSOR_NEXT + 4; // pages its columns could cover, kept for reuse
export const PROCESSOR_VM = PROCESSOR_CAPACITY + 4; // address of the record of the VM it works for
export const PROCESSOR_PREVIOUS = PROCESSOR_VM + 4; // in the VM, an address
export const PROCESSOR_BYTES = 64; // a power of two, for the shortest way to a record

/*  Change: one VM's part of a request. */
export const CHANGE_STATE = 0; // CHANGE_…
export const CHANGE_KIND = CHANGE_STATE + 4;
export const CHANGE_VM = CHANGE_KIND + 4;
export const CHANGE_SERIAL = CHANGE_VM + 4; // number of the change, ever counting: the same record with another serial is another change
export const CHANGE_REGIONS = CHANGE_SERIAL + 4;
export const CHANGE_PENDING = CHANGE_REGIONS + 4;
export const CHANGE_SUPERSEDED = CHANGE_PENDING + 4;
export const CHANGE_OUTS_BEFORE = CHANGE_SUPERSEDED + 4; // pages written before the grant
export const CHANGE_OUTS_AFTER = CHANGE_OUTS_BEFORE + 4;
export const CHANGE_NEXT = CHANGE_OUTS_AFTER + 4; // in the queue of ended changes
export const CHANGE_MODES = CHANGE_NEXT + 4; // FLAG_MODES of a reduction
export const CHANGE_REQUEST_NS = (CHANGE_MODES + 4 + 7) & -8; // f64, on the virtual clock
export const CHANGE_GRANT_NS = CHANGE_REQUEST_NS + 8; // f64
export const CHANGE_SETTLED_NS = CHANGE_GRANT_NS + 8; // f64
export const CHANGE_BYTES = CHANGE_SETTLED_NS + 8;
export const CHANGE_GRANTED = 1; // states; 0: the record has never been used
export const CHANGE_SETTLED = 2;
export const CHANGE_ABANDONED = 3;
export const CHANGE_CANCELLED = 4;
export const CHANGE_REDUCE = 1; // kinds
export const CHANGE_EXPAND = 2;

export const FLAG_BEST_EFFORT = 1; // of rightsReduce, rightsExpand, vmCreate
export const FLAG_EAGER = 2; // of rightsReduce
export const FLAG_MANAGER_PREFERRED = 4; // of rightsReduce: the 2nd embodiment
export const FLAG_CAPACITY_NOW = 8; // modes of rightsReduce (4th embodiment): the total shrinks at the declaration,
export const FLAG_EVACUATE = 16; // accesses move pages away,
export const FLAG_READ_ONLY = 32; // stores do
export const FLAG_CLOSED = 128; // nothing new comes in
export const FLAG_MODES = FLAG_CAPACITY_NOW | FLAG_EVACUATE | FLAG_READ_ONLY | FLAG_CLOSED;
export const MODES_UNSOUGHT = FLAG_EVACUATE | FLAG_READ_ONLY | FLAG_CLOSED; // no page gets a frame of such a region
export const FLAG_BY_LIST = 64; // of rightsReduce, rightsExpand, vmCreate: the regions stand in CB_PICKS
export const SLOT_BY_POLICY = -1; // firstSlot of rightsReduce, as 0xffffffff
export const EXPAND_LOWEST = 0;
export const EXPAND_OWN_FIRST = 1;
export const FRAMES_LEAST = 2; // a VM always manages at least this much,
export const FRAMES_LEAST_SHARING = 4; // or this much with several replicas

/*  Event: a record of the ring, EVENT_BYTES each; record number n at n & (capacity - 1).
    0      4    8   12  16  20  24        32
    ├ type ┼ vm ┼ a ┼ b ┼ c ┼ d ┼ timeNs  ┤ */
export const EVENT_TYPE = 0;
export const EVENT_VM = EVENT_TYPE + 4;
export const EVENT_A = EVENT_VM + 4;
export const EVENT_B = EVENT_A + 4;
export const EVENT_C = EVENT_B + 4;
export const EVENT_D = EVENT_C + 4;
export const EVENT_TIME_NS = EVENT_D + 4; // f64
export const EVENT_BYTES = EVENT_TIME_NS + 8;
// Types; regions and machine slots in events are public numbers (from 0), `change` and `vm` are handles.
export const EVENT_GRANT = 1; // vm: manager; a run of regions: a first region, b how many, c first machine slot, d change
export const EVENT_DECLARE = 2; // vm: giver; a run of regions: a first region, b how many, c first machine slot (the last of the run has it when descending), d change
export const EVENT_TAKE_OVER = 3; // vm: new user; a region, b old user, c pages written, d machine slot
export const EVENT_USE = 4; // vm: new user of a region without one; a region, d machine slot
export const EVENT_RELEASE = 5; // vm: old user; a region, b pages written, d reduction it was pending for, or 0
export const EVENT_SETTLED = 6; // vm; a change
export const EVENT_SUPERSEDED = 7; // vm; a change, b region
export const EVENT_PAGE_IN = 8; // vm; a page, b slot
export const EVENT_PAGE_OUT = 9; // vm; a page, b slot
export const EVENT_FAULT = 10; // vm; a page, b replica
export const EVENT_COPY = 11; // vm; a page, b replica: copy-on-write
export const EVENT_VM_CREATED = 12; // vm
export const EVENT_VM_DISPOSED = 13; // vm
export const EVENT_ABANDONED = 14; // vm; a change
export const EVENT_CANCELLED = 15; // vm; a change
export const EVENT_FOLLOW = 16; // vm; a change, b region, c regions still waited for, d pages written

export const EVENT_EARLY_RELEASE = 17; // vm: old user; a region, b pages written, c 1 by a sweep, 0 at an access
export const EVENT_MERGE = 19; // vm; a page, b areas that became one with another, c areas left or MERGE_AREAS_UNCOUNTED
export const EVENT_MOVE = 18; // vm; a page, b region it left, c region it came to

export const ADVICE_NORMAL = 0;
export const ADVICE_UNUSED = 1;
export const ADVICE_DISCARDABLE = 2;
export const ADVICE_WILL_NEED = 3;
export const ADVICE_LOCKED = 4;

export const PROTECTION_READ_WRITE = 0;
export const PROTECTION_READ = 1;
export const PROTECTION_NONE = 2;
export const PROTECTION_DEVICE = 3; // marks device pages
export const PROTECTION_NO_DEVICE = 4; // ordinary memory again

/*  Player: replays compact-trace blocks. Words, f64s, then the histogram of accesses that waited for I/O, the decoder's cursor,
    the block buffer and the next-use column (their sizes: player/player.ts). */
export const PLAYER_REPLICA = 0; // 0: not live
export const PLAYER_DATA_INDEX = PLAYER_REPLICA + 4; // low 32 bits of n, the number of data records so far
export const PLAYER_HELD = PLAYER_DATA_INDEX + 4; // kind + 1 of a decoded and counted record that failed and is to be tried again
export const PLAYER_VISIT = PLAYER_HELD + 4; // next entry of the next-use column
export const PLAYER_FLAGS = PLAYER_VISIT + 4; // PLAYER_…
export const PLAYER_RECORDS = (PLAYER_FLAGS + 4 + 7) & -8; // f64: records carried out
export const PLAYER_WORST_NS = PLAYER_RECORDS + 8; // f64: the slowest access
export const PLAYER_HISTOGRAM = PLAYER_WORST_NS + 8; // HISTOGRAM_BUCKETS x (f64 count, f64 sum of ns), of accesses that waited
export const HISTOGRAM_BUCKETS = 512; // 8 a power of two
export const PLAYER_CURSOR = PLAYER_HISTOGRAM + HISTOGRAM_BUCKETS * 16;

export const PLAYER_LOADS_STORE = 1; // flags of playerCreate: L records store too
export const PLAYER_KNOWS_NEXT_USE = 2; // the next-use column is filled for each block

export const RUN_BLOCK_DONE = 1; // results of playerRun: feed the next block
export const RUN_TIME = 2; // the clock has reached untilNs
export const RUN_RECORDS = 3; // maxRecords are done
export const RUN_WAITED = 4; // a fault waited for I/O

export const INVARIANT_REGION_RIGHTS = 1;
export const INVARIANT_MACHINE_MAP = 2;
export const INVARIANT_MAP_BITMAP = 3;
export const INVARIANT_VM_FIGURES = 4;
export const INVARIANT_FREE_FRAMES = 5;
export const INVARIANT_FRAME_OBJECT = 6;
export const INVARIANT_FRAME_USER = 7;
export const INVARIANT_RECENCY = 8;
export const INVARIANT_REFERENCES = 9;
export const INVARIANT_NODE_REFERENCES = 10;
export const INVARIANT_SLOTS = 11;
export const INVARIANT_TRANSLATION = 12;
export const INVARIANT_CHANGE = 13;
export const INVARIANT_ARENA = 14;
export const INVARIANT_PIN = 15;
export const INVARIANT_SUMMARY = 16;
export const INVARIANT_KNOWN = 17;
export const INVARIANT_HOLDERS = 18;
