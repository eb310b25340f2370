// Whole page tables: released, and compared for what a restore changes. Shared nodes are not entered.
import {
  CB_OBJECT_TABLE,
  ENTRY_OBJECT_MASK,
  NODE_BYTES,
  NODE_ENTRIES,
  NODE_SHIFT,
  OBJECT_BYTES,
  OBJECT_REFERENCES,
} from '../shared/layout.ts';
import { nodeAddress, nodeFree, nodeReferencesAdd } from '../paging/page-table.ts';
import { translationDropPage } from '../paging/translation.ts';
import { word } from '../store/control.ts';
import { objectRelease } from '../swap/page-free.ts';

function child(node: u32, index: u32): u32 {
  return node ? load<u32>(nodeAddress(node) + (index << 2)) : 0;
}

/** One holder less of a tree; what nobody else holds goes. */
export function tableRelease(node: u32, height: u32): void {
  if (!node || nodeReferencesAdd(node, -1)) return;
  const place = nodeAddress(node);
  if (height == 1) pagesRelease(place);
  else for (let offset: u32 = 0; offset < (NODE_BYTES as u32); offset += 4) tableRelease(load<u32>(place + offset), height - 1);
  nodeFree(node);
}

/** One holder less of the pages that a node of the lowest level names, most of which have others. */
function pagesRelease(node: usize): void {
  const references: usize = word(CB_OBJECT_TABLE) + OBJECT_REFERENCES;
  for (let offset: u32 = 0; offset < (NODE_BYTES as u32); offset += 4) {
    const object = load<u32>(node + offset) & ENTRY_OBJECT_MASK;
    if (!object) continue;
    const place = references + object * OBJECT_BYTES;
    const left = load<u32>(place) - 1;
    if (left) store<u32>(place, left);
    else objectRelease(object);
  }
}

/** Drops the processor's words for the pages in which two trees differ. */
export function tableDropDifferences(from: u32, to: u32, height: u32, page: u32, processor: usize): void {
  if (from == to) return;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const before = child(from, i);
    const after = child(to, i);
    if (before == after) continue;
    const first = page + (i << ((height - 1) * NODE_SHIFT));
    if (height > 1) tableDropDifferences(before, after, height - 1, first, processor);
    else translationDropPage(processor, first);
  }
}
