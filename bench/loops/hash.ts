// The engine's hash of a page, of many pages in a row.
import { PAGE_BYTES } from '../../assembly/base/page-bytes.ts';
import { pageHash } from '../../assembly/base/page-hash.ts';

/** The hashes of `pages` pages from `from` on, added up. */
export function pagesHash(from: usize, pages: u32): u32 {
  let sum: u32 = 0;
  for (let page: u32 = 0; page < pages; page++) sum += pageHash(from + page * PAGE_BYTES);
  return sum;
}
