// The recency list of a VM: its resident pages, newest to oldest, kept through the frames. What 'newest' means is the eviction policy's.
import {
  CB_COMMON_VM,
  CB_REGION_STAMP,
  EVICTION_CLOCK,
  EVICTION_FARTHEST,
  EVICTION_LRU,
  FRAME_MARK,
  FRAME_NEWER,
  FRAME_OLDER,
  VM_EVICTION,
  VM_HIT_ADDRESS,
  VM_NEWEST,
  VM_OLDEST,
  VM_RESIDENT,
} from '../shared/layout.ts';
import { word } from '../store/control.ts';
import { frameAddress, frameAt, frameRecord, frameRegion } from '../store/frame.ts';
import { regionNextUseAdd, regionStamp, regionUser } from '../store/region.ts';
import { vmRecord } from '../store/vm.ts';

/** What VM_HIT_ADDRESS is while the page in `frame` is the newest. */
export function hitAddress(vm: usize, frame: u32): u32 {
  const counts = !frame || load<u32>(vm + VM_EVICTION) == EVICTION_CLOCK || word(CB_REGION_STAMP);
  return counts ? 0 : (frameAddress(frame) as u32);
}

function newestSet(vm: usize, frame: u32): void {
  store<u32>(vm + VM_NEWEST, frame);
  store<u32>(vm + VM_HIT_ADDRESS, hitAddress(vm, frame));
}

/** The next use of the page in a frame, where that is what the mark means; the region keeps the sum. */
function nextUse(vm: usize, frame: u32): f64 {
  return load<u32>(vm + VM_EVICTION) == EVICTION_FARTHEST ? (load<u32>(frameRecord(frame) + FRAME_MARK) as f64) : 0;
}

/** The page in a frame is next used at record `mark`. `vm` is a record's address. */
export function recencyNextUse(vm: usize, frame: u32, mark: u32): void {
  const common = word(CB_COMMON_VM);
  if (common && regionUser(frameRegion(frame)) == common) return; // in nobody's recency order
  const before = nextUse(vm, frame);
  store<u32>(frameRecord(frame) + FRAME_MARK, mark);
  regionNextUseAdd(frameRegion(frame), nextUse(vm, frame) - before);
}

function pushNewest(vm: usize, frame: u32): void {
  const newest = load<u32>(vm + VM_NEWEST);
  const record = frameRecord(frame);
  store<u32>(record + FRAME_NEWER, 0);
  store<u32>(record + FRAME_OLDER, newest);
  if (newest) store<u32>(frameRecord(newest) + FRAME_NEWER, frame);
  else store<u32>(vm + VM_OLDEST, frame);
  newestSet(vm, frame);
}

function unlink(vm: usize, frame: u32): void {
  const record = frameRecord(frame);
  const newer = load<u32>(record + FRAME_NEWER);
  const older = load<u32>(record + FRAME_OLDER);
  if (newer) store<u32>(frameRecord(newer) + FRAME_OLDER, older);
  else newestSet(vm, older);
  if (older) store<u32>(frameRecord(older) + FRAME_NEWER, newer);
  else store<u32>(vm + VM_OLDEST, newer);
}

/** A page arrives in a frame. */
export function recencyArrive(vm: u32, frame: u32): void {
  const record = vmRecord(vm);
  store<u32>(frameRecord(frame) + FRAME_MARK, 0);
  pushNewest(record, frame);
  regionStamp(frameRegion(frame));
  store<u32>(record + VM_RESIDENT, load<u32>(record + VM_RESIDENT) + 1);
}

/** The page in a frame leaves it. */
export function recencyLeave(vm: u32, frame: u32): void {
  const record = vmRecord(vm);
  regionNextUseAdd(frameRegion(frame), -nextUse(record, frame));
  unlink(record, frame);
  store<u32>(record + VM_RESIDENT, load<u32>(record + VM_RESIDENT) - 1);
}

/** The page in a frame is accessed. `vm` is a record's address: this is the hot path. */
export function recencyTouch(vm: usize, frame: u32): void {
  const policy = load<u32>(vm + VM_EVICTION);
  regionStamp(frameRegion(frame));
  if (policy == EVICTION_LRU) {
    if (load<u32>(vm + VM_NEWEST) == frame) return;
    unlink(vm, frame);
    pushNewest(vm, frame);
  } else if (policy == EVICTION_CLOCK) {
    store<u32>(frameRecord(frame) + FRAME_MARK, 1);
  }
}

/** What of recencyTouch stands in line on the hot path, in a class because only there can it be told to. */
export class Recency {
  /** As recencyTouch, of the page in the frame at `address`. */
  @inline static hit(vm: usize, address: usize): void {
    if (load<u32>(vm + VM_HIT_ADDRESS) != (address as u32)) recencyTouch(vm, frameAt(address));
  }
}

/** Clock's second chance: the page goes to the newest end with its bit cleared. */
export function recencyRenew(vm: u32, frame: u32): void {
  const record = vmRecord(vm);
  unlink(record, frame);
  pushNewest(record, frame);
  store<u32>(frameRecord(frame) + FRAME_MARK, 0);
}

/** A page moves from one frame to another and keeps its place. */
export function recencyMove(vm: u32, from: u32, to: u32): void {
  const record = vmRecord(vm);
  const source = frameRecord(from);
  const target = frameRecord(to);
  const use = nextUse(record, from);
  regionNextUseAdd(frameRegion(from), -use);
  regionNextUseAdd(frameRegion(to), use);
  const newer = load<u32>(source + FRAME_NEWER);
  const older = load<u32>(source + FRAME_OLDER);
  store<u32>(target + FRAME_NEWER, newer);
  store<u32>(target + FRAME_OLDER, older);
  store<u32>(target + FRAME_MARK, load<u32>(source + FRAME_MARK));
  if (newer) store<u32>(frameRecord(newer) + FRAME_OLDER, to);
  else newestSet(record, to);
  if (older) store<u32>(frameRecord(older) + FRAME_NEWER, to);
  else store<u32>(record + VM_OLDEST, to);
}
