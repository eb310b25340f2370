// Whole page tables: released, and compared for what a restore changes. Shared nodes are not entered.
import { ENTRY_OBJECT_MASK, NODE_ENTRIES, NODE_SHIFT } from '../shared/layout.ts';
import { nodeAddress, nodeFree, nodeReferencesAdd } from '../paging/page-table.ts';
import { translationDropPage } from '../paging/translation.ts';
import { objectRelease } from '../swap/page-free.ts';

function child(node: u32, index: u32): u32 {
  return node ? load<u32>(nodeAddress(node) + (index << 2)) : 0;
}

/** One holder less of a tree; what nobody else holds goes. */
export function tableRelease(node: u32, height: u32): void {
  if (!node || nodeReferencesAdd(node, -1)) return;
  for (let i: u32 = 0; i < (NODE_ENTRIES as u32); i++) {
    const entry = child(node, i) & ENTRY_OBJECT_MASK;
    if (!entry) continue;
    if (height > 1) tableRelease(entry, height - 1);
    else objectRelease(entry);
  }
  nodeFree(node);
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
