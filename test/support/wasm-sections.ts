// A walk over the sections of a WebAssembly binary: enough to see what a module contains, not to run it.

/** Section ids of the binary format. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
};

export interface Section {
  readonly id: number;
  readonly payload: Uint8Array;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Reads an unsigned LEB128 number; answers it and the place behind it. */
export function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let shift = 0, next = at; shift < 35; shift += 7) {
    const byte = bytes[next++];
    if (byte === undefined) throw new Error(`the module ends in the middle of a number at byte ${at}`);
    value += (byte & 0x7f) * 2 ** shift;
    if ((byte & 0x80) === 0) return { value, next };
  }
  throw new Error(`a number at byte ${at} is longer than 5 bytes`);
}

/** The sections of a module in the order in which they stand. */
export function sectionsOf(bytes: Uint8Array): Section[] {
  if (HEADER.some((byte, i) => bytes[i] !== byte)) throw new Error('this is not a WebAssembly module of version 1');
  const sections: Section[] = [];
  for (let at = HEADER.length; at < bytes.length;) {
    const { value: length, next } = readVarint(bytes, at + 1);
    if (next + length > bytes.length) throw new Error(`the section at byte ${at} ends behind the end of the module`);
    sections.push({ id: bytes[at]!, payload: bytes.subarray(next, next + length) });
    at = next + length;
  }
  return sections;
}
