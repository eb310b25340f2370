/** A scrub: contents in frames that have changed although nobody has stored to them. */
import { note, type Page, type Replica, type Vm, type World } from './world.ts';

export interface ScrubFound {
  readonly checked: number;
  /** Page numbers, ascending. */
  readonly flips: readonly number[];
}

export function scrub(world: World, vm: Vm): ScrubFound {
  const pages = world.frames.filter((page): page is Page => page?.vm === vm);
  const checked = pages.filter((page) => page.scrubbed !== null || page.isKnown);
  const flips = checked.filter((page) => page.scrubbed !== null && Buffer.compare(page.scrubbed, page.bytes) !== 0);
  for (const page of pages) page.scrubbed = page.bytes.slice();
  if (flips.length > 0) note(world, flips.some((page) => page.references > 1) ? 'a flip found in what is shared' : 'a flip found');
  return { checked: checked.length, flips: flips.map((page) => page.number).sort((a, b) => a - b) };
}

/** A bit changes behind everybody's back. */
export function flip(world: World, replica: Replica, address: number, bit: number): void {
  const { pageBytes } = world.options;
  const page = replica.pages.get(Math.floor(address / pageBytes));
  if (!page || page.frame === null) return;
  const offset = address % pageBytes;
  page.bytes[offset] = (page.bytes[offset] ?? 0) ^ (1 << bit);
}
