// The recency list of a VM: its resident pages, newest to oldest, kept through the frames. What 'newest' means is the eviction policy's.
import {
  EVICTION_CLOCK,
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
import { frameAddress, frameAt, frameRecord } from '../store/frame.ts';
import { vmRecord } from '../store/vm.ts';

function newestSet(vm: usize, frame: u32): void {
  store<u32>(vm + VM_NEWEST, frame);
  const counts = !frame || load<u32>(vm + VM_EVICTION) == EVICTION_CLOCK;
  store<u32>(vm + VM_HIT_ADDRESS, counts ? 0 : (frameAddress(frame) as u32));
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
  store<u32>(record + VM_RESIDENT, load<u32>(record + VM_RESIDENT) + 1);
}

/** The page in a frame leaves it. */
export function recencyLeave(vm: u32, frame: u32): void {
  const record = vmRecord(vm);
  unlink(record, frame);
  store<u32>(record + VM_RESIDENT, load<u32>(record + VM_RESIDENT) - 1);
}

/** The page in a frame is accessed. `vm` is a record's address: this is the hot path. */
export function recencyTouch(vm: usize, frame: u32): void {
  const policy = load<u32>(vm + VM_EVICTION);
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
