// A part of a restore: some pages of a replica become those of another one. What a write from outside does for replicas that hold one page in different tables.
import { ENTRY_OBJECT_MASK, OBJECT_REFERENCES, REPLICA_PAGES, REPLICA_PROCESSOR, REPLICA_VM } from '../shared/layout.ts';
import { STATUS_ADDRESS_OUT_OF_RANGE, STATUS_NO_SUCH_REPLICA, STATUS_OK } from '../shared/status.ts';
import { PAGE_SHIFT } from '../shared/page.ts';
import { objectRecord } from '../paging/page-object.ts';
import { entryClear, entryPlace, entryRead } from '../paging/page-table.ts';
import { translationDropPage } from '../paging/translation.ts';
import { fail, statusNoted } from '../store/control.ts';
import { replicaIsLive, replicaRecord, replicaRuns } from '../store/replica.ts';
import { objectRelease } from '../swap/page-free.ts';

/** One page; both replicas as addresses of records. What the replica may do with it stays. Status. */
function pageTake(replica: usize, source: usize, page: u32): i32 {
  const object = entryRead(source, page) & ENTRY_OBJECT_MASK;
  const old = entryRead(replica, page) & ENTRY_OBJECT_MASK;
  if (object == old) return STATUS_OK;
  const place = entryPlace(replica, page);
  if (!place) return statusNoted();
  if (object) {
    const references = objectRecord(object) + OBJECT_REFERENCES;
    store<u32>(references, load<u32>(references) + 1);
    store<u32>(place, (load<u32>(place) & ~ENTRY_OBJECT_MASK) | object);
  } else {
    entryClear(replica, page);
  }
  translationDropPage(load<u32>(replica + REPLICA_PROCESSOR), page);
  translationDropPage(load<u32>(source + REPLICA_PROCESSOR), page);
  if (old) objectRelease(old);
  return STATUS_OK;
}

/** Pages `page …` of the replica become those of `from`, a replica or snapshot of the same VM. Status; pages before a failure are done. */
export function replicaTakePages(replica: u32, from: u32, page: u32, pages: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const record = replicaRecord(replica);
  const isOfVm = replicaIsLive(from) && load<u32>(replicaRecord(from) + REPLICA_VM) == load<u32>(record + REPLICA_VM);
  if (!isOfVm) return fail(STATUS_NO_SUCH_REPLICA, from, 0, 0);
  const all = load<u32>(record + REPLICA_PAGES);
  if (pages > all || page > all - pages) return fail(STATUS_ADDRESS_OUT_OF_RANGE, page << PAGE_SHIFT, pages << PAGE_SHIFT, all);
  for (let i: u32 = 0; i < pages; i++) {
    const status = pageTake(record, replicaRecord(from), page + i);
    if (status) return status;
  }
  return STATUS_OK;
}
