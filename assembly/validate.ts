// Proves the whole state consistent, or names the first invariant that is broken. For tests and debugging: it walks everything.
import {
  CB_CHANGES,
  CB_CLEAN_PAGES,
  CB_MAPS_USED,
  CB_NODES_USED,
  CB_NODE_CHECKS,
  CB_NODE_TOP,
  CB_OBJECTS_USED,
  CB_OBJECT_TOP,
  CB_PIN_A,
  CB_PIN_B,
  CB_PINNED_REGION,
  CB_REGIONS,
  CB_REGION_CACHE,
  CB_REGION_NEXT_USE,
  CB_REGION_SHIFT,
  CB_REPLICAS,
  CB_SLOTS,
  CB_SLOTS_USED,
  CB_VMS,
  CHANGE_GRANTED,
  CHANGE_PENDING,
  CHANGE_STATE,
  ENTRY_NO_LOAD,
  ENTRY_NO_STORE,
  ENTRY_DEVICE,
  ENTRY_OBJECT_MASK,
  EVICTION_FARTHEST,
  FLAG_CAPACITY_NOW,
  FRAME_MARK,
  FRAME_NEWER,
  FRAME_OBJECT,
  FRAME_OLDER,
  INVARIANT_ARENA,
  INVARIANT_CHANGE,
  INVARIANT_FRAME_OBJECT,
  INVARIANT_FRAME_USER,
  INVARIANT_FREE_FRAMES,
  INVARIANT_MACHINE_MAP,
  INVARIANT_MAP_BITMAP,
  INVARIANT_NODE_REFERENCES,
  INVARIANT_PIN,
  INVARIANT_RECENCY,
  INVARIANT_REFERENCES,
  INVARIANT_REGION_RIGHTS,
  INVARIANT_SLOTS,
  INVARIANT_SUMMARY,
  INVARIANT_TRANSLATION,
  INVARIANT_VM_FIGURES,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_CHECK,
  OBJECT_DISCARDABLE,
  OBJECT_FRAME,
  OBJECT_PAGE,
  OBJECT_REFERENCES,
  OBJECT_SCATTERED,
  OBJECT_SEEN,
  OBJECT_SLOT,
  PROCESSOR_LOAD_COLUMN,
  PROCESSOR_LOAD_GENERATION,
  PROCESSOR_PAGES,
  PROCESSOR_STORE_COLUMN,
  PROCESSOR_STORE_GENERATION,
  REPLICA_HEIGHT,
  REPLICA_PROCESSOR,
  REPLICA_ROOT,
  SEEK_MANAGED,
  VM_EVICTION,
  VM_HIT_ADDRESS,
  VM_MANAGED,
  VM_NEWEST,
  VM_OLDEST,
  VM_OUT,
  VM_OWN,
  VM_RESIDENT,
  VM_SPARE,
  VM_SAMPLE,
  VM_USED,
  VM_WATCH,
  VM_WITHDRAWN,
  WATCH_SAMPLED,
} from './shared/layout.ts';
import { STATUS_INVARIANT, STATUS_OK } from './shared/status.ts';
import { pageUnseen, UNSEEN_LOADS, UNSEEN_NONE } from './access.ts';
import { objectHas, objectIsCache, objectRecord, objectVm } from './paging/page-object.ts';
import { entryIsShared, entryRead, nodeAddress, nodeReferences } from './paging/page-table.ts';
import { hitAddress } from './paging/recency.ts';
import { OFFSET_MASK, SEEN } from './paging/translation.ts';
import { changeRecord } from './regions/change.ts';
import { regionOfClass } from './regions/seek-spare.ts';
import { fail, word } from './store/control.ts';
import { frameAddress, frameIsFree, frameObject, frameRecord, frameRegion } from './store/frame.ts';
import { mapNodesReached, mapQuestions, mapRegion, mapSummariesHold } from './store/machine-map.ts';
import {
  regionExpand,
  regionFirstFrame,
  regionFrames,
  regionFree,
  regionManager,
  regionManagerSlot,
  regionModes,
  regionQuestionsOfManager,
  regionQuestionsOfPool,
  regionQuestionsOfUser,
  regionReduce,
  regionUser,
  regionUserSlot,
} from './store/region.ts';
import { replicaIsLive, replicaRecord, storesAreSeen } from './store/replica.ts';
import { vmIsLive, vmRecord } from './store/vm.ts';
import { slotIsFree, slotIsImage } from './swap/slot.ts';
import { holdersCheck } from './validate-holders.ts';
import { knownCheck } from './validate-known.ts';

function broken(invariant: u32, b: u32, c: u32): i32 {
  return fail(STATUS_INVARIANT, invariant, b, c);
}

/** A region's row: addresses where rights are, places and answers in the machine maps, free frames. */
function regionCheck(region: u32): i32 {
  const manager = regionManager(region);
  const user = regionUser(region);
  if (!manager != !regionManagerSlot(region) || !user != !regionUserSlot(region)) return broken(INVARIANT_REGION_RIGHTS, region - 1, 0);
  if ((manager && !vmIsLive(manager)) || (user && !vmIsLive(user))) return broken(INVARIANT_REGION_RIGHTS, region - 1, 1);
  if (manager && manager == user && regionManagerSlot(region) != regionUserSlot(region))
    return broken(INVARIANT_REGION_RIGHTS, region - 1, 2);
  if (manager) {
    const slot = regionManagerSlot(region) - 1;
    if (mapRegion(manager, slot) != region) return broken(INVARIANT_MACHINE_MAP, region - 1, slot);
    if (mapQuestions(manager, slot) != regionQuestionsOfManager(region)) return broken(INVARIANT_MAP_BITMAP, region - 1, slot);
  }
  if (user && user != manager) {
    const slot = regionUserSlot(region) - 1;
    if (mapRegion(user, slot) != region) return broken(INVARIANT_MACHINE_MAP, region - 1, slot);
    if (mapQuestions(user, slot) != regionQuestionsOfUser(region)) return broken(INVARIANT_MAP_BITMAP, region - 1, slot);
  }
  if (mapQuestions(0, region - 1) != regionQuestionsOfPool(region)) return broken(INVARIANT_MAP_BITMAP, region - 1, 0xffffffff);
  let free: u32 = 0;
  let cache: u32 = 0;
  let nextUse: f64 = 0;
  const end = regionFirstFrame(region) + regionFrames();
  for (let frame = regionFirstFrame(region); frame < end; frame++) {
    if (frameIsFree(frame) == (frameObject(frame) != 0)) return broken(INVARIANT_FRAME_OBJECT, frame, 0);
    if (frameIsFree(frame)) free++;
    else if (objectVm(frameObject(frame)) != user) return broken(INVARIANT_FRAME_USER, frame, user);
    if (frameIsFree(frame)) continue;
    if (objectIsCache(frameObject(frame))) cache++;
    if (load<u32>(vmRecord(user) + VM_EVICTION) == EVICTION_FARTHEST) nextUse += load<u32>(frameRecord(frame) + FRAME_MARK) as f64;
  }
  const caches = word(CB_REGION_CACHE);
  if (caches && load<u32>(caches + (region << 2)) != cache) return broken(INVARIANT_SUMMARY, region - 1, cache);
  const nextUses = word(CB_REGION_NEXT_USE);
  if (nextUses && load<f64>(nextUses + (region << 3)) != nextUse) return broken(INVARIANT_SUMMARY, region - 1, 1);
  return free == regionFree(region) ? STATUS_OK : broken(INVARIANT_FREE_FRAMES, region - 1, free);
}

/** A VM's figures and its recency list; 0 is the pool. */
function vmCheck(vm: u32): i32 {
  const spare = load<u32>(vmRecord(vm) + VM_SPARE);
  if (spare && spare != regionOfClass(vm, SEEK_MANAGED)) return broken(INVARIANT_MAP_BITMAP, vm, spare);
  const record = vmRecord(vm);
  if (!mapSummariesHold(vm)) return broken(INVARIANT_MAP_BITMAP, 0xffffffff, vm);
  let managed: u32 = 0;
  let used: u32 = 0;
  let own: u32 = 0;
  let withdrawn: u32 = 0;
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    if (regionManager(region) == vm) managed++;
    if (vm && regionUser(region) == vm) used++;
    if (vm && regionUser(region) == vm && regionManager(region) == vm) own++;
    if (vm && regionUser(region) == vm && regionModes(region) & FLAG_CAPACITY_NOW) withdrawn++;
  }
  if (load<u32>(record + VM_WITHDRAWN) != withdrawn) return broken(INVARIANT_VM_FIGURES, vm, withdrawn);
  if (load<u32>(record + VM_MANAGED) != managed || load<u32>(record + VM_USED) != used || load<u32>(record + VM_OWN) != own) {
    return broken(INVARIANT_VM_FIGURES, vm, managed);
  }
  let listed: u32 = 0;
  let newer: u32 = 0;
  for (let frame = load<u32>(record + VM_NEWEST); frame; frame = load<u32>(frameRecord(frame) + FRAME_OLDER)) {
    if (load<u32>(frameRecord(frame) + FRAME_NEWER) != newer || !frameObject(frame) || objectVm(frameObject(frame)) != vm) {
      return broken(INVARIANT_RECENCY, vm, frame);
    }
    newer = frame;
    if (++listed > load<u32>(record + VM_RESIDENT)) break;
  }
  const newest = load<u32>(record + VM_NEWEST);
  if (load<u32>(record + VM_HIT_ADDRESS) != hitAddress(record, newest)) return broken(INVARIANT_RECENCY, vm, newest);
  if (load<u32>(record + VM_OLDEST) != newer || listed != load<u32>(record + VM_RESIDENT)) return broken(INVARIANT_RECENCY, vm, 0);
  return STATUS_OK;
}

/** May an entry of page `page` refer to the object? */
function isAt(object: u32, page: u32): bool {
  return load<u32>(objectRecord(object) + OBJECT_PAGE) == page || objectHas(object, OBJECT_SCATTERED);
}

/** Counts what a tree of pages `page` … refers to; a node is entered on its first visit. An entry of another page than the object's does not count. Returns the nodes found. */
function treeCount(node: u32, height: u32, page: u32): u32 {
  const place: usize = word(CB_NODE_CHECKS) + (node << 2);
  const seen = load<u32>(place) + 1;
  store<u32>(place, seen);
  if (seen > 1) return 0;
  let nodes: u32 = 1;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const entry = load<u32>(nodeAddress(node) + (i << 2)) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    if (height > 1) {
      nodes += treeCount(entry, height - 1, page + (i << ((height - 1) * NODE_SHIFT)));
    } else if (isAt(entry, page + i)) {
      const check = objectRecord(entry) + OBJECT_CHECK;
      store<u32>(check, load<u32>(check) + 1);
    }
  }
  return nodes;
}

/** Page objects and nodes: references, arenas, frames and slots. */
function objectsCheck(): i32 {
  for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) store<u32>(objectRecord(object) + OBJECT_CHECK, 0);
  memory.fill(word(CB_NODE_CHECKS), 0, (word(CB_NODE_TOP) + 1) << 2);
  let nodes: u32 = 0;
  for (let replica: u32 = 1; replica <= word(CB_REPLICAS); replica++) {
    const root = replicaIsLive(replica) ? load<u32>(replicaRecord(replica) + REPLICA_ROOT) : 0;
    if (root) nodes += treeCount(root, load<u32>(replicaRecord(replica) + REPLICA_HEIGHT), 0);
  }
  if (nodes != word(CB_NODES_USED)) return broken(INVARIANT_ARENA, nodes, word(CB_NODES_USED));
  for (let node: u32 = 1; node <= word(CB_NODE_TOP); node++) {
    if (load<u32>(word(CB_NODE_CHECKS) + (node << 2)) != nodeReferences(node))
      return broken(INVARIANT_NODE_REFERENCES, node, nodeReferences(node));
  }
  let used: u32 = 0;
  let slots: u32 = 0;
  let clean: u32 = 0;
  for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) {
    const record = objectRecord(object);
    const references = load<u32>(record + OBJECT_REFERENCES);
    if (references != load<u32>(record + OBJECT_CHECK)) return broken(INVARIANT_REFERENCES, object, references);
    if (!references) continue;
    used++;
    const frame = load<u32>(record + OBJECT_FRAME);
    const slot = load<u32>(record + OBJECT_SLOT);
    if (frame && frameObject(frame) != object) return broken(INVARIANT_FRAME_OBJECT, frame, object);
    if (!slot || slotIsImage(slot)) continue;
    if (slot > word(CB_SLOTS) || slotIsFree(slot - 1)) return broken(INVARIANT_SLOTS, slot - 1, object);
    slots++;
    if (frame) clean++;
  }
  if (used != word(CB_OBJECTS_USED)) return broken(INVARIANT_ARENA, used, word(CB_OBJECTS_USED));
  if (slots != word(CB_SLOTS_USED) || clean != word(CB_CLEAN_PAGES)) return broken(INVARIANT_SLOTS, slots, clean);
  let free: u32 = 0;
  for (let slot: u32 = 0; slot < word(CB_SLOTS); slot++) {
    if (slotIsFree(slot)) free++;
  }
  return free + slots == word(CB_SLOTS) ? STATUS_OK : broken(INVARIANT_SLOTS, free, slots);
}

/** Every frame names an object that is in it, and pages that are out are counted. */
function outCheck(): i32 {
  for (let vm: u32 = 1; vm <= word(CB_VMS); vm++) {
    let out: u32 = 0;
    if (!vmIsLive(vm)) continue;
    for (let object: u32 = 1; object <= word(CB_OBJECT_TOP); object++) {
      const record = objectRecord(object);
      if (!load<u32>(record + OBJECT_REFERENCES) || objectVm(object) != vm) continue;
      if (!load<u32>(record + OBJECT_FRAME) && load<u32>(record + OBJECT_SLOT)) out++;
    }
    if (out != load<u32>(vmRecord(vm) + VM_OUT)) return broken(INVARIANT_VM_FIGURES, vm, out);
  }
  const first = regionFirstFrame(1);
  const end = (word(CB_REGIONS) + 1) << word(CB_REGION_SHIFT);
  for (let frame = first; frame < end; frame++) {
    const object = load<u32>(frameRecord(frame) + FRAME_OBJECT);
    if (object && load<u32>(objectRecord(object) + OBJECT_FRAME) != frame) return broken(INVARIANT_FRAME_OBJECT, frame, object);
  }
  return STATUS_OK;
}

/** Where a page counts once a sampling moment: has it been counted? */
function isSampled(object: u32, frame: u32): bool {
  const vm = vmRecord(objectVm(object));
  const region = frameRegion(frame);
  if (load<u32>(vm + VM_WATCH) != WATCH_SAMPLED || regionManager(region) == regionUser(region)) return true;
  return load<u32>(objectRecord(object) + OBJECT_SEEN) == load<u32>(vm + VM_SAMPLE);
}

/** Every cached translation that holds says what the page table says; one for stores only for a page that is this replica's alone and dirty. */
function translationsCheck(replica: u32): i32 {
  const record = replicaRecord(replica);
  const processor: usize = load<u32>(record + REPLICA_PROCESSOR);
  const pages = load<u32>(processor + PROCESSOR_PAGES);
  for (let page: u32 = 0; page < pages; page++) {
    const forLoad =
      load<u32>(load<u32>(processor + PROCESSOR_LOAD_COLUMN) + (page << 2)) ^ load<u32>(processor + PROCESSOR_LOAD_GENERATION);
    const forStore =
      load<u32>(load<u32>(processor + PROCESSOR_STORE_COLUMN) + (page << 2)) ^ load<u32>(processor + PROCESSOR_STORE_GENERATION);
    const holdsLoad = !(forLoad & OFFSET_MASK);
    const holdsStore = (forStore & OFFSET_MASK) == (storesAreSeen(record) ? SEEN : 0);
    if ((forStore & OFFSET_MASK) == (storesAreSeen(record) ? 0 : SEEN)) return broken(INVARIANT_TRANSLATION, replica, page);
    if (!holdsLoad && !holdsStore) continue;
    const entry = entryRead(record, page);
    const object = entry & ENTRY_OBJECT_MASK;
    const frame = object ? load<u32>(objectRecord(object) + OBJECT_FRAME) : 0;
    if (!frame || entry & ENTRY_DEVICE || !isAt(object, page)) return broken(INVARIANT_TRANSLATION, replica, page);
    const unseen = pageUnseen(load<u32>(vmRecord(objectVm(object)) + VM_WATCH), frameRegion(frame));
    if (unseen == UNSEEN_NONE || (holdsStore && unseen == UNSEEN_LOADS)) return broken(INVARIANT_TRANSLATION, replica, page);
    if (!isSampled(object, frame)) return broken(INVARIANT_TRANSLATION, replica, page);
    if (holdsLoad && (forLoad != (frameAddress(frame) as u32) || entry & ENTRY_NO_LOAD))
      return broken(INVARIANT_TRANSLATION, replica, page);
    if (!holdsStore) continue;
    if ((forStore & ~OFFSET_MASK) != (frameAddress(frame) as u32) || entry & ENTRY_NO_STORE)
      return broken(INVARIANT_TRANSLATION, replica, page);
    const isPlain = !load<u32>(objectRecord(object) + OBJECT_SLOT) && !objectHas(object, OBJECT_DISCARDABLE);
    if (!isPlain || entryIsShared(record, page)) return broken(INVARIANT_TRANSLATION, replica, page);
  }
  return STATUS_OK;
}

/** What changes wait for is what the rows say. */
function changesCheck(): i32 {
  for (let change: u32 = 1; change <= word(CB_CHANGES); change++) {
    const record = changeRecord(change);
    let pending: u32 = 0;
    for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
      if (regionReduce(region) == change || regionExpand(region) == change) pending++;
    }
    if (load<u32>(record + CHANGE_STATE) != CHANGE_GRANTED) {
      if (pending) return broken(INVARIANT_CHANGE, change, pending);
      continue;
    }
    if (!pending || pending != load<u32>(record + CHANGE_PENDING)) return broken(INVARIANT_CHANGE, change, pending);
  }
  return STATUS_OK;
}

export function engineValidate(): i32 {
  if (word(CB_PIN_A) || word(CB_PIN_B) || word(CB_PINNED_REGION)) return broken(INVARIANT_PIN, 0, 0);
  let reached = mapNodesReached(0);
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    const status = regionCheck(region);
    if (status) return status;
  }
  for (let vm: u32 = 0; vm <= word(CB_VMS); vm++) {
    if (vm && !vmIsLive(vm)) continue;
    if (vm) reached += mapNodesReached(vm);
    let status = vmCheck(vm);
    if (!status && vm) status = holdersCheck(vm);
    if (status) return status;
  }
  if (reached != word(CB_MAPS_USED)) return broken(INVARIANT_ARENA, reached, word(CB_MAPS_USED));
  let status = objectsCheck();
  if (!status) status = outCheck();
  if (!status) status = changesCheck();
  if (!status) status = knownCheck();
  for (let replica: u32 = 1; replica <= word(CB_REPLICAS) && !status; replica++) {
    if (replicaIsLive(replica)) status = translationsCheck(replica);
  }
  return status;
}
