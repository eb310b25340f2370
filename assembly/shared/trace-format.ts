// The compact trace: records, payload tokens, and the decoder's cursor. Portable: read by asc and by tsc. docs/trace-format.md tells the whole story.
//
// A *unit* is an aligned 4 KiB piece of the traced address space, whatever the engine's page size. A trace numbers its units in the order of first
// touch; the *linear* address of a traced byte is its unit's number * TRACE_UNIT_BYTES + its offset in the unit.

// ---- records -----------------------------------------------------------------------------------------------------------

export const KIND_FETCH = 0; // I
export const KIND_LOAD = 1; // L
export const KIND_STORE = 2; // S
export const KIND_MODIFY = 3; // M: load, then store

export const TRACE_UNIT_SHIFT = 12;
export const TRACE_UNIT_BYTES = 1 << TRACE_UNIT_SHIFT;
export const TRACE_UNITS_MOST = 1 << (32 - TRACE_UNIT_SHIFT); // linear addresses are u32
export const TRACE_SIZE_MOST = TRACE_UNIT_BYTES; // so a record touches at most two units

// ---- blocks of the file ------------------------------------------------------------------------------------------------

export const TRACE_BLOCK_BYTES = 1 << 16; // longest payload
export const TRACE_BLOCK_RECORDS = 1 << 16;
// Most page visits of a block's records, for pages of 1 KiB and so for all larger ones: the length of a next-use column.
export const TRACE_VISIT_SHIFT = 10;
export const TRACE_BLOCK_VISITS = TRACE_BLOCK_RECORDS << 1;

// ---- tokens of a payload -----------------------------------------------------------------------------------------------
//
//    7       3 2     0
//   ┌─────────┬───────┬─── fields ───┬─ run - TRACE_RUN_LONG, varint ─┐
//   │   run   │ type  │ by type      │ only where run = TRACE_RUN_LONG│
//   └─────────┴───────┴──────────────┴────────────────────────────────┘
// A token tells one record that was not foreseen, and how many foreseen ones (`run`) follow it.
// varint: 7 bits a byte, low bits first, bit 7 set on all but the last. delta: (to - from) mod 2^32 as a signed number, zigzag, varint.

export const TRACE_TYPE_BITS = 3;
export const TRACE_TYPE_MASK = (1 << TRACE_TYPE_BITS) - 1;
export const TRACE_RUN_LONG = 31;

export const TOKEN_OTHER_NODE = 0; // the other successor, as it foresees itself
export const TOKEN_OTHER_GUESS = 1; // the next node (data), at the address it did not prefer
export const TOKEN_FROM_LAST = 2; // the next node (data); delta from the node's last address
export const TOKEN_FROM_DATA = 3; // the next node (data); delta from the last data address
export const TOKEN_FETCH_ON = 4; // a fetch right behind the last one; u8 size
export const TOKEN_FETCH_JUMP = 5; // a fetch; u8 size; delta from the last fetch
export const TOKEN_DATA = 6; // u8 kind | size << 2; delta from the last data address
export const TOKEN_WHOLE = 7; // u8 kind | explicit second unit << 2; size varint; linear address varint; second unit varint where explicit

export const TRACE_KIND_BITS = 2;
export const TRACE_KIND_MASK = (1 << TRACE_KIND_BITS) - 1;
export const TRACE_SECOND_BIT = 1 << TRACE_KIND_BITS; // in TOKEN_WHOLE
export const TRACE_FETCH_SIZE_MOST = 255; // in TOKEN_FETCH_…
export const TRACE_DATA_SIZE_MOST = 63; // in TOKEN_DATA

// ---- nodes: what the decoder has learned in this block --------------------------------------------------------------------
//
//   byte 0        4      8        12     16       20         24     28     32
//       ┌─────────┬──────┬────────┬──────┬────────┬──────────┬──────┬──────┐
//       │ shape   │ next │ other  │ last │ stride │ distance │ seen │depth │   32 bytes: never in two cache lines
//       └─────────┴──────┴────────┴──────┴────────┴──────────┴──────┴──────┘
//   shape: kind (bits 0-1), size (bits 2-14), bit 31: the address is foreseen as last data address + distance, else as last + stride
//   next, other: addresses of the successors, the one taken last first; 0: none. The first node of the table is the start.
//   last: address of the last record here. stride: becomes `seen`, the last step, when a step comes twice. distance: from the data record before.
//   depth: of a data node, how many data nodes were made one behind the other since a fetch.

export const NODE_SHAPE = 0;
export const NODE_NEXT = NODE_SHAPE + 4;
export const NODE_OTHER = NODE_NEXT + 4;
export const NODE_LAST = NODE_OTHER + 4;
export const NODE_STRIDE = NODE_LAST + 4;
export const NODE_DISTANCE = NODE_STRIDE + 4;
export const NODE_SEEN = NODE_DISTANCE + 4;
export const NODE_DEPTH = NODE_SEEN + 4;
export const NODE_BYTES = NODE_DEPTH + 4;

export const NODE_SHAPE_MASK = 0x7fff; // kind and size
export const NODE_SHAPE_BY_DISTANCE = 31; // the bit's number
export const NODES_MOST = 1 << 13; // when all are taken, everything learned is forgotten

// Instructions have few data records. Deeper nodes are one for each shape, so that long runs of data are learned too.
export const NODE_DEPTH_MOST = 4;

// Fetch nodes by address and the deep data nodes by shape: FINDER_BUCKETS u16 node numbers, 0: none; a later node takes the bucket of an earlier one.
export const FINDER_BITS = 13;
export const FINDER_SHIFT = 32 - FINDER_BITS;
export const FINDER_BUCKETS = 1 << FINDER_BITS;
export const FINDER_FACTOR = 0x1e3779b1; // bucket = (address or shape * factor mod 2^32) >>> FINDER_SHIFT

// ---- the cursor ---------------------------------------------------------------------------------------------------------
//
//   byte 0       4        8        12      16       20         24           28         32      36      40      44        48
//       ┌────────┬────────┬────────┬───────┬────────┬──────────┬────────────┬──────────┬───────┬───────┬───────┬─────────┬───────┐
//       │ address│ size   │ second │ run   │ node   │ last data│ last fetch │ position │ end   │ start │ left  │ records │ nodes │
//       ├────────┴────────┴────────┴───────┴──┬─────┴──────────┴────────────┴──────────┴───────┴───────┴───────┴─────────┴───────┘
//   52  │ 0 │ finder buckets … │ nodes …      │
//       └─────────────────────────────────────┘
//   address, size: of the record told last; second: linear address of its second part, where it crosses.
//   run: foreseen records before the next token. node, last fetch: addresses of the nodes of the last record and of the last fetch.
//   position, end, start: addresses in the payload. left: records that the tokens read so far do not tell. nodes: node numbers taken.

export const CURSOR_ADDRESS = 0;
export const CURSOR_SIZE = CURSOR_ADDRESS + 4;
export const CURSOR_SECOND = CURSOR_SIZE + 4;
export const CURSOR_RUN = CURSOR_SECOND + 4;
export const CURSOR_NODE = CURSOR_RUN + 4;
export const CURSOR_LAST_DATA = CURSOR_NODE + 4;
export const CURSOR_LAST_FETCH = CURSOR_LAST_DATA + 4;
export const CURSOR_POSITION = CURSOR_LAST_FETCH + 4;
export const CURSOR_END = CURSOR_POSITION + 4;
export const CURSOR_START = CURSOR_END + 4;
export const CURSOR_LEFT = CURSOR_START + 4;
export const CURSOR_RECORDS = CURSOR_LEFT + 4;
export const CURSOR_NODES = CURSOR_RECORDS + 4;
export const CURSOR_FINDER = CURSOR_NODES + 8;
export const CURSOR_NODE_TABLE = CURSOR_FINDER + FINDER_BUCKETS * 2;
export const CURSOR_BYTES = CURSOR_NODE_TABLE + NODES_MOST * NODE_BYTES;

// What decodeNext answers: the kind, or-ed with DECODE_CROSSING where the record has a second part; or one of the two ends.
export const DECODE_CROSSING = 4;
export const DECODE_END = 8; // all records of the block have been told, and the payload is used up
export const DECODE_CORRUPT = 9; // the payload is not one; decodedRecord and decodedByte say where
