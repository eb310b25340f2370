import { CB_PAGE_LIST, PAGE_LIST_MOST } from '../assembly/shared/layout.ts';
import { byteRangesOf } from './byte-ranges.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { Core } from './engine/core.ts';
import type { PageHolder } from './page-holder.ts';

/** A page of an address space. */
export interface PageAddress {
  readonly page: number;
  readonly address: number;
}

/** A page whose contents differ between two states. */
export interface PageChange extends PageAddress {
  /** The bytes of the page that differ, ascending. */
  readonly ranges: readonly ByteRange[];
}

/** The pages that two holders of one VM do not have as the same page, ascending; `b` null: a holder without pages. No contents are read. */
export function* pagesChanged(core: Core, a: PageHolder, b: PageHolder | null): Generator<number, void, void> {
  for (let from = 0; ;) {
    const pages = pagesListed(core, a, b, from);
    yield* pages;
    if (pages.length < PAGE_LIST_MOST) return;
    from = pages.at(-1)! + 1;
  }
}

/** As many of them at or above `from` as the engine lists at once. */
function pagesListed(core: Core, a: PageHolder, b: PageHolder | null, from: number): readonly number[] {
  core.begin('the comparison of pages');
  for (const holder of [a, b]) if (holder?.isDisposed === true) throw holder.disposed();
  const count = core.requireIndex(core.exports.replicaChanged(a.handle, b === null ? 0 : b.handle, from, PAGE_LIST_MOST));
  return Array.from({ length: count }, (_, index) => core.columnWord(CB_PAGE_LIST, index));
}

/** The same with their addresses. */
export function* pagesDirty(core: Core, holder: PageHolder, since: PageHolder): Generator<PageAddress, void, void> {
  for (const page of pagesChanged(core, holder, since)) yield { page, address: page * core.pageBytes };
}

/** Those of them whose contents differ, and where. */
export function* pagesDiffer(core: Core, a: PageHolder, b: PageHolder): Generator<PageChange, void, void> {
  const [first, second] = [new Uint8Array(core.pageBytes), new Uint8Array(core.pageBytes)];
  for (const page of pagesChanged(core, a, b)) {
    const address = page * core.pageBytes;
    a.peek(address, first);
    b.peek(address, second);
    const ranges = byteRangesOf(first, [second]);
    if (ranges.length > 0) yield { page, address, ranges };
  }
}
