// The comparison of replicas that run in step (US 9,063,868 Figs. 11 and 13, S11–S14): pages whose contents are equal again become one page again.
// Page tables are walked together and shared nodes are not entered, so that it costs what the replicas do not share; nodes that say the same become one too.
import {
  CB_NODE_CHECKS,
  CB_REPLICAS,
  CB_SWEEP,
  CB_SWEEP_COMPARED,
  CB_SWEEP_DIFFERENT,
  CB_SWEEP_MERGED,
  COMPARE_ALL_EQUAL,
  ENTRY_OBJECT_MASK,
  EVENT_MERGE,
  KEEP_BASIC,
  KEEP_COPY,
  NODE_BYTES,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_CHECK,
  OBJECT_COPY,
  OBJECT_LOCKED,
  OBJECT_REFERENCES,
  SWEEP_GROUPS,
  SWEEP_HASHES,
  SWEEP_OBJECTS,
  VM_COMPARE_FLAGS,
  VM_KEEP,
  VM_MERGES,
} from '../shared/layout.ts';
import { STATUS_OK } from '../shared/status.ts';
import { objectHas, objectRecord } from '../paging/page-object.ts';
import { nodeAddress, nodeReferencesAdd } from '../paging/page-table.ts';
import { numberAdd, word, wordAdd } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { vmRecord, vmTimeNs } from '../store/vm.ts';
import { objectRelease } from '../swap/page-free.ts';
import { areaHash, areaIsBare, areaIsResident, areaIsZero, areaJoin, areaLearn, areasCompare } from './area.ts';
import { tableRelease } from './table.ts';

const NONE: u32 = 0xffffffff;
/** A node is looked for among so many of those before it: the rest stay apart for now. */
const NODES_LOOKED_AT: u32 = 8;

/** Place `place` of a row of the comparison's room. */
export function sweepPlace(row: u32, place: u32): usize {
  return word(CB_SWEEP) + ((row * (word(CB_REPLICAS) + 1) + place) << 2);
}

function sweepAt(row: u32, place: u32): u32 {
  return load<u32>(sweepPlace(row, place));
}

function childPlace(node: u32, index: u32): usize {
  return nodeAddress(node) + (index << 2);
}

function child(node: u32, index: u32): u32 {
  return node ? load<u32>(childPlace(node, index)) : 0;
}

/** Do all `count` nodes of row `level` have the same at `index`? */
export function isSame(level: u32, count: u32, index: u32, mask: u32): bool {
  const first = child(sweepAt(level, 0), index) & mask;
  for (let i: u32 = 1; i < count; i++) {
    if ((child(sweepAt(level, i), index) & mask) != first) return false;
  }
  return true;
}

/** Where `value` stands in row `row`, behind the others if it is new there. `check`: a word that belongs to the value. */
function distinctPlace(row: u32, count: u32, value: u32, check: usize): u32 {
  const known = load<u32>(check);
  if (known < count && sweepAt(row, known) == value) return known;
  store<u32>(check, count);
  store<u32>(sweepPlace(row, count), value);
  return count;
}

/** Row 0 has `count` roots: it keeps the different ones, in their order. How many. */
export function rootsCompact(count: u32): u32 {
  let distinct: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const root = sweepAt(0, i);
    const place = distinctPlace(0, distinct, root, nodeCheck(root));
    if (place == distinct) distinct++;
  }
  return distinct;
}

function nodeCheck(node: u32): usize {
  return word(CB_NODE_CHECKS) + (node << 2);
}

function objectCheck(object: u32): usize {
  return objectRecord(object) + OBJECT_CHECK;
}

/** Row level + 1: the different children at `index` of the nodes of row `level`. How many. */
export function childrenCollect(level: u32, count: u32, index: u32): u32 {
  let distinct: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = child(sweepAt(level, i), index);
    const place = distinctPlace(level + 1, distinct, value, nodeCheck(value));
    if (place == distinct) distinct++;
  }
  return distinct;
}

/** As childrenCollect, of the page objects of one page; the replicas' order stays. */
export function areasCollect(level: u32, count: u32, index: u32): u32 {
  let distinct: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = child(sweepAt(level, i), index) & ENTRY_OBJECT_MASK;
    const place = distinctPlace(SWEEP_OBJECTS, distinct, value, objectCheck(value));
    if (place == distinct) distinct++;
  }
  return distinct;
}

/** The group of each area: the place of the first one with equal contents. How many groups, or the negated status. */
export function areasGroup(count: u32): i32 {
  let groups = 0;
  let zero: u32 = NONE;
  for (let i: u32 = 0; i < count; i++) {
    const object = sweepAt(SWEEP_OBJECTS, i);
    let group = i;
    const unread = areaLearn(object);
    if (unread) return -unread;
    if (areaIsZero(object)) {
      if (zero == NONE) zero = i;
      group = zero;
      store<u32>(sweepPlace(SWEEP_HASHES, i), 0);
    } else {
      const status = areaHash(object, sweepPlace(SWEEP_HASHES, i));
      if (status) return -status;
      for (let j: u32 = 0; j < i; j++) {
        if (j == zero || sweepAt(SWEEP_GROUPS, j) != j || sweepAt(SWEEP_HASHES, j) != sweepAt(SWEEP_HASHES, i)) continue;
        const equal = areasCompare(sweepAt(SWEEP_OBJECTS, j), object);
        if (equal < 0) return equal;
        if (!equal) continue;
        group = j;
        break;
      }
    }
    store<u32>(sweepPlace(SWEEP_GROUPS, i), group);
    if (group == i) groups++;
  }
  return groups;
}

/** How well an area would serve for its whole group: locked before all, then bare zeros, then what is in a frame, then what the policy `keep` prefers (variation 4). */
function worth(object: u32, keep: u32): u32 {
  if (object && objectHas(object, OBJECT_LOCKED)) return 6;
  if (!object) return 5;
  if (areaIsBare(object)) return 4;
  const isPreferred = objectHas(object, OBJECT_COPY) ? keep == (KEEP_COPY as u32) : keep == (KEEP_BASIC as u32);
  return (areaIsResident(object) ? 2 : 0) + (isPreferred ? 1 : 0);
}

/** The place of the area that its whole group becomes: the first of the best. */
function groupKept(count: u32, group: u32, keep: u32): u32 {
  let best = group;
  for (let i = group + 1; i < count; i++) {
    if (sweepAt(SWEEP_GROUPS, i) == group && worth(sweepAt(SWEEP_OBJECTS, i), keep) > worth(sweepAt(SWEEP_OBJECTS, best), keep)) best = i;
  }
  return best;
}

/** Each area's group row becomes the object that it turns into. A locked page does not become of those who never had one. Areas that went. */
function groupsSettle(count: u32, keep: u32): u32 {
  let merged: u32 = 0;
  for (let group: u32 = 0; group < count; group++) {
    if (sweepAt(SWEEP_GROUPS, group) != group) continue;
    const kept = sweepAt(SWEEP_OBJECTS, groupKept(count, group, keep));
    for (let i = group; i < count; i++) {
      if (sweepAt(SWEEP_GROUPS, i) != group) continue;
      const object = sweepAt(SWEEP_OBJECTS, i);
      const target = object || !objectHas(kept, OBJECT_LOCKED) ? kept : 0;
      if (object && target && object != target) areaJoin(target, object);
      if (object != target) merged++;
      store<u32>(sweepPlace(SWEEP_HASHES, i), target);
    }
  }
  return merged;
}

/** The entries at `index` of the nodes in hand point to what their areas have become. */
function entriesPoint(level: u32, count: u32, index: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const node = sweepAt(level, i);
    const object = child(node, index) & ENTRY_OBJECT_MASK;
    const target = sweepAt(SWEEP_HASHES, load<u32>(objectCheck(object)));
    if (object == target) continue;
    const place = childPlace(node, index);
    store<u32>(place, (load<u32>(place) & ~ENTRY_OBJECT_MASK) | target);
    if (target) {
      const references = objectRecord(target) + OBJECT_REFERENCES;
      store<u32>(references, load<u32>(references) + 1);
    }
    objectRelease(object);
  }
}

/** One page of which not all replicas have the same area (S22): compared (S11, S12), merged as the policy says (S13, S14). Status. */
export function pageSweep(vm: u32, level: u32, count: u32, index: u32, page: u32): i32 {
  const areas = areasCollect(level, count, index);
  const groups = areasGroup(areas);
  if (groups < 0) return -groups;
  wordAdd(CB_SWEEP_COMPARED, 1);
  if (groups > 1) wordAdd(CB_SWEEP_DIFFERENT, 1);
  const record = vmRecord(vm);
  if (groups > 1 && load<u32>(record + VM_COMPARE_FLAGS) & COMPARE_ALL_EQUAL) return STATUS_OK;
  const merged = groupsSettle(areas, load<u32>(record + VM_KEEP));
  if (!merged) return STATUS_OK;
  wordAdd(CB_SWEEP_MERGED, merged);
  numberAdd(record + VM_MERGES, merged);
  entriesPoint(level, count, index);
  eventRecord(EVENT_MERGE, vm, page, merged, areas - merged, 0, vmTimeNs(vm));
  return STATUS_OK;
}

/** Do two nodes say the same? 0: a node without entries. */
function nodesAreEqual(a: u32, b: u32): bool {
  const first = a ? nodeAddress(a) : 0;
  const second = nodeAddress(b);
  for (let offset: u32 = 0; offset < (NODE_BYTES as u32); offset += 16) {
    const expected = first ? v128.load(first + offset) : i64x2.splat(0);
    if (v128.any_true(v128.xor(expected, v128.load(second + offset)))) return false;
  }
  return true;
}

/** For each node of row `row`, in SWEEP_GROUPS: the one that serves for it, the first that says the same; 0 for one without entries. Are there any that others serve for? */
export function nodesGroup(row: u32, count: u32): bool {
  let any = false;
  for (let i: u32 = 0; i < count; i++) {
    const node = sweepAt(row, i);
    let serves = node;
    if (node && nodesAreEqual(0, node)) serves = 0;
    for (let j: u32 = 0; serves == node && j < min<u32>(i, NODES_LOOKED_AT); j++) {
      const other = sweepAt(SWEEP_GROUPS, j);
      if (other && node && nodesAreEqual(other, node)) serves = other;
    }
    store<u32>(sweepPlace(SWEEP_GROUPS, i), serves);
    store<u32>(nodeCheck(node), i);
    if (serves != node) any = true;
  }
  return any;
}

/** The word at `place` names node `node`, of `height` levels: it names the one that serves for it from now on. */
export function nodeServe(place: usize, node: u32, height: u32): void {
  const serves = sweepAt(SWEEP_GROUPS, load<u32>(nodeCheck(node)));
  if (serves == node) return;
  store<u32>(place, serves);
  if (serves) nodeReferencesAdd(serves, 1);
  tableRelease(node, height);
}

/**
 * The `count` different nodes of row `level`, of `height` levels, from page `page` on: each page at which they differ is taken once (S21), equal pages and equal nodes below
 * become one. Status; what was done before a failure stands.
 */
export function nodesSweep(vm: u32, level: u32, count: u32, height: u32, page: u32): i32 {
  const mask: u32 = height == 1 ? ENTRY_OBJECT_MASK : NONE;
  for (let index: u32 = 0; index < (NODE_ENTRIES as u32); index++) {
    if (isSame(level, count, index, mask)) continue;
    const first = page + (index << ((height - 1) * NODE_SHIFT));
    if (height == 1) {
      const status = pageSweep(vm, level, count, index, first);
      if (status) return status;
      continue;
    }
    const children = childrenCollect(level, count, index);
    const status = nodesSweep(vm, level + 1, children, height - 1, first);
    if (nodesGroup(level + 1, children)) {
      for (let i: u32 = 0; i < count; i++) {
        const node = sweepAt(level, i);
        if (child(node, index)) nodeServe(childPlace(node, index), child(node, index), height - 1);
      }
    }
    if (status) return status;
  }
  return STATUS_OK;
}
