// Pages copied with no book-keeping: what moving their content costs at least.

/** `pages` pages from `from` to `to`, one by one. */
export function pagesCopy(from: usize, to: usize, pages: u32, pageBytes: u32): void {
  for (let page: u32 = 0; page < pages; page++) memory.copy(to + page * pageBytes, from + page * pageBytes, pageBytes);
}
