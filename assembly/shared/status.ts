// Status codes that cross the boundary between the compiled engine and its bindings. Portable: read by asc and by tsc.
// 0 is success; a function that returns an index or a count returns the negated code on failure.
// What each means to a user, and what to do about it, is said once: in bindings/errors.ts.

export const STATUS_OK = 0;
export const STATUS_ADDRESS_OUT_OF_RANGE = 1; // a: address, b: width or length, c: pages of the address space
export const STATUS_PROTECTED = 2; // a: page, b: 1 for a store
export const STATUS_DEVICE_PAGE = 3; // a: page, b: 1 for a store
export const STATUS_OUT_OF_FRAMES = 4; // a: VM, b: regions it manages, c: pages resident
export const STATUS_SWAP_FULL = 5; // a: VM, b: page, c: slots
export const STATUS_SWAP_WRITE_FAILED = 6; // a: VM, b: page, c: slot
export const STATUS_SWAP_READ_FAILED = 7; // a: VM, b: page, c: slot
export const STATUS_TABLES_FULL = 8; // a: which table (TABLE_…), b: its capacity
export const STATUS_NOT_ENOUGH_MEMORY = 9; // a: regions asked for, b: regions there are
export const STATUS_TOO_LITTLE_LEFT = 10; // a: frames left, b: least frames
export const STATUS_NOT_MANAGED = 11; // a: machine slot, b: number of slots, c: how many of them are managed
export const STATUS_ACCESS_REFUSED = 12; // a: machine slot
export const STATUS_MISALIGNED = 13; // a: address, b: length
export const STATUS_NO_SUCH_VM = 14; // a: VM
export const STATUS_NO_SUCH_REPLICA = 15; // a: replica
export const STATUS_NO_SUCH_CHANGE = 16; // a: change
export const STATUS_CHANGE_SETTLED = 17; // a: change
export const STATUS_BAD_OPTION = 18; // a: which (OPTION_…), b: value
export const STATUS_TRACE_CORRUPT = 19; // a: record in the block, b: byte in the block
export const STATUS_NO_SUCH_PLAYER = 21; // a: player
export const STATUS_SLOT_TAKEN = 22; // a: the first machine slot that is taken, b: how many are
export const STATUS_NOT_SELECTABLE = 23; // a: region (number + 1), b: its place in the list, c: SELECTABLE_…
export const STATUS_POLICY_FAILED = 24; // a: VM, b: region (number + 1)
export const STATUS_QUOTA_EXCEEDED = 25; // a: page, b: pages it has taken, c: its quota
export const STATUS_INVARIANT = 20; // a: which (INVARIANT_…), b, c: where

export const SELECTABLE_NO_REGION = 1; // why a region of a list is refused: there is none of that number,
export const SELECTABLE_MANAGED = 2; // it has a manager (expansion), or another one or none (reduction),
export const SELECTABLE_TWICE = 3; // it is named twice

export const TABLE_VMS = 1;
export const TABLE_REPLICAS = 2;
export const TABLE_PAGE_OBJECTS = 3;
export const TABLE_NODES = 4;
export const TABLE_MAP_NODES = 5;
export const TABLE_CHANGES = 6;
export const TABLE_PLAYERS = 7;

export const OPTION_REGIONS = 1; // configuration words that enginePlan refuses, and arguments
export const OPTION_REGION_SHIFT = 2;
export const OPTION_SLOTS = 3;
export const OPTION_SWAP_STORE = 4;
export const OPTION_CAPACITY = 5;
export const OPTION_EVENTS = 6;
export const OPTION_QUEUE = 7;
export const OPTION_TOTAL = 8; // more than 4 GiB: b is the total in MiB
export const OPTION_TIME = 9;
export const OPTION_EVICTION = 10;
export const OPTION_SEEK = 11;
export const OPTION_ADDRESS_SPACE = 12;
export const OPTION_ADVICE = 13;
export const OPTION_PROTECTION = 14;
export const OPTION_LAST_REPLICA = 15;
export const OPTION_MEMORY = 16; // the linear memory is smaller than planned
export const OPTION_EXPAND = 17;
export const OPTION_RANGE = 19; // b: first machine slot, c: number of slots
export const OPTION_CONDITION = 20; // b: statistic or comparison, or the number of conditions
export const OPTION_WATCH = 21; // b: mode
export const OPTION_SUMMARIES = 22; // b: the summaries kept; a release condition needs SUMMARY_STATISTICS
export const OPTION_FEATURE = 23; // b: the feature that there is no room for (FEATURE_…), or a word of features
export const OPTION_COMPARE = 24; // b: trigger, c: keep or flags
export const OPTION_IMAGE = 25; // b: the first page that is not untouched
export const OPTION_TRACE_BLOCK = 18; // b: bytes, c: records of a block over the most
