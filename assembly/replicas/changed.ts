// The pages that two holders do not have as one and the same page. Page tables are walked together and shared nodes are not entered: the cost is what differs.
import {
  CB_PAGE_LIST,
  ENTRY_OBJECT_MASK,
  NODE_ENTRIES,
  NODE_SHIFT,
  PAGE_LIST_MOST,
  REPLICA_HEIGHT,
  REPLICA_PAGES,
  REPLICA_ROOT,
  REPLICA_VM,
} from '../shared/layout.ts';
import { STATUS_NO_SUCH_REPLICA } from '../shared/status.ts';
import { nodeAddress } from '../paging/page-table.ts';
import { fail, word } from '../store/control.ts';
import { replicaIsLive, replicaRecord } from '../store/replica.ts';

function child(node: u32, index: u32): u32 {
  return node ? load<u32>(nodeAddress(node) + (index << 2)) : 0;
}

/** Adds the pages at or above `from` in which two trees differ to the list, up to `most` in all. How many there are in it then. */
function changedBelow(a: u32, b: u32, height: u32, page: u32, from: u32, most: u32, listed: u32): u32 {
  const shift = (height - 1) * NODE_SHIFT;
  const mask: u32 = height == 1 ? ENTRY_OBJECT_MASK : 0xffffffff;
  for (let index: u32 = from > page ? (from - page) >> shift : 0; index < (NODE_ENTRIES as u32) && listed < most; index++) {
    const first = child(a, index) & mask;
    const second = child(b, index) & mask;
    if (first == second) continue;
    const at = page + (index << shift);
    if (height > 1) listed = changedBelow(first, second, height - 1, at, from, most, listed);
    else store<u32>(word(CB_PAGE_LIST) + (listed++ << 2), at);
  }
  return listed;
}

/**
 * The first `most` pages (PAGE_LIST_MOST at most) at or above `from` that replicas or snapshots `a` and `b` of one VM do not have as the same page, ascending, in
 * CB_PAGE_LIST; `b` 0: one that has no page. How many, or the negated status.
 */
export function replicaChanged(a: u32, b: u32, from: u32, most: u32): i32 {
  if (!replicaIsLive(a)) return -fail(STATUS_NO_SUCH_REPLICA, a, 0, 0);
  const record = replicaRecord(a);
  let other: u32 = 0;
  if (b) {
    if (!replicaIsLive(b) || load<u32>(replicaRecord(b) + REPLICA_VM) != load<u32>(record + REPLICA_VM))
      return -fail(STATUS_NO_SUCH_REPLICA, b, 0, 0);
    other = load<u32>(replicaRecord(b) + REPLICA_ROOT);
  }
  const root = load<u32>(record + REPLICA_ROOT);
  if (root == other || from >= load<u32>(record + REPLICA_PAGES)) return 0;
  return changedBelow(root, other, load<u32>(record + REPLICA_HEIGHT), 0, from, min<u32>(most, PAGE_LIST_MOST), 0) as i32;
}
