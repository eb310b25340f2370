import { CB_PICKS, CB_REGIONS, FLAG_BY_LIST } from '../../assembly/shared/layout.ts';
import { SELECTABLE_NO_REGION, SELECTABLE_TWICE } from '../../assembly/shared/status.ts';
import type { Core } from './core.ts';
import { notSelectableError } from './failure.ts';

/** Writes the regions (numbers from 0) of a request by list to where the engine looks for them (FLAG_BY_LIST). Errors: NOT_SELECTABLE. */
export function picksWrite(core: Core, regions: readonly number[]): void {
  const most = core.word(CB_REGIONS);
  regions.forEach((region, place) => {
    if (!Number.isInteger(region) || region < 0 || region >= most) throw notSelectableError(region, place, SELECTABLE_NO_REGION);
  });
  if (regions.length > most) {
    const place = regions.findIndex((region, index) => regions.indexOf(region) < index);
    throw notSelectableError(regions[place]!, place, SELECTABLE_TWICE);
  }
  const picks = core.word(CB_PICKS) >>> 2;
  for (let place = 0; place < regions.length; place += 1) core.u32[picks + place] = regions[place]! + 1; // inside the engine they start at 1
}

/** What a request is told of the regions that are wanted: so many, or the list, which is written down for it. `flags`: of the request. Errors: NOT_SELECTABLE. */
export function wantedWrite(
  core: Core,
  wanted: number | readonly number[],
  flags: number,
): { readonly count: number; readonly flags: number } {
  if (typeof wanted === 'number') return { count: wanted, flags };
  picksWrite(core, wanted);
  return { count: wanted.length, flags: flags | FLAG_BY_LIST };
}
