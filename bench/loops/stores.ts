// Stores as a guest's code makes them: through the engine's own function, from within WebAssembly.

/** The engine's own store. Status. */
declare function store32(replica: u32, address: u32, value: u32): i32;

/** One store to each of `pages` pages, `stride` bytes apart. The statuses that came back, one over the other. */
export function pagesStore(replica: u32, stride: u32, pages: u32, value: u32): i32 {
  let status = 0;
  for (let page: u32 = 0; page < pages; page++) status |= store32(replica, page * stride, value);
  return status;
}
