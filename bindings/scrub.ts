import { CB_PAGE_LIST, CB_SCRUB_CHECKED, CB_SCRUB_FLIPS, OBJECT_PAGE, PAGE_LIST_MOST } from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { entryHeld, objectHeld, objectWord, pagesHeld } from './engine/shared-entries.ts';
import type { Replica } from './replica.ts';
import type { Vm } from './vm.ts';

/** A page whose content has changed though nobody stored to it. */
export interface PageFlip {
  readonly page: number;
  readonly address: number;
  /** The replicas that have it; none: only snapshots do. */
  readonly replicas: readonly Replica[];
}

export interface ScrubReport {
  /** Pages in frames whose hash was kept, and compared. */
  readonly pagesChecked: number;
  /** Ascending. A page that several addresses share has an entry for each. */
  readonly flips: readonly PageFlip[];
  /** Pages found beyond the 1,024 that `flips` has room for. */
  readonly flipsUnlisted: number;
}

export function scrubMake(core: Core, vm: Vm): ScrubReport {
  core.begin('vm.scrub');
  try {
    core.require(core.exports.vmScrub(vm.handle));
    const found = core.word(CB_SCRUB_FLIPS);
    const listed = Math.min(found, PAGE_LIST_MOST);
    const flips = Array.from({ length: listed }, (_, index) => flipsOf(core, vm, core.columnWord(CB_PAGE_LIST, index))).flat();
    flips.sort((a, b) => a.page - b.page);
    return { pagesChecked: core.word(CB_SCRUB_CHECKED), flips, flipsUnlisted: found - listed };
  } finally {
    core.end();
  }
}

/** A page object is held at one page, unless a scan has scattered it. */
function flipsOf(core: Core, vm: Vm, object: number): readonly PageFlip[] {
  if (objectHeld(core, object).isScattered) return flipsScattered(core, vm, object);
  return [flipAt(core, vm, object, objectWord(core, object, OBJECT_PAGE))];
}

function flipAt(core: Core, vm: Vm, object: number, page: number): PageFlip {
  const replicas = vm.replicas.filter((replica) => entryHeld(core, replica.handle, page).object === object);
  return { page, address: page * core.pageBytes, replicas };
}

function flipsScattered(core: Core, vm: Vm, object: number): readonly PageFlip[] {
  const handles = vm.replicas.map(({ handle }) => handle);
  const held = [...pagesHeld(core, handles, 0, Infinity)].filter(({ holders }) => holders.has(object));
  const pages = held.map(({ page }) => page);
  return (pages.length > 0 ? pages : [objectWord(core, object, OBJECT_PAGE)]).map((page) => flipAt(core, vm, object, page));
}
