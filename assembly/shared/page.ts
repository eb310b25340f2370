// The page size, the one constant of a build. Portable: read by asc and by tsc.
// scripts/build-wasm.mjs builds the same source with other values of this line.
export const PAGE_SHIFT = 12;
