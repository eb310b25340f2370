/** A run of bytes, counted from the start of a page or of a state. */
export interface ByteRange {
  readonly from: number;
  readonly bytes: number;
}

/** Runs of bytes at which some of `others` is not as `first`, ascending; what ends earlier differs from its end on. */
export function byteRangesOf(first: Uint8Array<ArrayBufferLike>, others: readonly Uint8Array<ArrayBufferLike>[]): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  const end = Math.max(first.length, ...others.map(({ length }) => length));
  let from = -1;
  for (let at = 0; at <= end; at += 1) {
    const differs = at < end && others.some((other) => other[at] !== first[at]);
    if (differs && from < 0) from = at;
    if (differs || from < 0) continue;
    ranges.push({ from, bytes: at - from });
    from = -1;
  }
  return ranges;
}

export function bytesAreEqual(a: Uint8Array<ArrayBufferLike>, b: Uint8Array<ArrayBufferLike>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
