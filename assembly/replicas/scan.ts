// A scan: equal pages at different addresses of a VM's replicas and snapshots become one page. Each page-table node is entered once, and its entries are
// pointed elsewhere in place, for all who share it. A page that has changed since the pass before is left alone (as Linux KSM does).
import {
  CB_COUNT_COPIES,
  CB_FEATURES,
  CB_SCAN_MERGED,
  ENTRY_OBJECT_MASK,
  FEATURE_SCAN,
  NODE_ENTRIES,
  NODE_SHIFT,
  REPLICA_HEIGHT,
  REPLICA_PREVIOUS,
  REPLICA_ROOT,
} from '../shared/layout.ts';
import { OPTION_FEATURE, STATUS_BAD_OPTION, STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { pagesAreEqual } from '../base/page-bytes.ts';
import { objectFrame } from '../paging/page-object.ts';
import { nodeAddress } from '../paging/page-table.ts';
import { translationsDrop } from '../paging/translation.ts';
import { fail, word, wordAdd } from '../store/control.ts';
import { frameAddress } from '../store/frame.ts';
import { replicaRecord } from '../store/replica.ts';
import { vmIsLive } from '../store/vm.ts';
import {
  becomes,
  becomesSet,
  entryPoint,
  metAdd,
  metFirst,
  metNext,
  nodeMeet,
  pageSettled,
  passBegin,
  replicaOldest,
  scanHash,
  walkBegin,
} from './scan-pass.ts';

/** What a page that is met for the first time becomes: itself, or one of equal bytes that was met before. */
function fate(object: u32): u32 {
  if (!pageSettled(object)) return object;
  const hash = scanHash(object);
  for (let met = metFirst(hash, 0); met; met = metNext(met)) {
    if (scanHash(met) != hash) continue;
    wordAdd(CB_COUNT_COPIES, 1);
    if (!pagesAreEqual(frameAddress(objectFrame(object)), frameAddress(objectFrame(met)))) continue;
    wordAdd(CB_SCAN_MERGED, 1);
    return met;
  }
  metAdd(object, 0);
  return object;
}

/** A node of pages `page` … */
function nodeScan(node: u32, height: u32, page: u32): void {
  if (!nodeMeet(node)) return;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const place = nodeAddress(node) + (i << 2);
    const entry = load<u32>(place) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    const first = page + (i << ((height - 1) * NODE_SHIFT));
    if (height > 1) {
      nodeScan(entry, height - 1, first);
      continue;
    }
    if (!becomes(entry)) becomesSet(entry, fate(entry));
    if (becomes(entry) != entry) entryPoint(place, entry, becomes(entry), first);
  }
}

/** One pass over the VM's replicas and snapshots, in the order in which they were made. Counts: CB_SCAN_…. Status. */
export function vmScan(vm: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  if (!(word(CB_FEATURES) & FEATURE_SCAN)) return fail(STATUS_BAD_OPTION, OPTION_FEATURE, FEATURE_SCAN, 0);
  passBegin();
  walkBegin();
  for (let replica = replicaOldest(vm); replica; replica = load<u32>(replicaRecord(replica) + REPLICA_PREVIOUS)) {
    const root = load<u32>(replicaRecord(replica) + REPLICA_ROOT);
    if (root) nodeScan(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT), 0);
  }
  if (word(CB_SCAN_MERGED)) translationsDrop(vm); // pages may be shared now, and entries have other frames
  return STATUS_OK;
}
