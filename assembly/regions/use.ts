// S403 → S407: the manager of a region that nobody uses takes it into use.
import { EVENT_USE } from '../shared/layout.ts';
import { eventRecord } from '../store/event.ts';
import { regionManager, regionManagerSlot } from '../store/region.ts';
import { userSet } from './rights.ts';

export function useUserless(region: u32, timeNs: f64): void {
  userSet(region, timeNs);
  eventRecord(EVENT_USE, regionManager(region), region - 1, 0, 0, regionManagerSlot(region) - 1, timeNs);
}
