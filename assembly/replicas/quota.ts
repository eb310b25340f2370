// Quotas: how many pages of its own a replica may have. What it has taken is counted up as pages are made; only at the quota its own pages are counted out.
import {
  ENTRY_OBJECT_MASK,
  NODE_ENTRIES,
  OBJECT_COMMON,
  OBJECT_REFERENCES,
  REPLICA_HEIGHT,
  REPLICA_QUOTA,
  REPLICA_ROOT,
  REPLICA_TAKEN,
} from '../shared/layout.ts';
import { STATUS_NO_SUCH_REPLICA, STATUS_OK, STATUS_QUOTA_EXCEEDED } from '../shared/status.ts';
import { objectHas, objectRecord } from '../paging/page-object.ts';
import { entryIsShared, entryRead, nodeAddress, nodeReferences } from '../paging/page-table.ts';
import { fail } from '../store/control.ts';
import { replicaRecord, replicaRuns } from '../store/replica.ts';
import { areaIsBare } from './area.ts';

/** Does only one entry refer to a page, which is no common holder's? */
function isAlone(object: u32): bool {
  return load<u32>(objectRecord(object) + OBJECT_REFERENCES) == 1 && !objectHas(object, OBJECT_COMMON);
}

/** Pages with content below a node that nobody else holds. */
function ownBelow(node: u32, height: u32): u32 {
  if (!node || nodeReferences(node) > 1) return 0;
  let own: u32 = 0;
  for (let index: u32 = 0; index < (NODE_ENTRIES as u32); index++) {
    const entry = load<u32>(nodeAddress(node) + (index << 2));
    if (height > 1) {
      own += ownBelow(entry, height - 1);
      continue;
    }
    const object = entry & ENTRY_OBJECT_MASK;
    if (object && isAlone(object) && !areaIsBare(object)) own++;
  }
  return own;
}

/** Would an access to a page make a page for this replica (a record's address)? */
function pageIsMade(replica: usize, page: u32, isStore: bool): bool {
  if (!(entryRead(replica, page) & ENTRY_OBJECT_MASK)) return true;
  return isStore && entryIsShared(replica, page);
}

/** Must the access not go on, because it would make a page above the quota of the replica (a record's address)? The failure is noted. */
export function quotaRefuses(replica: usize, page: u32, isStore: bool): bool {
  const quota = load<u32>(replica + REPLICA_QUOTA);
  if (!quota || load<u32>(replica + REPLICA_TAKEN) < quota || !pageIsMade(replica, page, isStore)) return false;
  const own = ownBelow(load<u32>(replica + REPLICA_ROOT), load<u32>(replica + REPLICA_HEIGHT));
  store<u32>(replica + REPLICA_TAKEN, own);
  if (own < quota) return false;
  fail(STATUS_QUOTA_EXCEEDED, page, own, quota);
  return true;
}

/** A page was made for a replica (a record's address). */
export function quotaTake(replica: usize): void {
  store<u32>(replica + REPLICA_TAKEN, load<u32>(replica + REPLICA_TAKEN) + 1);
}

/** Sets how many pages a replica may take from now on; 0: any number. Status. */
export function replicaQuota(replica: u32, pages: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const record = replicaRecord(replica);
  store<u32>(record + REPLICA_QUOTA, pages);
  store<u32>(record + REPLICA_TAKEN, 0);
  return STATUS_OK;
}
