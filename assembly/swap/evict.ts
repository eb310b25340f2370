// Eviction: one of a VM's own pages goes out, chosen by the VM's policy.
import {
  CB_PIN_A,
  CB_PIN_B,
  CB_STATUS,
  EVICTION_CLOCK,
  EVICTION_FARTHEST,
  FRAME_MARK,
  FRAME_NEWER,
  OBJECT_LOCKED,
  VM_EVICTION,
  VM_EVICTIONS,
  VM_EVICT_BATCH,
  VM_OLDEST,
} from '../shared/layout.ts';
import { STATUS_OK } from '../shared/status.ts';
import { objectHas } from '../paging/page-object.ts';
import { recencyRenew } from '../paging/recency.ts';
import { numberAdd, word, wordSet } from '../store/control.ts';
import { frameGive, frameObject, frameRecord } from '../store/frame.ts';
import { vmRecord } from '../store/vm.ts';
import { pageForget } from './page-free.ts';
import { pageLeave, pageOut } from './page-out.ts';

function isEligible(frame: u32): bool {
  return frame != word(CB_PIN_A) && frame != word(CB_PIN_B) && !objectHas(frameObject(frame), OBJECT_LOCKED);
}

function newer(frame: u32): u32 {
  return load<u32>(frameRecord(frame) + FRAME_NEWER);
}

/** The frame of the page to go, or 0. */
function victim(vm: u32): u32 {
  const record = vmRecord(vm);
  const policy = load<u32>(record + VM_EVICTION);
  let frame = load<u32>(record + VM_OLDEST);
  if (policy == EVICTION_FARTHEST) return victimFarthest(frame);
  while (frame) {
    const next = newer(frame);
    if (isEligible(frame)) {
      if (policy != EVICTION_CLOCK || !load<u32>(frameRecord(frame) + FRAME_MARK)) return frame;
      recencyRenew(vm, frame);
      if (!next) return frame; // the only eligible page, renewed in place
    }
    frame = next;
  }
  return 0; // a renewed page is met again at the newest end, so there was no eligible one
}

function victimFarthest(oldest: u32): u32 {
  let best: u32 = 0;
  let farthest: u32 = 0;
  for (let frame = oldest; frame; frame = newer(frame)) {
    if (!isEligible(frame)) continue;
    const nextUse = load<u32>(frameRecord(frame) + FRAME_MARK);
    if (!best || nextUse > farthest || (nextUse == farthest && frame < best)) {
      best = frame;
      farthest = nextUse;
    }
  }
  return best;
}

/** One page out. Its frame, empty; 0 with the status noted on failure, 0 with status 0 when no page may go. */
function evictOne(vm: u32, issueNs: f64): u32 {
  wordSet(CB_STATUS, STATUS_OK);
  const frame = victim(vm);
  if (!frame) return 0;
  const object = frameObject(frame);
  if (pageOut(object, issueNs, 0)) return 0;
  numberAdd(vmRecord(vm) + VM_EVICTIONS, 1);
  pageLeave(object);
  pageForget(object);
  return frame;
}

/** As many pages out as the VM's batch says; the frame of the first, the others' become free. 0 as evictOne. */
export function evict(vm: u32, issueNs: f64): u32 {
  const first = evictOne(vm, issueNs);
  if (!first) return 0;
  const batch = load<u32>(vmRecord(vm) + VM_EVICT_BATCH);
  for (let i: u32 = 1; i < batch; i++) {
    const frame = evictOne(vm, issueNs);
    if (!frame) break;
    frameGive(frame);
  }
  return first;
}
