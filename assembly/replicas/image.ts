// Images: pages whose contents the host has and never change. They are out until they are touched, each in a slot of its own number, and then like any page that
// is clean: dropped without I/O, until a store gives the slot up.
import {
  CB_NODES,
  CB_NODES_USED,
  CB_OBJECTS_USED,
  CB_PAGE_OBJECTS,
  ENTRY_OBJECT_MASK,
  IMAGE_SLOT_FIRST,
  NODE_ENTRIES,
  NODE_SHIFT,
  REPLICA_HEIGHT,
  REPLICA_PAGES,
  REPLICA_ROOT,
  REPLICA_VM,
  VM_OUT,
} from '../shared/layout.ts';
import {
  OPTION_IMAGE,
  STATUS_ADDRESS_OUT_OF_RANGE,
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_REPLICA,
  STATUS_OK,
  STATUS_TABLES_FULL,
  TABLE_NODES,
  TABLE_PAGE_OBJECTS,
} from '../shared/status.ts';
import { PAGE_SHIFT } from '../shared/page.ts';
import { objectMake, objectSlotSet } from '../paging/page-object.ts';
import { entryPlace, entryRead, nodeAddress, nodeReferences } from '../paging/page-table.ts';
import { fail, statusNoted, word } from '../store/control.ts';
import { replicaRecord, replicaRuns } from '../store/replica.ts';
import { vmRecord } from '../store/vm.ts';

/** Nodes that have to be made or copied for one replica to have pages `from … to-1` in nodes of its own: of `height` levels, below `node`, which begins at page `first`. */
function nodesNeeded(node: u32, height: u32, first: u32, from: u32, to: u32, isShared: bool): u32 {
  const isOwn = node != 0 && !isShared && nodeReferences(node) == 1;
  let nodes: u32 = isOwn ? 0 : 1;
  if (height == 1) return nodes;
  const shift = (height - 1) * NODE_SHIFT;
  for (let i: u32 = from <= first ? 0 : (from - first) >> shift; i < (NODE_ENTRIES as u32); i++) {
    const start: u64 = (first as u64) + ((i as u64) << (shift as u64));
    if (start >= (to as u64)) break;
    const child = node ? load<u32>(nodeAddress(node) + (i << 2)) : 0;
    nodes += nodesNeeded(child, height - 1, start as u32, from, to, !isOwn);
  }
  return nodes;
}

/** Is there room in the tables to give a replica (a record's address) `pages` pages of its own? Status. */
function roomCheck(replica: usize, page: u32, pages: u32): i32 {
  if (pages > word(CB_PAGE_OBJECTS) - word(CB_OBJECTS_USED)) return fail(STATUS_TABLES_FULL, TABLE_PAGE_OBJECTS, word(CB_PAGE_OBJECTS), 0);
  const nodes = nodesNeeded(load<u32>(replica + REPLICA_ROOT), load<u32>(replica + REPLICA_HEIGHT), 0, page, page + pages, false);
  return nodes > word(CB_NODES) - word(CB_NODES_USED) ? fail(STATUS_TABLES_FULL, TABLE_NODES, word(CB_NODES), 0) : STATUS_OK;
}

/** Pages `page …` of the replica become the pages of an image that are in the slots from number `slot` on. All or nothing. Status. */
export function imageMap(replica: u32, page: u32, pages: u32, slot: u32): i32 {
  if (!replicaRuns(replica)) return fail(STATUS_NO_SUCH_REPLICA, replica, 0, 0);
  const record = replicaRecord(replica);
  const all = load<u32>(record + REPLICA_PAGES);
  if (pages > all || page > all - pages) return fail(STATUS_ADDRESS_OUT_OF_RANGE, page << PAGE_SHIFT, pages << PAGE_SHIFT, all);
  if (slot < (IMAGE_SLOT_FIRST as u32) || pages > 0xffffffff - slot) return fail(STATUS_BAD_OPTION, OPTION_IMAGE, page, slot);
  if (!pages) return STATUS_OK;
  for (let i: u32 = 0; i < pages; i++) {
    if (entryRead(record, page + i) & ENTRY_OBJECT_MASK) return fail(STATUS_BAD_OPTION, OPTION_IMAGE, page + i, slot);
  }
  const status = roomCheck(record, page, pages);
  if (status) return status;
  const vm = load<u32>(record + REPLICA_VM);
  for (let i: u32 = 0; i < pages; i++) {
    const place = entryPlace(record, page + i);
    const object = place ? objectMake(vm, page + i) : 0;
    if (!object) return statusNoted(); // room was made sure of
    objectSlotSet(object, slot + i + 1);
    store<u32>(place, load<u32>(place) | object);
  }
  const out = vmRecord(vm) + VM_OUT;
  store<u32>(out, load<u32>(out) + pages);
  return STATUS_OK;
}
