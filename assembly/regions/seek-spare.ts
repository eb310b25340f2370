// A frame that costs nothing: free in memory that the VM manages.
import { CB_PINNED_REGION, SEEK_MANAGED, SEEK_USERLESS } from '../shared/layout.ts';
import { word } from '../store/control.ts';
import { frameTake } from '../store/frame.ts';
import { mapLowest, mapNext, mapRegion } from '../store/machine-map.ts';
import { useUserless } from './use.ts';

/** The VM's region at its lowest machine slot in a class, the pinned region excepted; 0 where there is none. */
export function regionOfClass(vm: u32, seek: u32): u32 {
  let slot = mapLowest(vm, seek);
  if (!slot) return 0;
  let region = mapRegion(vm, slot - 1);
  if (region != word(CB_PINNED_REGION)) return region;
  slot = mapNext(vm, seek, slot);
  return slot ? mapRegion(vm, slot - 1) : 0;
}

/** A frame for a page that must stay in memory, or 0. */
export function seekSpare(vm: u32, timeNs: f64): u32 {
  const managed = regionOfClass(vm, SEEK_MANAGED);
  if (managed) return frameTake(managed);
  const userless = regionOfClass(vm, SEEK_USERLESS);
  if (!userless) return 0;
  useUserless(userless, timeNs);
  return frameTake(userless);
}
