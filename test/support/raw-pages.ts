/** Page tables and page objects, read from an engine's memory. Tests only. */
import * as layout from '../../assembly/shared/layout.ts';
import type { RawEngine } from './raw.ts';

export function replicaRecord(raw: RawEngine, replica: number): number {
  return raw.word(layout.CB_REPLICA_TABLE) + replica * layout.REPLICA_BYTES;
}

/** Calls `each` for every entry of a replica that refers to a page object, ascending. */
export function eachEntry(raw: RawEngine, replica: number, each: (page: number, object: number) => void): void {
  const nodes = raw.word(layout.CB_NODE_TABLE);
  const below = (node: number, height: number, first: number): void => {
    for (let index = 0; index < layout.NODE_ENTRIES; index++) {
      const entry = raw.wordAt(nodes + node * layout.NODE_BYTES + 4 * index) & layout.ENTRY_OBJECT_MASK;
      if (entry === 0) continue;
      const page = first + index * layout.NODE_ENTRIES ** (height - 1);
      if (height > 1) below(entry, height - 1, page);
      else each(page, entry);
    }
  };
  const record = replicaRecord(raw, replica);
  const root = raw.wordAt(record + layout.REPLICA_ROOT);
  if (root !== 0) below(root, raw.wordAt(record + layout.REPLICA_HEIGHT), 0);
}

/** The page object that an entry refers to; null: none. */
export function objectAt(raw: RawEngine, replica: number, page: number): number | null {
  const record = replicaRecord(raw, replica);
  let entry = raw.wordAt(record + layout.REPLICA_ROOT);
  for (let level = raw.wordAt(record + layout.REPLICA_HEIGHT) - 1; level >= 0 && entry !== 0; level--) {
    const index = (page >>> (level * layout.NODE_SHIFT)) & (layout.NODE_ENTRIES - 1);
    entry = raw.wordAt(raw.word(layout.CB_NODE_TABLE) + entry * layout.NODE_BYTES + 4 * index);
  }
  return entry & layout.ENTRY_OBJECT_MASK || null;
}

/** The page that an object says it is. */
export function objectPage(raw: RawEngine, object: number): number {
  return raw.wordAt(raw.word(layout.CB_OBJECT_TABLE) + object * layout.OBJECT_BYTES + layout.OBJECT_PAGE);
}

/** The first words of CB_PAGE_LIST: what the call before found. */
export function pageList(raw: RawEngine, count: number): number[] {
  const first = raw.word(layout.CB_PAGE_LIST);
  return Array.from({ length: count }, (_, index) => raw.wordAt(first + 4 * index));
}
