// What the engine calls on the host: a swap store outside linear memory, and images. The file's name is the module the functions are imported from.

/** Writes `count` pages; at `batch` stand pairs slot, address of the page. Returns how many were written, in order. */
export declare function swapWrite(batch: usize, count: u32): u32;

/** Reads one page, of swap or (from IMAGE_SLOT_FIRST on) of an image, into `address`. 0, or not 0 on failure. */
export declare function swapRead(slot: u32, address: usize): i32;
