import { CB_OBJECT_TABLE, CB_OBJECT_TOP, OBJECT_BYTES, OBJECT_REFERENCES, OBJECT_SLOT } from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** How many pages have their contents in the image slots `firstSlot … firstSlot+pages-1`. Looks at every page object. */
export function imagePagesUsed(core: Core, firstSlot: number, pages: number): number {
  const { u32 } = core;
  const table = core.word(CB_OBJECT_TABLE);
  let used = 0;
  for (let object = core.word(CB_OBJECT_TOP); object > 0; object -= 1) {
    const record = table + object * OBJECT_BYTES;
    const slot = u32[(record + OBJECT_SLOT) >>> 2]! - 1;
    if (slot >= firstSlot && slot < firstSlot + pages && u32[(record + OBJECT_REFERENCES) >>> 2] !== 0) used += 1;
  }
  return used;
}
