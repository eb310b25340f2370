import {
  CB_FRAME_TABLE,
  CB_REGION_MANAGER,
  CB_REGION_REDUCE,
  CB_REGION_SHIFT,
  CB_REGION_USER,
  CHANGE_MODES,
  EVICTION_CLOCK,
  FLAG_EVACUATE,
  FLAG_READ_ONLY,
  FRAME_BYTES,
  FRAME_MARK,
  VM_EVICTION,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/**
 * What a VM may do with the memory a page is in ([0148]): it manages it; it only uses it; it only uses it, and an access (`evacuation`) or a store
 * (`readOnly`) moves the page to memory that it manages ([0396-0397]). `common`: it does neither, the page is one that VMs of its salt share (engine.scan()).
 */
export type PageZone = 'managed' | 'borrowed' | 'evacuation' | 'readOnly' | 'common';

/** The region (number from 0) of a frame as the engine numbers them. */
export function frameRegion(core: Core, frame: number): number {
  return Math.floor(frame / 2 ** core.word(CB_REGION_SHIFT)) - 1;
}

/** The zone of a region (number from 0) for a VM with a page in it. */
export function pageZone(core: Core, vm: number, region: number): PageZone {
  if (core.columnWord(CB_REGION_USER, region + 1) !== vm) return 'common';
  if (core.columnWord(CB_REGION_MANAGER, region + 1) === vm) return 'managed';
  const reduction = core.columnWord(CB_REGION_REDUCE, region + 1);
  const modes = reduction === 0 ? 0 : core.changeWord(reduction, CHANGE_MODES);
  if ((modes & FLAG_EVACUATE) !== 0) return 'evacuation';
  return (modes & FLAG_READ_ONLY) !== 0 ? 'readOnly' : 'borrowed';
}

/** Whether the page in a frame was accessed since eviction last passed it; null for VMs whose eviction keeps no such bit. */
export function frameReferenced(core: Core, vm: number, frame: number): boolean | null {
  if (core.vmWord(vm, VM_EVICTION) !== EVICTION_CLOCK) return null;
  return core.u32[(core.word(CB_FRAME_TABLE) + frame * FRAME_BYTES + FRAME_MARK) >>> 2] !== 0;
}
