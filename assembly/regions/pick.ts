// Requests by list: the regions stand in the column CB_PICKS, in the order in which they are dealt with.
import { CB_PICKS, CB_PICK_BITS, CB_REGIONS } from '../shared/layout.ts';
import { SELECTABLE_MANAGED, SELECTABLE_NO_REGION, SELECTABLE_TWICE, STATUS_NOT_SELECTABLE, STATUS_OK } from '../shared/status.ts';
import { fail, word } from '../store/control.ts';
import { regionManager } from '../store/region.ts';

/** The region at a place of the list. */
export function pick(place: u32): u32 {
  return load<u32>(word(CB_PICKS) + (place << 2));
}

function bitPlace(region: u32): usize {
  return word(CB_PICK_BITS) + (region >>> 3);
}

function bit(region: u32): u32 {
  return 1 << (region & 7);
}

/** What is wrong with a region of the list: SELECTABLE_…, or 0. */
function objection(region: u32, manager: u32): u32 {
  if (region - 1 >= word(CB_REGIONS)) return SELECTABLE_NO_REGION;
  if (regionManager(region) != manager) return SELECTABLE_MANAGED;
  return load<u8>(bitPlace(region)) & bit(region) ? SELECTABLE_TWICE : 0;
}

/** Every region of the list is there, has the manager it should have (0: none), and is named once. Status. */
export function picksCheck(count: u32, manager: u32): i32 {
  if (count > word(CB_REGIONS)) return fail(STATUS_NOT_SELECTABLE, 0, count, SELECTABLE_NO_REGION);
  let place: u32 = 0;
  let wrong: u32 = 0;
  while (place < count) {
    const region = pick(place);
    wrong = objection(region, manager);
    if (wrong) break;
    store<u8>(bitPlace(region), (load<u8>(bitPlace(region)) | bit(region)) as u8);
    place++;
  }
  for (let i: u32 = 0; i < place; i++) store<u8>(bitPlace(pick(i)), 0);
  return wrong ? fail(STATUS_NOT_SELECTABLE, pick(place), place, wrong) : STATUS_OK;
}
